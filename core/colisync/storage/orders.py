"""Orders as the shops last told them: bulk upserts, and reading them back."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, Select, bindparam, select, text

from colisync.model.attention import Attention
from colisync.model.order import Order, Standing
from colisync.model.parcel import ParcelState
from colisync.storage import tables
from colisync.storage.bulk import run_many
from colisync.storage.moments import from_text, to_text
from colisync.storage.store import Connection

_orders = tables.orders

_UPSERT = (
    "INSERT INTO orders (workspace, shop_id, external_id, number, status, modified_at,"
    " fingerprint, content, raw, standing, attention, first_seen_at, seen_at)"
    " SELECT workspace, id, CAST(? AS VARCHAR), CAST(? AS VARCHAR), CAST(? AS VARCHAR),"
    " CAST(? AS VARCHAR), CAST(? AS VARCHAR), CAST(? AS TEXT), CAST(? AS TEXT),"
    " CAST(? AS VARCHAR), CAST(? AS TEXT), CAST(? AS VARCHAR), CAST(? AS VARCHAR)"
    " FROM shops WHERE id = ? AND workspace = ?"
    " ON CONFLICT (shop_id, external_id) DO UPDATE SET number = excluded.number,"
    " status = excluded.status, modified_at = excluded.modified_at,"
    " fingerprint = excluded.fingerprint, content = excluded.content,"
    " raw = CASE WHEN excluded.raw = '' THEN orders.raw ELSE excluded.raw END,"
    " standing = excluded.standing, attention = excluded.attention, seen_at = excluded.seen_at"
    " WHERE orders.modified_at <= excluded.modified_at"
)
_KNOWN = "SELECT id, external_id, fingerprint, modified_at, standing, content FROM orders"
_KNOWN_OF_SHOP = text(
    _KNOWN + " WHERE workspace = :workspace AND shop_id = :shop AND external_id IN :external_ids"
    " ORDER BY external_id"
).bindparams(bindparam("external_ids", expanding=True))
_IDS_OF_SHOP = text(
    "SELECT external_id, id FROM orders WHERE workspace = :workspace AND shop_id = :shop"
    " AND external_id IN :external_ids"
).bindparams(bindparam("external_ids", expanding=True))


class News(StrEnum):
    """What a row tells us that we did not know. `OLDER` = a page that came out of order."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    OLDER = "older"


@dataclass(frozen=True, slots=True)
class OrderRow:
    """An order ready to be stored. `fingerprint` is of what matters to shipping."""

    external_id: str
    number: str
    status: str
    modified_at: datetime
    fingerprint: str
    standing: Standing
    content: str
    raw: str = ""
    attention: str = ""


@dataclass(frozen=True, slots=True)
class KnownOrder:
    """What is stored of an order already, as read for comparison."""

    id: int
    fingerprint: str
    modified_at: datetime
    standing: Standing
    content: str

    @property
    def order(self) -> Order:
        """The order as it was stored."""
        return Order.model_validate_json(self.content)

    def compare(self, fingerprint: str, modified_at: datetime) -> News:
        """What an order of that fingerprint, changed in the shop at `modified_at`, is to us."""
        if fingerprint == self.fingerprint:
            return News.UNCHANGED
        return News.OLDER if modified_at < self.modified_at else News.CHANGED


@dataclass(frozen=True, slots=True)
class StoredOrder:
    """An order as stored, with the name people use."""

    id: int
    shop_id: int
    shop_key: str
    standing: Standing
    fingerprint: str
    order: Order
    attention: Attention | None = None

    @property
    def name(self) -> str:
        """ "shop/number"."""
        return f"{self.shop_key}/{self.order.number}"


def known_orders(
    connection: Connection, workspace: str, shop_id: int, external_ids: Sequence[str]
) -> dict[str, KnownOrder]:
    """Those of a shop's orders that are stored, by external id; locked until the transaction ends
    where the engine has several writers."""
    if not external_ids:
        return {}
    query = _KNOWN_OF_SHOP
    if connection.dialect.name != "sqlite":
        query = _KNOWN_OF_SHOP_LOCKED
    values = {"workspace": workspace, "shop": shop_id, "external_ids": list(external_ids)}
    return {
        row.external_id: KnownOrder(
            row.id, row.fingerprint, from_text(row.modified_at), Standing(row.standing), row.content
        )
        for row in connection.execute(query, values)
    }


_KNOWN_OF_SHOP_LOCKED = text(_KNOWN_OF_SHOP.text + " FOR UPDATE").bindparams(
    bindparam("external_ids", expanding=True)
)


def upsert_orders(
    connection: Connection,
    workspace: str,
    shop_id: int,
    rows: Sequence[OrderRow],
    now: datetime,
) -> dict[str, int]:
    """The stored id of each row's order, by external id.

    A row never moves an order backwards: one that is older than what is stored is left out. In
    the order of their ids in the shop, so that two importers wait for each other instead of
    locking each other out.
    """
    if not rows:
        return {}
    at = to_text(now)
    ordered = sorted(rows, key=lambda row: row.external_id)
    run_many(connection, _UPSERT, [(*_values(row), at, at, shop_id, workspace) for row in ordered])
    values = {
        "workspace": workspace,
        "shop": shop_id,
        "external_ids": [row.external_id for row in ordered],
    }
    return {row.external_id: row.id for row in connection.execute(_IDS_OF_SHOP, values)}


