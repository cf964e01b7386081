"""Parcels whose purchase has no known end: ask the carrier what became of them. Design §2.3."""

from collections.abc import Callable, Sequence
from itertools import groupby

from colisync.errors import (
    AuthenticationFailed,
    ColisyncError,
    ConfigurationError,
    NotFound,
    StorageUnavailable,
)
from colisync.model.attention import Attention, Outcome
from colisync.model.label import Adopted, Orphan, Purchase, StillUnknown
from colisync.model.parcel import ParcelState
from colisync.model.workspace import Contract, Mode
from colisync.ports.carrier import Carrier, FetchLabel
from colisync.services import lease as leases
from colisync.services import plan_effects, tracking_plan
from colisync.services.cures import cure
from colisync.services.report import Report
from colisync.services.workbench import Workbench
from colisync.storage import attempts, orphans, parcels, shipments, workspaces
from colisync.storage.attempts import Bought
from colisync.storage.parcels import Held
from colisync.storage.store import Connection

LOST_IN_ALL = 3
"""So many answers lost for one parcel, and a person decides: each may have made a label."""
_GIVE_UP_AFTER = 5


def reconcile(bench: Workbench, workspace: str) -> Outcome:
    """Every `uncertain` parcel settled and every `announced` one given its label, where the
    carrier can say; what it cannot say waits for a person. A contract that is paused, or that
    cannot be reached, holds up no other."""
    report = Report()
    with bench.store.read() as connection:
        doubtful = parcels.held(connection, workspace, ParcelState.UNCERTAIN)
        announced = parcels.held(connection, workspace, ParcelState.ANNOUNCED)
        contracts = {one.key: one for one in workspaces.contracts(connection, workspace)}
        client = workspaces.workspace(connection, workspace)
        found = sorted(doubtful + announced, key=lambda one: (one.contract_key, one.parcel_id))
        names = parcels.order_names(connection, workspace, [one.shipment_id for one in found])
    with bench.watched("reconcile.progress", len(found)):
        for key, group in groupby(found, key=lambda one: one.contract_key):
            held = list(group)
            one = _open(bench, contracts.get(key), key, client.mode is Mode.REHEARSAL, report)
            if one is None:
                report.count("postponed", len(held))
            else:
                _OfContract(bench, workspace, key, one, names, report).settle(held)
    return report.outcome()


def _open(
    bench: Workbench, contract: Contract | None, key: str, rehearsal: bool, report: Report
) -> Carrier | None:
    try:
        if contract is None:
            raise ConfigurationError("storage.unknown_contract", params={"key": key, "known": ""})
        if not contract.paused:
            return bench.backends.carrier(contract, rehearsal=rehearsal)
    except ConfigurationError as error:
        report.fail(error, order=key, command="colisync check")
        return None
    params = {"contract": key, "reason": contract.paused}
    report.attend(Attention(code="contract.paused", params=params, command="colisync check"))
    return None


