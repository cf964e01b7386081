"""The orders, kept as JSON text member by member, so that a page of a list is only joined.

A page of 100 orders costs the emulator about a millisecond: the benches read it in a loop.
"""

import json
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

from colisync.sandbox.woocommerce import dates
from colisync.sandbox.woocommerce.php import HOME, JsonObject, encode

_LAST = 1 << 62
_LISTS = 8


@dataclass(slots=True)
class StoredOrder:
    """One order: what lists filter on, and its members as JSON text."""

    id: int
    status: str
    created: int
    modified: int
    parts: dict[str, bytes]
    haystack: str = field(default="")

    def load(self) -> JsonObject:
        """The order as an object, without `_links`, free to change."""
        body = b",".join(part for name, part in self.parts.items() if name != "_links")
        data: JsonObject = json.loads(b"{" + body + b"}")
        return data

    def text(self) -> bytes:
        """The whole order as JSON."""
        return b"{" + b",".join(self.parts.values()) + b"}"

    def words(self) -> str:
        """What `search` looks into, in lower case."""
        if not self.haystack:
            data = self.load()
            people = [*data["billing"].values(), *data["shipping"].values()]
            names = [line["name"] for line in data["line_items"]]
            self.haystack = "\n".join([*people, *names]).lower()
        return self.haystack


class OrderStore:
    """Orders by id, and their order by date of creation and of change (ties by id)."""

    def __init__(self, *, meta_by_key: bool) -> None:
        self._orders: dict[int, StoredOrder] = {}
        self._meta_by_key = meta_by_key  # HPOS reads meta through an index on its key
        self._indexes: dict[str, list[tuple[int, int]]] = {"created": [], "modified": []}
        self._lists: dict[str, list[int]] = {}  # the last lists asked for, until a change

    def __len__(self) -> int:
        return len(self._orders)

    def __iter__(self) -> Iterator[StoredOrder]:
        return iter(self._orders.values())

    def get(self, order_id: int) -> StoredOrder | None:
        """The order, trashed or not."""
        return self._orders.get(order_id)

    def put(self, data: JsonObject) -> StoredOrder:
        """Stores `data` in place of the order of that id."""
        self.remove(data["id"])
        if self._meta_by_key:
            data["meta_data"].sort(key=lambda entry: (entry["key"] or "").lower())
        order = StoredOrder(
            id=data["id"],
            status=data["status"],
            created=dates.epoch_of_gmt(data["date_created_gmt"]),
            modified=dates.epoch_of_gmt(data["date_modified_gmt"]),
            parts={name: encode(name) + b":" + encode(value) for name, value in data.items()},
        )
        order.parts["_links"] = b'"_links":' + encode(order_links(order.id))
        self._orders[order.id] = order
        insort(self._indexes["created"], (order.created, order.id))
        insort(self._indexes["modified"], (order.modified, order.id))
        return order

    def remove(self, order_id: int) -> None:
        """Forgets the order, if it is there."""
        self._lists.clear()
        order = self._orders.pop(order_id, None)
        if order is not None:
            for name, epoch in (("created", order.created), ("modified", order.modified)):
                index = self._indexes[name]
                del index[bisect_left(index, (epoch, order_id))]

    def remembered(self, key: str, make: Callable[[], list[int]]) -> list[int]:
        """The list that `make` gives, made once until an order changes: its pages follow."""
        if key not in self._lists:
            if len(self._lists) >= _LISTS:
                self._lists.clear()
            self._lists[key] = make()
        return self._lists[key]

    def between(self, column: str, after: int | None, before: int | None) -> list[int]:
        """The ids whose `column` is after and before these seconds, both excluded, oldest first."""
        index = self._indexes[column]
        low = 0 if after is None else bisect_right(index, (after, _LAST))
        high = len(index) if before is None else bisect_left(index, (before, 0))
        return [order_id for _, order_id in index[low:high]]

    def with_status(self, ids: list[int], statuses: Collection[str]) -> list[int]:
        """Those of `ids` in one of `statuses`."""
        orders = self._orders
        return [order_id for order_id in ids if orders[order_id].status in statuses]


def order_links(order_id: int) -> JsonObject:
    """The order's `_links`."""
    base = f"{HOME}/wp-json/wc/v3/orders"
    own = f"{base}/{order_id}"
    templates = {"embeddable": True, "href": f"{own}/actions/email_templates"}
    return {
        "self": [{"href": own, "targetHints": {"allow": list(ITEM_METHODS)}}],
        "collection": [{"href": base}],
        "email_templates": [templates],
    }


ITEM_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def links(
    own: str, collection: str, *, methods: tuple[str, ...] = ITEM_METHODS, **others: str
) -> JsonObject:
    """`_links` of another resource; the paths are below `/wp-json/wc/v3`."""
    base = f"{HOME}/wp-json/wc/v3"
    made: JsonObject = {
        "self": [{"href": base + own, "targetHints": {"allow": list(methods)}}],
        "collection": [{"href": base + collection}],
    }
    return made | {rel: [{"href": base + path}] for rel, path in others.items()}
