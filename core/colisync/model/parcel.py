"""A parcel: one box, one number, the unit of money."""

from datetime import datetime
from enum import StrEnum

from colisync.model.noun import Noun


class ParcelState(StrEnum):
    """Where a parcel stands, design §1. The order of `SEVERITY` says which is the worst."""

    PENDING = "pending"
    BUYING = "buying"
    ANNOUNCED = "announced"
    LABELLED = "labelled"
    HANDED_OVER = "handed_over"
    DELIVERED = "delivered"
    RETURNED = "returned"
    LOST = "lost"
    UNCERTAIN = "uncertain"
    VOID = "void"


SEVERITY: tuple[ParcelState, ...] = (
    ParcelState.UNCERTAIN,
    ParcelState.LOST,
    ParcelState.RETURNED,
    ParcelState.BUYING,
    ParcelState.ANNOUNCED,
    ParcelState.PENDING,
    ParcelState.LABELLED,
    ParcelState.HANDED_OVER,
    ParcelState.DELIVERED,
    ParcelState.VOID,
)
"""From the worst to the best: a shipment shows the worst state of its parcels."""

MOVES: dict[ParcelState, frozenset[ParcelState]] = {
    ParcelState.PENDING: frozenset({ParcelState.BUYING, ParcelState.VOID}),
    ParcelState.BUYING: frozenset(
        {ParcelState.PENDING, ParcelState.ANNOUNCED, ParcelState.LABELLED, ParcelState.UNCERTAIN}
    ),
    ParcelState.ANNOUNCED: frozenset({ParcelState.LABELLED, ParcelState.VOID}),
    ParcelState.LABELLED: frozenset(
        {
            ParcelState.HANDED_OVER,
            ParcelState.DELIVERED,
            ParcelState.RETURNED,
            ParcelState.LOST,
            ParcelState.VOID,
        }
    ),
    ParcelState.HANDED_OVER: frozenset(
        {ParcelState.DELIVERED, ParcelState.RETURNED, ParcelState.LOST}
    ),
    ParcelState.DELIVERED: frozenset({ParcelState.RETURNED, ParcelState.HANDED_OVER}),
    ParcelState.RETURNED: frozenset({ParcelState.DELIVERED}),
    ParcelState.LOST: frozenset(
        {ParcelState.HANDED_OVER, ParcelState.DELIVERED, ParcelState.RETURNED}
    ),
    ParcelState.UNCERTAIN: frozenset(
        {ParcelState.PENDING, ParcelState.ANNOUNCED, ParcelState.LABELLED, ParcelState.VOID}
    ),
    ParcelState.VOID: frozenset({ParcelState.PENDING}),
}
"""Every move a parcel may make; any other is a bug."""

WITH_LABEL: frozenset[ParcelState] = frozenset(
    {
        ParcelState.LABELLED,
        ParcelState.HANDED_OVER,
        ParcelState.DELIVERED,
        ParcelState.RETURNED,
        ParcelState.LOST,
    }
)


class Lease(Noun):
    """Who holds a parcel while its label is bought: host, process, when that process started
    (ticks since boot, so that a reused process id is recognised), and until when."""

    host: str
    pid: int
    process_started: str
    until: datetime


class ParcelRef(Noun):
    """What a carrier needs to follow a parcel. `number` may come back after 18 months: match
    events by parcel and date."""

    id: int
    number: str
    postcode: str = ""
    method: str = ""
    labelled_at: datetime
