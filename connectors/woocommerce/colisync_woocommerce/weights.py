"""What orders do not say of their products: weight and whether anything is shipped at all."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from colisync.errors import NotFound, UnreadableAnswer
from colisync.ports.clock import Clock
from colisync_woocommerce.decode import UNKNOWN, Product, Row, grams, loose, records, text
from colisync_woocommerce.transport import ShopApi

FACTORS = {"kg": 1000.0, "g": 1.0, "lbs": 453.59237, "oz": 28.349523125}
_FRESH = timedelta(minutes=10)
_CHUNK = 100
_FIELDS = "id,weight,virtual,parent_id"
Key = tuple[str, str]


class Products:
    """The shop's products as far as orders ask for them, forgotten after ten minutes."""

    def __init__(self, api: ShopApi, clock: Clock) -> None:
        self._api, self._clock = api, clock
        self._known: dict[Key, Product] = {}
        self._factor = 0.0
        self._until: datetime | None = None

    def of(self, rows: Iterable[Row]) -> dict[Key, Product]:
        """Every product of these orders; a deleted one is `UNKNOWN`. Raises RemoteError."""
        now = self._clock.now()
        if self._until is None or now > self._until:
            self._known, self._factor, self._until = {}, 0.0, now + _FRESH
        wanted = {key for row in rows for key in _keys(row)} - self._known.keys()
        if wanted:
            self._read_simple({product for product, _ in wanted} - {k for k, _ in self._known})
            self._read_variations({key for key in wanted if key[1]})
        return self._known

    def unit(self) -> str:
        """The unit that the shop says its weights are in. Raises UnreadableAnswer."""
        reply = self._api.read("settings/products/woocommerce_weight_unit", _fields="value")
        unit = loose(reply.data.get("value")) if isinstance(reply.data, dict) else ""
        if unit not in FACTORS:
            raise UnreadableAnswer("woocommerce.weight_unit", params={"unit": unit})
        return unit

    def _read_simple(self, ids: set[str]) -> None:
        self._factor = self._factor or FACTORS[self.unit()]
        self._known |= {(product_id, ""): UNKNOWN for product_id in ids}
        for row in self._each("products", sorted(ids)):
            self._known[text(row, "id"), ""] = self._product(row)

    def _read_variations(self, keys: set[Key]) -> None:
        """`/variations` is young (after 10.0.2): what it leaves out is asked parent by parent."""
        left = dict.fromkeys(keys, UNKNOWN)
        parents = {variation: parent for parent, variation in keys}
        try:
            found = self._each("variations", sorted(parents))
        except NotFound:
            found = []
        missing = set(parents) - {text(row, "id") for row in found}
        for parent in sorted({parents[variation] for variation in missing}):
            theirs = sorted(v for v in missing if parents[v] == parent)
            try:
                found += self._each(f"products/{parent}/variations", theirs)
            except NotFound:
                continue  # the product is deleted, and its variations with it
        for row in found:
            key = (parents.get(text(row, "id"), ""), text(row, "id"))
            left[key] = self._product(row, self._known.get((key[0], ""), UNKNOWN))
        self._known |= left

    def _each(self, route: str, ids: Sequence[str]) -> list[Row]:
        rows: list[Row] = []
        for start in range(0, len(ids), _CHUNK):
            chunk = ids[start : start + _CHUNK]
            reply = self._api.read(route, include=chunk, per_page=_CHUNK, _fields=_FIELDS)
            rows += records({"products": reply.data}, "products")
        return rows

    def _product(self, row: Row, parent: Product = UNKNOWN) -> Product:
        weight = grams(row.get("weight"), self._factor)
        return Product(parent.weight_g if weight is None else weight, row.get("virtual") is True)


def _keys(row: Row) -> Iterable[Key]:
    lines = row.get("line_items")
    for line in lines if isinstance(lines, list) else ():
        product = loose(line.get("product_id")) if isinstance(line, dict) else ""
        variation = loose(line.get("variation_id")) if isinstance(line, dict) else ""
        if product.isdecimal() and product != "0":
            yield product, "" if variation == "0" or not variation.isdecimal() else variation
