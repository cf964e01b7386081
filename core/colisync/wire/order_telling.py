"""Telling a shop about its parcels: number first, status last, nothing twice.

A platform says how its orders are read and written (`Ledger`); when, in what order, what after a
lost answer, and what came of each effect is decided here. Results are named in the platform's own
words: `remote` is the prefix of their catalogue keys.
"""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from typing import Any, Protocol

from colisync.errors import (
    AuthenticationFailed,
    NotFound,
    OutcomeUnknown,
    Rejected,
    RemoteError,
    RemoteUnavailable,
    Unreachable,
    UnreadableAnswer,
)
from colisync.model.told import (
    DONE,
    OrderChange,
    OrderNow,
    Telling,
    by_order,
    dropped,
    entries_after,
    failed,
    skipped,
    status_left_to_write,
)
from colisync.model.writeback import (
    Effect,
    EffectResult,
    EffectState,
    OrderUpdate,
    WriteBackReceipt,
)
from colisync.wire.fields import Row
from colisync.wire.json_answers import plain

_LOST = (OutcomeUnknown, Unreachable, RemoteUnavailable, UnreadableAnswer)
_BETWEEN = (Effect.TRACKING_ENTRY, Effect.NOTE)
_META, _BOTH = frozenset({Effect.META}), frozenset({Effect.META, Effect.STATUS})
Part = Sequence[tuple[Telling, OrderChange]]


class Ledger(Protocol):
    """A platform's orders, as far as telling them needs. `remote` names its catalogue."""

    remote: str

    def rows(self, external_ids: Sequence[str]) -> Mapping[str, Row]:
        """The orders that the shop still has, read afresh. Raises RemoteError."""
        ...

    def now(self, row: Row) -> OrderNow:
        """What an order's row says. Raises UnreadableAnswer."""
        ...

    def statuses(self) -> Container[str]:
        """The statuses that the shop knows."""
        ...

    def write(self, changes: Mapping[str, OrderChange]) -> Mapping[str, str | RemoteError]:
        """The status that each order has now, or its refusal; an order that is left out counts as
        lost. Raises RemoteError for what concerns all of them."""
        ...

    def enter(self, row: Row, update: OrderUpdate) -> EffectResult:
        """The end of the platform's own tracking entry. Raises RemoteError."""
        ...

    def note(self, row: Row, update: OrderUpdate) -> EffectResult:
        """The end of the note. Raises RemoteError."""
        ...


