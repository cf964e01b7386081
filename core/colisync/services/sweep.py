"""What is due and held by nobody. Every minute, and first in `run`: the tables are the truth."""

from colisync.model.attention import Outcome
from colisync.model.parcel import ParcelState
from colisync.model.workspace import Mode
from colisync.services import lease as leases
from colisync.services.report import Report
from colisync.services.workbench import Workbench
from colisync.storage import attempts, parcels, workspaces


def sweep(bench: Workbench, workspace: str) -> Outcome:
    """Counts of what is due: a `buying` parcel whose holder is dead is `uncertain` from here on."""
    report = Report()
    dropped = _drop_specimens(bench, workspace)
    if dropped:
        report.count("specimens_dropped", dropped)
    now = bench.clock.now()
    with bench.store.read() as connection:
        buying = parcels.held(connection, workspace, ParcelState.BUYING)
        states = parcels.count_states(connection, workspace)
    dead = [one for one in buying if one.lease is None or not leases.is_live(one.lease, now)]
    if dead:
        with bench.store.write() as connection:
            for one in dead:
                report.count("uncertain", attempts.doubt_dead(connection, workspace, one, now))
    for state in (ParcelState.UNCERTAIN, ParcelState.ANNOUNCED):
        if state.value in states:
            report.count(f"due_{state.value}", states[state.value])
    return report.outcome()


def _drop_specimens(bench: Workbench, workspace: str) -> int:
    """A contract has arrived, or a rehearsal is over: what the sandbox's carrier labelled is to be
    labelled for real, and the next batch is a first batch again."""
    with bench.store.read() as connection:
        client = workspaces.workspace(connection, workspace)
        contracts = workspaces.contracts(connection, workspace)
    if client.mode is Mode.REHEARSAL:
        return 0
    live = [one.key for one in contracts if not one.is_stand_in]
    with bench.store.write() as connection:
        dropped = parcels.renew_specimens(connection, workspace, live)
        if dropped:
            workspaces.ask_first_batch_again(connection, workspace)
    return dropped
