"""Shipments brought in step with orders that changed in the shop. Design §1.

Before the label a shipment is computed again, corrections excepted. From `buying` on it stays as
it is; what the shop changed is marked on its parcels and their write-back stops.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from colisync.errors import InvalidShipment, Scalar
from colisync.model.attention import Attention, ShipmentState
from colisync.model.label import Direction
from colisync.model.order import Order, Standing
from colisync.model.parcel import ParcelState
from colisync.model.shipment import Parcel, Shipment, ShippedLine
from colisync.model.workspace import Shop
from colisync.services import after_label, corrections
from colisync.services.allocation import allocate, total
from colisync.services.order_facts import joint_fingerprint, same_place, to_send
from colisync.services.recompute import computed, contents_of
from colisync.services.report import Report
from colisync.storage import new_shipments, orders, shipment_parts, shipments, write_backs
from colisync.storage.new_shipments import NewShipment
from colisync.storage.orders import StoredOrder
from colisync.storage.store import Connection


@dataclass(frozen=True, slots=True)
class ChangedOrder:
    """An order as it was stored and as it is now."""

    id: int
    before: Order
    after: Order


@dataclass(frozen=True, slots=True)
class ShopDesk:
    """The shop whose orders are taken in, and which of its statuses are to be shipped."""

    workspace: str
    shop: Shop
    ship_statuses: Collection[str]
    now: datetime
    report: Report


def new_shipment(stored_id: int, order: Order, fingerprint: str, ordinal: int = 1) -> NewShipment:
    """The draft that an order to ship gets."""
    return NewShipment(
        order_id=stored_id,
        recipient=corrections.shop_recipient(order),
        lines=tuple(to_send(order).items()),
        order_fingerprint=fingerprint,
        pickup_point=order.pickup_point,
        weight_g=order.weight_g or None,
        ordinal=ordinal,
    )


def adjust_shipments(
    connection: Connection,
    desk: ShopDesk,
    changed: Sequence[ChangedOrder],
    found: Sequence[Shipment],
) -> None:
    """Every shipment of the changed orders is in step with them, or marked.

    `found` are the outward shipments of these orders, read and locked in this transaction; the
    orders are stored already.
    """
    _Adjustment(connection, desk, changed, found).run()


class _Adjustment:
    def __init__(
        self,
        connection: Connection,
        desk: ShopDesk,
        changed: Sequence[ChangedOrder],
        found: Sequence[Shipment],
    ) -> None:
        self._connection = connection
        self._desk = desk
        self._workspace = desk.workspace
        self._changed = changed
        self._shipments = {one.id: one for one in found if one.direction is Direction.OUTWARD}
        ids = {one.id for one in changed}
        ids.update(order_id for one in found for order_id in one.order_ids)
        self._orders = orders.orders(connection, desk.workspace, ids)
        self._touched: set[int] = set()
        self._new: list[NewShipment] = []

    def run(self) -> None:
        for one in self._changed:
            stored = self._orders[one.id]
            mine = [s for s in self._shipments.values() if one.id in s.order_ids]
            if stored.standing is Standing.TO_SHIP:
                self._allocate(stored, mine)
            else:
                for shipment in mine:
                    self._leave(shipment, one.id)
            for shipment in mine:
                if after_label.is_bound(shipment):
                    self._mark(shipment, one)
        self._save()
        new_shipments.create_shipments(self._connection, self._workspace, self._new, self._desk.now)

    # -- lines -----------------------------------------------------------------------------

    def _allocate(self, stored: StoredOrder, mine: Sequence[Shipment]) -> None:
        regular = [one for one in mine if not one.reason]
        if not regular:
            ordinal = shipment_parts.next_ordinal(self._connection, self._workspace, stored.id)
            self._new.append(new_shipment(stored.id, stored.order, stored.fingerprint, ordinal))
            return
        sent = [_held(one, stored.id) for one in regular if after_label.is_bound(one)]
        still_open = [one for one in regular if not after_label.is_bound(one)]
        held = [_held(one, stored.id) for one in still_open]
        given = allocate(to_send(stored.order), sent, held)
        for shipment, had, has in zip(still_open, held, given, strict=True):
            if had != has:
                self._put_lines(shipment, stored.id, has, alone=len(regular) == 1)

    def _put_lines(
        self, shipment: Shipment, order_id: int, lines: Mapping[str, int], *, alone: bool
    ) -> None:
        if not lines and not alone:
            self._remove(shipment, order_id)
            return
        shipment_parts.put_lines(self._connection, self._workspace, shipment.id, order_id, lines)
        others = [line for line in shipment.lines if line.order_id != order_id]
        new = [
            ShippedLine(order_id=order_id, line_id=line_id, quantity=quantity)
            for line_id, quantity in lines.items()
        ]
        self._put(shipment, lines=(*others, *new))

    def _leave(self, shipment: Shipment, order_id: int) -> None:
        """The order is not to be shipped: a merged shipment goes on without it."""
        if after_label.is_bound(shipment):
            return
        others = [one for one in shipment.order_ids if one != order_id]
        if any(self._orders[one].standing is Standing.TO_SHIP for one in others):
            self._remove(shipment, order_id)
            return
        decision = shipment.decision
        if decision is not ShipmentState.HELD:
            decision = ShipmentState.DRAFT
        self._put(shipment, decision=decision, attention=None)

    def _remove(self, shipment: Shipment, order_id: int) -> None:
        shipment_parts.remove_order(self._connection, self._workspace, shipment.id, order_id)
        kept = tuple(one for one in shipment.order_ids if one != order_id)
        lines = tuple(line for line in shipment.lines if line.order_id != order_id)
        if not kept:
            unsent = [parcel.id for parcel in shipment.parcels]
            shipment_parts.remove_parcels(self._connection, self._workspace, unsent)
        self._put(shipment, order_ids=kept, lines=lines)

    def _put(self, shipment: Shipment, **fields: Any) -> None:
        self._shipments[shipment.id] = shipment.model_copy(update=fields)
        self._touched.add(shipment.id)

    # -- before the label ------------------------------------------------------------------

    def _save(self) -> None:
        changed = []
        for shipment in self._shipments.values():
            if after_label.is_bound(shipment):
                continue
            adjusted = self._recompute(shipment)
            if adjusted is not shipment or shipment.id in self._touched:
                changed.append(adjusted)
        shipments.save(self._connection, self._workspace, changed, self._desk.now)

    def _recompute(self, shipment: Shipment) -> Shipment:
        served = [self._orders[one] for one in shipment.order_ids]
        if not served or any(one.standing is not Standing.TO_SHIP for one in served):
            return shipment
        fingerprint = joint_fingerprint(one.fingerprint for one in served)
        if fingerprint == shipment.order_fingerprint and shipment.id not in self._touched:
            return shipment
        problem = self._problem(shipment, served, contents_of(shipment, served))
        return computed(shipment, served).model_copy(
            update={"decision": _decision(shipment, problem), "attention": problem}
        )

    def _problem(
        self, shipment: Shipment, served: Sequence[StoredOrder], contents: int | None
    ) -> Attention | None:
        problem = _conflict(shipment, served[0], contents)
        if problem is None and self._parted(served):
            first, *others = [one.name for one in served]
            problem = Attention(
                code="shipment.merged_differ",
                order=first,
                params={"others": ", ".join(others)},
                command=f"colisync split {others[0]}",
            )
        if problem is not None:
            self._desk.report.attend(problem)
        return problem

    def _parted(self, served: Sequence[StoredOrder]) -> bool:
        """True where merged orders went to one place and one of them goes to another now."""
        moved = {
            one.id
            for one in self._changed
            if not same_place(one.before.recipient, one.after.recipient)
        }
        first = served[0].order.recipient
        return any(one.id in moved for one in served) and not all(
            same_place(first, one.order.recipient) for one in served[1:]
        )

    # -- after the label -------------------------------------------------------------------

    def _mark(self, shipment: Shipment, one: ChangedOrder) -> None:
        for parcel in shipment.parcels:
            if after_label.is_concerned(parcel):
                self._mark_parcel(shipment, parcel, one)

    def _mark_parcel(self, shipment: Shipment, parcel: Parcel, one: ChangedOrder) -> None:
        known = parcel.changed_after_label or {}
        prefix = "" if one.id == shipment.order_ids[0] else f"{one.after.number}:"
        changes = self._changes(shipment, one, _without_prefix(known, prefix))
        others = {name: pair for name, pair in known.items() if not _is_of(name, prefix)}
        marked = others | {prefix + name: pair for name, pair in changes.items()}
        if marked == known:
            return
        connection, workspace = self._connection, self._workspace
        shipment_parts.mark_changed(connection, workspace, {parcel.id: marked})
        if not marked:
            write_backs.resume_for_parcel(connection, workspace, parcel.id, self._desk.now)
            return
        write_backs.stop_for_parcel(connection, workspace, parcel.id)
        problem = changed_attention(self._orders[one.id].name, parcel, marked)
        self._desk.report.count("changed_after_label")
        self._desk.report.attend(problem)
        if any(other.state is ParcelState.PENDING for other in shipment.parcels):
            shipments.attend(connection, workspace, shipment.id, problem, self._desk.now)

    def _changes(
        self, shipment: Shipment, one: ChangedOrder, known: Mapping[str, Any]
    ) -> after_label.Changes:
        before, after = one.before, one.after
        if shipment.reason:
            packed = to_send(after)
        else:
            parts = [s for s in self._shipments.values() if not s.reason]
            packed = total([_held(part, one.id) for part in parts])
        changes = after_label.address_changes(shipment, before, after, known)
        if not after.gone:
            changes |= after_label.line_changes(before, after, packed, known)
        return changes | after_label.status_changes(
            before, after, self._desk.shop, self._desk.ship_statuses, known
        )


def _held(shipment: Shipment, order_id: int) -> dict[str, int]:
    return {line.line_id: line.quantity for line in shipment.lines if line.order_id == order_id}


def _decision(shipment: Shipment, problem: Attention | None) -> ShipmentState:
    if shipment.decision is ShipmentState.HELD:
        return ShipmentState.HELD
    return ShipmentState.DRAFT if problem is None else ShipmentState.ATTENTION


def _is_of(name: str, prefix: str) -> bool:
    return name.startswith(prefix) if prefix else ":" not in name


def _without_prefix(known: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    return {name.removeprefix(prefix): pair for name, pair in known.items() if _is_of(name, prefix)}


def changed_under_correction(found: corrections.Conflict) -> InvalidShipment:
    """The error for a corrected field that the shop changed since."""
    params: dict[str, Scalar] = {
        "field": found.field,
        "ours": found.ours,
        "theirs": found.theirs,
    }
    return InvalidShipment("order.changed_under_correction", field=found.field, params=params)


def _conflict(shipment: Shipment, order: StoredOrder, contents: int | None) -> Attention | None:
    found = corrections.conflict(shipment.corrections, order.order, contents)
    if found is None:
        return None
    command = f"colisync edit {order.name} {found.field}=…"
    return Attention.of(changed_under_correction(found), order=order.name, command=command)


def changed_attention(name: str, parcel: Parcel, marked: Mapping[str, Any]) -> Attention:
    """What a person must settle where the shop changed an order that has its label."""
    changes = "; ".join(f"{field}: {then} → {now}" for field, (then, now) in marked.items())
    return Attention(
        code="order.changed_after_label",
        order=name,
        parcel=parcel.number,
        params={"fields": ", ".join(marked), "changes": changes},
        command=f"colisync release {name}",
    )