class OrderTelling:
    """One round of telling. Raises only AuthenticationFailed and ConfigurationError."""

    def __init__(self, ledger: Ledger, *, batch: int, in_flight: int) -> None:
        self._ledger, self._batch, self._in_flight = ledger, batch, in_flight
        self._rows: dict[str, Row] = {}
        self._remote = ledger.remote

    def run(self, updates: Sequence[OrderUpdate]) -> list[WriteBackReceipt]:
        """One receipt for each update.

        Our list and the status go in one write where nothing lies between them; else the list,
        then entries and notes, then the status of the order as read afresh.
        """
        tellings = by_order(updates)
        for each in tellings:
            each.settle([Effect.MAIL], skipped(f"{self._remote}.mail_elsewhere"))
        between = [each for each in tellings if each.open(*_BETWEEN)]
        self._put([each for each in tellings if not each.open(*_BETWEEN)], _BOTH)
        self._put(between, _META)
        with ThreadPoolExecutor(self._in_flight) as pool:
            list(pool.map(self._tell, between))
        self._put([each for each in between if each.open(Effect.STATUS)], _BOTH)
        results = {key: ends for each in tellings for key, ends in each.results.items()}
        return [WriteBackReceipt(key=update.key, results=results[update.key]) for update in updates]

    def _put(self, tellings: list[Telling], effects: frozenset[Effect]) -> None:
        """Writes what a fresh reading shows to be missing; after a lost answer, once more."""
        lost: dict[str, RemoteError] = {}
        for _ in range(2):
            if not tellings:
                return
            try:
                rows = self._ledger.rows([each.id for each in tellings])
            except AuthenticationFailed:
                raise
            except RemoteError as error:
                return self._settle(tellings, error)
            self._rows.update(rows)
            found = [(each, self._change(each, rows.get(each.id), effects)) for each in tellings]
            todo = [(each, change) for each, change in found if change]
            lost = {}
            for start in range(0, len(todo), self._batch):
                lost |= self._send(todo[start : start + self._batch])
            tellings = [each for each in tellings if each.id in lost]
        for each in tellings:
            self._settle([each], lost[each.id])

    def _change(
        self, telling: Telling, row: Row | None, effects: frozenset[Effect]
    ) -> OrderChange | None:
        """What is to be written on the order; what needs no writing is settled."""
        try:
            now = self._ledger.now(row) if row else None
        except UnreadableAnswer as error:
            key, field = f"{self._remote}.order_unreadable", error.params.get("field", "")
            telling.settle(Effect, failed(key, order=telling.id, field=field))
            return None
        if now is None:
            telling.settle(Effect, self._gone(telling))
            return None
        if now.trashed:
            telling.settle(Effect, skipped(f"{self._remote}.order_trashed"))
            return None
        after = entries_after(now.entries, telling.updates)
        entries = None if after == list(now.entries) else after
        if entries is None:
            telling.settle(_META, DONE)
        status = ""
        if Effect.STATUS in effects:
            status = status_left_to_write(telling, now, self._ledger.statuses(), self._remote)
        return None if entries is None and not status else OrderChange(entries, status)

    def _send(self, part: Part) -> dict[str, RemoteError]:
        """The orders whose answer was lost, and why; the others are settled."""
        try:
            answers = self._ledger.write({each.id: change for each, change in part})
        except AuthenticationFailed:
            raise
        except _LOST as error:
            return {each.id: error for each, _ in part}
        except RemoteError as error:
            if len(part) > 1 and isinstance(error, Rejected):
                half = len(part) // 2
                return self._send(part[:half]) | self._send(part[half:])
            self._settle([each for each, _ in part], error)
            return {}
        for each, change in part:
            if each.id in answers:
                self._written(each, change, answers[each.id])
        unsaid = Unreachable(f"{self._remote}.not_told")
        return {each.id: unsaid for each, _ in part if each.id not in answers}

    def _written(self, telling: Telling, change: OrderChange, answer: str | RemoteError) -> None:
        if isinstance(answer, RemoteError):
            return self._settle([telling], answer)
        if change.status and change.status != answer:
            result = failed(f"{self._remote}.status_not_taken", status=answer)
            telling.settle([Effect.STATUS], result)
        telling.settle(_BOTH if change.status else _META, DONE)

    def _tell(self, telling: Telling) -> None:
        """Entries and notes, in the order of the updates."""
        row = self._rows.get(telling.id, {})
        for update, effect in telling.open(*_BETWEEN):
            try:
                telling.results[update.key][effect] = self._told(row, update, effect)
            except AuthenticationFailed:
                raise
            except RemoteError as error:
                telling.results[update.key][effect] = _failure(error)

    def _told(self, row: Row, update: OrderUpdate, effect: Effect) -> EffectResult:
        if effect is Effect.TRACKING_ENTRY:
            return self._ledger.enter(row, update)
        if update.withdraw and not update.note:
            return skipped(f"{self._remote}.nothing_to_say")
        return self._ledger.note(row, update)

    def _settle(self, tellings: Iterable[Telling], error: RemoteError) -> None:
        for each in tellings:
            gone = isinstance(error, NotFound)
            each.settle(Effect, self._gone(each) if gone else _failure(error))

    def _gone(self, telling: Telling) -> EffectResult:
        return failed(f"{self._remote}.order_gone", order=telling.id)


def enter_once(
    update: OrderUpdate,
    told: Callable[[], Mapping[str, str]],
    drop: Callable[[str], object],
    add: Callable[[], object],
) -> EffectResult:
    """The end of a tracking entry. `told` reads the numbers that the shop has, each with the id
    that `drop` takes out; `add` tells the update's own. Raises RemoteError."""
    number, here = update.parcel.number, dict[str, str]()

    def is_told() -> bool:
        here.clear()
        here.update(told())
        return not dropped(update) & here.keys() and (update.withdraw or number in here)

    def tell() -> None:
        for gone in dropped(update) & here.keys():
            drop(here[gone])
        if not update.withdraw and number not in here:
            add()

    return _once(is_told, tell)


def note_once(
    update: OrderUpdate, notes: Callable[[], Sequence[str]], add: Callable[[], object]
) -> EffectResult:
    """The end of a note, unless it is there. `notes` reads those of the same kind only: plug-ins
    write others with the number too. Raises RemoteError."""
    return _once(lambda: note_told(notes(), update), add)


def note_told(notes: Sequence[str], update: OrderUpdate) -> bool:
    """True where the shop has this note: the parcel's number, or the very words of a withdrawal.
    Shops give notes as HTML."""
    told = [unescape(note) for note in notes]
    if not update.withdraw and any(update.parcel.number in note for note in told):
        return True
    return plain(update.note, 10_000) in [plain(note, 10_000) for note in told]


def _once(is_told: Callable[[], bool], tell: Callable[[], Any]) -> EffectResult:
    """Done where it is told, or tells it. After a lost answer it looks, and never repeats: a slow
    shop may still be writing, and a note is mailed."""
    try:
        if not is_told():
            tell()
        return DONE
    except _LOST as lost:
        return DONE if is_told() else _failure(lost)


def _failure(error: RemoteError) -> EffectResult:
    retryable = error.retryable or isinstance(error, _LOST)
    return EffectResult(
        state=EffectState.FAILED, key=error.key, params=error.params, retryable=retryable
    )
