"""What a shop has been told of an order's parcels, and what is left to tell.

A shop keeps our own list on the order, beside whatever its platform and plug-ins have: entries of
{key, number, carrier, url, label, void}. It tells a number of ours from another tool's.
"""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from colisync.errors import Scalar
from colisync.model.writeback import Effect, EffectResult, EffectState, OrderUpdate

Entry = dict[str, Any]
NUMBERED = frozenset({Effect.META, Effect.TRACKING_ENTRY})
"""Effects that put the number on the order, hence into our list."""
DONE = EffectResult(state=EffectState.DONE)


@dataclass(frozen=True, slots=True)
class OrderNow:
    """An order as read afresh: its status, our list on it, and whether it lies in the trash."""

    status: str
    entries: Sequence[Entry] = ()
    trashed: bool = False


@dataclass(frozen=True, slots=True)
class OrderChange:
    """What is to be written on an order: our list where it changes, a status where it moves."""

    entries: Sequence[Entry] | None = None
    status: str = ""

    @property
    def effects(self) -> frozenset[Effect]:
        """What is told once this is written."""
        return frozenset({Effect.META, Effect.STATUS} if self.status else {Effect.META})


class Telling:
    """Everything to tell about one order, and how each effect ended, by update key."""

    def __init__(self, external_id: str) -> None:
        self.id = external_id
        self.updates: list[OrderUpdate] = []
        self.results: dict[str, dict[Effect, EffectResult]] = {}

    def add(self, update: OrderUpdate) -> None:
        """Takes one more update of this order."""
        self.updates.append(update)
        self.results[update.key] = {}

    def open(self, *effects: Effect) -> list[tuple[OrderUpdate, Effect]]:
        """What has no result yet."""
        return [
            (update, effect)
            for update in self.updates
            for effect in effects
            if effect in update.effects and effect not in self.results[update.key]
        ]

    def settle(self, effects: Iterable[Effect], result: EffectResult) -> None:
        """Those of `effects` that are still open end with `result`."""
        for update, effect in self.open(*effects):
            self.results[update.key][effect] = result

    def failed(self, effect: Effect) -> bool:
        """True where `effect` of one of the updates has failed."""
        ends = (results.get(effect, DONE) for results in self.results.values())
        return any(end.state is EffectState.FAILED for end in ends)


def by_order(updates: Iterable[OrderUpdate]) -> list[Telling]:
    """The updates, an order's together."""
    tellings: dict[str, Telling] = {}
    for update in updates:
        tellings.setdefault(update.external_id, Telling(update.external_id)).add(update)
    return list(tellings.values())


def our_entries(value: object) -> list[Entry]:
    """Our list as a shop kept it, withdrawn numbers included (`void`); anything else is none."""
    entries = value if isinstance(value, list) else ()
    return [e for e in entries if isinstance(e, dict) and isinstance(e.get("number"), str)]


def entries_after(entries: Sequence[Entry], updates: Iterable[OrderUpdate]) -> list[Entry]:
    """Our list once `updates` are told: other parcels' numbers stay, withdrawn ones become void."""
    after = [dict(entry) for entry in entries]
    for update in updates:
        gone = dropped(update)
        after = [entry | {"void": True} if entry["number"] in gone else entry for entry in after]
        if update.withdraw or not NUMBERED & update.effects:
            continue
        news = update.parcel
        entry = {"key": update.key, "number": news.number, "carrier": news.carrier_name}
        entry |= {"url": news.tracking_url, "label": news.label_link}
        numbers = [each["number"] for each in after]
        at = numbers.index(news.number) if news.number in numbers else len(after)
        after[at : at + 1] = [entry]
    return after


def dropped(update: OrderUpdate) -> set[str]:
    """The numbers that this update takes out."""
    return {*update.parcel.replaces, *([update.parcel.number] if update.withdraw else [])}


def status_left_to_write(
    telling: Telling, now: OrderNow, known: Container[str], remote: str
) -> str:
    """The status to write: only one that the shop knows, only from one of `while_in`, only once
    the tracking entries are told. Empty where there is none; why is then settled, in the words of
    `remote`."""
    wanted = telling.open(Effect.STATUS)
    if not wanted:
        return ""
    update = wanted[-1][0]
    if not update.status:
        result = skipped(f"{remote}.status_left")
    elif update.status not in known:
        result = failed(f"{remote}.status_unknown", status=update.status)
    elif now.status == update.status:
        result = DONE
    elif now.status not in update.while_in:
        result = skipped(f"{remote}.status_moved", status=now.status)
    elif telling.failed(Effect.TRACKING_ENTRY):
        result = failed(f"{remote}.status_waits", retryable=True)
    else:
        return update.status
    telling.settle([Effect.STATUS], result)
    return ""


def failed(key: str, *, retryable: bool = False, **params: Scalar) -> EffectResult:
    """An effect that failed, and why."""
    return EffectResult(state=EffectState.FAILED, key=key, params=params, retryable=retryable)


def skipped(key: str, **params: Scalar) -> EffectResult:
    """An effect that there was no reason to try."""
    return EffectResult(state=EffectState.SKIPPED, key=key, params=params)
