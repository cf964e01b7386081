"""What a person holds back, lets go on, or tries again."""

from colisync.model.attention import Attention, Outcome, ShipmentState
from colisync.model.order import Standing
from colisync.model.shipment import Correction, Parcel, Shipment
from colisync.services import corrections
from colisync.services.adjust_shipments import changed_attention
from colisync.services.after_label import is_bound
from colisync.services.choose_method import choose_for
from colisync.services.edit_shipment import already_labelled
from colisync.services.find_order import find_order, find_shipments
from colisync.services.import_orders import reread_orders
from colisync.services.recompute import contents_of
from colisync.services.report import Report
from colisync.services.workbench import Workbench
from colisync.storage import orders, shipment_parts, shipments, workspaces, write_backs
from colisync.storage.orders import StoredOrder
from colisync.storage.store import Connection

_PERSON = "colisync"


def hold(bench: Workbench, workspace: str, order: str) -> Outcome:
    """The order's shipments stay where they are until `release`: nothing is bought for them."""
    report = Report()
    with bench.store.write() as connection:
        name = find_order(connection, workspace, order).name
        found = find_shipments(connection, workspace, order, lock=True)
        still_open = [one for one in found if not is_bound(one)]
        if not still_open:
            report.attend(_nothing(name) if not found else already_labelled(name))
        held = [
            one.model_copy(update={"decision": ShipmentState.HELD})
            for one in still_open
            if one.decision is not ShipmentState.HELD
        ]
        shipments.save(connection, workspace, held, bench.clock.now())
    report.count("held", len(still_open))
    return report.outcome()


def release(bench: Workbench, workspace: str, order: str, *, author: str = _PERSON) -> Outcome:
    """What was held is chosen again; what changed in the shop after its label goes on with the
    label as it is."""
    report = Report()
    now = bench.clock.now()
    with bench.store.write() as connection:
        name = find_order(connection, workspace, order).name
        found = find_shipments(connection, workspace, order, lock=True)
        held = [one for one in found if one.decision is ShipmentState.HELD and not is_bound(one)]
        half_bought = [one for one in found if _waits_for_release(one)]
        for shipment in held:
            freed = Correction(field=corrections.HOLD, value=False, author=author, at=now)
            shipment_parts.add_corrections(connection, workspace, shipment.id, [freed])
        drafts = [*map(_released, held), *map(_redrafted, half_bought)]
        shipments.save(connection, workspace, drafts, now)
        changed = [one for shipment in found for one in shipment.parcels if one.changed_after_label]
        for parcel in changed:
            shipment_parts.mark_changed(connection, workspace, {parcel.id: {}})
            write_backs.resume_for_parcel(connection, workspace, parcel.id, now)
    if not held and not changed:
        report.attend(_nothing(name))
    report.count("released", len(held) + len(changed))
    report.add(choose_for(bench, workspace, [one.id for one in drafts]))
    return report.outcome()


def _waits_for_release(shipment: Shipment) -> bool:
    problem = shipment.attention
    return problem is not None and problem.code == "order.changed_after_label"


def _redrafted(shipment: Shipment) -> Shipment:
    return shipment.model_copy(update={"decision": ShipmentState.DRAFT, "attention": None})


def _released(shipment: Shipment) -> Shipment:
    waits = shipment.attention is not None
    decision = ShipmentState.ATTENTION if waits else ShipmentState.DRAFT
    return shipment.model_copy(update={"decision": decision})


def retry(bench: Workbench, workspace: str, order: str, *, author: str = _PERSON) -> Outcome:
    """What waited for a person is checked again, as it is now; a correction that the shop
    contradicted since holds on. An order that could not be read is read again."""
    report = Report()
    with bench.store.read() as connection:
        stored = find_order(connection, workspace, order)
    if stored.standing is Standing.UNREADABLE:
        stored = _reread(bench, workspace, stored, report)
        order = stored.name  # it had no number but its id
    with bench.store.write() as connection:
        found = find_shipments(connection, workspace, order, lock=True)
        waiting = [one for one in found if _waits(one)]
        for shipment in waiting:
            _insist(connection, bench, shipment, author)
        drafts = [_redrafted(one) for one in waiting]
        shipments.save(connection, workspace, drafts, bench.clock.now())
        told = write_backs.retry(connection, workspace, [stored.id], bench.clock.now())
    changed = [one for shipment in found for one in shipment.parcels if one.changed_after_label]
    for parcel in changed:
        report.attend(_changed(stored, parcel))
    if not waiting and not changed and not told and not report.counts:
        report.attend(_nothing(stored.name))
    report.count("retried", len(waiting) + told)
    report.add(choose_for(bench, workspace, [one.id for one in waiting]))
    return report.outcome()


def _waits(shipment: Shipment) -> bool:
    return shipment.decision in (
        ShipmentState.ATTENTION,
        ShipmentState.DRAFT,
    ) and not _waits_for_release(shipment)


def _reread(bench: Workbench, workspace: str, stored: StoredOrder, report: Report) -> StoredOrder:
    with bench.store.read() as connection:
        shop = workspaces.shop_by_id(connection, workspace, stored.shop_id)
    report.add(reread_orders(bench, workspace, shop, [stored.id]))
    with bench.store.read() as connection:
        now = orders.orders(connection, workspace, [stored.id])[stored.id]
    if now.attention is not None and now.attention not in report.attention:
        report.attend(now.attention)
    return now


def _insist(connection: Connection, bench: Workbench, shipment: Shipment, author: str) -> None:
    """Corrections hold on against what the shop says now."""
    by_id = orders.orders(connection, shipment.workspace, shipment.order_ids)
    served = [by_id[one] for one in shipment.order_ids]
    contents = contents_of(shipment, served)
    first = served[0].order
    again = [
        one.model_copy(
            update={
                "shop_value": corrections.shop_value(field, first, contents),
                "author": author,
                "at": bench.clock.now(),
            }
        )
        for field, one in corrections.holding(shipment.corrections).items()
        if corrections.shop_value(field, first, contents) != one.shop_value
    ]
    shipment_parts.add_corrections(connection, shipment.workspace, shipment.id, again)


def _changed(stored: StoredOrder, parcel: Parcel) -> Attention:
    return changed_attention(stored.name, parcel, parcel.changed_after_label or {})


def _nothing(name: str) -> Attention:
    return Attention(code="shipment.none", order=name, command=f"colisync status {name}")
