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


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = json.loads((DATA / "capabilities.json").read_text(encoding="utf-8"))
    return table


@cache
def _territories(departure: str) -> dict[str, Territory]:
    """What is sold to each territory from "mainland" or "overseas"."""
    return {
        code: Territory(
            zone=row["zone"],
            home=row["home"] or "",
            home_signature=row["home_signature"] or "",
            pickup=row["pickup"] or "",
            cn23=row["cn23"],
            insurable=row["insurable"],
        )
        for row in _table()[departure]
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
    special: dict[str, str] = _table()["french_postcodes"]
    return special.get(postcode[:5]) or special.get(postcode[:3]) or "FR"


def coverage(sender: Address, recipient: Address) -> Territory:
    """What is sold from `sender` to `recipient`.

    Raises InvalidShipment for a country that is missing or not served, on either side.
    Source: reference §2.2 to §2.4.
    """
    start, end = country_of(sender), country_of(recipient)
    if not end:
        raise invalid("colissimo.country_missing", "recipient.country")
    if start in _table()["overseas_senders"]:
        found = _from_overseas(start, end)
    elif start in _table()["mainland_senders"]:
        found = _territories("mainland").get(end)
    else:
        raise invalid("colissimo.sender_not_served", "sender.country", country=start or "?")
    if found is None:
        raise invalid("colissimo.country_not_served", "recipient.country", country=end)
    return found


def _from_overseas(start: str, end: str) -> Territory | None:
    intra = _table()["intra_overseas"]
    if start == end or {start, end} <= set(intra["neighbours"]):
        home, signed = intra["home"], intra["home_signature"]
        return Territory("OM", home, signed, "", cn23=start != end, insurable=True)
    return _territories("overseas").get(end)


def needs_customs(territory: Territory, recipient: Address) -> bool:
    """Whether a CN23 is due, the small zones inside exempt countries included."""
    prefixes: list[str] = _table()["customs_zones"].get(recipient.country, [])
    postcode = recipient.postcode.replace(" ", "")
    return territory.cn23 or postcode.startswith(tuple(prefixes))


def insurance_limit(product: str, territory: Territory) -> int:
    """The highest insurance in euros; 0 where none is sold."""
    limit: int = _table()["insurable_products"].get(product, 0)
    return limit if territory.insurable else 0
