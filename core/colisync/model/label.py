"""Buying a label: what is asked, what comes back."""

import re
from datetime import date
from enum import StrEnum
from typing import Any, Self

from pydantic import Field

from colisync.model.address import Address
from colisync.model.noun import Noun
from colisync.model.pickup import PickupPoint
from colisync.model.units import Dimensions, Grams, Money

_FORMAT = re.compile(r"^(?P<kind>pdf|zpl|dpl)_(?P<size>10x15|10x12|10x10|a4)(_(?P<dpi>203|300))?$")
_SHORT = {"zpl_203": "zpl_10x15_203", "zpl_300": "zpl_10x15_300", "dpl_203": "dpl_10x15_203"}
_SHORT |= {"dpl_300": "dpl_10x15_300", "zpl": "zpl_10x15_203", "dpl": "dpl_10x15_203"}


class LabelKind(StrEnum):
    """The language of a label's bytes."""

    PDF = "pdf"
    ZPL = "zpl"
    DPL = "dpl"


class LabelFormat(Noun):
    """Language, size and resolution of a label."""

    kind: LabelKind
    size: str
    dpi: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """The format named by `label_format` of the configuration, such as "zpl_10x15_203".

        Raises ValueError for a name that is not in the list of design §4.
        """
        match = _FORMAT.match(_SHORT.get(text, text))
        if match is None or (match["size"] == "a4" and match["kind"] != "pdf"):
            raise ValueError(text)
        default = 300 if match["kind"] == "pdf" else 203
        dpi = int(match["dpi"] or default)
        if match["kind"] == "pdf" and dpi != 300:
            raise ValueError(text)
        return cls(kind=LabelKind(match["kind"]), size=match["size"], dpi=dpi)

    def __str__(self) -> str:
        if self.kind is LabelKind.PDF:
            return f"pdf_{self.size}"
        return f"{self.kind.value}_{self.size}_{self.dpi}"


class Direction(StrEnum):
    """Which way a shipment goes."""

    OUTWARD = "outward"
    RETURN = "return"


class ShippedItem(Noun):
    """A quantity of one product inside a parcel."""

    sku: str = ""
    name: str = ""
    quantity: int = Field(ge=1)
    weight_g: Grams | None = None
    unit_price: Money | None = None


class LabelRequest(Noun):
    """Everything a carrier needs for one label, frozen at the moment of the claim.

    `reference` is the attempt's: 12 characters `A–Z2–7`, never reused. `followers` are the numbers
    of the parcels that a master parcel announces. `options` are checked by the carrier's own
    `options.py`. `hand_over_on` is the planned day, in the sender's calendar.
    """

    reference: str
    order_number: str
    method: str
    direction: Direction = Direction.OUTWARD
    sender: Address
    recipient: Address
    weight_g: Grams
    dimensions: Dimensions | None = None
    pickup_point: PickupPoint | None = None
    insurance_eur: int = 0
    label_format: LabelFormat
    hand_over_on: date
    shop_name: str = ""
    instructions: str = ""
    parcel_index: int = 1
    parcel_count: int = 1
    followers: tuple[str, ...] = ()
    items: tuple[ShippedItem, ...] = ()
    shipping_total: Money | None = None
    language: str = "fr"
    options: dict[str, Any] = Field(default_factory=dict)


class DocumentKind(StrEnum):
    """What a document bought with a parcel is."""

    LABEL = "label"
    CN23 = "cn23"
    PROFORMA = "proforma"


class Document(Noun):
    """Bytes to print, exactly as the carrier sent them."""

    kind: DocumentKind
    format: LabelFormat
    content: bytes = Field(repr=False)


class Purchase(Noun):
    """What a carrier gave for one request.

    `documents` is empty where the label is fetched by a second request at `label_url`.
    `partner_number` is the delivering partner's own. `warnings` are the carrier's words.
    `price` is None where the carrier says none.
    """

    number: str
    partner_number: str = ""
    documents: tuple[Document, ...] = ()
    label_url: str = ""
    warnings: tuple[str, ...] = ()
    price: Money | None = None


class Adopted(Noun):
    """settle: the purchase was found and is this one."""

    purchase: Purchase


class Orphan(Noun):
    """settle: buy again under the next attempt; the first label, if it exists, stays listed.

    `number` is empty where the carrier cannot say it. `possible` is true where it is not known
    whether a label exists at all.
    """

    number: str = ""
    possible: bool = True


class StillUnknown(Noun):
    """settle: the carrier cannot say; a person decides."""

    note: str = ""
