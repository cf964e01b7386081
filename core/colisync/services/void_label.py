"""A label taken back: void, relabel. Design §1 says what follows in the shop and at the carrier."""

from colisync.errors import ColisyncError, ConfigurationError, Rejected
from colisync.model.attention import Attention, Outcome
from colisync.model.parcel import ParcelState
from colisync.model.shipment import Parcel, Shipment
from colisync.model.workspace import Mode
from colisync.ports.carrier import Cancel
from colisync.services.choose_method import choose_for
from colisync.services.find_order import find_shipments
from colisync.services.recompute import redraft
from colisync.services.report import Report
from colisync.services.workbench import Workbench
from colisync.storage import attempts, workspaces, write_backs
from colisync.storage.store import Connection

_VOIDABLE = frozenset({ParcelState.LABELLED, ParcelState.ANNOUNCED, ParcelState.UNCERTAIN})
_GONE = frozenset(
    {ParcelState.HANDED_OVER, ParcelState.DELIVERED, ParcelState.RETURNED, ParcelState.LOST}
)


def void_label(bench: Workbench, workspace: str, order: str) -> Outcome:
    """The labels of `order` are void: to be destroyed. The carrier's cancel is used where it has
    one; the number stays listed as an orphan and is withdrawn from the shop."""
    return _TakeBack(bench, workspace, order, again=False).run()


def relabel(bench: Workbench, workspace: str, order: str) -> Outcome:
    """The labels of `order` are void and its parcels ready for a new one, computed from what the
    shop says now; its number takes the old one's place in the shop."""
    return _TakeBack(bench, workspace, order, again=True).run()


class _TakeBack:
    """The labels of one order taken back, parcel by parcel."""

    def __init__(self, bench: Workbench, workspace: str, order: str, *, again: bool) -> None:
        self._bench = bench
        self._workspace = workspace
        self._order = order
        self._again = again
        self._report = Report()

    def run(self) -> Outcome:
        """What was taken back, and what could not be."""
        with self._bench.store.read() as connection:
            found = find_shipments(connection, self._workspace, self._order)
        parcels = [(shipment, parcel) for shipment in found for parcel in shipment.parcels]
        voided = [shipment for shipment, parcel in parcels if self._take(parcel)]
        self._report.count("voided", len(voided))
        if not voided and not self._report.attention:
            self._attend("void.nothing", f"colisync status {self._order}")
        if voided and self._again:
            self._prepare(voided)
        return self._report.outcome()

    def _take(self, parcel: Parcel) -> bool:
        """True where the parcel's label is void now."""
        problem = _refusal(parcel, self._order)
        if problem is not None:
            self._report.attend(problem)
        if parcel.state not in _VOIDABLE or not self._cancelled(parcel):
            return False
        with self._bench.store.write() as connection:
            done = self._void(connection, parcel)
        if not done:
            verb = "relabel" if self._again else "void"
            self._attend("void.changed", f"colisync {verb} {self._order}")
        return done

    def _void(self, connection: Connection, parcel: Parcel) -> bool:
        workspace, now = self._workspace, self._bench.clock.now()
        if not attempts.void(connection, workspace, parcel.id, parcel.attempt, parcel.state, now):
            return False
        if self._again:
            attempts.renew(connection, workspace, parcel.id, parcel.attempt)
            write_backs.stop_for_parcel(connection, workspace, parcel.id)
        else:
            write_backs.withdraw(connection, workspace, parcel.id, parcel.attempt, now)
        return True

    def _prepare(self, voided: list[Shipment]) -> None:
        """The shipments are computed again: what the shop changed after the label counts now."""
        ids = sorted({one.id for one in voided})
        with self._bench.store.write() as connection:
            for shipment_id in ids:
                redraft(connection, self._workspace, shipment_id, self._bench.clock.now())
        chosen = choose_for(self._bench, self._workspace, ids)
        self._report.attention += chosen.attention

    def _cancelled(self, parcel: Parcel) -> bool:
        """True where the carrier has nothing against it, or no say."""
        try:
            self._cancel(parcel)
        except ColisyncError as error:
            # What was pruned cannot be asked any more, and a refusal is final: told, and void here.
            unknown = isinstance(error, ConfigurationError) and not self._is_open(parcel)
            self._report.fail(
                error,
                order=self._order,
                parcel=parcel.number,
                command=f"colisync void {self._order}",
            )
            return unknown or isinstance(error, Rejected)
        return True

    def _is_open(self, parcel: Parcel) -> bool:
        """True where the parcel's contract is still set up."""
        with self._bench.store.read() as connection:
            known = workspaces.contracts(connection, self._workspace)
        return any(one.key == parcel.contract_key and one.sealed for one in known)

    def _cancel(self, parcel: Parcel) -> None:
        # While the outcome is uncertain the number, if there is one, is an earlier label's.
        if not parcel.number or parcel.state is ParcelState.UNCERTAIN:
            return
        with self._bench.store.read() as connection:
            client = workspaces.workspace(connection, self._workspace)
            contract = workspaces.contract(connection, self._workspace, parcel.contract_key)
        rehearsal = client.mode is Mode.REHEARSAL
        carrier = self._bench.backends.carrier(contract, rehearsal=rehearsal)
        if isinstance(carrier, Cancel):
            carrier.cancel(parcel.number)

    def _attend(self, code: str, command: str) -> None:
        self._report.attend(Attention(code=code, order=self._order, command=command))


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
