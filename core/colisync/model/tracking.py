"""Where a parcel is, in the carrier's events and in our words."""

from datetime import datetime
from enum import StrEnum

from colisync.model.noun import Noun


class TrackingStatus(StrEnum):
    """Our word for where a parcel is. `UNKNOWN` is an answer, never a default to another."""

    ANNOUNCED = "announced"
    ACCEPTED = "accepted"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    AT_PICKUP_POINT = "at_pickup_point"
    DELIVERED = "delivered"
    ATTEMPT_FAILED = "attempt_failed"
    EXCEPTION = "exception"
    RETURNING = "returning"
    RETURNED = "returned"
    LOST = "lost"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


FINAL: frozenset[TrackingStatus] = frozenset(
    {
        TrackingStatus.DELIVERED,
        TrackingStatus.RETURNED,
        TrackingStatus.LOST,
        TrackingStatus.CANCELLED,
    }
)


class TrackingReason(StrEnum):
    """Why, where the carrier says it."""

    ADDRESS = "address"
    ABSENT = "absent"
    CUSTOMS = "customs"
    DAMAGE = "damage"
    REFUSED = "refused"
    NOT_COLLECTED = "not_collected"
    CAPACITY = "capacity"
    SORTING = "sorting"
    CLOSED = "closed"
    DELAY = "delay"
    OTHER = "other"


class TrackingEvent(Noun):
    """One event of one parcel. `status` is None where the code only informs, and `UNKNOWN` where
    the code is not in the carrier's table."""

    parcel_id: int
    at: datetime
    code: str
    status: TrackingStatus | None
    reason: TrackingReason | None = None
    text: str = ""
    place: str = ""
