"""Which orders changed since the last time, as WooCommerce tells it."""

from collections.abc import Sequence

from colisync.ports.clock import Clock
from colisync.wire.list_mark import second
from colisync.wire.moving_list import Ask, ListPage, MovingList, RowShape
from colisync_woocommerce.settings import WooCommerceSettings
from colisync_woocommerce.transport import ShopApi

_SHAPE = RowShape(
    remote="woocommerce",
    changed=("date_modified_gmt", "date_created_gmt"),
    placed="date_created",
    settled=frozenset({"completed", "cancelled", "refunded", "failed", "trash"}),
)


class OrderSync(MovingList):
    """One reading of the changed orders."""

    def __init__(
        self, api: ShopApi, settings: WooCommerceSettings, clock: Clock, statuses: Sequence[str]
    ) -> None:
        self._api, self._statuses = api, statuses
        size, in_flight = settings.page_size, settings.pages_in_flight
        day = settings.orders_since
        super().__init__(self._page, _SHAPE, clock, size=size, in_flight=in_flight, day=day)

    def _page(self, ask: Ask) -> ListPage:
        """With `dates_are_gmt` times must be naive: a zone is converted once more. Before 5.8
        `modified_after` is ignored."""
        reply = self._api.read(
            "orders",
            status=self._statuses,
            dates_are_gmt=True,
            order="desc" if ask.newest else "asc",
            orderby="id" if ask.created else "modified",
            page=ask.number,
            per_page=ask.size,
            include=ask.ids,
            modified_after=second(ask.after),
            modified_before=second(ask.before),
            after=second(ask.since),
            _fields="id,date_modified_gmt" if ask.newest else "",
        )
        return _SHAPE.page(reply.data, reply.total, reply.date)
