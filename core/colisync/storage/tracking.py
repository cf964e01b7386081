"""Where parcels are: the carrier's events, what they say, and when to ask again."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, select, text

from colisync.model.parcel import WITH_LABEL, ParcelState
from colisync.model.tracking import TrackingEvent, TrackingReason, TrackingStatus
from colisync.storage import tables
from colisync.storage.moments import to_text
from colisync.storage.store import Connection

_parcels = tables.parcels
_events = tables.tracking_events


@dataclass(frozen=True, slots=True)
class TrackedParcel:
    """A parcel with a number, and how far it is known to have come."""

    id: int
    shipment_id: int
    attempt: int
    number: str
    state: ParcelState
    contract_key: str
    method: str
    postcode: str
    labelled_at: datetime
    handed_over_at: datetime | None
    status: TrackingStatus | None
    reason: TrackingReason | None
    status_at: datetime | None
    failures: int
    problem: str


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at a parcel leaves behind. `next_at` is None for never again."""

    parcel_id: int
    next_at: datetime | None
    failures: int = 0
    problem: str = ""


def to_follow(
    connection: Connection,
    workspace: str,
    due_by: datetime | None = None,
    order_ids: Collection[int] | None = None,
) -> list[TrackedParcel]:
    """The parcels that are followed, by contract: those due by then, or all of them; with
    `order_ids` theirs, even those that nobody follows any more."""
    query = _tracked(workspace).where(
        _parcels.c.state.in_([state.value for state in WITH_LABEL]),
        _parcels.c.number.is_not(None),
        _parcels.c.labelled_at.is_not(None),
    )
    if due_by is not None:
        query = query.where(_parcels.c.track_next_at <= due_by)
    elif order_ids is None:
        query = query.where(_parcels.c.track_next_at.is_not(None))
    if order_ids is not None:
        links = tables.shipment_orders
        theirs = select(links.c.shipment_id).where(
            links.c.workspace == workspace, links.c.order_id.in_(order_ids)
        )
        query = query.where(_parcels.c.shipment_id.in_(theirs))
    query = query.order_by(_parcels.c.contract_key, _parcels.c.track_next_at, _parcels.c.id)
    return [_parcel(row) for row in connection.execute(query)]


def lock(
    connection: Connection, workspace: str, parcel_ids: Collection[int]
) -> dict[int, TrackedParcel]:
    """These parcels as they are, by id, unchanged by anybody else until the transaction ends."""
    query = _tracked(workspace).where(_parcels.c.id.in_(parcel_ids)).order_by(_parcels.c.id)
    found = connection.execute(query.with_for_update())  # SQLite has one writer and needs none
    return {row.id: _parcel(row) for row in found}


def _tracked(workspace: str) -> Select[Any]:
    return select(_parcels).where(_parcels.c.workspace == workspace)


def _parcel(row: Any) -> TrackedParcel:
    return TrackedParcel(
        id=row.id,
        shipment_id=row.shipment_id,
        attempt=row.attempt,
        number=row.number or "",
        state=ParcelState(row.state),
        contract_key=row.contract_key,
        method=row.method,
        postcode=row.postcode,
        labelled_at=row.labelled_at,
        handed_over_at=row.handed_over_at,
        status=TrackingStatus(row.tracking_status) if row.tracking_status else None,
        reason=TrackingReason(row.tracking_reason) if row.tracking_reason else None,
        status_at=row.tracking_at,
        failures=row.track_failures,
        problem=row.track_problem,
    )


_CLAIM = text(
    "UPDATE parcels SET track_next_at = :until WHERE workspace = :workspace AND id IN :parcels"
    " AND (track_next_at IS NULL OR track_next_at <= :due) RETURNING id"
).bindparams(bindparam("parcels", expanding=True))


def claim_looks(
    connection: Connection,
    workspace: str,
    parcel_ids: Sequence[int],
    due_by: datetime,
    until: datetime,
) -> set[int]:
    """Those of these parcels, due by then, that are ours to ask about: nobody else asks about
    them before `until`, when a look that was never finished is taken up again."""
    values = {
        "workspace": workspace,
        "parcels": list(parcel_ids),
        "due": to_text(due_by),
        "until": to_text(until),
    }
    return set(connection.execute(_CLAIM, values).scalars())


_LOOKED = text(
    "UPDATE parcels SET track_next_at = :next, track_failures = :failures,"
    " track_problem = :problem WHERE workspace = :workspace AND id = :parcel"
)
_LATER = text(
    "UPDATE parcels SET track_next_at = :next WHERE workspace = :workspace AND id IN :parcels"
).bindparams(bindparam("parcels", expanding=True))


def looked(connection: Connection, workspace: str, looks: Sequence[Look]) -> None:
    """Each parcel is asked about again when its look says."""
    values = [
        {
            "workspace": workspace,
            "parcel": look.parcel_id,
            "next": _optional(look.next_at),
            "failures": look.failures,
            "problem": look.problem,
        }
        for look in looks
    ]
    if values:
        connection.execute(_LOOKED, values)


def look_later(
    connection: Connection, workspace: str, parcel_ids: Sequence[int], at: datetime | None
) -> None:
    """These parcels were not asked about: they are at `at`, or never where it is None."""
    if parcel_ids:
        values = {"workspace": workspace, "parcels": list(parcel_ids), "next": _optional(at)}
        connection.execute(_LATER, values)