def _values(row: OrderRow) -> tuple[str, ...]:
    return (
        row.external_id,
        row.number,
        row.status,
        to_text(row.modified_at),
        row.fingerprint,
        row.content,
        row.raw,
        row.standing.value,
        row.attention,
    )


def orders(
    connection: Connection, workspace: str, order_ids: Iterable[int]
) -> dict[int, StoredOrder]:
    """The orders of those ids that the workspace has, by id."""
    wanted = list(order_ids)
    found: dict[int, StoredOrder] = {}
    for start in range(0, len(wanted), 1000):
        query = _select(workspace).where(_orders.c.id.in_(wanted[start : start + 1000]))
        found |= {row.id: _stored(row) for row in connection.execute(query)}
    return found


def external_ids(
    connection: Connection, workspace: str, shop_id: int, order_ids: Sequence[int]
) -> list[str]:
    """How the shop calls those of the orders that are its own."""
    query = (
        select(_orders.c.external_id)
        .where(
            _orders.c.workspace == workspace,
            _orders.c.shop_id == shop_id,
            _orders.c.id.in_(order_ids),
        )
        .order_by(_orders.c.id)
    )
    return list(connection.execute(query).scalars())


def orders_numbered(
    connection: Connection, workspace: str, number: str, shop_key: str = ""
) -> list[StoredOrder]:
    """Every order of that number, in one shop or in all of the workspace's."""
    query = _select(workspace).where(_orders.c.number == number).order_by(_orders.c.id)
    if shop_key:
        query = query.where(tables.shops.c.key == shop_key)
    return [_stored(row) for row in connection.execute(query)]


def order_by_external_id(
    connection: Connection, workspace: str, shop_id: int, external_id: str
) -> StoredOrder | None:
    """The shop's order of that external id."""
    query = _select(workspace).where(
        _orders.c.shop_id == shop_id, _orders.c.external_id == external_id
    )
    row = connection.execute(query).first()
    return None if row is None else _stored(row)


def unreadable_orders(connection: Connection, workspace: str) -> list[StoredOrder]:
    """The orders that could not be read when the shop last told them."""
    query = _select(workspace).where(_orders.c.standing == Standing.UNREADABLE.value)
    return [_stored(row) for row in connection.execute(query.order_by(_orders.c.id))]


def misplaced_orders(
    connection: Connection, workspace: str, shop_id: int, ship_statuses: Collection[str]
) -> list[StoredOrder]:
    """A shop's orders whose standing no longer fits what is to be shipped: those that wait in one
    of `ship_statuses`, and those with a parcel to buy that are in no such status."""
    statuses = list(ship_statuses)
    waits = (_orders.c.standing == Standing.WAITING.value) & _orders.c.status.in_(statuses)
    query = _select(workspace).where(_orders.c.shop_id == shop_id, waits)
    found = [_stored(row) for row in connection.execute(query)]
    links, parcels = tables.shipment_orders, tables.parcels
    to_buy = (
        select(links.c.order_id)
        .join(parcels, parcels.c.shipment_id == links.c.shipment_id)
        .where(parcels.c.workspace == workspace, parcels.c.state == ParcelState.PENDING.value)
    )
    query = _select(workspace).where(
        _orders.c.shop_id == shop_id,
        _orders.c.standing == Standing.TO_SHIP.value,
        _orders.c.status.not_in(statuses),
        _orders.c.id.in_(to_buy),
    )
    return found + [_stored(row) for row in connection.execute(query)]


def count_standings(
    connection: Connection, workspace: str, shop_id: int | None = None
) -> dict[Standing, int]:
    """How many orders there are of each standing, in one shop or in all."""
    query = text(
        "SELECT standing, COUNT(*) AS number FROM orders WHERE workspace = :workspace"
        + ("" if shop_id is None else " AND shop_id = :shop")
        + " GROUP BY standing"
    )
    values = {"workspace": workspace} | ({} if shop_id is None else {"shop": shop_id})
    return {Standing(row.standing): row.number for row in connection.execute(query, values)}


def raw(connection: Connection, workspace: str, order_id: int) -> str:
    """The shop's own answer about an order, as JSON text; empty where there is none."""
    query = select(_orders.c.raw).where(_orders.c.workspace == workspace, _orders.c.id == order_id)
    return connection.execute(query).scalar() or ""


def _select(workspace: str) -> Select[Any]:
    return (
        select(
            _orders.c.id,
            _orders.c.shop_id,
            tables.shops.c.key.label("shop_key"),
            _orders.c.standing,
            _orders.c.fingerprint,
            _orders.c.content,
            _orders.c.attention,
        )
        .join(tables.shops, tables.shops.c.id == _orders.c.shop_id)
        .where(_orders.c.workspace == workspace)
    )


def _stored(row: Row[Any]) -> StoredOrder:
    return StoredOrder(
        id=row.id,
        shop_id=row.shop_id,
        shop_key=row.shop_key,
        standing=Standing(row.standing),
        fingerprint=row.fingerprint,
        order=Order.model_validate_json(row.content),
        attention=Attention.model_validate_json(row.attention) if row.attention else None,
    )
