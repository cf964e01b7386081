"""Orders that were named to be shipped, and were not: nobody finds out at the post office."""

from collections.abc import Sequence

from colisync.model.attention import Attention, Outcome
from colisync.model.parcel import WITH_LABEL, ParcelState
from colisync.model.shipment import Shipment
from colisync.services.find_order import find_shipments
from colisync.services.report import Report
from colisync.services.show_status import OrderStatus, show_status, state_of
from colisync.services.workbench import Workbench

_BOUGHT = {state.value for state in (*WITH_LABEL, ParcelState.ANNOUNCED)}
_CURES = {
    "held": "release",
    "changed_after_label": "release",
    "attention": "retry",
    "uncertain": "reconcile",
    "void": "relabel",
}


def left_behind(bench: Workbench, workspace: str, named: Sequence[str], told: Outcome) -> Outcome:
    """An attention for each of the `named` orders that has no label, with the state it is in;
    those that `told` speaks of already are left out. Nothing is changed."""
    report = Report()
    known = {one.order for one in told.attention}
    rows = show_status(bench, workspace, named=named).orders
    with bench.store.read() as connection:
        states = [_state(find_shipments(connection, workspace, row.order), row) for row in rows]
    for row, state in zip(rows, states, strict=True):
        if state not in _BOUGHT and row.order not in known:
            report.attend(_not_ready(row.order, state))
    return report.outcome()


def _state(found: Sequence[Shipment], row: OrderStatus) -> str:
    """The state of the shipment that still has something to buy, else of the last one."""
    pending = [one for one in found if any(box.state is ParcelState.PENDING for box in one.parcels)]
    chosen = pending or found[-1:]
    return state_of(chosen[0]) if chosen else row.state


def _not_ready(order: str, state: str) -> Attention:
    cure = _CURES.get(state)
    subject = "" if cure == "reconcile" else f" {order}"
    return Attention(
        code="ship.not_ready",
        order=order,
        params={"reason": f"state.{state}"},
        command=f"colisync {cure}{subject}" if cure else "",
    )
