"""What orders do not say of their products: weight and whether anything is shipped at all."""

from collections.abc import Mapping, Sequence

from colisync.errors import NotFound
from colisync.wire.fields import Row, dig, text
from colisync.wire.known_products import known_unit
from colisync_woocommerce.transport import ShopApi

_FIELDS = "id,weight,virtual,parent_id"


class ShopProducts:
    """Implements `wire.known_products.ProductList`."""

    def __init__(self, api: ShopApi) -> None:
        self._api = api

    def unit(self) -> str:
        """The unit that the shop says its weights are in. Raises UnreadableAnswer."""
        reply = self._api.read("settings/products/woocommerce_weight_unit", _fields="value")
        return known_unit(dig(reply.data, "value"), "woocommerce")

    def products(self, ids: Sequence[str]) -> list[Row]:
        """The products that the shop still has."""
        return self._api.named("products", ids, fields=_FIELDS)

    def variations(self, parents: Mapping[str, str]) -> list[Row]:
        """`/variations` is young (after 10.0.2): what it leaves out is asked parent by parent."""
        found = self._read("variations", sorted(parents))
        missing = sorted(parents.keys() - {text(row, "id") for row in found})
        for parent in sorted({parents[variation] for variation in missing}):
            theirs = [variation for variation in missing if parents[variation] == parent]
            found += self._read(f"products/{parent}/variations", theirs)
        return found

    def _read(self, route: str, ids: Sequence[str]) -> list[Row]:
        try:
            return self._api.named(route, ids, fields=_FIELDS)
        except NotFound:  # no such route, or the product is deleted and its variations with it
            return []
