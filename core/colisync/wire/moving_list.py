"""The changes of a list that moves while it is read: a walk that loses none.

Shops give their orders page by page, oldest change first. An order that changes meanwhile jumps to
the end, and every row behind it moves up one place: across a page's edge, and it is never seen.
So pages are read inside a window that ends before now, as long as their count stays; when it does
not, the walk starts again from the last second seen. Readings overlap, and what was given is known.
"""

from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

from colisync.errors import RemoteUnavailable, Unreachable, UnreadableAnswer
from colisync.ports.clock import Clock
from colisync.wire.fields import Row, moment
from colisync.wire.list_mark import Given, Mark, second

_SECOND, _DAY = timedelta(seconds=1), timedelta(days=1)
_SMALLEST_PAGE, _PATIENCE, _NAMED = 10, 8, 100
_TOO_SLOW = frozenset({"wire.timeout", "wire.broken"})


@dataclass(frozen=True, slots=True)
class Ask:
    """Which rows: page `number` of `size`, changed after and before two moments, both exclusive,
    oldest change first.

    Placed after `since`, where there is one, whatever else is asked. `newest`: the newest row
    alone; its time will do. `created`: by creation instead. `ids`: these rows, whenever
    they changed.
    """

    number: int = 1
    size: int = 100
    after: datetime | None = None
    before: datetime | None = None
    since: datetime | None = None
    newest: bool = False
    created: bool = False
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ListPage:
    """The rows of one page, how many the whole window has, and the remote's clock."""

    rows: list[Row]
    total: int
    at: datetime


class GivePage(Protocol):
    """A platform's list of orders."""

    def __call__(self, ask: Ask) -> ListPage:
        """The rows that are asked for. Raises RemoteError."""
        ...


@dataclass(frozen=True, slots=True)
class RowShape:
    """Where a row says what; its id is in `id`. `remote` names the platform's catalogue.

    `changed`: fields with the time of its change, the first that has one counts, naive UTC in ISO.
    `placed`: when it was placed, by the shop's calendar. A row whose `status` is one of `settled`
    changes no more.
    """

    remote: str
    changed: tuple[str, ...]
    placed: str
    settled: frozenset[str]
    status: str = "status"

    def changed_at(self, row: Row) -> str:
        """When the row changed, empty where it does not say; sorts as it counts."""
        for key in self.changed:
            if found := row.get(key):
                return str(found)
        return ""

    def page(self, data: object, total: int | None, at: datetime) -> ListPage:
        """The page that an answer is. Raises UnreadableAnswer: no list, or no count."""
        if not isinstance(data, list) or not all(isinstance(row, dict) for row in data):
            raise UnreadableAnswer(f"{self.remote}.list_unreadable")
        if total is None:
            raise UnreadableAnswer(f"{self.remote}.totals_missing")
        return ListPage(data, total, at)


@dataclass(frozen=True, slots=True)
class Changes:
    """Some changed rows as the remote gave them, and the cursor to keep once they are stored.
    `gone` are ids that the remote no longer has."""

    rows: list[Row]
    cursor: str
    total: int | None = None
    gone: tuple[str, ...] = ()


