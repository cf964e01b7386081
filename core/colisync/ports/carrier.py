"""What every carrier must do, and what some can."""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import ClassVar, Protocol, Self, runtime_checkable

from pydantic import BaseModel, Field

from colisync.model.label import (
    Adopted,
    Document,
    LabelFormat,
    LabelRequest,
    Orphan,
    Purchase,
    StillUnknown,
)
from colisync.model.noun import Noun
from colisync.model.parcel import ParcelRef
from colisync.model.shipping import Offer, ShippingMethod
from colisync.model.tracking import TrackingEvent
from colisync.ports.context import BackendContext
from colisync.ports.shop import Finding


class CarrierCapability(StrEnum):
    """What a carrier can do beyond the protocol's core."""

    TRACK = "track"
    CANCEL = "cancel"
    PICKUP_SEARCH = "pickup_search"
    DEPOSIT_SLIPS = "deposit_slips"
    TRACKING_FILES = "tracking_files"
    COVERAGE = "coverage"
    CUSTOMS_DOCUMENTS = "customs_documents"
    ACCOUNT_INFO = "account_info"
    LETTERBOX_RETURN = "letterbox_return"
    TWO_STEP_LABEL = "two_step_label"  # the number first, the label by a second request
    FETCH_LABEL = "fetch_label"  # FetchLabel


class CarrierIdentity(Noun):
    """Which account answered. `offer` is its commercial name (Facilité, Privilège)."""

    account: str
    offer: str = ""
    findings: tuple[Finding, ...] = ()


class TrackingFailure(Noun):
    """One number that the carrier would not tell about. `gone` where it never will."""

    parcel_id: int
    key: str
    params: Mapping[str, str] = Field(default_factory=dict)
    gone: bool = False


class Carrier(Protocol):
    """One account with a carrier."""

    key: ClassVar[str]
    name: ClassVar[str]
    capabilities: ClassVar[frozenset[CarrierCapability]]
    settings: ClassVar[type[BaseModel]]
    methods: ClassVar[Mapping[str, ShippingMethod]]

    @classmethod
    def open(cls, settings: BaseModel, ctx: BackendContext) -> Self:
        """A carrier ready to call; nothing is called yet."""
        ...

    @classmethod
    def tracking_url(cls, number: str) -> str:
        """The page where a buyer follows `number`."""
        ...

    def check(self) -> CarrierIdentity:
        """Which account answers; validates credentials without buying anything.

        Raises any RemoteError or ConfigurationError where the account cannot be used.
        """
        ...

    def offers(self, request: LabelRequest) -> list[Offer]:
        """Every method with whether it is sold for this destination. Pure, no call."""
        ...

    def validate(self, request: LabelRequest) -> None:
        """Returns where the request can be sent. Pure, no call.

        Raises InvalidShipment naming the first field at fault and its remedy, UnsupportedFeature
        for a method that this carrier does not have.
        """
        ...

    def buy_label(self, request: LabelRequest) -> Purchase:
        """The number and label. Spends money; `request.reference` is the attempt's.

        Raises InvalidShipment, Rejected, AuthenticationFailed (nothing was made),
        RemoteUnavailable or Unreachable (nothing was sent or made), OutcomeUnknown (reconcile).
        """
        ...

    def settle(self, request: LabelRequest) -> Adopted | Orphan | StillUnknown:
        """What became of a request whose answer was lost; design §2.3."""
        ...

    def track(self, parcels: Sequence[ParcelRef]) -> Iterator[TrackingEvent | TrackingFailure]:
        """Every event the carrier tells of these parcels, old ones included, in any order.

        One bad number yields a TrackingFailure and stops nothing. Raises what concerns the whole
        account.
        """
        ...


@runtime_checkable
class FetchLabel(Protocol):
    """FETCH_LABEL: the label of a number that was bought, by a request that may be repeated."""

    def fetch_label(self, number: str, label_format: LabelFormat) -> tuple[Document, ...]:
        """The label and what goes with it. Raises NotFound where the carrier has it no more."""
        ...


@runtime_checkable
class Cancel(Protocol):
    """CANCEL: a label can be withdrawn at the carrier."""

    def cancel(self, number: str) -> None:
        """Returns once the carrier has cancelled it. Raises Rejected where it will not."""
        ...
