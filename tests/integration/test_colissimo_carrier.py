"""The Colissimo carrier against the emulated service, habits and faults included."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from colisync.carriers.colissimo import ColissimoCarrier, ColissimoSettings
from colisync.errors import (
    AuthenticationFailed,
    InvalidShipment,
    OutcomeUnknown,
    RateLimited,
    RemoteUnavailable,
    Unreachable,
    UnreadableAnswer,
)
from colisync.model.label import LabelFormat, LabelRequest, Orphan
from colisync.model.parcel import ParcelRef
from colisync.model.pickup import PickupPoint
from colisync.model.tracking import TrackingEvent, TrackingStatus
from colisync.ports.carrier import TrackingFailure
from colisync.ports.context import BackendContext
from colisync.sandbox.colissimo import ColissimoCarrierEmulator
from colisync.sandbox.colissimo import ColissimoSettings as Habits
from colisync.sandbox.faults import Fault
from colisync.sandbox.server import Server
from colisync.testing.contracts.carrier import RECIPIENT, label_request
from colisync.wire.clock import SystemClock
from colisync.wire.http import RemoteSession

_KEY = "sandbox-colissimo-key"
_PLACES = {
    "FR": "75015", "MC": "98000", "BE": "1000", "DE": "10115", "LU": "L-1234", "NL": "1012 AB",
    "AT": "1010", "ES": "28001", "IE": "D02 X285", "IT": "00118", "PT": "1000-001",
    "CZ": "110 00", "DK": "1050", "EE": "10111", "HU": "1011", "LT": "01100", "PL": "00-950",
    "SE": "111 22", "SI": "1000", "SK": "811 01", "LV": "1010", "FI": "00100", "GR": "104 31",
    "HR": "10000", "MT": "VLT 1117", "RO": "010011", "BG": "1000", "CY": "1010",
}  # fmt: skip


class Rig:
    """One emulated contract, and carriers that call it."""

    def __init__(self, habits: Habits) -> None:
        self.emulator = ColissimoCarrierEmulator(habits)
        self.server = Server(self.emulator.app)
        self.sessions: list[RemoteSession] = []

    def carrier(
        self, *, deadline: float = 10.0, concurrency: int = 4, **settings: str
    ) -> ColissimoCarrier:
        session = RemoteSession(
            self.server.url, local=True, deadline=deadline, concurrency=concurrency
        )
        self.sessions.append(session)
        words: dict[str, Any] = settings or {"api_key": _KEY}
        contract = ColissimoSettings(base_url=self.server.url, local=True, **words)
        ctx = BackendContext(http=session, clock=SystemClock(), concurrency=concurrency)
        return ColissimoCarrier.open(contract, ctx)

    def labels(self) -> list[dict[str, str]]:
        rows: list[dict[str, str]] = self.emulator.books()["labels"]
        return rows

    def fault(self, **fault: Any) -> None:
        self.emulator.app.add(Fault(**fault))


@pytest.fixture
def make_rig() -> Iterator[Callable[..., Rig]]:
    made: list[Rig] = []

    def make(**habits: Any) -> Rig:
        rig = Rig(Habits(**habits))
        rig.server.start()
        made.append(rig)
        return rig

    yield make
    for rig in made:
        for session in rig.sessions:
            session.close()
        rig.server.stop()


@pytest.fixture
def rig(make_rig: Callable[..., Rig]) -> Rig:
    return make_rig()


def _pickup(**fields: Any) -> LabelRequest:
    point = PickupPoint(id="012345", country="FR")
    return label_request(**{"method": "pickup", "pickup_point": point, **fields})


def _ref(number: str, index: int = 1) -> ParcelRef:
    return ParcelRef(id=index, number=number, labelled_at=datetime.now(UTC))


@pytest.mark.parametrize("multipart", ["related", "mixed"])
@pytest.mark.parametrize("line_ends", ["crlf", "lf"])
@pytest.mark.parametrize("errors", ["single", "multipart"])
def test_every_way_of_answering(
    make_rig: Callable[..., Rig], multipart: str, line_ends: str, errors: str
) -> None:
    rig = make_rig(multipart=multipart, line_ends=line_ends, errors=errors)
    carrier = rig.carrier()
    (label,) = carrier.buy_label(label_request()).documents
    assert label.content.startswith(b"%PDF-")
    assert label.content.rstrip().endswith(b"%%EOF")
    with pytest.raises(InvalidShipment) as caught:
        carrier.buy_label(_pickup(pickup_point=PickupPoint(id="000000")))
    assert caught.value.field == "pickup_point"


def test_the_two_tables_agree_on_every_destination(rig: Rig) -> None:
    """Ours and the emulator's were written apart from the same reference."""
    carrier = rig.carrier(concurrency=8)
    bought = 0
    for country, postcode in _PLACES.items():
        phone = "+32475120934" if country == "BE" else "+33612093457"
        there = {"country": country, "postcode": postcode, "phone": phone}
        recipient = RECIPIENT.model_copy(update=there)
        point = PickupPoint(id="012345", country=country)
        for offer in carrier.offers(label_request(recipient=recipient)):
            request = label_request(
                method=offer.method, recipient=recipient, pickup_point=point, weight_g=500
            )
            if offer.sold:
                carrier.buy_label(request)
                bought += 1
            else:
                with pytest.raises(InvalidShipment):
                    carrier.buy_label(request)
    assert bought == len(rig.labels()) == 3 * 3 + 19 * 2 + 6


