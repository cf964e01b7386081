"""Labels for the shipments that are ready. Spends money: design §1 and §2 to the letter."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from colisync.errors import ColisyncError, ConfigurationError, RemoteError, StorageUnavailable
from colisync.model.attention import Attention, Outcome, ShipmentState
from colisync.model.shipment import Shipment
from colisync.model.workspace import Contract, Mode, Shop, Workspace
from colisync.services.import_orders import refresh_orders
from colisync.services.label_run import LabelRun
from colisync.services.report import Report
from colisync.services.workbench import Silent, Workbench
from colisync.storage import parcels, shipments, workspaces
from colisync.storage.parcels import Ready

LARGE_BATCH = 50
"""A batch above this is counted and confirmed."""
_REREAD = 100


def buy_label(
    bench: Workbench,
    workspace: str,
    *,
    order_ids: Sequence[int] | None = None,
    automatic: bool = False,
    confirmed: bool = False,
) -> Outcome:
    """Buys the label of every ready shipment, or of those of `order_ids`.

    `automatic` leaves out the shops whose labels are on request. The first batch of a shop, and
    any above LARGE_BATCH, is only counted until it is `confirmed`.
    """
    report = Report()
    with bench.store.read() as connection:
        client = workspaces.workspace(connection, workspace)
        shops = {shop.id: shop for shop in workspaces.shops(connection, workspace)}
        ready = parcels.ready_shipments(connection, workspace, order_ids)
        known = {
            shop_id
            for shop_id in shops
            if workspaces.first_batch_confirmed(connection, workspace, shop_id)
        }
    if automatic:
        ready = _automatic(ready, shops, report)
    refusal = None if confirmed or not ready else _must_confirm(ready, shops, known)
    if refusal is not None:
        report.attend(refusal)
        return report.outcome()
    _confirm(bench, workspace, {one.shop_id for one in ready} - known)
    with bench.watched("ship.progress", len(ready)):
        _Batch(bench, client, shops, report).buy(ready)
    return report.outcome()


def _automatic(ready: Sequence[Ready], shops: dict[int, Shop], report: Report) -> list[Ready]:
    wanted = [one for one in ready if shops[one.shop_id].labels == "automatic"]
    report.count("on_request", len(ready) - len(wanted))
    return wanted


def _must_confirm(
    ready: Sequence[Ready], shops: dict[int, Shop], known: set[int]
) -> Attention | None:
    new = sorted({shops[one.shop_id].key for one in ready if one.shop_id not in known})
    if new:
        params = {"count": len(ready), "shops": ", ".join(new)}
        return Attention(code="ship.first_batch", params=params, command="colisync ship --yes")
    if len(ready) > LARGE_BATCH:
        params = {"count": len(ready), "limit": LARGE_BATCH}
        return Attention(code="ship.large_batch", params=params, command="colisync ship --yes")
    return None


def _confirm(bench: Workbench, workspace: str, shop_ids: set[int]) -> None:
    if not shop_ids:
        return
    with bench.store.write() as connection:
        for shop_id in shop_ids:
            workspaces.confirm_first_batch(connection, workspace, shop_id, bench.clock.now())


class _Batch:
    """The ready shipments of one command, by contract."""

    def __init__(
        self, bench: Workbench, client: Workspace, shops: dict[int, Shop], report: Report
    ) -> None:
        self._bench = bench
        self._quiet = replace(bench, progress=Silent())  # for the thread that reads ahead
        self._client = client
        self._shops = shops
        self._report = report

    def buy(self, ready: Sequence[Ready]) -> None:
        """The labels, one contract after the other."""
        by_contract = sorted(ready, key=lambda one: (one.contract_key, one.shipment_id))
        for contract_key, group in groupby(by_contract, key=lambda one: one.contract_key):
            wanted = list(group)
            run = self._open(contract_key)
            if run is None:
                self._report.count("postponed", len(wanted))
            else:
                self._buy(run, wanted)

    def _buy(self, run: LabelRun, wanted: Sequence[Ready]) -> None:
        reading = Report()  # of its own: another thread writes in it
        run.buy(self._fresh(wanted, reading))
        left_out = reading.counts["left_out"]
        if run.stopped:
            # What was not read yet may be ready or not; it waits all the same.
            self._report.count("postponed", len(wanted) - left_out - run.taken)
        self._report.add(reading.outcome())

    def _fresh(self, wanted: Sequence[Ready], report: Report) -> Iterator[list[Shipment]]:
        """The shipments that are still ready, read from the shop once more, a hundred at a time:
        the pool never waits for the shop."""
        for start in range(0, len(wanted), _REREAD):
            part = wanted[start : start + _REREAD]
            self._reread(part, report)
            ids = [one.shipment_id for one in part]
            with self._bench.store.read() as connection:
                loaded = shipments.shipments(connection, self._client.key, ids)
            ready = [one for one in loaded if one.decision is ShipmentState.READY]
            report.count("left_out", len(part) - len(ready))
            yield ready

    def _reread(self, part: Sequence[Ready], report: Report) -> None:
        """The shop's address is read once more; a shop that is down, or whose settings are wrong,
        blocks no label."""
        for shop_id in sorted({one.shop_id for one in part}):
            shop = self._shops[shop_id]
            ids = [one.shipment_id for one in part if one.shop_id == shop_id]
            if shop.paused:  # its credentials were refused: `check` tries them again, nobody else
                report.count("not_reread", len(ids))
                continue
            try:
                outcome = refresh_orders(self._quiet, self._client.key, shop, ids)
            except (RemoteError, ConfigurationError) as error:
                report.count("not_reread", len(ids))
                report.fail(error, order=shop.key, command="colisync check")
            else:
                report.attention += outcome.attention

    def _open(self, contract_key: str) -> LabelRun | None:
        try:
            with self._bench.store.read() as connection:
                contract = workspaces.contract(connection, self._client.key, contract_key)
            return self._run(contract)
        except StorageUnavailable:
            raise
        except ColisyncError as error:
            self._report.fail(error, order=contract_key, command="colisync check")
            return None

    def _run(self, contract: Contract) -> LabelRun | None:
        if contract.paused:
            self._report.attend(
                Attention(
                    code="contract.paused",
                    params={"contract": contract.key, "reason": contract.paused},
                    command="colisync check",
                )
            )
            return None
        rehearsal = self._client.mode is Mode.REHEARSAL
        carrier = self._bench.backends.carrier(contract, rehearsal=rehearsal)
        return LabelRun(self._bench, self._client, contract, carrier, self._report)
