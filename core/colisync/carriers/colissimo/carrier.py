"""The Colissimo carrier: every call is encode, send, decode."""

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import ClassVar, Self

from pydantic import BaseModel

from colisync.carriers.colissimo.account import (
    PROBE_NUMBER,
    decode_account,
    sample_request,
    warning,
)
from colisync.carriers.colissimo.coverage import METHODS
from colisync.carriers.colissimo.decode import (
    decode_broken,
    decode_check,
    decode_purchase,
    decode_reprint,
)
from colisync.carriers.colissimo.encode import (
    Body,
    check_method,
    credentials,
    encode_account,
    encode_label,
    encode_reprint,
    encode_tracking,
    sold_territory,
)
from colisync.carriers.colissimo.parties import Notes
from colisync.carriers.colissimo.settings import ColissimoSettings
from colisync.carriers.colissimo.timeline import decode_timeline
from colisync.errors import (
    AuthenticationFailed,
    InvalidShipment,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    RemoteError,
)
from colisync.model.label import Document, LabelFormat, LabelRequest, Orphan, Purchase
from colisync.model.parcel import ParcelRef
from colisync.model.shipping import Offer, ShippingMethod
from colisync.model.tracking import TrackingEvent
from colisync.ports.carrier import CarrierCapability, CarrierIdentity, TrackingFailure
from colisync.ports.context import BackendContext
from colisync.ports.http import HttpAnswer
from colisync.ports.shop import Finding
from colisync.rendering.message import Catalogue

_LABELS = "/sls-ws/SlsServiceWSRest/3.1"
_TIMELINE = "/tracking-timeline-ws/rest/tracking/timelineCompany"
_ACCOUNT = "/api-ewe/v1/rest/additionalinformations"
_JSON = {"Content-Type": "application/json", "Accept": "*/*"}
_GIVE_UP_AFTER = 5
_TRACKING_SECONDS = 15.0  # one number may not hold up the others; the plug-in waits 10


