"""What orders do not say of their products, asked once and remembered for a while."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from colisync.errors import UnreadableAnswer
from colisync.model.units import GRAMS, grams
from colisync.ports.clock import Clock
from colisync.wire.fields import Row, loose, text

_FRESH = timedelta(minutes=10)
ProductKey = tuple[str, str]
"""Product id and variation id; the latter is empty for a simple product."""


@dataclass(frozen=True, slots=True)
class Product:
    """What an order does not say of a product. `weight_g` None: the shop gives no weight."""

    weight_g: int | None = None
    virtual: bool = False


UNKNOWN = Product()
Products = Mapping[ProductKey, Product]


class ProductList(Protocol):
    """A shop's products and variations, as rows with `id`, `weight` and `virtual`."""

    def unit(self) -> str:
        """The unit of all weights, one of `GRAMS`. Raises RemoteError."""
        ...

    def products(self, ids: Sequence[str]) -> Iterable[Row]:
        """Those that the shop still has. Raises RemoteError."""
        ...

    def variations(self, parents: Mapping[str, str]) -> Iterable[Row]:
        """Those that the shop still has of these variations, given with their products' ids.
        Raises RemoteError."""
        ...


class KnownProducts:
    """A shop's products as far as orders asked for them, forgotten after ten minutes."""

    def __init__(self, shop: ProductList, clock: Clock) -> None:
        self._shop, self._clock = shop, clock
        self._known: dict[ProductKey, Product] = {}
        self._factor = 0.0
        self._until: datetime | None = None

    def of(self, keys: Iterable[ProductKey]) -> Products:
        """Every product of these keys; a deleted one is `UNKNOWN`. A variation without a weight
        has its product's. Raises RemoteError."""
        now = self._clock.now()
        if self._until is None or now > self._until:
            self._known, self._factor, self._until = {}, 0.0, now + _FRESH
        wanted = set(keys) - self._known.keys()
        if wanted:
            self._factor = self._factor or GRAMS[self._shop.unit()]
            self._read_products({product for product, _ in wanted})
            self._read_variations({key[1]: key[0] for key in wanted if key[1]})
        return self._known

    def _read_products(self, ids: set[str]) -> None:
        new = sorted(each for each in ids if (each, "") not in self._known)
        found = {(product_id, ""): UNKNOWN for product_id in new}
        for row in self._shop.products(new) if new else ():
            found[text(row, "id"), ""] = self._product(row, UNKNOWN)
        self._known |= found

    def _read_variations(self, parents: dict[str, str]) -> None:
        found = {(parent, variation): UNKNOWN for variation, parent in parents.items()}
        for row in self._shop.variations(parents) if parents else ():
            key = parents.get(text(row, "id"), ""), text(row, "id")
            found[key] = self._product(row, self._known.get((key[0], ""), UNKNOWN))
        self._known |= found

    def _product(self, row: Row, parent: Product) -> Product:
        weight = grams(row.get("weight"), self._factor)
        return Product(parent.weight_g if weight is None else weight, row.get("virtual") is True)


def known_unit(unit: str, remote: str) -> str:
    """The same unit of weight. Raises UnreadableAnswer, in the words of `remote`, for another."""
    if unit not in GRAMS:
        raise UnreadableAnswer(f"{remote}.weight_unit", params={"unit": unit})
    return unit


def product_keys(
    rows: Iterable[Row], lines: str, product: str, variation: str
) -> Iterator[ProductKey]:
    """The products of orders, from the names of the fields; lines without one are stepped over."""
    for row in rows:
        found = row.get(lines)
        for line in found if isinstance(found, list) else ():
            if isinstance(line, dict) and (first := _id(line.get(product))):
                yield first, _id(line.get(variation))


def _id(value: object) -> str:
    if type(value) is int:
        return str(value) if value > 0 else ""
    found = loose(value)
    return found if found.isdecimal() and found != "0" else ""
