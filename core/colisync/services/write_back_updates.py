"""From claimed effects to the updates a connector takes, and from its receipts to endings. Pure."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from colisync.model.attention import Attention
from colisync.model.workspace import Shop
from colisync.model.writeback import (
    Effect,
    EffectResult,
    EffectState,
    OrderUpdate,
    ParcelNews,
    WriteBackReceipt,
)
from colisync.ports.shop import ShopCapability
from colisync.storage.write_back_claims import ClaimedEffect, Ending

_MINUTES = (1, 5, 15, 60)
"""After the first, second… failed try; the last one for every later one."""
_NEEDS: dict[Effect, ShopCapability] = {
    Effect.TRACKING_ENTRY: ShopCapability.TRACKING_ENTRY,
    Effect.NOTE: ShopCapability.BUYER_NOTE,
    Effect.STATUS: ShopCapability.STATUSES,
}

NewsOf = Callable[[ClaimedEffect], ParcelNews]
NoteOf = Callable[[ParcelNews], str]


@dataclass(frozen=True, slots=True)
class Telling:
    """One update, and the claimed effects that its receipt ends."""

    update: OrderUpdate
    effects: tuple[ClaimedEffect, ...]


def can_tell(effect: ClaimedEffect, capabilities: frozenset[ShopCapability]) -> bool:
    """False where the connector cannot say this, or the label's number is not known."""
    if effect.effect is Effect.MAIL or not effect.number:
        return False
    needed = _NEEDS.get(effect.effect)
    return needed is None or needed in capabilities


def tellings(
    effects: Iterable[ClaimedEffect], shop: Shop, news_of: NewsOf, note_of: NoteOf
) -> list[Telling]:
    """The updates, order by order: numbers taken back first, then each parcel's news; the order's
    status once, with the last of them."""
    ordered = sorted(effects, key=_place)
    return [
        telling
        for _, of_order in groupby(ordered, key=lambda one: one.order_id)
        for telling in _of_order(list(of_order), shop, news_of, note_of)
    ]


def _place(effect: ClaimedEffect) -> tuple[int, bool, int, int]:
    return (effect.order_id, not effect.withdraw, effect.parcel_id, effect.attempt)


def _of_order(
    effects: Sequence[ClaimedEffect], shop: Shop, news_of: NewsOf, note_of: NoteOf
) -> Iterator[Telling]:
    statuses = [one for one in effects if one.effect is Effect.STATUS]
    others = [one for one in effects if one.effect is not Effect.STATUS]
    groups = [list(group) for _, group in groupby(others, key=_place)]
    if statuses and (not groups or groups[-1][0].withdraw):
        groups.append([])
    for number, group in enumerate(groups, start=1):
        said = statuses if number == len(groups) else []
        yield _telling(group, said, shop, news_of, note_of)


def _telling(
    group: Sequence[ClaimedEffect],
    statuses: Sequence[ClaimedEffect],
    shop: Shop,
    news_of: NewsOf,
    note_of: NoteOf,
) -> Telling:
    effects = (*group, *statuses)
    first = effects[0]
    wanted = frozenset(one.effect for one in effects)
    news = news_of(first)
    status = _status(statuses, shop)
    update = OrderUpdate(
        key=f"{first.reference}/{first.external_id}",
        external_id=first.external_id,
        parcel=news,
        effects=wanted,
        status=status,
        while_in=_while_in(status, shop) if status else (),
        buyer_note=Effect.NOTE in wanted and shop.buyer_mail == "shop",
        note=note_of(news) if Effect.NOTE in wanted else "",
        repeated=any(one.repeated for one in effects),
        withdraw=first.withdraw,
    )
    return Telling(update, effects)


def _status(statuses: Sequence[ClaimedEffect], shop: Shop) -> str:
    """What the shop is configured to want now: a setting corrected since the label counts."""
    wanted = [one.status_wanted for one in statuses]
    if shop.statuses.delivered in wanted:
        return shop.statuses.delivered
    return (shop.statuses.labelled or wanted[-1]) if wanted else ""


def _while_in(status: str, shop: Shop) -> tuple[str, ...]:
    """The statuses that this one may follow: never one that a person gave the order."""
    if status == shop.statuses.delivered and shop.statuses.labelled:
        return tuple(dict.fromkeys((*shop.ship_statuses, shop.statuses.labelled)))
    return shop.ship_statuses


def next_due(now: datetime, tries: int, retry_after: float | None = None) -> datetime:
    """When to try again after so many tries; not before the shop's own `retry_after` seconds."""
    minutes = _MINUTES[min(max(tries, 1), len(_MINUTES)) - 1]
    wait = timedelta(minutes=minutes)
    return now + max(wait, timedelta(seconds=retry_after or 0))


def postponed(
    effects: Iterable[ClaimedEffect], problem: Attention, now: datetime, retry_after: float | None
) -> list[Ending]:
    """The call failed as a whole: everything waits for its next try, the shop read before."""
    return [
        Ending(
            id=one.id,
            tries=one.tries,
            status_told=one.status_wanted,
            state=EffectState.WAITING,
            due_at=next_due(now, one.tries, retry_after),
            problem=problem,
        )
        for one in effects
    ]


def skipped(effects: Iterable[ClaimedEffect], reason: str) -> list[Ending]:
    """These are not told, for the `reason` of the catalogue."""
    problem = Attention(code=reason)
    return [
        Ending(one.id, one.tries, one.status_wanted, EffectState.SKIPPED, None, problem)
        for one in effects
    ]


def endings(
    telling: Telling, receipt: WriteBackReceipt | None, shop: Shop, now: datetime
) -> list[Ending]:
    """How each effect ended by the connector's receipt. One that the receipt does not speak of
    is as good as a lost answer."""
    results = receipt.results if receipt is not None else {}
    return [_ending(one, results.get(one.effect), shop, now) for one in telling.effects]


def _ending(
    effect: ClaimedEffect, result: EffectResult | None, shop: Shop, now: datetime
) -> Ending:
    done = (EffectState.DONE, EffectState.SKIPPED, EffectState.FAILED)
    if result is None or result.state not in done:
        result = EffectResult(state=EffectState.FAILED, key="write_back.no_answer", retryable=True)
    again = result.state is EffectState.FAILED and result.retryable
    return Ending(
        id=effect.id,
        tries=effect.tries,
        status_told=effect.status_wanted,
        state=result.state,
        due_at=next_due(now, effect.tries) if again else None,
        problem=_problem(effect, result, shop),
    )


def _problem(effect: ClaimedEffect, result: EffectResult, shop: Shop) -> Attention | None:
    if result.state is EffectState.DONE:
        return None
    order = f"{shop.key}/{effect.order_number}"
    failed = result.state is EffectState.FAILED
    command = "colisync write-back" if result.retryable else f"colisync retry {order}"
    return Attention(
        code=result.key or "write_back.refused",
        order=order,
        parcel=effect.number,
        params=result.params,
        command=command if failed else "",
    )
