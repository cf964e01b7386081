"""The shops are told what happened to their orders: numbers, links, notes, and the status last.

Effects are claimed and marked `sent` before the call, and stored after it; a lost answer leaves
them to be told again by a connector that reads before it writes. A shop that is down waits alone.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta

from colisync.errors import (
    AuthenticationFailed,
    ColisyncError,
    ConfigurationError,
    RateLimited,
    RemoteError,
    UnsupportedFeature,
)
from colisync.model.attention import Attention, Outcome
from colisync.model.workspace import Contract, Mode, Shop, Workspace
from colisync.model.writeback import EffectState, ParcelNews, WriteBackReceipt
from colisync.plugins import carrier_class
from colisync.ports.carrier import Carrier
from colisync.ports.shop import ShopConnector
from colisync.rendering.environment import render
from colisync.services import lease as leases
from colisync.services import write_back_updates as updates
from colisync.services.report import Report
from colisync.services.workbench import Workbench
from colisync.services.write_back_updates import Telling
from colisync.storage import workspaces, write_back_claims, write_backs
from colisync.storage.write_back_claims import Claim, ClaimedEffect, Ending

LabelLink = Callable[[int], str]

LEASE = timedelta(minutes=15)
"""Longer than a chunk of updates takes a slow shop; a dead process of this host is seen at once."""
_ORDERS = 50


def write_back(
    bench: Workbench,
    workspace: str,
    *,
    shop_key: str | None = None,
    label_link: LabelLink | None = None,
    hurry: bool = False,
) -> Outcome:
    """Everything due is told to the shops, or to the one of `shop_key`; what fails waits longer
    each time, unless a person is in a `hurry`. `label_link` gives a parcel's public link, empty
    where there is none.

    Counts: written_back (orders told everything), effects_done, effects_skipped, effects_failed,
    effects_postponed, effects_waiting (left over, in all). In rehearsal nothing is told.
    """
    report = Report()
    with bench.store.read() as connection:
        client = workspaces.workspace(connection, workspace)
        shops = workspaces.shops(connection, workspace)
        if shop_key is not None:
            shops = [workspaces.shop(connection, workspace, shop_key)]
        contracts = {one.key: one for one in workspaces.contracts(connection, workspace)}
    if client.mode is Mode.REHEARSAL:
        return report.outcome()
    news = _News(bench, contracts, label_link or (lambda parcel_id: ""))
    if hurry:
        with bench.store.write() as connection:
            write_backs.hurry(connection, workspace, bench.clock.now())
    for shop in shops:
        _ShopTelling(bench, client, shop, news, report).tell()
    with bench.store.read() as connection:
        report.count("effects_waiting", write_backs.count_untold(connection, workspace))
    return report.outcome()


class _News:
    """What there is to say of a parcel, in its carrier's words."""

    def __init__(
        self, bench: Workbench, contracts: dict[str, Contract], label_link: LabelLink
    ) -> None:
        self._bench = bench
        self._contracts = contracts
        self._label_link = label_link
        self._carriers: dict[str, Carrier | type[Carrier]] = {}

    def missing(self, contract_key: str) -> ConfigurationError | None:
        """Why nothing can be said of the contract's parcels: it is not set up any more."""
        try:
            self._carrier(contract_key)
        except ConfigurationError as error:
            return error
        return None

    def of(self, effect: ClaimedEffect) -> ParcelNews:
        """The news of a parcel whose contract is not `missing`."""
        carrier = self._carrier(effect.contract_key)
        return ParcelNews(
            number=effect.number,
            carrier=carrier.key,
            carrier_name=carrier.name,
            tracking_url=carrier.tracking_url(effect.number),
            label_link="" if effect.withdraw else self._label_link(effect.parcel_id),
            labelled_at=effect.labelled_at,
            replaces=effect.replaces,
            items=effect.items,
        )

    def _carrier(self, contract_key: str) -> Carrier | type[Carrier]:
        if contract_key not in self._carriers:
            contract = self._contracts.get(contract_key)
            if contract is None:
                params = {"key": contract_key, "known": ", ".join(self._contracts)}
                raise ConfigurationError("storage.unknown_contract", params=params)
            self._carriers[contract_key] = self._open(contract)
        return self._carriers[contract_key]

    def _open(self, contract: Contract) -> Carrier | type[Carrier]:
        try:
            return self._bench.backends.carrier(contract)
        except ConfigurationError:  # a carrier's name and links need no credentials
            return carrier_class(contract.carrier)