class _OfContract:
    """The parcels of one contract."""

    def __init__(
        self,
        bench: Workbench,
        workspace: str,
        contract_key: str,
        carrier: Carrier,
        names: dict[int, str],
        report: Report,
    ) -> None:
        self._bench = bench
        self._workspace = workspace
        self._contract_key = contract_key
        self._carrier = carrier
        self._names = names
        self._report = report
        self._faults_in_a_row = 0
        self._stopped = False

    def settle(self, held: Sequence[Held]) -> None:
        """Each parcel as far as its carrier can say; none is asked about after five outages in a
        row."""
        for one in held:
            step = self._settle if one.state is ParcelState.UNCERTAIN else self._fetch
            if self._stopped:
                self._report.count("postponed")
            else:
                self._try(one, step)
            self._bench.progress.advance()

    def _try(self, one: Held, step: Callable[[Held], None]) -> None:
        try:
            step(one)
        except StorageUnavailable:
            raise
        except ColisyncError as error:
            self._fail(one, error)
        else:
            self._faults_in_a_row = 0

    def _fail(self, one: Held, error: ColisyncError) -> None:
        self._faults_in_a_row = self._faults_in_a_row + 1 if error.retryable else 0
        self._stopped = self._faults_in_a_row >= _GIVE_UP_AFTER
        command = cure(error, self._order(one), self._contract_key)
        if isinstance(error, AuthenticationFailed | ConfigurationError):
            self._stopped = True
            with self._bench.store.write() as connection:
                workspaces.pause_contract(
                    connection, self._workspace, self._contract_key, error.key
                )
        elif isinstance(error, NotFound):
            command = f"colisync relabel {self._order(one)}"
        elif error.retryable:
            command = "colisync reconcile"
        self._attend(one, Attention.of(error, command=command))

    # -- uncertain -------------------------------------------------------------------------

    def _settle(self, one: Held) -> None:
        verdict = self._carrier.settle(one.request)
        if isinstance(verdict, Adopted):
            self._adopt(one, verdict.purchase)
        elif isinstance(verdict, Orphan):
            self._begin_again(one, verdict)
        else:
            self._ask_person(one, verdict)

    def _adopt(self, one: Held, purchase: Purchase) -> None:
        key, now = self._workspace, self._bench.clock.now()
        lease = leases.take(now)
        with self._bench.store.write() as connection:
            if not attempts.take_uncertain(connection, key, one, lease):
                return
            look = tracking_plan.first_look(now)
            bought = [Bought(one, lease, purchase)]
            late = attempts.store_purchases(connection, key, bought, now, look)
            if not late:
                plan_effects.plan_effects(connection, key, [(one.parcel_id, one.attempt)], now)
        self._report.count("late" if late else "adopted")

    def _begin_again(self, one: Held, orphan: Orphan) -> None:
        with self._bench.store.write() as connection:
            now = self._bench.clock.now()
            if not attempts.open_next_attempt(connection, self._workspace, one, now):
                return
            orphans.list_orphan(
                connection,
                self._workspace,
                one.parcel_id,
                one.attempt,
                one.reference,
                now,
                number=orphan.number,
                possible=orphan.possible,
                reason="settled",
            )
            problem = self._lost_again(connection, one)
            if problem is not None:
                shipments.attend(connection, self._workspace, one.shipment_id, problem, now)
        if problem is None:
            self._report.count("to_buy_again")
        else:
            self._attend(one, problem)

    def _lost_again(self, connection: Connection, one: Held) -> Attention | None:
        """What a person must decide where a carrier loses every answer: no run may go on making
        labels for ever."""
        lost = attempts.count_lost(connection, self._workspace, one.parcel_id)
        if lost < LOST_IN_ALL:
            return None
        order = self._order(one)
        return Attention(
            code="ship.lost_again",
            order=order,
            params={"count": lost},
            command=f"colisync retry {order}",
        )

    def _ask_person(self, one: Held, verdict: StillUnknown) -> None:
        self._attend(
            one,
            Attention(
                code="parcel.still_unknown",
                params={"note": verdict.note},
                command=f"colisync relabel {self._order(one)}",
            ),
        )

    # -- announced -------------------------------------------------------------------------

    def _fetch(self, one: Held) -> None:
        if not isinstance(self._carrier, FetchLabel):
            command = f"colisync relabel {self._order(one)}"
            params = {"number": one.number}
            self._attend(
                one, Attention(code="parcel.label_missing", params=params, command=command)
            )
            return
        fetched = self._carrier.fetch_label(one.number, one.request.label_format)
        purchase = Purchase(number=one.number, documents=fetched)
        with self._bench.store.write() as connection:
            now = self._bench.clock.now()
            done = attempts.attach_documents(connection, self._workspace, one, purchase, now)
        self._report.count("labels_fetched", done)

    # -- say -------------------------------------------------------------------------------

    def _order(self, one: Held) -> str:
        return self._names.get(one.shipment_id, "")

    def _attend(self, one: Held, problem: Attention) -> None:
        number = one.number if one.state is ParcelState.ANNOUNCED else ""
        update = {"order": self._order(one), "parcel": number or one.reference}
        self._report.attend(problem.model_copy(update=update))
