"""When to ask a carrier about a parcel next. Pure; times in UTC.

What matters to a buyer is asked often, what cannot change is not: a parcel out for delivery every
hour and a half; one on its way in the morning only, when the rounds leave; nothing at night, on
Sundays and holidays; less and less about what stands still; one late look at what has ended;
nothing after 90 days. The simulation in the tests comes to 2.2 calls a live parcel and day.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from colisync.model.calendar import hand_over_day, holidays, is_working_day
from colisync.model.tracking import FINAL, TrackingStatus

GIVE_UP_AFTER = timedelta(days=90)
"""After the label: what has not ended by then never does."""
LATE_LOOK = timedelta(hours=20)
"""After a final status, once: a correction of the carrier's comes within a day or never."""
FIRST_LOOK = timedelta(hours=6)
_BY_DAY = (5, 20)  # UTC: 21–22 h and 6–7 h in France
_ROUNDS_LEAVE, _ROUNDS_HAVE_LEFT = 7, 12  # UTC: what is on its way then is not delivered that day
_SUNDAY = 6
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
_ANNOUNCED: _Waits = ((3 * 24, 8), (7 * 24, 12), (30 * 24, 24), (_ALWAYS, 72))
_MOVING: _Waits = ((5 * 24, 3), (15 * 24, 12), (_ALWAYS, 24))
_STANDING: _Waits = ((24, 6), (10 * 24, 12), (_ALWAYS, 24))
_ON_THE_ROUND, _ON_THE_ROUND_AT_NIGHT = timedelta(minutes=90), timedelta(hours=2)
_LONGEST_ROUND = timedelta(days=2)
_WAITS: dict[TrackingStatus, _Waits] = {
    TrackingStatus.ANNOUNCED: _ANNOUNCED,
    TrackingStatus.ACCEPTED: _MOVING,
    TrackingStatus.IN_TRANSIT: _MOVING,
    TrackingStatus.OUT_FOR_DELIVERY: ((_ALWAYS, 6),),  # when it was left there by mistake
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
    if parcel.status is TrackingStatus.OUT_FOR_DELIVERY and now - since < _LONGEST_ROUND:
        return now + (_ON_THE_ROUND if _is_day(now) else _ON_THE_ROUND_AT_NIGHT)
    waits = _WAITS[parcel.status or TrackingStatus.ANNOUNCED]
    hours = (_ROUNDS_LEAVE, _ROUNDS_HAVE_LEFT) if waits is _MOVING else _BY_DAY
    return _by_day(now + _wait(waits, now - since), parcel.seed, hours)


def _pause(failures: int) -> timedelta:
    """A number that fails is asked after 2, 4, 8, 16 hours, then once a day."""
    return min(timedelta(hours=2 ** min(failures, 5)), _LONGEST_PAUSE)


def _wait(waits: _Waits, lasted: timedelta) -> timedelta:
    hours = lasted / timedelta(hours=1)
    return timedelta(hours=next(wait for shorter_than, wait in waits if hours < shorter_than))


def _is_day(moment: datetime) -> bool:
    begins, ends = _BY_DAY
    return begins <= moment.hour < ends


def _by_day(moment: datetime, seed: int, hours: tuple[int, int] = _BY_DAY) -> datetime:
    """`moment` if it falls between these `hours` of a day on which carriers work, else the next
    such morning."""
    begins, ends = hours
    if begins <= moment.hour < ends and not _is_quiet(moment.date()):
        return moment
    morning = moment.replace(hour=begins, minute=0, second=0, microsecond=0)
    if moment.hour >= ends:
        morning += timedelta(days=1)
    while _is_quiet(morning.date()):
        morning += timedelta(days=1)
    return morning + timedelta(minutes=seed % _SPREAD_MINUTES)


def _is_quiet(day: date) -> bool:
    return day.weekday() == _SUNDAY or day in holidays(day.year)


def unscanned_before(now: datetime, slip_at: time) -> datetime:
    """Parcels labelled before then, to the hour, should have been scanned: a whole working day
    has gone by since the day on which they were handed over."""
    moment = now.replace(minute=0, second=0, microsecond=0)
    while _following_working_day(hand_over_day(moment, slip_at)) >= now.date():
        moment -= timedelta(hours=1)
    return moment


def _following_working_day(day: date) -> date:
    following = day + timedelta(days=1)
    while not is_working_day(following):
        following += timedelta(days=1)
    return following
