"""Parcels whose purchase has no known end: ask the carrier what became of them. Design §2.3."""

from collections.abc import Callable

from colisync.errors import ColisyncError
from colisync.model.attention import Attention, Outcome
from colisync.model.label import Adopted, Orphan, Purchase, StillUnknown
from colisync.model.parcel import ParcelState
from colisync.model.workspace import Mode
from colisync.ports.carrier import Carrier, FetchLabel
from colisync.services import lease as leases
from colisync.services import plan_effects, tracking_plan
from colisync.services.report import Report
from colisync.services.workbench import Workbench
from colisync.storage import attempts, orphans, parcels, workspaces
from colisync.storage.attempts import Bought
from colisync.storage.parcels import Held

Step = Callable[[Workbench, str, Held, Carrier, Report], Attention | None]


def reconcile(bench: Workbench, workspace: str) -> Outcome:
    """Every `uncertain` parcel settled and every `announced` one given its label, where the
    carrier can say; what it cannot say waits for a person."""
    report = Report()
    with bench.store.read() as connection:
        doubtful = parcels.held(connection, workspace, ParcelState.UNCERTAIN)
        announced = parcels.held(connection, workspace, ParcelState.ANNOUNCED)
        ids = [one.shipment_id for one in doubtful + announced]
        names = parcels.order_names(connection, workspace, ids)
    carriers = _Carriers(bench, workspace)
    steps: list[tuple[Held, Step]] = [(one, _settle) for one in doubtful]
    steps += [(one, _fetch) for one in announced]
    with bench.watched("reconcile.progress", len(steps)) as progress:
        for one, step in steps:
            problem = _try(bench, workspace, one, step, carriers, report)
            if problem is not None:
                order = names.get(one.shipment_id, "")
                parcel = one.number or one.reference
                command = f"colisync {problem.command} {order}".strip()
                update = {"order": order, "parcel": parcel, "command": command}
                report.attend(problem.model_copy(update=update))
            progress.advance()
    return report.outcome()


class _Carriers:
    """The carrier of each contract, in the workspace's mode."""

    def __init__(self, bench: Workbench, workspace: str) -> None:
        self._bench = bench
        with bench.store.read() as connection:
            client = workspaces.workspace(connection, workspace)
            self._contracts = {one.key: one for one in workspaces.contracts(connection, workspace)}
        self._rehearsal = client.mode is Mode.REHEARSAL

    def of(self, contract_key: str) -> Carrier:
        """The opened carrier of that contract."""
        contract = self._contracts[contract_key]
        return self._bench.backends.carrier(contract, rehearsal=self._rehearsal)


def _try(
    bench: Workbench,
    workspace: str,
    one: Held,
    step: Step,
    carriers: _Carriers,
    report: Report,
) -> Attention | None:
    try:
        return step(bench, workspace, one, carriers.of(one.contract_key), report)
    except ColisyncError as error:
        return Attention.of(error, command="retry")


def _settle(
    bench: Workbench, workspace: str, one: Held, carrier: Carrier, report: Report
) -> Attention | None:
    verdict = carrier.settle(one.request)
    if isinstance(verdict, Adopted):
        _adopt(bench, workspace, one, verdict.purchase, report)
    elif isinstance(verdict, Orphan):
        _begin_again(bench, workspace, one, verdict, report)
    else:
        return _ask_person(verdict)
    return None


def _adopt(bench: Workbench, workspace: str, one: Held, purchase: Purchase, report: Report) -> None:
    now = bench.clock.now()
    lease = leases.take(now)
    with bench.store.write() as connection:
        if not attempts.take_uncertain(connection, workspace, one, lease):
            return
        look = tracking_plan.first_look(now)
        bought = [Bought(one, lease, purchase)]
        if not attempts.store_purchases(connection, workspace, bought, now, look):
            plan_effects.plan_effects(connection, workspace, [(one.parcel_id, one.attempt)], now)
            report.count("adopted")


def _begin_again(
    bench: Workbench, workspace: str, one: Held, orphan: Orphan, report: Report
) -> None:
    now = bench.clock.now()
    with bench.store.write() as connection:
        if not attempts.open_next_attempt(connection, workspace, one, now):
            return
        orphans.list_orphan(
            connection,
            workspace,
            one.parcel_id,
            one.attempt,
            one.reference,
            now,
            number=orphan.number,
            possible=orphan.possible,
            reason="settled",
        )
    report.count("to_buy_again")


def _ask_person(verdict: StillUnknown) -> Attention:
    return Attention(
        code="parcel.still_unknown",
        params={"note": verdict.note},
        command="relabel",
    )


def _fetch(
    bench: Workbench, workspace: str, one: Held, carrier: Carrier, report: Report
) -> Attention | None:
    if not isinstance(carrier, FetchLabel):
        return Attention(
            code="parcel.label_missing", params={"number": one.number}, command="relabel"
        )
    fetched = carrier.fetch_label(one.number, one.request.label_format)
    purchase = Purchase(number=one.number, documents=fetched)
    with bench.store.write() as connection:
        now = bench.clock.now()
        report.count(
            "labels_fetched",
            attempts.attach_documents(connection, workspace, one, purchase, now),
        )
    return None
