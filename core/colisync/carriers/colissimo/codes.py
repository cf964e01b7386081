"""What each event code of a parcel's life means. Source: data/tracking_events.json."""

import json
from functools import cache

from colisync.carriers.colissimo.refusals import DATA
from colisync.model.tracking import TrackingReason, TrackingStatus

Meaning = tuple[TrackingStatus | None, TrackingReason | None]

UNKNOWN: Meaning = (TrackingStatus.UNKNOWN, None)


@cache
def meanings() -> dict[str, Meaning]:
    """Status and reason by code; status None where the code only informs."""
    table = json.loads((DATA / "tracking_events.json").read_text(encoding="utf-8"))
    return {
        code: (
            TrackingStatus(row["status"]) if row["status"] else None,
            TrackingReason(row["reason"]) if row["reason"] else None,
        )
        for row in [*table["other_sources"], *table["events"]]
        for code in row["codes"].split()
    }


def meaning(code: str) -> Meaning:
    """Status and reason of `code`; UNKNOWN for a code that no source lists."""
    return meanings().get(code, UNKNOWN)
