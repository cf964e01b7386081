"""Product codes: what each is called, numbered, insured, and where it is sold."""

import json
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict, Field

from colisync.sandbox.colissimo.territories import abroad, table, together

_SHOP_DIGITS = "01234"
_OFFICE_DIGITS = "567"


class Product(BaseModel):
    """One row of `data/products.json`; `insured_up_to` is cents, 0 = not insurable."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str
    name: str
    prefixes: dict[str, str]
    service: str
    signed: bool = False
    relay: bool = False
    returns: bool = Field(default=False, alias="return")
    insured_up_to: int = 0


@cache
def products() -> dict[str, Product]:
    """Every product by its code."""
    path = files("colisync.sandbox.colissimo") / "data" / "products.json"
    rows: dict[str, dict[str, object]] = json.loads(path.read_text("utf-8"))["products"]
    return {code: Product.model_validate({"code": code, **row}) for code, row in rows.items()}


def sold_from(product: Product, sender: str) -> bool:
    """Whether the product may start at `sender`, a territory."""
    rules = table()
    if product.code == "CORI":
        return sender in rules.return_international or sender in rules.mainland
    if product.code in ("CDS", "COM", "COL", "COLD", "COLI", "DOS", "CORE"):
        return sender in rules.mainland or sender in rules.overseas
    return sender in rules.mainland


@cache
def sold_to(code: str, sender: str, country: str) -> bool:
    """Whether the product goes from one territory to the other."""
    rules = table()
    if code == "CORE":
        both = sender in rules.overseas and country in rules.overseas
        return together(sender, country) if both else country in rules.mainland
    if code == "CORI":
        return country in rules.mainland or country in rules.overseas
    if sender in rules.overseas:
        return _sold_from_overseas(code, sender, country)
    return country in _from_mainland(code)


def _from_mainland(code: str) -> frozenset[str]:
    rules = table()
    abroad_relay = rules.relay - rules.mainland
    return {
        "DOM": rules.unsigned,
        "DOS": rules.mainland | abroad(),
        "HD": rules.relay,
        "BPR": rules.mainland,
        "A2P": rules.mainland,
        "CMT": abroad_relay,
        "BDP": abroad_relay,
        "PCS": abroad_relay - rules.no_locker,
        "COM": frozenset(rules.overseas),
        "CDS": frozenset(rules.overseas),
        "ECO": frozenset(rules.overseas),
        "COLD": rules.mainland,
        "COL": rules.mainland,
        "COLI": abroad(),
        "ACCI": frozenset({"CN"}),
    }[code]


def _sold_from_overseas(code: str, sender: str, country: str) -> bool:
    rules = table()
    if country in rules.overseas:
        if country in rules.overseas_collectivities or not together(sender, country):
            return code in ("COM", "CDS")
        return code in ("COM", "CDS", "COLD", "COL")
    if country in rules.mainland:
        return code in ("COM", "CDS")
    if country == "AD":
        return code == "CDS"
    return code == ("COLI" if country in rules.overseas_europe else "DOS")


def point_kind(country: str, point: str) -> str:
    """`shop`, `office` or `locker`: here the last digit of a point's code says which it is."""
    if point[-1:] in _SHOP_DIGITS:
        return "shop"
    if country in table().mainland or point[-1:] in _OFFICE_DIGITS:
        return "office"
    return "locker"


def prefix(product: Product, sender: str, country: str, point: str) -> str:
    """The two characters a number of this shipment begins with."""
    rules = table()
    domestic = country in rules.mainland or country == "AD"
    if product.code == "HD":
        kind = point_kind(country, point)
        return product.prefixes[f"domestic_{kind}" if domestic else kind]
    if product.code == "CORI":
        return product.prefixes["domestic" if sender in rules.overseas else "international"]
    known = product.prefixes
    wanted = "domestic" if domestic or country in rules.overseas else "international"
    return known.get(wanted) or next(iter(known.values()))
