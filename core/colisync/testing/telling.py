"""A shop that keeps what it is told, and a store whose labels are to be told to it."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import select

from colisync.model.attention import Outcome
from colisync.model.shipment import Shipment
from colisync.model.writeback import (
    Effect,
    EffectResult,
    EffectState,
    OrderUpdate,
    WriteBackReceipt,
)
from colisync.services.plan_effects import plan_effects
from colisync.services.write_back import write_back
from colisync.storage import tables
from colisync.storage.store import Store
from colisync.testing.doubles import FakeShop
from colisync.testing.factories import SHOP, Seed, make_order


class AttentiveShop(FakeShop):
    """A shop that keeps what it was told. Like a real one it adds a note each time it is asked to,
    unless the connector was told to look first; a status moves only from one it may follow."""

    def __init__(self) -> None:
        super().__init__()
        self.numbers: dict[str, list[str]] = defaultdict(list)
        self.notes: dict[str, list[str]] = defaultdict(list)
        self.history: dict[str, list[str]] = defaultdict(lambda: ["processing"])
        self.crash_after: list[BaseException] = []
        self.on_write: Callable[[], None] = lambda: None
        self.script: dict[tuple[str, Effect], EffectResult] = {}

    def write_back(self, updates: Sequence[OrderUpdate]) -> list[WriteBackReceipt]:
        self._call("write_back")
        self.on_write()
        with self._lock:
            self.write_backs.extend(updates)
            receipts = [self._tell(one) for one in updates]
        if self.crash_after:
            raise self.crash_after.pop()
        return receipts

    def _tell(self, update: OrderUpdate) -> WriteBackReceipt:
        results = {}
        for effect in sorted(update.effects, key=list(Effect).index):
            scripted = self.script.get((update.external_id, effect))
            results[effect] = scripted or self._apply(update, effect)
        return WriteBackReceipt(key=update.key, results=results)

    def _apply(self, update: OrderUpdate, effect: Effect) -> EffectResult:
        order, number = update.external_id, update.parcel.number
        if effect in (Effect.META, Effect.TRACKING_ENTRY):
            gone = {*update.parcel.replaces, number}
            kept = [one for one in self.numbers[order] if one not in gone]
            self.numbers[order] = kept if update.withdraw else [*kept, number]
        elif effect is Effect.NOTE:
            if not (update.repeated and any(number in note for note in self.notes[order])):
                self.notes[order].append(update.note)
        elif self.history[order][-1] == update.status:
            pass
        elif self.history[order][-1] in update.while_in:
            self.history[order].append(update.status)
        else:
            return EffectResult(state=EffectState.SKIPPED, key="fake.status_moved")
        return EffectResult(state=EffectState.DONE)


class TellingSeed:
    """A seed whose shop is scripted, and labels whose effects are planned."""

    def __init__(self, store: Store, **settings: Any) -> None:
        self.seed = Seed(store, **settings)
        self.shop = AttentiveShop()
        self.seed.backends.shops[SHOP] = self.shop
        self.store, self.clock = store, self.seed.clock

    def labelled(self, number: int = 1, *, parcels: int = 1) -> Shipment:
        made = self.seed.labelled(make_order(number), parcels=parcels)
        self.plan(*made.parcels)
        return made

    def plan(self, *parcels: Any, attempt: int = 1) -> int:
        with self.store.write() as connection:
            pairs = [(one.id, attempt) for one in parcels]
            return plan_effects(connection, self.seed.workspace, pairs, self.clock.now())

    def tell(self, **options: Any) -> Outcome:
        return write_back(self.seed.bench, self.seed.workspace, **options)

    def write(self, verb: Callable[..., Any], *values: Any) -> Any:
        with self.store.write() as connection:
            return verb(connection, self.seed.workspace, *values)

    def states(self) -> Counter[str]:
        with self.store.read() as connection:
            table = tables.write_backs
            return Counter(connection.execute(select(table.c.state)).scalars())

    def row(self, effect: Effect) -> Any:
        table = tables.write_backs
        with self.store.read() as connection:
            query = select(table).where(table.c.effect == effect.value)
            return connection.execute(query.order_by(table.c.id)).first()
