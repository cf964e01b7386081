"""How each shipment goes: the first rule that matches, checked with the carrier. Design §1 and §4.

No match is for a person, never a guess.
"""

from collections.abc import Sequence

from colisync.errors import ColisyncError
from colisync.model.attention import Attention, Outcome, ShipmentState
from colisync.model.order import Standing
from colisync.model.parcel import ParcelState
from colisync.model.shipment import Shipment
from colisync.services import cures
from colisync.services.find_order import order_ids, shipment_name
from colisync.services.report import Report
from colisync.services.way import ContractFailed, Settings, WayFinder
from colisync.services.workbench import Workbench
from colisync.storage import orders as stored
from colisync.storage import shipments
from colisync.storage.orders import StoredOrder

_CHUNK = 200
_CURED_BY_SETTINGS = frozenset(
    {
        "shipment.no_method",
        "shipment.no_weight",
        "storage.unknown_contract",
        "storage.unknown_sender",
        "storage.no_default_sender",
    }
)
"""Attentions that `colisync apply` can cure: looked at again each time."""


def choose_method(
    bench: Workbench, workspace: str, *, orders: Sequence[str] | None = None
) -> Outcome:
    """Every draft becomes ready, is held, or waits for a person; only those of `orders` where
    given. What waited before and still does is told only where `orders` are named."""
    named = None if orders is None else order_ids(bench, workspace, orders)
    with bench.store.read() as connection:
        drafts = shipments.to_choose(connection, workspace, named)
        waiting = shipments.in_attention(connection, workspace, named)
    return _Choice(bench, workspace, tell_again=named is not None).run(drafts, waiting)


def choose_for(bench: Workbench, workspace: str, shipment_ids: Sequence[int]) -> Outcome:
    """The same for the drafts among these shipments; what waits is told, too."""
    return _Choice(bench, workspace, tell_again=True).run(shipment_ids, ())


class _Choice:
    """One run over drafts, with the settings as they are now."""

    def __init__(self, bench: Workbench, workspace: str, *, tell_again: bool) -> None:
        self._bench = bench
        self._workspace = workspace
        self._tell_again = tell_again
        self._report = Report()
        with bench.store.read() as connection:
            settings = Settings.read(connection, workspace)
        self._ways = WayFinder(settings, bench.backends)
        self._settings = settings

    def run(self, drafts: Sequence[int], waiting: Sequence[int]) -> Outcome:
        """What became of the drafts, and of what waits for settings."""
        ids = [*drafts, *waiting]
        if ids:
            with self._bench.watched("progress.choose_method", len(ids)) as progress:
                for start in range(0, len(ids), _CHUNK):
                    chunk = ids[start : start + _CHUNK]
                    self._choose(chunk)
                    progress.advance(len(chunk))
        return self._report.outcome()

    def _choose(self, ids: Sequence[int]) -> None:
        with self._bench.store.read() as connection:
            found = shipments.shipments(connection, self._workspace, ids)
            order_ids = {order_id for one in found for order_id in one.order_ids}
            known = stored.orders(connection, self._workspace, order_ids)
        changed = []
        for shipment in found:
            served = [known[one] for one in shipment.order_ids]
            if _is_wanted(shipment, served) and self._is_open(shipment):
                decided = self._decide(shipment, served)
                if decided is not None:
                    changed.append(decided)
        with self._bench.store.write() as connection:
            saved = shipments.save(connection, self._workspace, changed, self._bench.clock.now())
        for one in saved:
            self._tell(one)

    def _is_open(self, shipment: Shipment) -> bool:
        """Drafts, and what a change of settings may have cured; the rest is only told again."""
        if shipment.decision is ShipmentState.DRAFT:
            return True
        problem = shipment.attention
        if shipment.decision is not ShipmentState.ATTENTION or problem is None:
            return False
        if problem.code in _CURED_BY_SETTINGS:
            return True
        if self._tell_again:
            self._report.attend(problem)
        return False

    def _decide(self, shipment: Shipment, served: Sequence[StoredOrder]) -> Shipment | None:
        """The shipment as decided; None where it stays as it is."""
        try:
            decided = self._ways.prepare(shipment, served, self._bench.clock.now())
        except ContractFailed as failure:
            self._postpone(failure)
            return None
        except ColisyncError as error:
            decided = self._to_attention(shipment, served, error)
        if decided.attention is not None and decided.attention == shipment.attention:
            if self._tell_again:
                self._report.attend(decided.attention)
            return None
        return decided

    def _to_attention(
        self, shipment: Shipment, served: Sequence[StoredOrder], error: ColisyncError
    ) -> Shipment:
        with self._bench.store.read() as connection:
            name = shipment_name(connection, self._workspace, shipment, served[0])
        problem = Attention.of(
            error, order=served[0].name, command=self._cure(error, name, shipment.contract_key)
        )
        return shipment.model_copy(
            update={"decision": ShipmentState.ATTENTION, "attention": problem}
        )

    def _cure(self, error: ColisyncError, name: str, contract_key: str) -> str:
        contract = contract_key or next(iter(self._settings.contracts), "")
        return cures.cure(error, name, contract)

    def _postpone(self, failure: ContractFailed) -> None:
        self._report.count("postponed")
        if failure.first:
            params = {**failure.error.params, "contract": failure.contract_key}
            problem = Attention.of(failure.error, command="colisync check")
            self._report.attend(problem.model_copy(update={"params": params}))

    def _tell(self, shipment: Shipment) -> None:
        self._report.count(shipment.decision.value)
        if shipment.attention is not None:
            self._report.attend(shipment.attention)


def _is_wanted(shipment: Shipment, served: Sequence[StoredOrder]) -> bool:
    """True where there is a parcel to buy, and every order is to be shipped."""
    to_buy = any(one.state is ParcelState.PENDING for one in shipment.parcels)
    to_ship = all(one.standing is Standing.TO_SHIP for one in served)
    return bool(served) and to_buy and to_ship
