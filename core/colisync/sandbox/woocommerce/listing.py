"""Lists of orders: which ids, which page of them, and the headers that say so.

Source: reference/woocommerce.md §4, `orders_*` and `cpt_*` recordings (2026-11-21).
"""

from collections.abc import Collection
from zlib import crc32

from colisync.sandbox.woocommerce import dates
from colisync.sandbox.woocommerce.call import Call
from colisync.sandbox.woocommerce.order_store import OrderStore
from colisync.sandbox.woocommerce.parameters import Parameter, Parameters
from colisync.sandbox.woocommerce.php import HOME, JsonObject, build_query
from colisync.sandbox.woocommerce.settings import WooCommerceSettings

PAGING: Parameters = {
    "context": Parameter(values=("view", "edit")),
    "page": Parameter("integer", minimum=1),
    "per_page": Parameter("integer", minimum=1, maximum=100),
    "search": Parameter(),
    "offset": Parameter("integer"),
    "order": Parameter(values=("asc", "desc")),
    "include": Parameter("list", "integer"),
    "exclude": Parameter("list", "integer"),
}
DATES: Parameters = {
    "after": Parameter("date-time"),
    "before": Parameter("date-time"),
    "modified_after": Parameter("date-time"),
    "modified_before": Parameter("date-time"),
    "dates_are_gmt": Parameter("boolean"),
}
ORDERBY = ("date", "id", "include", "title", "slug", "modified")
# The first release that knows a parameter (reference §4); before it, it is ignored in silence.
_SINCE = {
    "dates_are_gmt": (5, 4),
    "modified_after": (5, 8),
    "modified_before": (5, 8),
    "include_meta": (7, 0),
    "exclude_meta": (7, 0),
    "created_via": (9, 9),
}


def order_parameters(settings: WooCommerceSettings) -> Parameters:
    """What `GET /orders` takes in this shop's version."""
    statuses = ("any", "trash", "auto-draft", *settings.order_statuses)
    sorts = [name for name in ORDERBY if name != "modified" or settings.at_least(4, 4)]
    known = {
        **PAGING,
        **DATES,
        "orderby": Parameter(values=sorts),
        "parent": Parameter("list", "integer"),
        "status": Parameter("list", "string", values=statuses),
        "customer": Parameter("integer"),
        "product": Parameter("integer"),
        "dp": Parameter("integer"),
        "include_meta": Parameter("list", "string"),
        "exclude_meta": Parameter("list", "string"),
        "created_via": Parameter("list", "string"),
    }
    return {n: p for n, p in known.items() if settings.at_least(*_SINCE.get(n, (0,)))}