class ColissimoCarrier:
    """One Colissimo contract. Safe for many threads."""

    key: ClassVar[str] = "colissimo"
    name: ClassVar[str] = "Colissimo"
    capabilities: ClassVar[frozenset[CarrierCapability]] = frozenset(
        {CarrierCapability.TRACK, CarrierCapability.FETCH_LABEL}
    )
    settings: ClassVar[type[BaseModel]] = ColissimoSettings
    methods: ClassVar[Mapping[str, ShippingMethod]] = {
        method: ShippingMethod(
            key=method,
            name_key=f"colissimo.method.{method}",
            needs_pickup_point=method == "pickup",
        )
        for method in METHODS
    }

    def __init__(self, settings: ColissimoSettings, ctx: BackendContext) -> None:
        self._settings = settings
        self._http = ctx.http
        self._clock = ctx.clock
        self._concurrency = max(1, ctx.concurrency)
        self._headers = {**_JSON, **credentials(settings)[0]}

    @classmethod
    def open(cls, settings: BaseModel, ctx: BackendContext) -> Self:
        """A carrier ready to call; nothing is called yet."""
        return cls(ColissimoSettings.model_validate(settings), ctx)

    @classmethod
    def tracking_url(cls, number: str) -> str:
        """La Poste's page for `number`. Source: reference §8."""
        return f"https://www.laposte.fr/outils/suivre-vos-envois?code={number}"

    def offers(self, request: LabelRequest) -> list[Offer]:
        """Every method, sold or not for this sender and recipient. Pure."""
        return [_offer(request.model_copy(update={"method": method})) for method in METHODS]

    def validate(self, request: LabelRequest) -> None:
        """Returns where the request can be sent; raises as `encode_label` does. Pure."""
        encode_label(request, self._settings)

    def buy_label(self, request: LabelRequest) -> Purchase:
        """The number and label of `request`; sent once, whatever happens.

        A Purchase without documents has its number: `fetch_label` brings them. What was left out
        of the address stands in its warnings, before the carrier's. Raises as `decode` says.
        """
        encoded = encode_label(request, self._settings)
        purchase = self._send(encoded.payload(), request.label_format)
        if not encoded.notes:
            return purchase
        left_out = _in_words(encoded.notes, request.language)
        return purchase.model_copy(update={"warnings": (*left_out, *purchase.warnings)})

    def _send(self, payload: bytes, label_format: LabelFormat) -> Purchase:
        try:
            answer = self._http.request(
                "POST", f"{_LABELS}/generateLabel", headers=self._headers, body=payload
            )
        except OutcomeUnknown as lost:
            return decode_broken(lost, label_format)
        return decode_purchase(answer, label_format)

    def fetch_label(self, number: str, label_format: LabelFormat) -> tuple[Document, ...]:
        """The label of a parcel that has its number already; may be asked again and again."""
        headers = {**self._headers, **self._reprint_headers()}
        body = encode_reprint(number, label_format)
        return decode_reprint(self._post(f"{_LABELS}/getLabel", body, headers), label_format)

    def settle(self, request: LabelRequest) -> Orphan:
        """Always a possible orphan: Colissimo has no search, and bills what is scanned only."""
        check_method(request)
        return Orphan(possible=True)

    def track(self, parcels: Sequence[ParcelRef]) -> Iterator[TrackingEvent | TrackingFailure]:
        """Every event of each parcel, one call per number, `concurrency` at once.

        A number that fails yields its TrackingFailure. Raises AuthenticationFailed,
        ConfigurationError and RateLimited, and the fifth outage in a row: those concern every
        number.
        """
        outages = 0
        with ThreadPoolExecutor(self._concurrency, thread_name_prefix="colissimo") as pool:
            try:
                for parcel, found in zip(parcels, pool.map(self._life, parcels), strict=True):
                    if not isinstance(found, RemoteError):
                        outages = 0
                        yield from found
                        continue
                    outages += found.retryable
                    if outages >= _GIVE_UP_AFTER:
                        raise found
                    yield _failed(parcel, found)
            finally:
                pool.shutdown(cancel_futures=True)

    def check(self) -> CarrierIdentity:
        """The account, its offer, and what its holder should know. Buys nothing.

        Raises AuthenticationFailed where labels are refused, any other RemoteError where nothing
        can be told.
        """
        labels = self._check_labels()
        offer, told = self._check_account()
        account = self._settings.contract_number or self._settings.parent_account
        findings = (*labels, *told, *self._check_tracking())
        return CarrierIdentity(account=account, offer=offer, findings=findings)

    def _check_labels(self) -> list[Finding]:
        tomorrow = (self._clock.now() + timedelta(days=1)).date()
        encoded = encode_label(sample_request(tomorrow), self._settings)
        answer = self._post(f"{_LABELS}/checkGenerateLabel", encoded.body, self._headers)
        try:
            decode_check(answer)
        except (InvalidShipment, Rejected) as error:
            params = {"code": error.params.get("code"), "text": error.params.get("text")}
            return [Finding(level="error", key="colissimo.check_refused", params=params)]
        return [Finding(level="ok", key="colissimo.check_labels")]

    def _check_account(self) -> tuple[str, list[Finding]]:
        try:
            return decode_account(self._post(_ACCOUNT, encode_account(self._settings), _JSON))
        except RemoteError as error:
            return "", [warning("colissimo.account_unreadable", text=error.key)]

    def _check_tracking(self) -> list[Finding]:
        probe = ParcelRef(id=0, number=PROBE_NUMBER, labelled_at=self._clock.now())
        try:
            self._ask(probe)
        except AuthenticationFailed as error:
            return [
                Finding(level="error", key="colissimo.tracking_not_enabled", params=error.params)
            ]
        except RemoteError as error:
            return [warning("colissimo.tracking_unchecked", text=error.key)]
        return [Finding(level="ok", key="colissimo.check_tracking")]

    def _life(self, parcel: ParcelRef) -> list[TrackingEvent | TrackingFailure] | RemoteError:
        """The events of one parcel, or the error that concerns its number alone."""
        try:
            return self._ask(parcel)
        except (AuthenticationFailed, RateLimited):
            raise
        except RemoteError as error:
            return error

    def _ask(self, parcel: ParcelRef) -> list[TrackingEvent | TrackingFailure]:
        body = encode_tracking(parcel.number, self._settings)
        answer = self._post(_TIMELINE, body, _JSON, deadline=_TRACKING_SECONDS)
        return decode_timeline(answer, parcel, self._clock.now())

    def _post(
        self, path: str, body: Body, headers: Mapping[str, str], *, deadline: float | None = None
    ) -> HttpAnswer:
        """The answer to a question that may be asked twice."""
        payload = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        return self._http.request(
            "POST", path, headers=headers, body=payload, repeatable=True, deadline=deadline
        )

    def _reprint_headers(self) -> dict[str, str]:
        """getLabel takes its login from headers, unlike its neighbours (reference §0.1)."""
        members = credentials(self._settings)[1]
        headers: dict[str, str] = {}
        if members:
            headers = {"login": members["contractNumber"], "password": members["password"]}
        if self._settings.parent_account:
            headers["accountNumber"] = self._settings.parent_account
        return headers


def _offer(request: LabelRequest) -> Offer:
    try:
        sold_territory(request)
    except InvalidShipment as error:
        instead = str(error.params.get("sold", "")).split(", ")
        others = tuple(method for method in instead if method)
        return Offer(method=request.method, sold=False, reason=error.key, sold_instead=others)
    return Offer(method=request.method, sold=True)


def _failed(parcel: ParcelRef, error: RemoteError) -> TrackingFailure:
    params = {name: str(value) for name, value in error.params.items()}
    return TrackingFailure(
        parcel_id=parcel.id, key=error.key, params={"number": parcel.number, **params}
    )


def _in_words(notes: Notes, language: str) -> tuple[str, ...]:
    catalogue = Catalogue(language)
    return tuple(catalogue.text(key, params) for key, params in notes)
