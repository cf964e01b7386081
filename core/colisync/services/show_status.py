"""Where everything stands, and what needs a person. Changes nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from colisync.model.attention import Attention, Outcome, ShipmentState
from colisync.model.noun import Noun
from colisync.model.order import Standing
from colisync.model.parcel import SEVERITY, ParcelState
from colisync.model.shipment import Parcel, Shipment
from colisync.model.writeback import EffectState
from colisync.services.find_order import find_orders
from colisync.services.report import Report
from colisync.services.workbench import Workbench
from colisync.storage import alarms, orders, orphans, overview, shipments, workspaces, write_backs
from colisync.storage.orders import StoredOrder
from colisync.storage.store import Connection
from colisync.storage.write_backs import EffectStanding

_CHUNK = 500
_NO_LABEL = (ParcelState.PENDING, ParcelState.VOID)


class OrderStatus(Noun):
    """One order as a person sees it. `state` is the worst of its parcels' once there is a label,
    else the shipment's, else the order's standing. `told` is true once the shop knows all."""

    order: str
    state: str
    code: str = ""
    numbers: tuple[str, ...] = ()
    tracking: str = ""
    told: bool = False


@dataclass(frozen=True, slots=True)
class Overview:
    """Counts and attentions of the workspace, and its orders where they were asked for."""

    outcome: Outcome
    orders: tuple[OrderStatus, ...]


def show_status(
    bench: Workbench, workspace: str, *, named: Sequence[str] = (), every: bool = False
) -> Overview:
    """Where `named` orders stand, or all with `every`; without either, counts and attentions."""
    report = Report()
    with bench.store.read() as connection:
        if named:
            found = {one.id: one.name for one in find_orders(connection, workspace, named)}
            wanted = list(found)
            _note_orphans(connection, workspace, found, report)
        else:
            wanted = overview.order_ids(connection, workspace) if every else []
            _summarise(connection, workspace, report)
        statuses = tuple(_statuses(connection, workspace, wanted, report if named else None))
    return Overview(report.outcome(), statuses)


def _note_orphans(
    connection: Connection, workspace: str, names: Mapping[int, str], report: Report
) -> None:
    """Labels of these orders that serve no parcel, or may exist: to be destroyed if found."""
    for one in orphans.of_orders(connection, workspace, list(names)):
        report.note(
            Attention(
                code="parcel.orphan_possible" if one.possible else "parcel.orphan",
                order=names[one.order_id],
                parcel=one.number or one.reference,
                params={"number": one.number, "reference": one.reference},
            )
        )


def _summarise(connection: Connection, workspace: str, report: Report) -> None:
    for standing, number in orders.count_standings(connection, workspace).items():
        if standing is not Standing.TO_SHIP:
            report.count(standing.value, number)
    waiting = overview.open_shipments(connection, workspace)
    for start in range(0, len(waiting), _CHUNK):
        for shipment in shipments.shipments(connection, workspace, waiting[start : start + _CHUNK]):
            report.count(f"state_{state_of(shipment)}")
            for problem in _problems(shipment):
                report.attend(problem)
    for stored in orders.unreadable_orders(connection, workspace):
        if stored.attention is not None:
            report.attend(stored.attention)
    for problem in write_backs.problems(connection, workspace):
        report.attend(problem)
    for alarm in alarms.open_alarms(connection, workspace):
        report.attend(alarm.attention())
    report.count("orphans", orphans.count(connection, workspace))
    _paused(connection, workspace, report)


def _paused(connection: Connection, workspace: str, report: Report) -> None:
    for shop in workspaces.shops(connection, workspace):
        if shop.paused:
            params = {"shop": shop.key, "reason": shop.paused}
            report.attend(Attention(code="shop.paused", params=params, command="colisync check"))
    for contract in workspaces.contracts(connection, workspace):
        if contract.paused:
            params = {"contract": contract.key, "reason": contract.paused}
            report.attend(
                Attention(code="contract.paused", params=params, command="colisync check")
            )


def _problems(shipment: Shipment) -> Iterable[Attention]:
    if shipment.decision is ShipmentState.ATTENTION and shipment.attention is not None:
        yield shipment.attention
    for parcel in shipment.parcels:
        if parcel.state is ParcelState.UNCERTAIN:
            yield Attention(
                code="parcel.uncertain", parcel=parcel.reference, command="colisync reconcile"
            )


def _statuses(
    connection: Connection, workspace: str, order_ids: Sequence[int], report: Report | None
) -> Iterable[OrderStatus]:
    for start in range(0, len(order_ids), _CHUNK):
        chunk = order_ids[start : start + _CHUNK]
        stored = orders.orders(connection, workspace, chunk)
        served: dict[int, list[Shipment]] = {}
        for shipment in shipments.shipments_of(connection, workspace, chunk):
            for order_id in shipment.order_ids:
                served.setdefault(order_id, []).append(shipment)
        effects = write_backs.of_orders(connection, workspace, chunk)
        for order_id in chunk:
            mine = served.get(order_id, [])
            yield _status(stored[order_id], mine, effects.get(order_id, []))
            for problem in (one for shipment in mine for one in _problems(shipment)):
                if report is not None:
                    report.attend(problem)


def _status(
    stored: StoredOrder, served: Sequence[Shipment], effects: Sequence[EffectStanding]
) -> OrderStatus:
    parcels = [one for shipment in served for one in shipment.parcels]
    current = {(parcel.id, parcel.attempt) for parcel in parcels}
    telling = [one for one in effects if (one.parcel_id, one.attempt) in current]
    return OrderStatus(
        order=stored.name,
        state=_state(stored, served, parcels),
        code=_code(stored, served, parcels),
        numbers=tuple(one.number for one in parcels if one.number and one.state not in _NO_LABEL),
        tracking=_tracking(parcels),
        told=bool(telling)
        and all(one.state in (EffectState.DONE, EffectState.SKIPPED) for one in telling),
    )


def _state(stored: StoredOrder, served: Sequence[Shipment], parcels: Sequence[Parcel]) -> str:
    if any(parcel.changed_after_label for parcel in parcels):
        return "changed_after_label"
    if any(parcel.attempt for parcel in parcels) or stored.standing is Standing.TO_SHIP:
        states = [state_of(shipment) for shipment in served]
        return states[0] if states else stored.standing.value
    return stored.standing.value


def state_of(shipment: Shipment) -> str:
    """What is shown of a shipment: what people decided while nothing is bought, then the worst of
    its parcels."""
    states = {parcel.state for parcel in shipment.parcels}
    if states <= {ParcelState.PENDING}:
        return shipment.decision.value
    if shipment.decision is ShipmentState.ATTENTION and ParcelState.PENDING in states:
        return shipment.decision.value
    return next(state.value for state in SEVERITY if state in states)


def _code(stored: StoredOrder, served: Sequence[Shipment], parcels: Sequence[Parcel]) -> str:
    if any(parcel.changed_after_label for parcel in parcels):
        return "order.changed_after_label"
    if stored.attention is not None:
        return stored.attention.code
    codes = [
        one.attention.code
        for one in served
        if one.attention is not None and one.decision is ShipmentState.ATTENTION
    ]
    return codes[0] if codes else ""


def _tracking(parcels: Sequence[Parcel]) -> str:
    statuses = [one.tracking_status.value for one in parcels if one.tracking_status is not None]
    return statuses[0] if statuses else ""
