"""A label taken back: void, relabel. Design §1 says what follows in the shop and at the carrier."""

from collections.abc import Sequence

from colisync.errors import ColisyncError, Rejected
from colisync.model.attention import Attention, Outcome, ShipmentState
from colisync.model.parcel import ParcelState
from colisync.model.shipment import Parcel, Shipment
from colisync.model.workspace import Mode
from colisync.ports.carrier import Cancel
from colisync.services.find_order import find_shipments
from colisync.services.report import Report
from colisync.services.workbench import Workbench
from colisync.storage import attempts, shipments, workspaces, write_backs
from colisync.storage.store import Connection

_VOIDABLE = frozenset({ParcelState.LABELLED, ParcelState.ANNOUNCED, ParcelState.UNCERTAIN})
_GONE = frozenset(
    {ParcelState.HANDED_OVER, ParcelState.DELIVERED, ParcelState.RETURNED, ParcelState.LOST}
)


def void_label(bench: Workbench, workspace: str, order: str) -> Outcome:
    """The labels of `order` are void: to be destroyed. The carrier's cancel is used where it has
    one; the number stays listed as an orphan and is withdrawn from the shop."""
    return _take_back(bench, workspace, order, again=False)


def relabel(bench: Workbench, workspace: str, order: str) -> Outcome:
    """The labels of `order` are void and its parcels ready for a new one, whose number takes the
    old one's place in the shop."""
    return _take_back(bench, workspace, order, again=True)


def _take_back(bench: Workbench, workspace: str, order: str, *, again: bool) -> Outcome:
    report = Report()
    with bench.store.read() as connection:
        found = find_shipments(connection, workspace, order)
    for shipment in found:
        for parcel in shipment.parcels:
            problem = _refusal(parcel, order)
            if problem is not None:
                report.attend(problem)
            elif parcel.state in _VOIDABLE:
                _void_one(bench, workspace, order, shipment, parcel, report, again=again)
    if not report.counts and not report.attention:
        report.attend(
            Attention(code="void.nothing", order=order, command=f"colisync status {order}")
        )
    return report.outcome()


def _refusal(parcel: Parcel, order: str) -> Attention | None:
    if parcel.state in _GONE:
        return Attention(
            code="void.handed_over",
            order=order,
            parcel=parcel.number,
            params={"state": parcel.state.value},
            command=f"colisync reship {order} --reason …",
        )
    if parcel.state is ParcelState.BUYING:
        return Attention(code="void.buying", order=order, command="colisync reconcile")
    return None


def _void_one(
    bench: Workbench,
    workspace: str,
    order: str,
    shipment: Shipment,
    parcel: Parcel,
    report: Report,
    *,
    again: bool,
) -> None:
    try:
        _cancel(bench, workspace, shipment, parcel)
    except ColisyncError as error:
        report.fail(error, order=order, parcel=parcel.number, command=f"colisync void {order}")
        if not isinstance(error, Rejected):
            return
    now = bench.clock.now()
    with bench.store.write() as connection:
        done = attempts.void(
            connection,
            workspace,
            parcel.id,
            parcel.attempt,
            now,
            number=parcel.number,
            reference=parcel.reference,
        )
        if done and again:
            attempts.renew(connection, workspace, parcel.id, parcel.attempt)
            write_backs.stop_for_parcel(connection, workspace, parcel.id)
            _make_ready(connection, workspace, shipment.id, bench)
        elif done:
            write_backs.withdraw(connection, workspace, parcel.id, parcel.attempt, now)
    report.count("voided", done)


def _cancel(bench: Workbench, workspace: str, shipment: Shipment, parcel: Parcel) -> None:
    with bench.store.read() as connection:
        client = workspaces.workspace(connection, workspace)
        contract = workspaces.contract(connection, workspace, parcel.contract_key)
    carrier = bench.backends.carrier(contract, rehearsal=client.mode is Mode.REHEARSAL)
    if isinstance(carrier, Cancel) and parcel.number:
        carrier.cancel(parcel.number)


def _make_ready(connection: Connection, workspace: str, shipment_id: int, bench: Workbench) -> None:
    found: Sequence[Shipment] = shipments.shipments(connection, workspace, [shipment_id])
    ready = [
        one.model_copy(update={"decision": ShipmentState.READY, "attention": None}) for one in found
    ]
    shipments.save(connection, workspace, ready, bench.clock.now())
