"""The suite that every carrier inherits: capabilities choose the tests, never names.

A backend's file gives the fixture `rig` and an empty subclass of `CarrierContract`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol

import pytest
from pydantic import BaseModel

from colisync.errors import (
    AuthenticationFailed,
    ColisyncError,
    InvalidShipment,
    OutcomeUnknown,
    RemoteError,
    UnsupportedFeature,
)
from colisync.model.address import Address
from colisync.model.label import (
    Adopted,
    DocumentKind,
    LabelFormat,
    LabelRequest,
    Orphan,
    Purchase,
    StillUnknown,
)
from colisync.model.parcel import ParcelRef
from colisync.model.tracking import TrackingEvent, TrackingStatus
from colisync.ports.carrier import Cancel, Carrier, CarrierCapability, FetchLabel, TrackingFailure
from colisync.ports.context import BackendContext
from colisync.ports.http import HttpAnswer
from colisync.sandbox.faults import Fault, FaultKind, FaultyApp
from colisync.testing.contracts import Contract
from colisync.wire.clock import SystemClock
from colisync.wire.http import RemoteSession

SENDER = Address(
    company="Atelier Lumière",
    street="12 rue des Lilas",
    postcode="69003",
    city="Lyon",
    country="FR",
    phone="+33478000000",
    email="expedition@example.org",
)
RECIPIENT = Address(
    first_name="Zoé",
    last_name="Martin",
    street="3 place du Marché",
    postcode="75015",
    city="Paris",
    country="FR",
    phone="+33612093457",
    email="zoe@example.org",
)


def label_request(**fields: Any) -> LabelRequest:
    """A parcel of 1,250 g from Lyon to Paris, to be handed over tomorrow, with `fields` changed."""
    usual: dict[str, Any] = {
        "reference": "ABCDEFGH2345",
        "order_number": "1042",
        "method": "home",
        "sender": SENDER,
        "recipient": RECIPIENT,
        "weight_g": 1250,
        "label_format": LabelFormat.parse("pdf_10x15"),
        "hand_over_on": tomorrow(),
        "shop_name": "Atelier Lumière",
    }
    return LabelRequest(**usual | fields)


def tomorrow() -> date:
    """The day after today, in UTC: never past, wherever the remote is."""
    return (datetime.now(UTC) + timedelta(days=1)).date()


class Emulator(Protocol):
    """What the suite asks of an emulated carrier."""

    app: FaultyApp

    def books(self) -> dict[str, Any]:
        """At least `labels` (each with number and reference) and `requests`."""
        ...

    def live(self, number: str, codes: Sequence[str]) -> None:
        """The parcel's events from now on."""
        ...


class KeptAnswers:
    """An HTTP session that keeps every answer, for a look at the bytes that came."""

    def __init__(self, session: RemoteSession) -> None:
        self._session = session
        self.answers: list[HttpAnswer] = []

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        body: bytes | None = None,
        repeatable: bool = False,
        deadline: float | None = None,
    ) -> HttpAnswer:
        """The session's own answer, kept."""
        answer = self._session.request(
            method,
            url,
            headers=headers,
            params=params,
            body=body,
            repeatable=repeatable,
            deadline=deadline,
        )
        self.answers.append(answer)
        return answer


@dataclass
class CarrierRig:
    """One backend beside its emulator.

    `request` gives a request that is sold, by method. `refused` one that passes our checks and
    that the remote refuses; `unsold` one that is not sold. `label_path` is part of the path that
    buys. `delivered` is the remote's code for it.
    """

    backend: type[Carrier]
    settings: BaseModel
    wrong_settings: BaseModel
    emulator: Emulator
    url: str
    label_path: str
    request: Callable[[str], LabelRequest]
    refused: LabelRequest
    unsold: LabelRequest
    delivered: str
    bad_number: str
    secrets: tuple[str, ...]
    sessions: list[RemoteSession] = field(default_factory=list)

    def open(self, *, wrong: bool = False, deadline: float = 10.0) -> tuple[Carrier, KeptAnswers]:
        """The carrier, and the answers that it will get."""
        session = RemoteSession(self.url, local=True, deadline=deadline, secrets=self.secrets)
        self.sessions.append(session)
        kept = KeptAnswers(session)
        settings = self.wrong_settings if wrong else self.settings
        return self.backend.open(settings, BackendContext(http=kept, clock=SystemClock())), kept

    def labels(self) -> list[tuple[str, str]]:
        """(number, reference) of every label the remote made."""
        return [(row["number"], row["reference"]) for row in self.emulator.books()["labels"]]

    def requests(self) -> int:
        """How many requests the remote got."""
        return int(self.emulator.books()["requests"])

    def break_next_label(self, kind: FaultKind, **more: Any) -> None:
        """The next purchase meets this fault."""
        self.emulator.app.add(Fault(kind=kind, path=self.label_path, **more))

    def close(self) -> None:
        """Closes every session that was opened."""
        for session in self.sessions:
            session.close()