class _ShopTelling:
    """One shop's share of a run."""

    def __init__(
        self, bench: Workbench, client: Workspace, shop: Shop, news: _News, report: Report
    ) -> None:
        self._bench = bench
        self._client = client
        self._shop = shop
        self._news = news
        self._report = report
        self._told: set[int] = set()

    def tell(self) -> None:
        """Everything due is told, chunk by chunk, until the shop as a whole fails."""
        with self._bench.store.read() as connection:
            due = write_back_claims.count_due(
                connection, self._client.key, self._shop.id, self._bench.clock.now()
            )
        if due and self._shop.paused:
            self._say_paused(due)
        elif due:
            with self._bench.watched("write_back.progress", due):
                self._tell_chunks()
            self._count_orders()

    def _say_paused(self, due: int) -> None:
        params = {"shop": self._shop.key, "orders": due, "reason": self._shop.paused}
        self._report.attend(
            Attention(
                code="write_back.shop_paused",
                order=self._shop.key,
                params=params,
                command="colisync check",
            )
        )

    def _tell_chunks(self) -> None:
        after, goes_on = 0, True
        while goes_on:
            claim = self._claim(after)
            if claim.last_order is None:
                return
            after = claim.last_order
            goes_on = self._tell(claim.effects) if claim.effects else True
            self._bench.progress.advance(len({one.order_id for one in claim.effects}))

    def _claim(self, after: int) -> Claim:
        now, key = self._bench.clock.now(), self._client.key
        lease = leases.take(now).model_copy(update={"until": now + LEASE})
        with self._bench.store.write() as connection:
            for holder in write_back_claims.holders(connection, key, self._shop.id):
                if not leases.is_live(holder, now):
                    write_back_claims.release(connection, key, self._shop.id, holder)
            return write_back_claims.claim(
                connection, key, self._shop.id, lease, now, after_order=after, orders=_ORDERS
            )

    def _tell(self, effects: Sequence[ClaimedEffect]) -> bool:
        """False where the shop as a whole failed: nothing more is asked of it in this run."""
        try:
            connector = self._bench.backends.shop(self._shop)
            told, ended = self._prepare(effects, connector)
            receipts = connector.write_back([one.update for one in told]) if told else []
        except (RemoteError, ConfigurationError, UnsupportedFeature) as error:
            self._store(self._fail(effects, error), effects)
            return False
        self._store([*ended, *self._endings(told, receipts)], effects)
        return True

    def _prepare(
        self, effects: Sequence[ClaimedEffect], connector: ShopConnector
    ) -> tuple[list[Telling], list[Ending]]:
        """What to tell, and the endings of what cannot be told."""
        able, ended = [], []
        for contract_key in sorted({one.contract_key for one in effects}):
            of_contract = [one for one in effects if one.contract_key == contract_key]
            error = self._news.missing(contract_key)
            if error is not None:
                ended += self._postpone(of_contract, error, "colisync check")
                continue
            able += [one for one in of_contract if updates.can_tell(one, connector.capabilities)]
        known = {one.id for one in able} | {ending.id for ending in ended}
        unable = [one for one in effects if one.id not in known]
        ended += updates.skipped(unable, "write_back.shop_cannot")
        return updates.tellings(able, self._shop, self._news.of, self._note), ended

    def _note(self, news: ParcelNews) -> str:
        return render(
            "order_note.txt.j2",
            language=self._client.language,
            carrier_name=news.carrier_name,
            parcels=[news],
        ).strip()

    def _fail(self, effects: Sequence[ClaimedEffect], error: ColisyncError) -> list[Ending]:
        if not isinstance(error, AuthenticationFailed | ConfigurationError):
            return self._postpone(effects, error, "colisync write-back")
        with self._bench.store.write() as connection:
            workspaces.pause_shop(connection, self._client.key, self._shop.key, error.key)
        return self._postpone(effects, error, "colisync check")

    def _postpone(
        self, effects: Sequence[ClaimedEffect], error: ColisyncError, command: str
    ) -> list[Ending]:
        params = {**error.params, "shop": self._shop.key}
        problem = Attention(code=error.key, order=self._shop.key, params=params, command=command)
        self._report.attend(problem)
        self._report.count("effects_postponed", len(effects))
        wait = error.retry_after if isinstance(error, RateLimited) else None
        return updates.postponed(effects, problem, self._bench.clock.now(), wait)

    def _endings(
        self, told: Sequence[Telling], receipts: Sequence[WriteBackReceipt]
    ) -> list[Ending]:
        by_key = {receipt.key: receipt for receipt in receipts}
        now = self._bench.clock.now()
        found = []
        for telling in told:
            receipt = by_key.get(telling.update.key)
            found += updates.endings(telling, receipt, self._shop, now)
        return found

    def _store(self, ended: Sequence[Ending], effects: Sequence[ClaimedEffect]) -> None:
        with self._bench.store.write() as connection:
            write_back_claims.finish(connection, self._client.key, ended, self._bench.clock.now())
        orders = {one.id: one.order_id for one in effects}
        for ending in ended:
            if ending.state is EffectState.DONE:
                self._report.count("effects_done")
                self._told.add(orders[ending.id])
            elif ending.state in (EffectState.SKIPPED, EffectState.FAILED):
                self._report.count(f"effects_{ending.state.value}")
            self._attend(ending)

    def _attend(self, ending: Ending) -> None:
        """A failure is said once for each order and parcel, however many effects it took."""
        problem = ending.problem
        if ending.state is EffectState.FAILED and problem not in self._report.attention:
            self._report.attention.extend([problem] if problem else [])

    def _count_orders(self) -> None:
        if not self._told:
            return
        with self._bench.store.read() as connection:
            still = write_back_claims.still_open(connection, self._client.key, self._told)
        self._report.count("written_back", len(self._told - still))