def events(
    connection: Connection, workspace: str, parcel_ids: Collection[int]
) -> dict[int, list[TrackingEvent]]:
    """Every event ever told of each of these parcels, oldest first; parcels without any are left
    out."""
    query = (
        select(_events)
        .where(_events.c.workspace == workspace, _events.c.parcel_id.in_(parcel_ids))
        .order_by(_events.c.at, _events.c.code)
    )
    found: dict[int, list[TrackingEvent]] = {}
    for row in connection.execute(query):
        event = TrackingEvent.model_construct(
            parcel_id=row.parcel_id,
            at=row.at,
            code=row.code,
            status=TrackingStatus(row.status) if row.status else None,
            reason=TrackingReason(row.reason) if row.reason else None,
            text=row.text,
            place=row.place,
        )
        found.setdefault(row.parcel_id, []).append(event)
    return found


# A code that nobody knew when it came first may have a meaning by now.
_ADD = text(
    "INSERT INTO tracking_events"
    " (workspace, parcel_id, at, code, status, reason, text, place, seen_at)"
    " SELECT p.workspace, p.id, :at, :code, CAST(:status AS VARCHAR(20)),"
    " CAST(:reason AS VARCHAR(20)), :text, :place, :seen FROM parcels p"
    " WHERE p.id = :parcel AND p.workspace = :workspace"
    " ON CONFLICT (parcel_id, at, code) DO UPDATE SET status = excluded.status,"
    " reason = excluded.reason WHERE tracking_events.status = 'unknown'"
)


def add_events(
    connection: Connection, workspace: str, events: Sequence[TrackingEvent], seen_at: datetime
) -> None:
    """The events are kept; one that is there already (parcel, time, code) stays as it is."""
    values = [
        {
            "workspace": workspace,
            "parcel": event.parcel_id,
            "at": to_text(event.at),
            "code": event.code[:24],
            "status": event.status.value if event.status else None,
            "reason": event.reason.value if event.reason else None,
            "text": event.text,
            "place": event.place,
            "seen": to_text(seen_at),
        }
        for event in events
    ]
    if values:
        connection.execute(_ADD, values)


_MOVE = text(
    "UPDATE parcels SET state = :state, handed_over_at = :handed_over, tracking_status = :status,"
    " tracking_reason = :reason, tracking_at = :at"
    " WHERE workspace = :workspace AND id = :parcel AND number = :number"
)


def move(connection: Connection, workspace: str, parcels: Sequence[TrackedParcel]) -> None:
    """Each parcel has this state and tracking now, if it still bears the number."""
    values = [
        {
            "workspace": workspace,
            "parcel": parcel.id,
            "number": parcel.number,
            "state": parcel.state.value,
            "handed_over": _optional(parcel.handed_over_at),
            "status": parcel.status.value if parcel.status else None,
            "reason": parcel.reason.value if parcel.reason else None,
            "at": _optional(parcel.status_at),
        }
        for parcel in parcels
    ]
    if values:
        connection.execute(_MOVE, values)


_UNDELIVERED = text(
    "SELECT DISTINCT so.order_id FROM shipment_orders so"
    " JOIN shipments s ON s.id = so.shipment_id AND s.direction = 'outward'"
    " JOIN parcels p ON p.shipment_id = s.id"
    " WHERE so.workspace = :workspace AND so.order_id IN :orders"
    " AND p.state NOT IN ('void', 'delivered')"
).bindparams(bindparam("orders", expanding=True))


def undelivered(connection: Connection, workspace: str, order_ids: Collection[int]) -> set[int]:
    """Those of these orders with an outward parcel that is not delivered."""
    values = {"workspace": workspace, "orders": list(order_ids)}
    return set(connection.execute(_UNDELIVERED, values).scalars())


_UNKNOWN = text(
    "INSERT INTO unknown_codes"
    " (workspace, carrier, code, count, sample, first_seen_at, last_seen_at)"
    " VALUES (:workspace, :carrier, :code, :count, :sample, :now, :now)"
    " ON CONFLICT (workspace, carrier, code) DO UPDATE SET"
    " count = unknown_codes.count + excluded.count, last_seen_at = excluded.last_seen_at"
)


def count_unknown(
    connection: Connection,
    workspace: str,
    carrier: str,
    counts: Mapping[str, int],
    samples: Mapping[str, str],
    now: datetime,
) -> None:
    """Each code of `counts` was met so many times more; `samples` shows a first one of each."""
    values = [
        {
            "workspace": workspace,
            "carrier": carrier,
            "code": code[:24],
            "count": count,
            "sample": samples.get(code, ""),
            "now": to_text(now),
        }
        for code, count in counts.items()
    ]
    if values:
        connection.execute(_UNKNOWN, values)


def unknown_codes(connection: Connection, workspace: str) -> dict[tuple[str, str], int]:
    """How often each (carrier, code) that no table explains was met."""
    codes = tables.unknown_codes
    query = select(codes.c.carrier, codes.c.code, codes.c.count).where(
        codes.c.workspace == workspace
    )
    return {(carrier, code): count for carrier, code, count in connection.execute(query)}


def _optional(moment: datetime | None) -> str | None:
    return None if moment is None else to_text(moment)
