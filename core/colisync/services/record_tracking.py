"""What a carrier told of some parcels, stored with all that follows from it: state, status, the
shop's turn, alarms. The way the news came (a call, a file) does not matter here."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from colisync.model.attention import Attention
from colisync.model.parcel import ParcelState
from colisync.model.tracking import TrackingEvent, TrackingStatus
from colisync.ports.carrier import TrackingFailure
from colisync.services import tracking_plan, tracking_standing
from colisync.services.tracking_plan import Followed
from colisync.storage import alarms, parcels, tracking, write_backs
from colisync.storage.store import Connection
from colisync.storage.tracking import Look, TrackedParcel

_TROUBLE = frozenset(
    {
        TrackingStatus.ATTEMPT_FAILED,
        TrackingStatus.EXCEPTION,
        TrackingStatus.RETURNING,
        TrackingStatus.RETURNED,
        TrackingStatus.LOST,
    }
)
NOT_SCANNED = "parcel.not_scanned"
VOID_SCANNED = "parcel.void_scanned"
UNKNOWN_CODE = "tracking.unknown_code"


@dataclass(frozen=True, slots=True)
class Heard:
    """What was told of one parcel, which was asked about under `number`."""

    parcel_id: int
    number: str
    events: Sequence[TrackingEvent] = ()
    failure: TrackingFailure | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """What came of it: counts, what a person must look at, and what is worth knowing."""

    counts: Counter[str]
    attention: tuple[Attention, ...]
    notes: tuple[Attention, ...]


@dataclass(frozen=True, slots=True)
class _Change:
    """A parcel before and after what was heard, and the events that are new."""

    before: TrackedParcel
    after: TrackedParcel
    fresh: tuple[TrackingEvent, ...]
    explained: frozenset[str]
    look: Look
    scanned: bool


def record_tracking(
    connection: Connection,
    workspace: str,
    carrier_key: str,
    heard: Sequence[Heard],
    now: datetime,
) -> Recorded:
    """Stores every event once and moves each parcel to where all of its events leave it.

    Nothing is taken from news of a number that the parcel no longer bears. Harmless to repeat, in
    any order.
    """
    ids = [one.parcel_id for one in heard]
    locked = tracking.lock(connection, workspace, ids)
    known = tracking.events(connection, workspace, ids)
    changes = [
        _change(locked[one.parcel_id], one, known.get(one.parcel_id, []), now)
        for one in heard
        if one.parcel_id in locked and locked[one.parcel_id].number == one.number
    ]
    fresh = [event for change in changes for event in change.fresh]
    tracking.add_events(connection, workspace, fresh, now)
    moved = [change.after for change in changes if change.after != change.before]
    tracking.move(connection, workspace, moved)
    tracking.looked(connection, workspace, [change.look for change in changes])
    notes = _note_unknown(connection, workspace, carrier_key, changes, now)
    _tell_shops(connection, workspace, changes, now)
    attention = _sound_alarms(connection, workspace, changes, now)
    return Recorded(_counts(changes), attention, notes)


def _change(
    parcel: TrackedParcel, heard: Heard, known: Sequence[TrackingEvent], now: datetime
) -> _Change:
    merged = {(event.at, event.code): event for event in known}
    fresh, explained = [], set()
    for event in heard.events:
        before = merged.get((event.at, event.code))
        is_new = before is None or _explains(before, event)
        explained |= {event.code} if before is not None and is_new else set()
        if is_new and tracking_standing.is_believable(event, parcel.labelled_at, now):
            merged[event.at, event.code] = event
            fresh.append(event)
    believable = (
        event
        for event in merged.values()
        if tracking_standing.is_believable(event, parcel.labelled_at, now)
    )
    found = tracking_standing.standing(believable)
    after = replace(
        parcel,
        state=tracking_standing.state_of(parcel.state, found),
        status=found.status,
        reason=found.reason,
        status_at=found.at,
        handed_over_at=parcel.handed_over_at or found.scanned_at,
    )
    return _Change(
        before=parcel,
        after=after,
        fresh=tuple(fresh),
        explained=frozenset(explained),
        look=_look(after, heard, now),
        scanned=bool(found.scanned_at),
    )


def _explains(before: TrackingEvent, event: TrackingEvent) -> bool:
    """True for a code that nobody knew when it first came, and that is in the table now."""
    return before.status is TrackingStatus.UNKNOWN and event.status is not TrackingStatus.UNKNOWN


def _look(parcel: TrackedParcel, heard: Heard, now: datetime) -> Look:
    failure = heard.failure
    # A number with some news and one unreadable event is no bad number.
    failures = parcel.failures + 1 if failure is not None and not heard.events else 0
    followed = Followed(
        status=parcel.status,
        labelled_at=parcel.labelled_at,
        since=parcel.status_at,
        failures=failures,
        seed=parcel.id,
    )
    next_at = tracking_plan.next_look(now, followed)
    if failure is None:
        return Look(parcel.id, next_at)
    gone = failure.gone and not heard.events
    return Look(parcel.id, None if gone else next_at, failures, failure.key)


def _counts(changes: Sequence[_Change]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for change in changes:
        before, after = change.before, change.after
        counts["events_new"] += len(change.fresh)
        counts["unknown_codes"] += sum(map(_is_unknown, change.fresh))
        counts["quarantined"] += bool(change.look.failures)
        counts["handed_over"] += before.state is ParcelState.LABELLED is not after.state
        counts["delivered"] += _became(change, ParcelState.DELIVERED)
        if after.status is not before.status:
            counts["at_pickup_point"] += after.status is TrackingStatus.AT_PICKUP_POINT
            counts["exceptions"] += after.status in _TROUBLE
    return +counts


def _became(change: _Change, state: ParcelState) -> bool:
    return change.after.state is state is not change.before.state


def _is_unknown(event: TrackingEvent) -> bool:
    return event.status is TrackingStatus.UNKNOWN


def _note_unknown(
    connection: Connection,
    workspace: str,
    carrier_key: str,
    changes: Sequence[_Change],
    now: datetime,
) -> tuple[Attention, ...]:
    """The codes met for the first time; each is an alarm until the table explains it."""
    met = [event for change in changes for event in change.fresh if _is_unknown(event)]
    counts = Counter(event.code for event in met)
    samples = {event.code: event.text for event in reversed(met)}
    tracking.count_unknown(connection, workspace, carrier_key, counts, samples, now)
    new = []
    for code, sample in samples.items():
        params = {"carrier": carrier_key, "code": code, "text": sample}
        alarm = alarms.Alarm(UNKNOWN_CODE, f"{carrier_key}/{code}", params, now)
        if alarms.raise_alarm(connection, workspace, alarm.code, alarm.subject, params, now):
            new.append(alarm.attention())
    for code in {code for change in changes for code in change.explained}:
        alarms.settle_alarm(connection, workspace, UNKNOWN_CODE, f"{carrier_key}/{code}", now)
    return tuple(new)


def _tell_shops(
    connection: Connection, workspace: str, changes: Sequence[_Change], now: datetime
) -> None:
    """The first scan makes waiting news due; the last delivery of an order is its status."""
    scanned = [one.before.id for one in changes if _became_scanned(one)]
    if scanned:
        write_backs.make_due(connection, workspace, scanned, now)
    delivered = {
        one.before.id: one.before.attempt for one in changes if _became(one, ParcelState.DELIVERED)
    }
    if delivered:
        _plan_delivered(connection, workspace, delivered, now)


def _became_scanned(change: _Change) -> bool:
    return change.before.state is ParcelState.LABELLED is not change.after.state


def _plan_delivered(
    connection: Connection, workspace: str, attempts: Mapping[int, int], now: datetime
) -> None:
    wanted = [
        target
        for target in write_backs.targets(connection, workspace, list(attempts))
        if not target.specimen
        and target.shop.write_back != "never"
        and target.shop.statuses.delivered
    ]
    orders = {target.order_id for target in wanted}
    waiting = tracking.undelivered(connection, workspace, orders) if orders else set()
    last = {target.order_id: target for target in wanted if target.order_id not in waiting}
    for target in last.values():
        write_backs.plan_status(
            connection,
            workspace,
            target.parcel_id,
            attempts[target.parcel_id],
            target.order_id,
            target.shop.statuses.delivered,
            now,
        )


def _sound_alarms(
    connection: Connection, workspace: str, changes: Sequence[_Change], now: datetime
) -> tuple[Attention, ...]:
    for change in changes:
        if _became_scanned(change):
            subject = str(change.before.id)
            alarms.settle_alarm(connection, workspace, NOT_SCANNED, subject, now)
    void = [
        change.before
        for change in changes
        if change.scanned and change.before.state is ParcelState.VOID
    ]
    return tuple(
        attention
        for parcel in void
        for attention in alarm_void(connection, workspace, parcel.shipment_id, parcel.number, now)
    )


def alarm_void(
    connection: Connection, workspace: str, shipment_id: int, number: str, now: datetime
) -> list[Attention]:
    """The attention for a void label that travels all the same; none where it was raised before."""
    names = parcels.order_names(connection, workspace, [shipment_id])
    order = names.get(shipment_id, "")
    params = {"number": number, "order": order, "command": f"colisync status {order}".strip()}
    new = alarms.raise_alarm(connection, workspace, VOID_SCANNED, number, params, now)
    return [alarms.Alarm(VOID_SCANNED, number, params, now).attention()] if new else []
