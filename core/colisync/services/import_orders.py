"""Orders that changed in the shops, read and stored page by page. Design §1 and §2.4."""

from collections.abc import Iterator, Sequence
from functools import partial

from colisync.errors import (
    AuthenticationFailed,
    ColisyncError,
    ConfigurationError,
    NotFound,
    RemoteError,
    UnreadableAnswer,
)
from colisync.model.attention import Attention, Outcome
from colisync.model.order import Order
from colisync.model.workspace import Shop
from colisync.ports.shop import OrderPage, ReadManyOrders, ShopConnector, UnreadableOrder
from colisync.services.adjust_shipments import ShopDesk
from colisync.services.choose_method import choose_for
from colisync.services.report import Report
from colisync.services.take_orders import refuse_orders, take_gone, take_orders
from colisync.services.workbench import Workbench
from colisync.storage import orders, shipments, workspaces


def import_orders(bench: Workbench, workspace: str, *, shop_key: str | None = None) -> Outcome:
    """Every order that changed in the shops since the last time is stored, oldest first.

    A page and the cursor behind it are stored together, so that a run that breaks off goes on
    where it stopped. A shop that fails stops no other.
    """
    report = Report()
    with bench.store.read() as connection:
        known = workspaces.shops(connection, workspace)
        if shop_key is not None:
            known = [workspaces.shop(connection, workspace, shop_key)]
    for shop in known:
        if shop.paused:
            report.count("shops_paused")
            report.attend(_paused(shop, shop.paused))
        else:
            _import_shop(bench, shop, report)
    return report.outcome()


def _import_shop(bench: Workbench, shop: Shop, report: Report) -> None:
    try:
        connector = bench.backends.shop(shop)
        _restand(bench, shop, connector, report)
        with bench.store.read() as connection:
            cursor = workspaces.cursor(connection, shop.workspace, shop.id)
        pages = connector.changed_orders(cursor)
        first = next(pages, None)
        if first is not None:
            with bench.watched("progress.import_orders", first.total) as progress:
                for page in _from(first, pages):
                    _store_page(bench, shop, connector, page, report)
                    progress.advance(len(page.orders))
    except AuthenticationFailed as error:
        _pause(bench, shop, error, report)
    except (RemoteError, ConfigurationError) as error:
        report.count("shops_failed")
        report.attend(_failed(shop, error))


def _from(first: OrderPage, others: Iterator[OrderPage]) -> Iterator[OrderPage]:
    yield first
    yield from others


def _store_page(
    bench: Workbench, shop: Shop, connector: ShopConnector, page: OrderPage, report: Report
) -> None:
    desk = _desk(bench, shop, connector, report)
    report.count("orders_read", len(page.orders) + len(page.unreadable))
    with bench.store.write() as connection:
        take_orders(connection, desk, page.orders)
        take_gone(connection, desk, page.gone)
        refuse_orders(connection, desk, page.unreadable)
        workspaces.move_cursor(connection, shop.workspace, shop.id, page.cursor, desk.now)


def _restand(bench: Workbench, shop: Shop, connector: ShopConnector, report: Report) -> None:
    """Orders whose status became one to ship, or ceased to be, by a change of configuration: the
    shop will not tell them again."""
    statuses = ship_statuses(shop, connector)
    with bench.store.read() as connection:
        stale = orders.misplaced_orders(connection, shop.workspace, shop.id, statuses)
    if stale:
        with bench.store.write() as connection:
            desk = _desk(bench, shop, connector, report)
            take_orders(connection, desk, [one.order for one in stale], again=True)


def refresh_orders(
    bench: Workbench, workspace: str, shop: Shop, shipment_ids: Sequence[int]
) -> Outcome:
    """The shop's orders in these shipments, read once more just before their labels.

    The same path as the import. A shipment whose order changed is computed and chosen again: it is
    ready with what the shop says now, or waits for a person.
    Raises RemoteError where the shop cannot be read.
    """
    report = Report()
    with bench.store.read() as connection:
        ids = shipments.orders_in(connection, workspace, shipment_ids)
    report.add(reread_orders(bench, workspace, shop, ids))
    with bench.store.read() as connection:
        drafts = shipments.to_choose(connection, workspace, ids)
    if drafts:
        report.add(choose_for(bench, workspace, drafts))
    return report.outcome()


def reread_orders(
    bench: Workbench, workspace: str, shop: Shop, order_ids: Sequence[int]
) -> Outcome:
    """Those of the orders that are the shop's, read once more. Raises RemoteError."""
    report = Report()
    with bench.store.read() as connection:
        external_ids = orders.external_ids(connection, workspace, shop.id, order_ids)
    connector = bench.backends.shop(shop)
    read, unreadable = _read(connector, external_ids)
    known = {*(one.external_id for one in read), *(one.external_id for one in unreadable)}
    desk = _desk(bench, shop, connector, report)
    report.count("orders_read", len(known))
    with bench.store.write() as connection:
        take_orders(connection, desk, read, again=True)
        refuse_orders(connection, desk, unreadable)
        take_gone(connection, desk, [one for one in external_ids if one not in known])
    return report.outcome()


def _read(
    connector: ShopConnector, external_ids: Sequence[str]
) -> tuple[list[Order], list[UnreadableOrder]]:
    """The orders that the shop still has, and those of them that do not read."""
    if not isinstance(connector, ReadManyOrders) or not external_ids:
        return [one for one in map(partial(_read_one, connector), external_ids) if one], []
    read = list(connector.orders(external_ids).values())
    unreadable = []
    # What is missing among many is gone, or did not read: asked for by itself, it tells which.
    for external_id in sorted({*external_ids} - {one.external_id for one in read}):
        try:
            found = _read_one(connector, external_id)
        except UnreadableAnswer as error:
            one = UnreadableOrder(external_id=external_id, key=error.key, params=error.params)
            unreadable.append(one)
        else:
            read += [found] if found else []
    return read, unreadable


def _read_one(connector: ShopConnector, external_id: str) -> Order | None:
    try:
        return connector.order(external_id)
    except NotFound:
        return None


def ship_statuses(shop: Shop, connector: ShopConnector) -> tuple[str, ...]:
    """The statuses to ship in: the configured ones, else the platform's own."""
    if shop.ship_statuses:
        return shop.ship_statuses
    field = connector.settings.model_fields.get("ship_statuses")
    return tuple(field.default) if field is not None else ()


def _desk(bench: Workbench, shop: Shop, connector: ShopConnector, report: Report) -> ShopDesk:
    return ShopDesk(
        workspace=shop.workspace,
        shop=shop,
        ship_statuses=ship_statuses(shop, connector),
        now=bench.clock.now(),
        report=report,
    )


def _pause(bench: Workbench, shop: Shop, error: ColisyncError, report: Report) -> None:
    with bench.store.write() as connection:
        workspaces.pause_shop(connection, shop.workspace, shop.key, error.key)
    report.count("shops_paused")
    report.attend(_failed(shop, error))


def _failed(shop: Shop, error: ColisyncError) -> Attention:
    again = f"colisync sync --shop {shop.key}" if error.retryable else "colisync check"
    params = {**error.params, "shop": shop.key}
    return Attention(code=error.key, order=shop.key, params=params, command=again)


def _paused(shop: Shop, reason: str) -> Attention:
    params = {"shop": shop.key, "reason": reason}
    return Attention(code="shop.paused", params=params, command="colisync check")
