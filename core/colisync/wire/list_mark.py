"""Where a reading of a list stands: the cursor of a shop, and what has been given already."""

import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

from colisync.errors import ConfigurationError
from colisync.wire.fields import Row

OVERLAP = timedelta(minutes=5)
"""A row gets its time before its transaction ends, and the clocks of a shop's servers differ."""


@dataclass(slots=True)
class Mark:
    """The remote's clock at the last reading, and what the overlap held then.

    `known` are the rows of a small overlap, by id and content; of a crowded one only their number
    and the newest second are kept. `watched` are the open rows of a list that cannot be asked for
    its changes (`legacy`).
    """

    at: str = ""
    known: dict[str, str] = field(default_factory=dict)
    count: int = 0
    newest: str = ""
    watched: list[str] = field(default_factory=list)
    legacy: bool = False
    v: int = 1

    @classmethod
    def read(cls, cursor: str | None, remote: str) -> "Mark":
        """The mark in `cursor`. Raises ConfigurationError for a text that is not ours."""
        try:
            mark = cls(**json.loads(cursor)) if cursor else cls()
            second(mark.after)
            return mark
        except (TypeError, ValueError) as error:
            raise ConfigurationError(f"{remote}.cursor_unreadable") from error

    @property
    def after(self) -> datetime | None:
        """The exclusive bound of the next reading."""
        return datetime.fromisoformat(self.at).replace(tzinfo=UTC) - OVERLAP if self.at else None

    def __str__(self) -> str:
        return json.dumps({k: v for k, v in asdict(self).items() if v}, separators=(",", ":"))


class Given:
    """The rows given in one reading. `mark` is where the last one ended; of the newest rows
    `keep` are compared whole, since a row may change twice in one second."""

    def __init__(self, mark: Mark, keep: int) -> None:
        self._known, self._keep = mark.known, keep
        self._given: dict[str, str] = {}
        self._recent: dict[str, tuple[str, Row | None]] = {}
        self._zone = ""

    def begins(self, at: datetime) -> None:
        """The reading began at `at`, by the remote's clock."""
        self._zone = second(at - OVERLAP)

    def is_new(self, row: Row, changed: str) -> bool:
        """True for a row not given yet as it is now; it counts as given from here on."""
        row_id = str(row.get("id"))
        given = self._given.get(row_id) == changed
        if changed > self._zone:  # it may change again within the same second
            given = given and self._recent.get(row_id) == (changed, row)
            self._recent[row_id] = (changed, row if len(self._recent) < self._keep else None)
        self._given[row_id] = changed
        return not (given or (row_id in self._known and self._known[row_id] == _digest(row)))

    def mark(self, at: datetime) -> Mark:
        """Where we stand once everything up to `at` is given."""
        bound, mark = second(at - OVERLAP), Mark(at=second(at))
        zone = {key: held for key, held in self._recent.items() if held[0] > bound}
        rows = {key: row for key, (_, row) in zone.items() if row is not None}
        if len(rows) == len(zone):
            mark.known = {key: _digest(row) for key, row in rows.items()}
        elif max(changed for changed, _ in zone.values()) < mark.at:
            mark.count, mark.newest = len(zone), max(changed for changed, _ in zone.values())
        return mark


def second(moment: datetime | None) -> str:
    """The time in UTC without its zone, in seconds: sorts as it counts. Empty for None."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S") if moment else ""


def _digest(row: Row) -> str:
    return blake2b(json.dumps(row, sort_keys=True).encode(), digest_size=6).hexdigest()
