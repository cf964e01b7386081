"""A client and what is set up for it: senders, shops, contracts, rules."""

from datetime import date, time
from enum import StrEnum
from typing import Any, Literal

from pydantic import Field, field_validator

from colisync.model.address import Address
from colisync.model.label import LabelFormat
from colisync.model.noun import Noun
from colisync.model.units import Grams

Key = str


class Mode(StrEnum):
    """`rehearsal`: real shop read, sandbox carriers, SPECIMEN labels, nothing written."""

    LIVE = "live"
    REHEARSAL = "rehearsal"


class Customs(Noun):
    """Defaults for customs declarations; read by the carriers from the next issue on."""

    category: str = ""
    eori: str = ""
    hs_code: str = ""
    origin: str = ""
    fields: dict[str, str] = Field(default_factory=dict)
    copies: int = 4


class Workspace(Noun):
    """One client: all data is scoped to it."""

    key: Key
    name: str = ""
    language: Literal["fr", "en"] = "fr"
    mode: Mode = Mode.LIVE
    default_weight_g: Grams | None = None
    customs: Customs = Customs()


class Sender(Noun):
    """An address that parcels leave from."""

    key: Key
    default: bool = False
    address: Address


class Statuses(Noun):
    """The shop's status to set at each moment; empty leaves it."""

    labelled: str = ""
    delivered: str = ""


class Shop(Noun):
    """One storefront as configured. `sealed` are its credentials, readable only with the process's
    key. `paused` is the catalogue key of the reason, empty while it works."""

    workspace: Key
    key: Key
    platform: str
    name: str = ""
    url: str = ""
    local: bool = False
    orders_since: date | None = None
    ship_statuses: tuple[str, ...] = ()
    labels: Literal["on_request", "automatic"] = "on_request"
    write_back: Literal["at_label", "at_first_scan", "never"] = "at_label"
    statuses: Statuses = Statuses()
    buyer_mail: Literal["shop", "colisync", "none"] = "shop"
    options: dict[str, Any] = Field(default_factory=dict)
    sealed: str = Field(default="", repr=False)
    id: int = 0
    paused: str = ""


STAND_IN = "sandbox"
"""A contract's `base_url` while the sandbox's carrier stands in for it: labels are SPECIMEN."""


class Slip(Noun):
    """When the day's deposit slip is due, in the sender's local time."""

    at: time = time(16, 30)
    automatic: bool = False


class Contract(Noun):
    """An account with a carrier as configured. `sealed` as for a shop."""

    workspace: Key
    key: Key
    carrier: str
    name: str = ""
    label_format: str = "pdf_10x15"
    base_url: str = ""
    local: bool = False
    concurrency: int = Field(default=4, ge=1, le=64)
    slip: Slip = Slip()
    options: dict[str, Any] = Field(default_factory=dict)
    sealed: str = Field(default="", repr=False)
    id: int = 0
    paused: str = ""

    @property
    def is_stand_in(self) -> bool:
        """True until a real contract arrives: nothing of its labels is told to a shop."""
        return self.base_url == STAND_IN

    @field_validator("label_format")
    @classmethod
    def _known_format(cls, value: str) -> str:
        LabelFormat.parse(value)
        return value


class Bounds(Noun):
    """Inclusive bounds."""

    min: float | None = None
    max: float | None = None

    def hold(self, value: float) -> bool:
        """True where `value` lies inside, bounds included."""
        return (self.min is None or value >= self.min) and (self.max is None or value <= self.max)


Many = tuple[str, ...]


class RuleWhen(Noun):
    """All of these must hold; a field left out is not asked. Lists mean any of."""

    shop: Many = ()
    choice: Many = ()
    country: Many = ()
    postcode: Many = ()
    weight_g: Bounds | None = None
    total: Bounds | None = None
    sku: Many = ()
    tag: Many = ()
    pickup_point: bool | None = None
    company: bool | None = None
    served_by: Many = ()

    @field_validator(
        "shop", "choice", "country", "postcode", "sku", "tag", "served_by", mode="before"
    )
    @classmethod
    def _scalar_or_list(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value


class RuleUse(Noun):
    """What a matching rule gives the shipment."""

    contract: str = ""
    method: str = ""
    sender: str = ""
    insurance: int = Field(default=0, ge=0)
    weight_g: Grams | None = None
    packaging_g: Grams = 0
    hold: bool = False


class ShippingRule(Noun):
    """Shop's choice and order facts → method. First match wins."""

    when: RuleWhen = RuleWhen()
    use: RuleUse
