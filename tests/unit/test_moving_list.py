"""A walk over a list loses no row, whatever moves while its pages are read."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from colisync.errors import ConfigurationError, RemoteUnavailable, Unreachable, UnreadableAnswer
from colisync.testing.doubles import FixedClock
from colisync.wire.list_mark import Mark, second
from colisync.wire.moving_list import Ask, ListPage, MovingList, RowShape

START = datetime(2026, 11, 20, 12, tzinfo=UTC)
SHAPE = RowShape(
    remote="test", changed=("changed", "made"), placed="placed", settled=frozenset({"closed"})
)
Step = tuple[str, int, int]


class Moving:
    """A list whose rows change before each page is given, as `script` says."""

    def __init__(self, count: int, script: list[Step] | None = None) -> None:
        self.clock = FixedClock(START + timedelta(hours=1))
        self.rows: dict[str, dict[str, Any]] = {}
        self.script = script or []
        self.asked: list[Ask] = []
        self.slow_above, self.filters = 1000, True
        for number in range(count):
            self.put(str(number), START + timedelta(seconds=number // 5))

    def put(self, row_id: str, at: datetime) -> None:
        version = self.rows.get(row_id, {"version": 0})["version"] + 1
        self.rows[row_id] = {"id": row_id, "version": version, "changed": second(at)}
        self.rows[row_id] |= {"placed": "2026-11-20", "status": "open"}

    def __call__(self, ask: Ask) -> ListPage:
        self.asked.append(ask)
        if ask.size > self.slow_above:
            raise Unreachable("wire.timeout")
        if self.script:
            kind, which, seconds = self.script.pop(0)
            self.clock.advance(seconds=seconds)
            ids = sorted(self.rows)
            if kind == "add":
                self.put(f"new{len(ids)}{len(self.script)}", self.clock.now())
            elif ids and kind == "change":
                self.put(ids[which % len(ids)], self.clock.now())
            elif ids and kind == "delete":
                del self.rows[ids[which % len(ids)]]
        return self._page(ask)

    def _page(self, ask: Ask) -> ListPage:
        rows = sorted(self.rows.values(), key=lambda row: (row["changed"], row["id"]))
        if ask.ids:
            rows = [row for row in rows if row["id"] in ask.ids]
        elif self.filters and not ask.created:
            rows = [row for row in rows if row["changed"] > second(ask.after)]
            rows = [row for row in rows if not ask.before or row["changed"] < second(ask.before)]
        if ask.newest:
            rows.reverse()
        first = (ask.number - 1) * ask.size
        page = [dict(row) for row in rows[first : first + ask.size]]
        return ListPage(page, len(rows), self.clock.now())


def read(source: Moving, kept: dict[str, int], cursor: str, **how: Any) -> str:
    usual: dict[str, Any] = {"size": 4, "in_flight": 1} | how
    stop = usual.pop("stop", 10_000)
    for number, found in enumerate(MovingList(source, SHAPE, source.clock, **usual).run(cursor)):
        kept |= {row["id"]: row["version"] for row in found.rows}
        cursor = found.cursor
        if number + 1 == stop:
            break
    return cursor


STEPS = st.tuples(
    st.sampled_from(["change", "change", "add", "delete", "wait"]),
    st.integers(0, 40),
    st.sampled_from([0, 0, 1, 2]),
)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 30), st.lists(STEPS, max_size=20), st.integers(1, 9))
def test_nothing_is_lost(count: int, script: list[Step], stop: int) -> None:
    source, kept, cursor = Moving(count, script), dict[str, int](), ""
    for most in (stop, 10_000):
        try:
            cursor = read(source, kept, cursor, stop=most)
        except RemoteUnavailable as error:
            assert error.key == "test.moving"  # noqa: PT017 - tried again below
    source.script.clear()
    source.clock.advance(seconds=2)
    cursor = read(source, kept, cursor)
    assert all(kept.get(each) == row["version"] for each, row in source.rows.items())
    source.clock.advance(seconds=2)
    cursor = read(source, kept, cursor)
    source.asked.clear()
    again: dict[str, int] = {}
    read(source, again, cursor)
    assert again == {}
    assert len(source.asked) <= 1


def test_pages_in_flight_and_smaller_ones_for_a_slow_host() -> None:
    source, kept = Moving(200), dict[str, int]()
    source.slow_above = 30
    read(source, kept, "", size=100, in_flight=3)
    assert len(kept) == 200
    source.slow_above = 5
    with pytest.raises(Unreachable):
        read(source, kept, "", size=100)


def test_rows_before_the_merchants_day_are_left_and_the_filter_is_a_day_early() -> None:
    source, kept = Moving(2), dict[str, int]()
    source.rows["0"]["placed"] = "2026-11-19T23:59:59"
    read(source, kept, "", day=date(2026, 11, 20))
    assert list(kept) == ["1"]
    assert source.asked[0].since == datetime(2026, 11, 19, tzinfo=UTC)


def test_a_list_that_ignores_changes_is_read_by_creation_and_open_rows_again() -> None:
    source, kept, cursor = Moving(9), dict[str, int](), ""
    source.filters = False
    source.rows["8"]["status"] = "closed"
    for _ in range(3):
        cursor = read(source, kept, cursor)
        source.clock.advance(days=3)
    mark = Mark.read(cursor, "test")
    assert mark.legacy
    assert "8" not in mark.watched
    source.put("2", source.clock.now())
    cursor = read(source, kept, cursor)
    assert kept["2"] == source.rows["2"]["version"]


def test_a_list_that_is_none_is_named_and_an_odd_cursor_refused() -> None:
    for data, total, key in (({}, 1, "list_unreadable"), ([1], 1, "list_unreadable"),
                             ([], None, "totals_missing")):  # fmt: skip
        with pytest.raises(UnreadableAnswer) as caught:
            SHAPE.page(data, total, START)
        assert caught.value.key == f"test.{key}"
    for cursor in ("x", "[]", '{"at": 5}', '{"other": 1}', '{"at": "soon"}'):
        with pytest.raises(ConfigurationError) as refused:
            read(Moving(1), {}, cursor)
        assert refused.value.key == "test.cursor_unreadable"


def test_a_time_that_does_not_read_is_named() -> None:
    source = Moving(9, [("wait", 0, 0), ("wait", 0, 0), ("delete", 8, 0)])
    for row in source.rows.values():
        row["changed"] = "0000-soon"
    with pytest.raises(UnreadableAnswer):
        read(source, {}, "")
