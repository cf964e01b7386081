"""When to ask a carrier about a parcel next. Pure; times in UTC.

What matters to a buyer is asked often, what cannot change is not asked: nothing before the first
lorry has left, nothing at night, one late look at what has ended, less and less about what stands
still, and nothing after 90 days.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from colisync.model.tracking import FINAL, TrackingStatus

GIVE_UP_AFTER = timedelta(days=90)
"""After the label: what has not ended by then never does."""
LATE_LOOK = timedelta(hours=20)
"""After a final status, once: a correction of the carrier's comes within a day or never."""
FIRST_LOOK = timedelta(hours=4)
_NIGHT_BEGINS, _NIGHT_ENDS = 20, 5  # UTC: 21–22 h and 6–7 h in France; nothing moves between
_SPREAD_MINUTES = 75  # of the morning's first looks, so that they do not come all at once
_LONGEST_PAUSE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Followed:
    """What is known of a parcel when its next look is planned. `since` is when its status began;
    `failures` counts looks that failed in a row; `seed` spreads parcels over time."""

    status: TrackingStatus | None
    labelled_at: datetime
    since: datetime | None = None
    failures: int = 0
    seed: int = 0


# Hours to the next look, by how long the status has lasted: (shorter than hours, wait hours).
_Waits = tuple[tuple[float, float], ...]
_ALWAYS = float("inf")
_ANNOUNCED: _Waits = ((24, 4), (7 * 24, 8), (30 * 24, 24), (_ALWAYS, 72))
_MOVING: _Waits = ((5 * 24, 3), (15 * 24, 12), (_ALWAYS, 24))
_STANDING: _Waits = ((3 * 24, 6), (15 * 24, 12), (_ALWAYS, 24))
_WAITS: dict[TrackingStatus, _Waits] = {
    TrackingStatus.ANNOUNCED: _ANNOUNCED,
    TrackingStatus.ACCEPTED: _MOVING,
    TrackingStatus.IN_TRANSIT: _MOVING,
    TrackingStatus.OUT_FOR_DELIVERY: ((48, 1), (_ALWAYS, 6)),
    TrackingStatus.AT_PICKUP_POINT: _STANDING,
    TrackingStatus.ATTEMPT_FAILED: ((48, 3), (_ALWAYS, 12)),
    TrackingStatus.EXCEPTION: _STANDING,
    TrackingStatus.RETURNING: ((_ALWAYS, 24),),
    TrackingStatus.UNKNOWN: _STANDING,
}


def first_look(now: datetime, seed: int = 0) -> datetime:
    """When to ask first about a parcel labelled `now`."""
    return _by_day(now + FIRST_LOOK, seed)


def next_look(now: datetime, parcel: Followed) -> datetime | None:
    """When to ask next about a parcel just looked at; None for never again."""
    if now - parcel.labelled_at > GIVE_UP_AFTER:
        return None
    if parcel.failures:
        return _by_day(now + _pause(parcel.failures), parcel.seed)
    since = parcel.since or parcel.labelled_at
    if parcel.status in FINAL:
        return None if now - since >= LATE_LOOK else _by_day(now + LATE_LOOK, parcel.seed)
    waits = _WAITS[parcel.status or TrackingStatus.ANNOUNCED]
    return _by_day(now + _wait(waits, now - since), parcel.seed)


def _pause(failures: int) -> timedelta:
    """A number that fails is asked after 2, 4, 8, 16 hours, then once a day."""
    return min(timedelta(hours=2 ** min(failures, 5)), _LONGEST_PAUSE)


def _wait(waits: _Waits, lasted: timedelta) -> timedelta:
    hours = lasted / timedelta(hours=1)
    return timedelta(hours=next(wait for shorter_than, wait in waits if hours < shorter_than))


def _by_day(moment: datetime, seed: int) -> datetime:
    """`moment`, or the next morning where it falls into the night."""
    if _NIGHT_ENDS <= moment.hour < _NIGHT_BEGINS:
        return moment
    morning = moment.replace(hour=_NIGHT_ENDS, minute=0, second=0, microsecond=0)
    if moment.hour >= _NIGHT_BEGINS:
        morning += timedelta(days=1)
    return morning + timedelta(minutes=seed % _SPREAD_MINUTES)
