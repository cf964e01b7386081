"""What a parcel's events say, by the time of each event and never by when it reached us. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from colisync.model.parcel import MOVES, WITH_LABEL, ParcelState
from colisync.model.tracking import FINAL, TrackingEvent, TrackingReason, TrackingStatus

_BEFORE_LABEL = timedelta(days=2)
_AHEAD = timedelta(days=2)

# Of two events of the same minute the one further along the way is the later one.
_ALONG_THE_WAY: tuple[TrackingStatus, ...] = (
    TrackingStatus.UNKNOWN,
    TrackingStatus.ANNOUNCED,
    TrackingStatus.ACCEPTED,
    TrackingStatus.IN_TRANSIT,
    TrackingStatus.EXCEPTION,
    TrackingStatus.OUT_FOR_DELIVERY,
    TrackingStatus.ATTEMPT_FAILED,
    TrackingStatus.AT_PICKUP_POINT,
    TrackingStatus.RETURNING,
    TrackingStatus.CANCELLED,
    TrackingStatus.LOST,
    TrackingStatus.DELIVERED,
    TrackingStatus.RETURNED,
)
_RANK = {status: rank for rank, status in enumerate(_ALONG_THE_WAY)}

_UNSCANNED = frozenset({TrackingStatus.ANNOUNCED, TrackingStatus.UNKNOWN, TrackingStatus.CANCELLED})
_STATES: dict[TrackingStatus, ParcelState] = {
    status: ParcelState.HANDED_OVER for status in TrackingStatus if status not in _UNSCANNED
} | {
    TrackingStatus.DELIVERED: ParcelState.DELIVERED,
    TrackingStatus.RETURNED: ParcelState.RETURNED,
    TrackingStatus.LOST: ParcelState.LOST,
}


@dataclass(frozen=True, slots=True)
class TrackingStanding:
    """Where the events leave a parcel. `scanned_at` is when a carrier first had it in hand."""

    status: TrackingStatus | None = None
    reason: TrackingReason | None = None
    at: datetime | None = None
    scanned_at: datetime | None = None
    state: ParcelState = ParcelState.LABELLED


def is_believable(event: TrackingEvent, labelled_at: datetime, now: datetime) -> bool:
    """False for an event of another parcel, whose number came back after 18 months, and for one
    that lies in the future."""
    return labelled_at - _BEFORE_LABEL <= event.at <= now + _AHEAD


def is_scan(event: TrackingEvent) -> bool:
    """True where the carrier had the parcel in hand."""
    return event.status in _STATES


def standing(events: Iterable[TrackingEvent]) -> TrackingStanding:
    """Where all of a parcel's events leave it, in whatever order they are given.

    The latest event that carries a status wins. A code that nobody can explain does not undo the
    end of a parcel: it may well say nothing about it.
    """
    result = TrackingStanding()
    for event in sorted((one for one in events if one.status), key=_place):
        if event.status is TrackingStatus.UNKNOWN and result.status in FINAL:
            continue
        result = TrackingStanding(
            status=event.status,
            reason=event.reason,
            at=event.at,
            scanned_at=result.scanned_at or (event.at if is_scan(event) else None),
            state=_moved(result.state, event),
        )
    return result


def state_of(now_in: ParcelState, found: TrackingStanding) -> ParcelState:
    """The parcel's state by its events; one handed over by a person's word stays so, and one
    without a label is not moved by a scan."""
    if now_in not in WITH_LABEL or found.state is ParcelState.LABELLED:
        return now_in
    return found.state


def _place(event: TrackingEvent) -> tuple[datetime, int, str]:
    return (event.at, _RANK[event.status or TrackingStatus.UNKNOWN], event.code)


def _moved(state: ParcelState, event: TrackingEvent) -> ParcelState:
    wanted = _STATES.get(event.status or TrackingStatus.UNKNOWN)
    return wanted if wanted is not None and wanted in MOVES[state] else state
