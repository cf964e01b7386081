"""Which product reaches which territory: the capability table, read once."""

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from colisync.carriers.colissimo.refusals import DATA, invalid
from colisync.model.address import Address

METHODS = ("home", "home_signature", "pickup")


@dataclass(frozen=True, slots=True)
class Territory:
    """What is sold to one territory: product codes, empty where a method is not sold."""

    zone: str
    home: str
    home_signature: str
    pickup: str
    cn23: bool
    insurable: bool

    def product(self, method: str) -> str:
        """The product code of `method`, empty where it is not sold."""
        return {
            "home": self.home,
            "home_signature": self.home_signature,
            "pickup": self.pickup,
        }[method]

    @property
    def sold(self) -> tuple[str, ...]:
        """The methods that are sold."""
        return tuple(method for method in METHODS if self.product(method))


@dataclass(frozen=True, slots=True)
class _Tables:
    mainland_senders: frozenset[str]
    overseas_senders: frozenset[str]
    mainland: dict[str, Territory]
    overseas: dict[str, Territory]
    intra: Territory
    neighbours: frozenset[str]
    customs_zones: dict[str, tuple[str, ...]]
    french_postcodes: dict[str, str]
    insurance: dict[str, int]


@cache
def _tables() -> _Tables:
    raw = json.loads((DATA / "capabilities.json").read_text(encoding="utf-8"))
    zones = {k: tuple(v) for k, v in raw["customs_zones"].items() if k != "note"}
    intra = raw["intra_overseas"]
    return _Tables(
        mainland_senders=frozenset(raw["mainland_senders"]),
        overseas_senders=frozenset(raw["overseas_senders"]),
        mainland=_territories(raw["mainland"]),
        overseas=_territories(raw["overseas"]),
        intra=Territory("OM", intra["home"], intra["home_signature"], "", False, True),
        neighbours=frozenset(intra["neighbours"]),
        customs_zones=zones,
        french_postcodes={k: v for k, v in raw["french_postcodes"].items() if k != "note"},
        insurance=raw["insurable_products"],
    )


def _territories(rows: list[dict[str, Any]]) -> dict[str, Territory]:
    return {
        code: Territory(
            zone=row["zone"],
            home=row["home"] or "",
            home_signature=row["home_signature"] or "",
            pickup=row["pickup"] or "",
            cn23=row["cn23"],
            insurable=row["insurable"],
        )
        for row in rows
        for code in row["territories"].split()
    }


def country_of(address: Address) -> str:
    """The territory's own code, also where the shop wrote FR with an overseas postcode.

    Empty where there is no country.
    """
    if address.country != "FR":
        return address.country
    postcode = address.postcode.replace(" ", "")
    if not postcode.startswith(("97", "98")):
        return "FR"
    special = _tables().french_postcodes
    return special.get(postcode[:5]) or special.get(postcode[:3]) or "FR"


def coverage(sender: Address, recipient: Address) -> Territory:
    """What is sold from `sender` to `recipient`.

    Raises InvalidShipment for a country that is missing or not served, on either side.
    Source: reference §2.2 to §2.4.
    """
    start, end = country_of(sender), country_of(recipient)
    if not end:
        raise invalid("colissimo.country_missing", "recipient.country")
    tables = _tables()
    if start in tables.overseas_senders:
        found = _from_overseas(start, end)
    elif start in tables.mainland_senders:
        found = tables.mainland.get(end)
    else:
        raise invalid("colissimo.sender_not_served", "sender.country", country=start or "?")
    if found is None:
        raise invalid("colissimo.country_not_served", "recipient.country", country=end)
    return found


def _from_overseas(start: str, end: str) -> Territory | None:
    tables = _tables()
    if start == end:
        return tables.intra
    if {start, end} <= tables.neighbours:
        intra = tables.intra
        return Territory(intra.zone, intra.home, intra.home_signature, "", True, True)
    return tables.overseas.get(end)


def needs_customs(territory: Territory, recipient: Address) -> bool:
    """Whether a CN23 is due, the small zones inside exempt countries included."""
    if territory.cn23:
        return True
    prefixes = _tables().customs_zones.get(recipient.country)
    return prefixes is not None and recipient.postcode.replace(" ", "").startswith(prefixes)


def insurance_limit(product: str, territory: Territory) -> int:
    """The highest insurance in euros; 0 where none is sold."""
    return _tables().insurance.get(product, 0) if territory.insurable else 0