class OrderQuery:
    """One list of orders: `ids` in their order, all pages of them."""

    def __init__(
        self, store: OrderStore, settings: WooCommerceSettings, params: JsonObject
    ) -> None:
        self._store = store
        self._settings = settings
        self._params = params

    def ids(self) -> list[int]:
        """The ids of the whole list, in the order asked for."""
        torn = not self._settings.at_least(10, 1)
        drop = {"per_page", "offset", "dp", "context", *(() if torn else ("page",))}
        key = repr([(name, value) for name, value in self._params.items() if name not in drop])
        return self._store.remembered(key, self._make)

    def _make(self) -> list[int]:
        sort = self._params.get("orderby", "date")
        column = "modified" if sort == "modified" else "created"
        ids = self._filtered(self._within(column))
        if sort == "include":
            ranks = {order_id: rank for rank, order_id in enumerate(self._params["include"])}
            return sorted(ids, key=lambda order_id: ranks.get(order_id, 0))
        if sort == "id":
            ids.sort()
        if column == "modified" and not self._settings.at_least(10, 1):
            ids = self._torn(ids)
        return ids if self._params.get("order") == "asc" else ids[::-1]

    def _within(self, column: str) -> list[int]:
        """The ids within the date bounds, sorted by `column` and id."""
        ids = self._store.between(column, *self._bounds(column))
        other = "created" if column == "modified" else "modified"
        bounds = self._bounds(other)
        if bounds != (None, None):
            kept = set(self._store.between(other, *bounds))
            ids = [order_id for order_id in ids if order_id in kept]
        return ids

    def _bounds(self, column: str) -> tuple[int | None, int | None]:
        prefix = "modified_" if column == "modified" else ""
        gmt, zone = bool(self._params.get("dates_are_gmt")), self._settings.zone
        after, before = (self._params.get(prefix + name) for name in ("after", "before"))
        return (
            dates.bound(after, gmt=gmt, zone=zone) if after else None,
            dates.bound(before, gmt=gmt, zone=zone) if before else None,
        )

    def _filtered(self, ids: list[int]) -> list[int]:
        ids = self._store.with_status(ids, self._statuses())
        include, exclude = self._params.get("include"), self._params.get("exclude")
        if include:
            wanted = set(include)
            ids = [order_id for order_id in ids if order_id in wanted]
        if exclude:
            unwanted = set(exclude)
            ids = [order_id for order_id in ids if order_id not in unwanted]
        for name in ("search", "customer", "product", "created_via"):
            if self._params.get(name):
                ids = [order_id for order_id in ids if self._matches(name, order_id)]
        return ids

    def _statuses(self) -> Collection[str]:
        """`any`, the default, is every status but `trash`: abandoned carts are in it."""
        asked = self._params.get("status") or ["any"]
        return set(self._settings.order_statuses) if "any" in asked else set(asked)

    def _matches(self, name: str, order_id: int) -> bool:
        order = self._store.get(order_id)
        value = self._params[name]
        if order is None:
            return False
        if name == "search":
            return value == str(order_id) or str(value).lower() in order.words()
        data = order.load()
        if name == "product":
            return any(line["product_id"] == value for line in data["line_items"])
        if name == "created_via":
            return data["created_via"] in value
        return bool(data["customer_id"] == value)

    def _torn(self, ids: list[int]) -> list[int]:
        """Up to 10.0.2 orders changed in the same second have no order of their own between pages:
        here it changes with the page."""
        page = self._params.get("page", 1)
        stored = self._store.get

        def rank(order_id: int) -> tuple[int, int]:
            order = stored(order_id)
            return (order.modified if order else 0, crc32(f"{order_id}/{page}".encode()))

        return sorted(ids, key=rank)


def page_of(ids: list[int], params: JsonObject) -> list[int]:
    """The ids of the page asked for; `offset` wins over `page`."""
    size, page = params.get("per_page", 10), params.get("page", 1)
    start = params.get("offset", (page - 1) * size)
    return ids[start : start + size]


def paging(
    call: Call, params: JsonObject, total: int, defaults: JsonObject, *, forgets_total: bool = False
) -> tuple[int, int, str]:
    """`X-WP-Total`, `X-WP-TotalPages` and the `Link` header of a list.

    Under HPOS (`forgets_total`) a page past the end says 0 of 0, with a link to page 0.
    """
    size, page = params.get("per_page", 10), params.get("page", 1)
    pages = -(-total // size)
    beyond = page > max(pages, 1)
    if beyond:
        total, pages = (0, 0) if forgets_total else (total, pages)
        defaults = {name: value for name, value in defaults.items() if name == "status"}
    shown = _echoed(call.query, params, defaults)
    links = []
    if page > 1:
        links.append(_link(call, shown, min(page - 1, pages), "prev"))
    if page < pages:
        links.append(_link(call, shown, page + 1, "next"))
    return total, pages, ", ".join(links)


def _echoed(query: JsonObject, params: JsonObject, defaults: JsonObject) -> JsonObject:
    """The query as the shop writes it back: lists with indexes, booleans as 1, defaults last."""
    shown = {name: value for name, value in query.items() if name != "status"}
    for name in ("include", "exclude", "created_via", "dates_are_gmt", "parent"):
        if name in shown:
            shown[name] = params.get(name, shown[name])
    missing = {name: value for name, value in defaults.items() if name not in shown}
    return shown | missing


def _link(call: Call, shown: JsonObject, page: int, rel: str) -> str:
    query = build_query({**shown, "page": page})
    plain = call.permalinks == "plain"  # the route is in the query there
    return f'<{HOME}{"/index.php" if plain else "/wp-json" + call.route}?{query}>; rel="{rel}"'
