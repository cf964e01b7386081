"""Where Colissimo goes: territories, postcodes, who sells what to whom (this emulator's table)."""

import json
import re
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict

_PARIS = re.compile(r"750(0[1-9]|1\d|20)|75116")
_CEDEX = re.compile(r"\bCEDEX\b", re.IGNORECASE)


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str
    date: str
    mainland: frozenset[str]
    unsigned: frozenset[str]
    relay: frozenset[str]
    no_locker: frozenset[str]
    union: frozenset[str]
    overseas_europe: frozenset[str]
    return_international: frozenset[str]
    duties_paid: frozenset[str]
    duties_paid_overseas: frozenset[str]
    uninsurable: frozenset[str]
    islands_together: frozenset[str]
    overseas: dict[str, tuple[str, ...]]
    overseas_collectivities: frozenset[str]
    world: str
    declared_postcodes: dict[str, tuple[str, ...]]
    masks: dict[str, str]
    numeric: dict[str, int]
    networks: dict[str, tuple[str, str]]


@cache
def table() -> _Table:
    """The table of `data/territories.json`."""
    path = files("colisync.sandbox.colissimo") / "data" / "territories.json"
    return _Table.model_validate(json.loads(path.read_text("utf-8")))


@cache
def abroad() -> frozenset[str]:
    """Every country that is neither mainland France nor overseas."""
    return frozenset(table().world.split()) | table().union


@cache
def known(country: str) -> bool:
    """Whether parcels go there at all."""
    return country in abroad() or country in table().mainland or country in table().overseas


@cache
def _mask(country: str) -> re.Pattern[str]:
    return re.compile(table().masks.get(country, r"[0-9A-Za-z][0-9A-Za-z -]{0,9}"))


def island(postcode: str) -> str:
    """The overseas territory of a French postcode, empty for the mainland.

    97133 and 97150 belong to BL and MF although they begin like GP.
    """
    found = [
        (len(prefix), country)
        for country, prefixes in table().overseas.items()
        for prefix in prefixes
        if postcode.startswith(prefix)
    ]
    return max(found)[1] if found else ""


def postcode_written_right(country: str, postcode: str) -> bool:
    """Whether the postcode has the form its country uses."""
    if country in table().overseas:
        return re.fullmatch(r"\d{5}", postcode) is not None
    return _mask(country).fullmatch(postcode) is not None


def postcode_in_country(country: str, postcode: str) -> bool:
    """Whether the postcode lies in the territory it is given with.

    A French one overseas is the product's matter, not this one's: it answers True.
    """
    if country in table().overseas:
        return island(postcode) == country or postcode.startswith(table().overseas[country])
    return True


def is_cedex(postcode: str, city: str) -> bool:
    """Whether the address is a Cedex, where street, city and name may be missing.

    The service knows every Cedex code; here it is the word in the city, or a Paris code that
    no district has.
    """
    if _CEDEX.search(city):
        return True
    return postcode.startswith("75") and len(postcode) == 5 and not _PARIS.fullmatch(postcode)


def place(country: str, postcode: str) -> str:
    """The territory an address is really in: an overseas postcode filed under FR is overseas."""
    return (island(postcode) or country) if country == "FR" else country


def together(one: str, other: str) -> bool:
    """Whether two overseas territories count as one island."""
    group = table().islands_together
    return one == other or (one in group and other in group)


def declared(sender: str, country: str, postcode: str) -> bool:
    """Whether a parcel between these places needs a CN23."""
    rules = table()
    if sender in rules.overseas or country in rules.overseas:
        return sender != country
    if country in rules.mainland and sender in rules.mainland:
        return False
    foreign = country if sender in rules.mainland else sender
    special = rules.declared_postcodes.get(country, ())
    return foreign not in rules.union | rules.mainland or postcode.startswith(special or ("-",))


def numeric(country: str) -> str:
    """Three digits of ISO 3166, `000` where the table has none."""
    return f"{table().numeric.get(country, 0):03}"
