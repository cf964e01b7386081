"""Orders of one shop as read just now, stored with their shipments in one transaction."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic_core import to_json

from colisync.errors import Scalar
from colisync.model.address import Address
from colisync.model.attention import Attention
from colisync.model.order import Order, Standing
from colisync.model.shipment import Shipment
from colisync.ports.shop import UnreadableOrder
from colisync.services import after_label
from colisync.services.adjust_shipments import (
    ChangedOrder,
    ShopDesk,
    adjust_shipments,
    new_shipment,
)
from colisync.services.order_facts import fingerprint, standing
from colisync.storage import new_shipments, orders, shipments
from colisync.storage.orders import KnownOrder, News, OrderRow
from colisync.storage.store import Connection

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_NAME = 64


def take_orders(
    connection: Connection, desk: ShopDesk, read: Iterable[Order], *, again: bool = False
) -> None:
    """The orders are stored, and their shipments made or in step.

    What is older than what is stored, or the same, is left alone; `again` looks at the shipments
    of unchanged orders, too: they may have been bound to a label when their order changed.
    """
    latest: dict[str, Order] = {}
    for order in read:
        other = latest.get(order.external_id)
        if other is None or other.modified_at <= order.modified_at:
            latest[order.external_id] = order
    _Intake(connection, desk, again=again).take(list(latest.values()))


class _Intake:
    def __init__(self, connection: Connection, desk: ShopDesk, *, again: bool) -> None:
        self._connection = connection
        self._desk = desk
        self._again = again

    def take(self, read: Sequence[Order]) -> None:
        desk = self._desk
        misfits = {order.external_id for order in read if _misfit(order)}
        fit = [order for order in read if order.external_id not in misfits]
        known = orders.known_orders(
            self._connection, desk.workspace, desk.shop.id, [one.external_id for one in fit]
        )
        marked = [(order, fingerprint(order)) for order in fit]
        new = [pair for pair in marked if pair[0].external_id not in known]
        later = [
            (*pair, known[pair[0].external_id]) for pair in marked if pair[0].external_id in known
        ]
        calm = self._in_step(later)
        changed = [one for one in later if self._is_news(*one) and one[2].id not in calm]
        found = shipments.shipments_of(
            self._connection, desk.workspace, [one.id for _, _, one in changed], lock=True
        )
        self._store(new, changed, found)
        refused = [_refused(order) for order in read if order.external_id in misfits]
        refuse_orders(self._connection, desk, refused)

    def _in_step(self, later: Sequence[tuple[Order, str, KnownOrder]]) -> set[int]:
        """Of orders read again: those that stand as they stood, with every shipment computed from
        them as they are. Just before a label that is nearly all."""
        if not self._again:
            return set()
        still = {
            known.id: digest
            for order, digest, known in later
            if digest == known.fingerprint
            and known.standing is Standing.TO_SHIP
            and order.status in self._desk.ship_statuses
        }
        based_on = shipments.bases(self._connection, self._desk.workspace, list(still))
        return {
            order_id
            for order_id, digest in still.items()
            if based_on.get(order_id) and all(digest in one.split() for one in based_on[order_id])
        }

    def _is_news(self, order: Order, digest: str, known: KnownOrder) -> bool:
        news = known.compare(digest, order.modified_at)
        return news is News.CHANGED or (self._again and news is News.UNCHANGED)

    def _store(
        self,
        new: Sequence[tuple[Order, str]],
        changed: Sequence[tuple[Order, str, KnownOrder]],
        found: Sequence[Shipment],
    ) -> None:
        labelled = {
            order_id
            for shipment in found
            if after_label.was_labelled(shipment)
            for order_id in shipment.order_ids
        }
        rows = [self._row(order, digest, labelled=False) for order, digest in new]
        for order, digest, known in changed:
            row = self._row(order, digest, labelled=known.id in labelled)
            rows.append(row)
            if known.fingerprint != digest or known.standing is not row.standing:
                self._count("orders_changed", row.standing)
        desk = self._desk
        ids = orders.upsert_orders(self._connection, desk.workspace, desk.shop.id, rows, desk.now)
        met = self._make(new, rows, ids)
        altered = [ChangedOrder(one.id, one.order, order) for order, _, one in changed]
        if altered or met:
            found = [*found, *self._shipments_of(met)]
            adjust_shipments(self._connection, desk, [*altered, *met], found)

    def _make(
        self, new: Sequence[tuple[Order, str]], rows: Sequence[OrderRow], ids: dict[str, int]
    ) -> list[ChangedOrder]:
        """The new orders to ship get their shipments; those which another importer met at the
        same moment come back, to be compared with what it made."""
        drafts, drawn = [], []
        for (order, digest), row in zip(new, rows, strict=False):
            self._count("orders_new", row.standing)
            if row.standing is Standing.TO_SHIP:
                drafts.append(new_shipment(ids[order.external_id], order, digest))
                drawn.append(order)
        made = new_shipments.create_shipments(
            self._connection, self._desk.workspace, drafts, self._desk.now
        )
        return [
            ChangedOrder(draft.order_id, order, order)
            for draft, order, shipment_id in zip(drafts, drawn, made, strict=True)
            if shipment_id is None
        ]

    def _shipments_of(self, met: Sequence[ChangedOrder]) -> list[Shipment]:
        ids = [one.id for one in met]
        return shipments.shipments_of(self._connection, self._desk.workspace, ids, lock=True)

    def _row(self, order: Order, digest: str, *, labelled: bool) -> OrderRow:
        desk = self._desk
        return OrderRow(
            external_id=order.external_id,
            number=order.number,
            status=order.status,
            modified_at=order.modified_at,
            fingerprint=digest,
            standing=standing(order, desk.shop, desk.ship_statuses, labelled=labelled),
            content=order.model_dump_json(),
            raw=_raw(order.raw),
        )

    def _count(self, news: str, stands: Standing) -> None:
        self._desk.report.count(news)
        self._desk.report.count(stands.value)


def take_gone(connection: Connection, desk: ShopDesk, external_ids: Sequence[str]) -> None:
    """Orders that the shop no longer has are gone; those that we never knew are nothing to us."""
    known = orders.known_orders(connection, desk.workspace, desk.shop.id, external_ids)
    gone = [one.order.model_copy(update={"gone": True}) for one in known.values()]
    take_orders(connection, desk, gone)


def refuse_orders(
    connection: Connection, desk: ShopDesk, unreadable: Sequence[UnreadableOrder]
) -> None:
    """Orders that do not read wait for a person, each by itself; nothing of them is shipped."""
    ids = [one.external_id[:_LONGEST_NAME] for one in unreadable]
    known = orders.known_orders(connection, desk.workspace, desk.shop.id, ids)
    rows, altered = [], []
    for external_id, one in zip(ids, unreadable, strict=True):
        digest = f"unreadable {one.key}"[:_LONGEST_NAME]
        stored = known.get(external_id)
        if stored is not None and stored.fingerprint == digest:
            continue
        order = _placeholder(external_id) if stored is None else stored.order
        problem = _attention(desk, order, one)
        rows.append(_unreadable_row(order, digest, problem))
        desk.report.count(Standing.UNREADABLE.value)
        desk.report.attend(problem)
        if stored is not None:
            altered.append(ChangedOrder(stored.id, order, order))
    orders.upsert_orders(connection, desk.workspace, desk.shop.id, rows, desk.now)
    found = shipments.shipments_of(
        connection, desk.workspace, [one.id for one in altered], lock=True
    )
    adjust_shipments(connection, desk, altered, found)


def _placeholder(external_id: str) -> Order:
    return Order(
        external_id=external_id,
        number=external_id,
        status="",
        created_at=_EPOCH,
        modified_at=_EPOCH,
        recipient=Address(),
    )


def _attention(desk: ShopDesk, order: Order, one: UnreadableOrder) -> Attention:
    name = f"{desk.shop.key}/{order.number}"
    return Attention(code=one.key, order=name, params=one.params, command=f"colisync retry {name}")


def _unreadable_row(order: Order, digest: str, problem: Attention) -> OrderRow:
    return OrderRow(
        external_id=order.external_id,
        number=order.number,
        status=order.status,
        modified_at=order.modified_at,
        fingerprint=digest,
        standing=Standing.UNREADABLE,
        content=order.model_dump_json(),
        attention=problem.model_dump_json(),
    )


def _misfit(order: Order) -> str:
    """The name of the first field that no database column holds; empty where all fit."""
    for name, value in (
        ("external_id", order.external_id),
        ("number", order.number),
        ("status", order.status),
        *[("lines", line.external_id) for line in order.lines],
    ):
        if len(value) > _LONGEST_NAME or "\0" in value:
            return name
    return ""


def _refused(order: Order) -> UnreadableOrder:
    params: dict[str, Scalar] = {"field": _misfit(order), "limit": _LONGEST_NAME}
    external_id = order.external_id.replace("\0", "")
    return UnreadableOrder(external_id=external_id, key="order.name_too_long", params=params)


def _raw(raw: dict[str, Any]) -> str:
    if not raw:
        return ""
    try:
        return to_json(raw).decode()
    except ValueError:  # half an emoji: what Python reads from JSON may not be UTF-8
        return json.dumps(raw)
