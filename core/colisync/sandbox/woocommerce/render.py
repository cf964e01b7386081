"""Orders as answers: the stored text where it will do, parsed and trimmed where it will not."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from colisync.sandbox.woocommerce.call import Call
from colisync.sandbox.woocommerce.fields import FieldTree, field_tree, select
from colisync.sandbox.woocommerce.order_store import StoredOrder, order_links
from colisync.sandbox.woocommerce.php import JsonObject, as_list, encode

_MONEY = frozenset(
    (
        *("discount_total", "discount_tax", "shipping_total", "shipping_tax", "cart_tax"),
        *("total", "total_tax", "subtotal", "subtotal_tax"),
    )
)


@dataclass(frozen=True, slots=True)
class OrderView:
    """What of an order is wanted, and how its money is written."""

    fields: FieldTree | None = None
    decimals: int = 2
    include_meta: tuple[str, ...] = ()
    exclude_meta: tuple[str, ...] = ()

    @classmethod
    def of(cls, call: Call, *, meta: bool) -> "OrderView":
        """The view that `call` asks for; `meta`: this version knows include_meta."""
        decimals = str(call.query.get("dp", "2"))
        names = {
            name: tuple(as_list(call.query[name]))
            for name in ("include_meta", "exclude_meta")
            if meta and name in call.query
        }
        return cls(
            fields=field_tree(call.query.get("_fields")),
            decimals=int(decimals) if decimals.isdigit() else 2,
            **names,
        )

    @property
    def stored(self) -> bool:
        """The stored members serve as they are."""
        whole = self.fields is None or all(want is True for want in self.fields.values())
        return whole and self.decimals == 2 and not self.include_meta and not self.exclude_meta


def render(order: StoredOrder, view: OrderView, *, listed: bool = False) -> bytes:
    """One order as JSON. In a list `_links` obeys `_fields`; alone it is always there."""
    if not view.stored:
        return encode(_trimmed(order, view, listed=listed))
    if view.fields is None:
        return order.text()
    wanted = view.fields
    kept = [part for name, part in order.parts.items() if name in wanted]
    if not listed and "_links" not in wanted:
        kept.append(order.parts["_links"])
    return b"{" + b",".join(kept) + b"}" if kept else b"[]"


def _trimmed(order: StoredOrder, view: OrderView, *, listed: bool) -> Any:
    data = order.load()
    if view.decimals != 2:
        data = _with_decimals(data, view.decimals)
    data["meta_data"] = [entry for entry in data["meta_data"] if _wants(entry["key"], view)]
    fields = view.fields
    kept = select(data, fields)
    if fields is None or "_links" in fields or not listed:
        return {**(kept or {}), "_links": order_links(order.id)}
    return kept


def _wants(key: str | None, view: OrderView) -> bool:
    if view.include_meta:
        return key in view.include_meta
    return key not in view.exclude_meta


def _with_decimals(value: Any, decimals: int) -> Any:
    if isinstance(value, list):
        return [_with_decimals(item, decimals) for item in value]
    if not isinstance(value, dict):
        return value
    made: JsonObject = {}
    for name, item in value.items():
        is_money = name in _MONEY and isinstance(item, str)
        made[name] = f"{Decimal(item):.{decimals}f}" if is_money else _with_decimals(item, decimals)
    return made
