"""Which orders changed since the last time: a walk that loses none while pages move under it."""

import json
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any

from colisync.errors import (
    ConfigurationError,
    RemoteUnavailable,
    Unreachable,
    UnreadableAnswer,
)
from colisync.ports.clock import Clock
from colisync_woocommerce.decode import Row, moment
from colisync_woocommerce.settings import WooCommerceSettings
from colisync_woocommerce.transport import Reply, ShopApi

OVERLAP = timedelta(minutes=5)
"""`date_modified` is set in PHP before the commit, and the clocks of web servers differ."""
_SECOND, _DAY = timedelta(seconds=1), timedelta(days=1)
_SMALLEST_PAGE, _PATIENCE = 10, 8
_TOO_SLOW = frozenset({"wire.timeout", "wire.broken"})
_SETTLED = frozenset({"completed", "cancelled", "refunded", "failed", "trash"})


@dataclass(slots=True)
class Mark:
    """Where we stand: the store's clock at the last reading, and what the overlap held then.

    `known` are the rows of a small overlap, by id and content; of a crowded one only their number
    and the newest second are kept. `watched` are the open orders of a shop before 5.8 (`legacy`).
    """

    at: str = ""
    known: dict[str, str] = field(default_factory=dict)
    count: int = 0
    newest: str = ""
    watched: list[str] = field(default_factory=list)
    legacy: bool = False
    v: int = 1

    @classmethod
    def read(cls, cursor: str | None) -> "Mark":
        """The mark in `cursor`. Raises ConfigurationError for a text that is not ours."""
        try:
            mark = cls(**json.loads(cursor)) if cursor else cls()
            naive(mark.after)
            return mark
        except (TypeError, ValueError) as error:
            raise ConfigurationError("woocommerce.cursor_unreadable") from error

    @property
    def after(self) -> datetime | None:
        """The exclusive bound of the next reading."""
        return datetime.fromisoformat(self.at).replace(tzinfo=UTC) - OVERLAP if self.at else None

    def __str__(self) -> str:
        return json.dumps({k: v for k, v in asdict(self).items() if v}, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class RowPage:
    """Some rows as the shop gave them, and the cursor to keep once they are stored."""

    rows: list[Row]
    cursor: str
    total: int | None = None
    gone: tuple[str, ...] = ()


class OrderSync:
    """One reading of the changes."""

    def __init__(
        self, api: ShopApi, settings: WooCommerceSettings, clock: Clock, statuses: Sequence[str]
    ) -> None:
        self._api, self._clock = api, clock
        self._size, self._in_flight = settings.page_size, settings.pages_in_flight
        self._keep = settings.page_size
        self._statuses = statuses
        self._day = settings.orders_since
        self._given: dict[str, str] = {}
        self._recent: dict[str, tuple[str, Row | None]] = {}
        self._known: dict[str, str] = {}
        self._zone = ""

    def run(self, cursor: str | None) -> Iterator[RowPage]:
        """Changed rows, oldest first, each at least once; nothing where nothing changed."""
        mark = Mark.read(cursor)
        after, self._known = mark.after, mark.known
        if mark.count and self._still_the_same(mark):
            return
        total, waits = None, 0
        head = self._first(after, None)
        self._zone = naive(head.date - OVERLAP)
        if after and any(_modified(row) <= naive(after) for row in head.data):
            yield from self._by_creation(mark)
            return
        while (head.total or 0) > len(head.data):
            total = total or head.total
            before: datetime | None = head.date
            if after and head.date <= after + _SECOND and waits < 3:
                self._clock.sleep(1.0)  # more than a page in the very second that is not over
                waits += 1
            else:
                before = before if waits < 3 else None
                for rows in self._walk(after, before):
                    yield RowPage(self._fresh(rows), self._halfway(rows, mark), total)
                after = head.date - _SECOND
                if before is None:
                    break
            head = self._first(after, None)
        rows = self._fresh(head.data)
        if rows or total:
            yield RowPage(rows, str(self._mark(head.date)), total or head.total)

    def _walk(self, after: datetime | None, before: datetime | None) -> Iterator[list[Row]]:
        """Every row between two moments: by page number while nothing leaves the set, else again
        from the last second seen. Raises RemoteUnavailable where it never stands still."""
        stuck, left = 0, -1
        while stuck < _PATIENCE:
            reached, total = yield from self._still(after, before)
            if reached is None:
                return
            moved_on = after is None or reached > after or total < left
            stuck, after, left = 0 if moved_on else stuck + 1, reached, total
        raise RemoteUnavailable("woocommerce.moving")

    def _still(
        self, after: datetime | None, before: datetime | None
    ) -> Generator[list[Row], None, tuple[datetime | None, int]]:
        """Pages, several in flight, as long as the count stays; returns where to start again, None
        at the end, and the count."""
        first = self._first(after, before)
        total = first.total or 0
        if not first.data:
            return None, total
        yield first.data
        last, size = first.data[-1], self._size
        pages = iter(range(2, -(-total // size) + 1))
        with ThreadPoolExecutor(self._in_flight) as pool:
            flying: deque[Future[Reply]] = deque()
            while True:
                for number in pages:
                    flying.append(pool.submit(self._page, after, before, number, size))
                    if len(flying) >= self._in_flight:
                        break
                if not flying:
                    return None, total
                reply = self._landed(flying.popleft())
                if reply is None or reply.total != total or not reply.data:
                    pool.shutdown(cancel_futures=True)
                    return _when(last) - _SECOND, total
                last = reply.data[-1]
                yield reply.data

    def _landed(self, flight: Future[Reply]) -> Reply | None:
        try:
            return flight.result()
        except (Unreachable, RemoteUnavailable) as error:
            self._halve(error)
            return None

    def _first(self, after: datetime | None, before: datetime | None) -> Reply:
        while True:
            try:
                return self._page(after, before, 1, self._size)
            except (Unreachable, RemoteUnavailable) as error:
                self._halve(error)

    def _halve(self, error: Unreachable | RemoteUnavailable) -> None:
        """A slow host may manage a smaller page. Raises `error` where size is not the matter."""
        slow = isinstance(error, RemoteUnavailable) or error.key in _TOO_SLOW
        if self._size <= _SMALLEST_PAGE or not slow:
            raise error
        self._size = max(_SMALLEST_PAGE, self._size // 4)

    def _page(
        self, after: datetime | None, before: datetime | None, number: int, size: int
    ) -> Reply:
        # With dates_are_gmt the times must be naive: a Z or an offset is converted once more.
        return self._list(
            orderby="modified",
            page=number,
            per_page=size,
            modified_after=naive(after),
            modified_before=naive(before),
            after=self._created(),
        )

    def _list(self, **params: Any) -> Reply:
        reply = self._api.read(
            "orders", status=self._statuses, order="asc", dates_are_gmt=True, **params
        )
        rows = reply.data
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise UnreadableAnswer("woocommerce.list_unreadable")
        if reply.total is None:
            raise UnreadableAnswer("woocommerce.totals_missing")
        return reply

    def _created(self) -> str:
        """A day early: the filter counts in UTC, the merchant in the shop's time."""
        day = self._day
        return naive(datetime(day.year, day.month, day.day, tzinfo=UTC) - _DAY) if day else ""

    def _still_the_same(self, mark: Mark) -> bool:
        """True where a crowded overlap has as many rows as before and none is newer."""
        newest = self._api.read(
            "orders", status=self._statuses, order="desc", orderby="modified", dates_are_gmt=True,
            per_page=1, modified_after=naive(mark.after), after=self._created(),
            _fields="id,date_modified_gmt",
        )  # fmt: skip
        return newest.total == mark.count and _modified(newest.data[0]) == mark.newest

    def _fresh(self, rows: list[Row]) -> list[Row]:
        """The rows not given yet, placed since the merchant's day."""
        fresh = []
        for row in rows:
            order_id, second = str(row.get("id")), _modified(row)
            given = self._given.get(order_id) == second
            if second > self._zone:  # it may change again within the same second
                given = given and self._recent.get(order_id) == (second, row)
                self._recent[order_id] = (second, row if len(self._recent) < self._keep else None)
            self._given[order_id] = second
            old = self._day and str(row.get("date_created")) < str(self._day)
            known = order_id in self._known and self._known[order_id] == _digest(row)
            if not (given or old or known):
                fresh.append(row)
        return fresh

    def _halfway(self, rows: list[Row], mark: Mark) -> str:
        return str(Mark(at=_modified(rows[-1]) or mark.at))

    def _mark(self, at: datetime) -> Mark:
        """Where we stand once everything up to `at` is given."""
        bound = naive(at - OVERLAP)
        zone = {key: held for key, held in self._recent.items() if held[0] > bound}
        mark = Mark(at=naive(at))
        rows = {key: row for key, (_, row) in zone.items() if row is not None}
        if len(rows) == len(zone):
            mark.known = {key: _digest(row) for key, row in rows.items()}
        elif max(second for second, _ in zone.values()) < naive(at):
            mark.count, mark.newest = len(zone), max(second for second, _ in zone.values())
        return mark

    def _by_creation(self, mark: Mark) -> Iterator[RowPage]:
        """Before 5.8 `modified_after` is ignored: new orders, and again those that were open."""
        since = naive(mark.after - _DAY) if mark.after and mark.legacy else self._created()
        end, seen, number, total = Mark(legacy=True), set[str](), 1, 1
        while (number - 1) * self._size < total:
            reply = self._list(orderby="id", page=number, per_page=self._size, after=since)
            end.at = end.at or naive(reply.date)
            total, number = reply.total or 0, number + 1
            yield RowPage(self._watch(reply.data, end, seen), str(mark), total)
        left = sorted(set(mark.watched) - seen)
        for start in range(0, len(left), 100):
            reply = self._list(include=left[start : start + 100], per_page=100)
            yield RowPage(self._watch(reply.data, end, seen), str(mark))
        yield RowPage([], str(end), gone=tuple(sorted(set(left) - seen)))

    def _watch(self, rows: list[Row], end: Mark, seen: set[str]) -> list[Row]:
        seen.update(str(row.get("id")) for row in rows)
        end.watched += [str(r.get("id")) for r in rows if r.get("status") not in _SETTLED]
        return self._fresh(rows)


def naive(moment_: datetime | None) -> str:
    """The time in UTC without its zone, in seconds: the only form that is right."""
    return moment_.strftime("%Y-%m-%dT%H:%M:%S") if moment_ else ""


def _modified(row: Row) -> str:
    return str(row.get("date_modified_gmt") or row.get("date_created_gmt") or "")


def _when(row: Row) -> datetime:
    return moment(row, "date_modified_gmt") or datetime.min.replace(tzinfo=UTC) + _DAY


def _digest(row: dict[str, Any]) -> str:
    return blake2b(json.dumps(row, sort_keys=True).encode(), digest_size=6).hexdigest()