class MovingList:
    """One reading of the changes. `size` is the largest page, `in_flight` how many at once; rows
    placed before `day`, the merchant's, are left out."""

    def __init__(
        self, give: GivePage, shape: RowShape, clock: Clock, *, size: int, in_flight: int,
        day: date | None = None,
    ) -> None:  # fmt: skip
        self._give, self._shape, self._clock = give, shape, clock
        self._size, self._in_flight, self._keep = size, in_flight, size
        self._day, self._since = str(day or ""), None
        if day is not None:  # the filter counts in UTC, the merchant in the shop's time
            self._since = datetime(day.year, day.month, day.day, tzinfo=UTC) - _DAY

    def run(self, cursor: str | None) -> Iterator[Changes]:
        """Changed rows, oldest first, each at least once; nothing where nothing changed.

        Raises ConfigurationError for a cursor that is not ours, RemoteUnavailable where the list
        never stands still, and as the source.
        """
        mark = Mark.read(cursor, self._shape.remote)
        self._given = Given(mark, self._keep)
        if mark.count and self._stands_still(mark):
            return
        head = self._first(mark.after, None)
        self._given.begins(head.at)
        if mark.at and any(self._shape.changed_at(r) <= second(mark.after) for r in head.rows):
            yield from self._by_creation(mark)
        else:
            yield from self._by_change(mark, head)

    def _by_change(self, mark: Mark, head: ListPage) -> Iterator[Changes]:
        """Windows up to the present, then the page that is left."""
        after, total, waits = mark.after, None, 0
        while head.total > len(head.rows):
            total = total or head.total
            if after and head.at <= after + _SECOND and waits < 3:
                self._clock.sleep(1.0)  # more than a page in the very second that is not over
                waits += 1
            else:
                before = head.at if waits < 3 else None
                for rows in self._walk(after, before):
                    at = self._shape.changed_at(rows[-1]) or mark.at
                    yield Changes(self._new(rows), str(Mark(at=at)), total)
                after = head.at - _SECOND
                if before is None:
                    break
            head = self._first(after, None)
        rows = self._new(head.rows)
        if rows or total:
            yield Changes(rows, str(self._given.mark(head.at)), total or head.total)

    def _walk(self, after: datetime | None, before: datetime | None) -> Iterator[list[Row]]:
        """Every row of a window: by page number while nothing leaves it, else again from the last
        second seen."""
        stuck, left = 0, -1
        while stuck < _PATIENCE:
            reached, total = yield from self._still(after, before)
            if reached is None:
                return
            moved_on = after is None or reached > after or total < left
            stuck, after, left = 0 if moved_on else stuck + 1, reached, total
        raise RemoteUnavailable(f"{self._shape.remote}.moving")

    def _still(
        self, after: datetime | None, before: datetime | None
    ) -> Generator[list[Row], None, tuple[datetime | None, int]]:
        """Pages, several in flight, as long as the count stays; returns where to start again, None
        at the end, and the count."""
        first = self._first(after, before)
        if not first.rows:
            return None, first.total
        yield first.rows
        last, total, size = first.rows[-1], first.total, self._size
        numbers = range(2, -(-total // size) + 1)
        asks = (Ask(number, size, after, before, self._since) for number in numbers)
        with ThreadPoolExecutor(self._in_flight) as pool:
            flying: deque[Future[ListPage]] = deque()
            while True:
                for ask in asks:
                    flying.append(pool.submit(self._give, ask))
                    if len(flying) >= self._in_flight:
                        break
                if not flying:
                    return None, total
                page = self._landed(flying.popleft())
                if page is None or page.total != total or not page.rows:
                    pool.shutdown(cancel_futures=True)
                    return self._when(last) - _SECOND, total
                last = page.rows[-1]
                yield page.rows

    def _landed(self, flight: Future[ListPage]) -> ListPage | None:
        try:
            return flight.result()
        except (Unreachable, RemoteUnavailable) as error:
            self._halve(error)
            return None

    def _first(self, after: datetime | None, before: datetime | None) -> ListPage:
        while True:
            try:
                return self._give(Ask(1, self._size, after, before, self._since))
            except (Unreachable, RemoteUnavailable) as error:
                self._halve(error)

    def _halve(self, error: Unreachable | RemoteUnavailable) -> None:
        """A slow host may manage a smaller page. Raises `error` where size is not the matter."""
        slow = isinstance(error, RemoteUnavailable) or error.key in _TOO_SLOW
        if self._size <= _SMALLEST_PAGE or not slow:
            raise error
        self._size = max(_SMALLEST_PAGE, self._size // 4)

    def _stands_still(self, mark: Mark) -> bool:
        """True where a crowded overlap has as many rows as before and none is newer."""
        page = self._give(Ask(1, 1, mark.after, since=self._since, newest=True))
        newest = [self._shape.changed_at(row) for row in page.rows]
        return page.total == mark.count and newest == [mark.newest]

    def _by_creation(self, mark: Mark) -> Iterator[Changes]:
        """Where the list ignores moments of change: new rows, and again those that were open."""
        since = mark.after - _DAY if mark.after and mark.legacy else self._since
        end, seen, number, total = Mark(legacy=True), set[str](), 1, 1
        while (number - 1) * self._size < total:
            page = self._give(Ask(number, self._size, since=since, created=True))
            end.at = end.at or second(page.at)
            total, number = page.total, number + 1
            yield Changes(self._watch(page.rows, end, seen), str(mark), total)
        left = sorted(set(mark.watched) - seen)
        for start in range(0, len(left), _NAMED):
            ids = tuple(left[start : start + _NAMED])
            page = self._give(Ask(size=_NAMED, created=True, ids=ids))
            yield Changes(self._watch(page.rows, end, seen), str(mark))
        yield Changes([], str(end), gone=tuple(sorted(set(left) - seen)))

    def _watch(self, rows: list[Row], end: Mark, seen: set[str]) -> list[Row]:
        seen.update(str(row.get("id")) for row in rows)
        settled, status = self._shape.settled, self._shape.status
        end.watched += [str(row.get("id")) for row in rows if row.get(status) not in settled]
        return self._new(rows)

    def _new(self, rows: list[Row]) -> list[Row]:
        changed_at, is_new = self._shape.changed_at, self._given.is_new
        new = [row for row in rows if is_new(row, changed_at(row))]
        placed = self._shape.placed
        return [row for row in new if str(row.get(placed)) >= self._day] if self._day else new

    def _when(self, row: Row) -> datetime:
        """The second to start again from; a row without any sorts first. Raises
        UnreadableAnswer."""
        changed = moment({"changed": self._shape.changed_at(row)}, "changed")
        return changed or datetime.min.replace(tzinfo=UTC) + _DAY