def assert_no_secret(error: ColisyncError, secrets: tuple[str, ...]) -> None:
    """Fails where a secret shows in the error, its parameters or its exchange."""
    shown = f"{error!s} {error!r} {error.params} {error.hint} {error.exchange!r}"
    assert not [secret for secret in secrets if secret in shown]


class CarrierContract(Contract):
    """What a carrier promises, whoever it is. `rig` comes from the backend's file."""

    def test_every_method_gives_a_number_and_a_label(self, rig: CarrierRig) -> None:
        """Each declared method is really sold: peers announce what they cannot do."""
        carrier, _ = rig.open()
        for method in carrier.methods:
            bought = carrier.buy_label(rig.request(method))
            assert bought.number in [number for number, _ in rig.labels()]
            assert bought.documents or bought.label_url

    def test_the_label_is_byte_for_byte_what_came(self, rig: CarrierRig) -> None:
        """A label is never decoded, trimmed or re-encoded."""
        carrier, kept = rig.open()
        for text in ("pdf_10x15", "zpl_203"):
            label_format = LabelFormat.parse(text)
            request = rig.request(next(iter(carrier.methods)))
            bought = carrier.buy_label(request.model_copy(update={"label_format": label_format}))
            (label,) = [d for d in bought.documents if d.kind is DocumentKind.LABEL]
            assert label.format == label_format
            assert label.content in kept.answers[-1].body
            start, end = (b"%PDF-", b"%%EOF") if text.startswith("pdf") else (b"^XA", b"^XZ")
            assert label.content.startswith(start)
            assert label.content.rstrip(b"\r\n").endswith(end)

    def test_our_reference_reaches_the_carrier(self, rig: CarrierRig) -> None:
        """The attempt's reference stands in the carrier's books: without it no orphan is found."""
        carrier, _ = rig.open()
        request = rig.request(next(iter(carrier.methods)))
        bought = carrier.buy_label(request.model_copy(update={"reference": "ZYXWVUTS7654"}))
        assert (bought.number, "ZYXWVUTS7654") in rig.labels()

    def test_one_purchase_is_one_request(self, rig: CarrierRig) -> None:
        """A peer's tracing wrapper posts a second time when the first answer is an error."""
        carrier, _ = rig.open()
        carrier.buy_label(rig.request(next(iter(carrier.methods))))
        assert rig.requests() == 1
        with pytest.raises(ColisyncError):
            carrier.buy_label(rig.refused)
        assert rig.requests() == 2

    def test_a_refusal_is_typed_and_shows_no_secret(self, rig: CarrierRig) -> None:
        """Their code is kept, our field is named, and the exchange can be shown to anybody."""
        carrier, _ = rig.open()
        with pytest.raises((InvalidShipment, RemoteError)) as caught:
            carrier.buy_label(rig.refused)
        assert not isinstance(caught.value, OutcomeUnknown)
        assert caught.value.exchange is not None
        assert caught.value.params["code"]
        assert_no_secret(caught.value, rig.secrets)
        assert rig.labels() == []

    def test_wrong_credentials_are_said_to_be_wrong(self, rig: CarrierRig) -> None:
        """Buying, checking and following each raise AuthenticationFailed, without the secret."""
        carrier, _ = rig.open(wrong=True)
        parcel = ParcelRef(id=1, number=rig.bad_number, labelled_at=datetime.now(UTC))
        for attempt in (
            lambda: carrier.buy_label(rig.request(next(iter(carrier.methods)))),
            carrier.check,
            lambda: list(carrier.track([parcel])),
        ):
            with pytest.raises(AuthenticationFailed) as caught:
                attempt()
            assert_no_secret(caught.value, rig.secrets)
        assert rig.labels() == []

    @pytest.mark.parametrize("kind", ["lost_answer", "hang"])
    def test_a_lost_answer_is_settled_and_not_repeated(
        self, rig: CarrierRig, kind: FaultKind
    ) -> None:
        """The carrier made the label and its answer was lost: nothing is sent a second time."""
        carrier, _ = rig.open(deadline=1.0)
        request = rig.request(next(iter(carrier.methods)))
        rig.break_next_label(kind, seconds=2.0)
        with pytest.raises(OutcomeUnknown) as caught:
            carrier.buy_label(request)
        assert_no_secret(caught.value, rig.secrets)
        assert len(rig.labels()) == 1
        settled = carrier.settle(request)
        assert isinstance(settled, Adopted | Orphan | StillUnknown)
        if isinstance(settled, Adopted):
            assert settled.purchase.number == rig.labels()[0][0]

    def test_a_server_error_after_the_work_is_not_a_refusal(self, rig: CarrierRig) -> None:
        """A peer answers "no label, no message" to a 503 with a plain body."""
        carrier, _ = rig.open()
        request = rig.request(next(iter(carrier.methods)))
        for status, body in ((503, "Service Unavailable"), (200, "<html>Maintenance</html>")):
            rig.break_next_label("status_after", status=status, body=body)
            with pytest.raises(OutcomeUnknown) as caught:
                carrier.buy_label(request)
            assert caught.value.exchange is not None

    def test_a_truncated_answer_forgets_no_number(self, rig: CarrierRig) -> None:
        """Half an answer: either the number is kept, or the outcome is said to be unknown."""
        carrier, _ = rig.open()
        rig.break_next_label("truncate")
        outcome: Purchase | OutcomeUnknown
        try:
            outcome = carrier.buy_label(rig.request(next(iter(carrier.methods))))
        except OutcomeUnknown as error:
            outcome = error
        ((number, _),) = rig.labels()
        assert isinstance(outcome, OutcomeUnknown) or outcome.number == number

    def test_what_we_refuse_is_never_sent(self, rig: CarrierRig) -> None:
        """Our own checks name the field, and cost no request."""
        carrier, _ = rig.open()
        sold = rig.request(next(iter(carrier.methods)))
        for request in (rig.unsold, sold.model_copy(update={"weight_g": 0})):
            for attempt in (carrier.validate, carrier.buy_label):
                with pytest.raises(InvalidShipment) as caught:
                    attempt(request)
                assert caught.value.field
        assert rig.requests() == 0

    def test_an_unknown_method_is_unsupported_without_a_call(self, rig: CarrierRig) -> None:
        """A method that is not in the carrier's table is named, not guessed at."""
        carrier, _ = rig.open()
        sold = rig.request(next(iter(carrier.methods)))
        strange = sold.model_copy(update={"method": "by_pigeon"})
        for attempt in (carrier.validate, carrier.buy_label):
            with pytest.raises(UnsupportedFeature) as caught:
                attempt(strange)
            assert caught.value.params["method"] == "by_pigeon"
        assert rig.requests() == 0

    def test_offers_are_pure_and_agree_with_validate(self, rig: CarrierRig) -> None:
        """Every method is offered or refused, as the purchase would be."""
        carrier, _ = rig.open()
        for method in carrier.methods:
            request = rig.request(method)
            carrier.validate(request)
            offers = {offer.method: offer for offer in carrier.offers(request)}
            assert set(offers) == set(carrier.methods)
            assert offers[method].sold
        unsold = {offer.method: offer for offer in carrier.offers(rig.unsold)}
        assert not unsold[rig.unsold.method].sold
        assert unsold[rig.unsold.method].reason
        assert rig.requests() == 0

    def test_check_tells_the_account_and_buys_nothing(self, rig: CarrierRig) -> None:
        """No finding is an error where all is well."""
        carrier, _ = rig.open()
        identity = carrier.check()
        assert [finding for finding in identity.findings if finding.level == "error"] == []
        assert rig.labels() == []

    def test_tracking_tells_known_and_unknown_codes(self, rig: CarrierRig) -> None:
        """A code that no table lists is UNKNOWN, never "in transit"."""
        carrier, _ = rig.open()
        if CarrierCapability.TRACK not in carrier.capabilities:
            pytest.skip("this carrier does not track")
        number = carrier.buy_label(rig.request(next(iter(carrier.methods)))).number
        rig.emulator.live(number, ["QQQQQQ", rig.delivered])
        parcel = ParcelRef(id=7, number=number, labelled_at=datetime.now(UTC))
        found = [event for event in carrier.track([parcel]) if isinstance(event, TrackingEvent)]
        by_code = {event.code: event for event in found}
        assert by_code["QQQQQQ"].status is TrackingStatus.UNKNOWN
        assert by_code[rig.delivered].status is TrackingStatus.DELIVERED
        assert {event.parcel_id for event in found} == {7}
        assert all(event.at.tzinfo for event in found)

    def test_one_bad_number_stops_nothing(self, rig: CarrierRig) -> None:
        """One bad number stopped the tracking job of other tools."""
        carrier, _ = rig.open()
        if CarrierCapability.TRACK not in carrier.capabilities:
            pytest.skip("this carrier does not track")
        number = carrier.buy_label(rig.request(next(iter(carrier.methods)))).number
        rig.emulator.live(number, [rig.delivered])
        now = datetime.now(UTC)
        numbers = [rig.bad_number, number, rig.bad_number]
        parcels = [ParcelRef(id=i, number=n, labelled_at=now) for i, n in enumerate(numbers)]
        found = list(carrier.track(parcels))
        assert [f.parcel_id for f in found if isinstance(f, TrackingFailure)] == [0, 2]
        assert [f.parcel_id for f in found if isinstance(f, TrackingEvent)] == [1]

    def test_a_label_is_fetched_again_by_its_number(self, rig: CarrierRig) -> None:
        """A number whose label was lost gets it later, and nothing new is made."""
        carrier, _ = rig.open()
        if CarrierCapability.FETCH_LABEL not in carrier.capabilities:
            pytest.skip("this carrier does not give a label twice")
        assert isinstance(carrier, FetchLabel)
        bought = carrier.buy_label(rig.request(next(iter(carrier.methods))))
        again = carrier.fetch_label(bought.number, LabelFormat.parse("pdf_10x15"))
        assert [document.kind for document in again] == [DocumentKind.LABEL]
        assert again[0].content.startswith(b"%PDF-")
        assert len(rig.labels()) == 1

    def test_abilities_are_what_is_declared(self, rig: CarrierRig) -> None:
        """A declared ability is there; an undeclared one raises UnsupportedFeature, uncalled."""
        carrier, _ = rig.open()
        abilities: tuple[tuple[CarrierCapability, type[Any], str, tuple[Any, ...]], ...] = (
            (
                CarrierCapability.FETCH_LABEL,
                FetchLabel,
                "fetch_label",
                (rig.bad_number, LabelFormat.parse("pdf_10x15")),
            ),
            (CarrierCapability.CANCEL, Cancel, "cancel", (rig.bad_number,)),
        )
        for capability, protocol, name, arguments in abilities:
            if capability in carrier.capabilities:
                assert isinstance(carrier, protocol)
            elif hasattr(carrier, name):
                with pytest.raises(UnsupportedFeature):
                    getattr(carrier, name)(*arguments)
        if CarrierCapability.TRACK not in carrier.capabilities:
            with pytest.raises(UnsupportedFeature):
                list(carrier.track([]))
        assert rig.requests() == 0

    def test_a_buyer_can_follow_the_number(self, rig: CarrierRig) -> None:
        """The page's address is https and holds the number."""
        url = rig.backend.tracking_url(rig.bad_number)
        assert url.startswith("https://")
        assert rig.bad_number in url

    def test_no_secret_is_printed(self, rig: CarrierRig) -> None:
        """Settings and carrier may be logged."""
        carrier, _ = rig.open()
        shown = f"{rig.settings!r} {rig.settings!s} {carrier!r}"
        assert not [secret for secret in rig.secrets if secret in shown]