@pytest.mark.parametrize(
    "text",
    [
        "pdf_10x15", "pdf_10x12", "pdf_10x10", "pdf_a4", "zpl_10x15_203", "zpl_10x15_300",
        "zpl_10x12_203", "zpl_10x10_300", "dpl_10x15_203", "dpl_10x12_300", "dpl_10x10_203",
    ],
)  # fmt: skip
def test_every_label_format_is_sold(rig: Rig, text: str) -> None:
    label_format = LabelFormat.parse(text)
    (label,) = rig.carrier().buy_label(label_request(label_format=label_format)).documents
    assert label.format == label_format
    assert label.content


def test_a_parent_account_is_named(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(parent_account="800001")
    known = rig.carrier(api_key=_KEY, parent_account="800001")
    number = known.buy_label(label_request()).number
    assert known.fetch_label(number, LabelFormat.parse("zpl_203"))
    assert known.check().offer == "Facilité"
    with pytest.raises(AuthenticationFailed):
        rig.carrier(api_key=_KEY, parent_account="812345").buy_label(label_request())


def test_check_says_what_the_account_lacks(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(conditions_accepted=False, contract_type="PRIVILEGE")
    identity = rig.carrier(contract_number="900001", password="Sandbox1").check()
    assert (identity.account, identity.offer) == ("900001", "Privilège")
    assert "colissimo.terms_not_accepted" in [finding.key for finding in identity.findings]
    assert rig.labels() == []


def test_check_says_that_a_product_is_not_in_the_contract(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(refused_products=frozenset({"DOM"}))
    findings = {finding.key: finding for finding in rig.carrier().check().findings}
    assert findings["colissimo.check_refused"].level == "error"
    assert findings["colissimo.check_refused"].params["code"] == "30700"


def test_check_says_that_tracking_is_not_enabled(rig: Rig) -> None:
    body = '{"status":[{"code":"202","message":"Service non autorisé"}]}'
    rig.fault(kind="status", path="timelineCompany", status=200, body=body)
    findings = {finding.key: finding.level for finding in rig.carrier().check().findings}
    assert findings["colissimo.tracking_not_enabled"] == "error"
    assert findings["colissimo.check_labels"] == "ok"


def test_what_was_left_out_stands_in_the_warnings_in_the_readers_language(rig: Rig) -> None:
    recipient = RECIPIENT.model_copy(update={"last_name": "Martin 🎁"})
    for language, word in (("fr", "Laissé de côté"), ("en", "Left out")):
        bought = rig.carrier().buy_label(label_request(recipient=recipient, language=language))
        (warning,) = bought.warnings
        assert word in warning
        assert "🎁" in warning


def test_a_refusal_shows_its_exchange_without_key_or_password(rig: Rig) -> None:
    by_login = rig.carrier(contract_number="900001", password="Sandbox1")
    for carrier in (rig.carrier(), by_login):
        with pytest.raises(InvalidShipment) as caught:
            carrier.buy_label(_pickup(pickup_point=PickupPoint(id="000000")))
        exchange = repr(caught.value.exchange)
        assert "30401" in exchange
        assert _KEY not in exchange
        assert "Sandbox1" not in exchange


@pytest.mark.parametrize("kind", ["lost_answer", "status_after"])
def test_a_label_made_and_lost_costs_one_label_and_one_orphan(rig: Rig, kind: str) -> None:
    carrier = rig.carrier()
    rig.fault(kind=kind, path="generateLabel", status=502)
    with pytest.raises(OutcomeUnknown):
        carrier.buy_label(label_request())
    assert len(rig.labels()) == 1
    assert carrier.settle(label_request()) == Orphan(possible=True)


def test_an_answer_cut_off_behind_its_number_is_a_number_to_keep(rig: Rig) -> None:
    carrier = rig.carrier()
    rig.fault(kind="truncate", path="generateLabel")
    bought = carrier.buy_label(label_request())
    assert [row["number"] for row in rig.labels()] == [bought.number]
    assert bought.documents == ()
    (label,) = carrier.fetch_label(bought.number, label_request().label_format)
    assert label.content.startswith(b"%PDF-")


def test_an_answer_that_drips_ends_at_the_deadline(rig: Rig) -> None:
    carrier = rig.carrier(deadline=1.0)
    rig.fault(kind="drip", path="generateLabel", seconds=0.05)
    started = time.monotonic()
    with pytest.raises(OutcomeUnknown):
        carrier.buy_label(label_request())
    assert time.monotonic() - started < 4.0


def test_a_server_that_is_away_made_nothing(rig: Rig) -> None:
    carrier = rig.carrier(deadline=1.0)
    rig.server.stop()
    with pytest.raises(Unreachable):
        carrier.buy_label(label_request())


def test_words_before_the_answer_are_stepped_over(rig: Rig) -> None:
    rig.fault(kind="prefix", path="generateLabel", body="<b>Notice</b>: something\r\n")
    assert rig.carrier().buy_label(label_request()).documents


def test_the_label_is_fetched_when_only_the_number_came(rig: Rig) -> None:
    """The number comes, the label is cut off: nothing that is paid is forgotten."""
    carrier = rig.carrier()
    whole = carrier.buy_label(label_request())
    body = _infos_only(whole.number)
    rig.fault(kind="status_after", path="generateLabel", status=200, body=body)
    bought = carrier.buy_label(label_request())
    assert (bought.number, bought.documents) == (whole.number, ())
    (label,) = carrier.fetch_label(bought.number, LabelFormat.parse("pdf_10x15"))
    assert label.content.startswith(b"%PDF-")


def _infos_only(number: str) -> str:
    infos = f'{{"messages":[],"labelV31Response":{{"parcelNumber":"{number}"}}}}'
    part = "\r\n--uuid:1\r\nContent-ID: "
    return f"{part}<jsonInfos>\r\n\r\n{infos}{part}<label>\r\n\r\n%PDF"


def test_fetching_repeats_where_buying_does_not(rig: Rig) -> None:
    carrier = rig.carrier()
    number = carrier.buy_label(label_request()).number
    rig.fault(kind="status", path="getLabel", status=503, times=2)
    assert carrier.fetch_label(number, LabelFormat.parse("pdf_10x15"))
    rig.fault(kind="status", path="getLabel", status=200, body="<html>")
    with pytest.raises(UnreadableAnswer):
        carrier.fetch_label(number, LabelFormat.parse("pdf_10x15"))


def test_a_reprint_that_fails_shows_no_password(rig: Rig) -> None:
    """getLabel takes login and password from headers."""
    carrier = rig.carrier(contract_number="900001", password="Sandbox1")
    number = carrier.buy_label(label_request()).number
    assert carrier.fetch_label(number, LabelFormat.parse("pdf_10x15"))
    rig.fault(kind="status", path="getLabel", status=200, body="<html>")
    with pytest.raises(UnreadableAnswer) as caught:
        carrier.fetch_label(number, LabelFormat.parse("pdf_10x15"))
    assert "Sandbox1" not in repr(caught.value.exchange)


def test_an_account_service_that_is_away_stops_no_check(rig: Rig) -> None:
    rig.fault(kind="reset", path="additionalinformations", times=9)
    findings = {finding.key: finding.level for finding in rig.carrier().check().findings}
    assert findings["colissimo.account_unreadable"] == "warning"
    assert findings["colissimo.check_labels"] == "ok"


def test_many_parcels_are_followed_together(rig: Rig) -> None:
    carrier = rig.carrier()
    numbers = [carrier.buy_label(label_request()).number for _ in range(6)]
    for number in numbers:
        rig.emulator.live(number, ["PCHCFM", "LIVCFM"])
    rig.emulator.app.latency = 0.2
    parcels = [_ref(number, index) for index, number in enumerate(numbers)]
    started = time.monotonic()
    found = [event for event in carrier.track(parcels) if isinstance(event, TrackingEvent)]
    assert time.monotonic() - started < 6 * 0.2
    delivered = [event.parcel_id for event in found if event.status is TrackingStatus.DELIVERED]
    assert delivered == list(range(6))


def test_concurrency_is_kept(rig: Rig) -> None:
    seen, most = 0, 0
    lock = threading.Lock()
    carrier = rig.carrier(concurrency=2)
    ask = carrier._ask

    def counted(parcel: ParcelRef) -> Any:
        nonlocal seen, most
        with lock:
            seen += 1
            most = max(most, seen)
        try:
            return ask(parcel)
        finally:
            with lock:
                seen -= 1

    carrier._ask = counted  # type: ignore[method-assign]
    rig.emulator.app.latency = 0.05
    assert len(list(carrier.track([_ref("6A00000000000", i) for i in range(6)]))) == 6
    assert most == 2


def test_one_number_that_breaks_the_service_stops_no_other(rig: Rig) -> None:
    carrier = rig.carrier(concurrency=1)
    number = carrier.buy_label(label_request()).number
    rig.emulator.live(number, ["LIVCFM"])
    rig.fault(kind="status", path="timelineCompany", text="6A99", status=500, times=9)
    rig.fault(kind="status", path="timelineCompany", text="6A98", status=200, body="<html>")
    bad, worse = _ref("6A99000000001", 1), _ref("6A98000000001", 2)
    found = list(carrier.track([bad, worse, _ref(number, 3)]))
    failures = [(f.parcel_id, f.gone) for f in found if isinstance(f, TrackingFailure)]
    assert failures == [(1, False), (2, False)]
    assert [f.parcel_id for f in found if isinstance(f, TrackingEvent)] == [3]


def test_a_service_that_is_down_is_not_asked_for_every_number(rig: Rig) -> None:
    carrier = rig.carrier(concurrency=1)
    rig.fault(kind="status", path="timelineCompany", status=500, times=99)
    parcels = [_ref("6A00000000000", index) for index in range(40)]
    told: list[object] = []
    with pytest.raises(RemoteUnavailable):
        told.extend(carrier.track(parcels))
    left = 99 - rig.emulator.app.faults[0].times
    assert left < 20


def test_being_asked_to_wait_stops_the_round(rig: Rig) -> None:
    carrier = rig.carrier()
    headers = {"Retry-After": "60"}
    rig.fault(kind="status", path="timelineCompany", status=429, times=99, headers=headers)
    with pytest.raises(RateLimited) as caught:
        list(carrier.track([_ref("6A00000000000")]))
    assert caught.value.retry_after == 60
    assert _KEY not in repr(caught.value.exchange)


def test_a_round_can_be_left_early(rig: Rig) -> None:
    carrier = rig.carrier(concurrency=1)
    parcels = [_ref("6A00000000000", index) for index in range(50)]
    round_ = carrier.track(parcels)
    assert isinstance(next(round_), TrackingFailure)
    round_.close()  # type: ignore[attr-defined]
    assert rig.emulator.books()["trackings"] < 25


def test_a_hand_over_date_that_is_past_is_ours_to_compute_again(rig: Rig) -> None:
    yesterday = (datetime.now(UTC) - timedelta(days=2)).date()
    with pytest.raises(InvalidShipment) as caught:
        rig.carrier().buy_label(label_request(hand_over_on=yesterday))
    assert (caught.value.key, caught.value.field) == ("colissimo.hand_over_past", "hand_over_on")
