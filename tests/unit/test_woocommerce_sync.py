"""A reading of changed orders loses none, whatever moves while its pages are read."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from threading import Lock
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from colisync.errors import ConfigurationError, RemoteUnavailable, UnreadableAnswer
from colisync.testing.doubles import FixedClock
from colisync.wire.json_answers import Reply
from colisync.wire.list_mark import Mark
from colisync_woocommerce.settings import WooCommerceSettings
from colisync_woocommerce.sync import OrderSync
from colisync_woocommerce.transport import ShopApi

START = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)
Step = tuple[str, int, int]
Params = dict[str, Any]


class MovingShop:
    """A list of orders in memory; one step of `script` happens before each answer.

    `knows_modified` false: a WooCommerce before 5.8, which ignores the parameter.
    """

    def __init__(self, count: int, script: Sequence[Step] = (), *, knows_modified: bool = True):
        self.clock = FixedClock(START + timedelta(hours=1))
        self.rows: dict[int, dict[str, Any]] = {}
        self.script = list(script)
        self.knows_modified = knows_modified
        self.asked: list[Params] = []
        self.slow_above = 1000
        self._lock = Lock()
        for number in range(count):
            self.put(number + 1, START + timedelta(seconds=number // 5))

    def put(self, order_id: int, at: datetime) -> None:
        version = self.rows.get(order_id, {"version": 0})["version"] + 1
        self.rows[order_id] = {
            "id": order_id, "version": version, "status": "processing",
            "date_modified_gmt": f"{at:%Y-%m-%dT%H:%M:%S}", "date_created": "2026-11-20T13:00:00",
            "date_created_gmt": "2026-11-20T12:00:00",
        }  # fmt: skip

    def read(self, endpoint: str, **params: Any) -> Reply:
        assert endpoint == "orders"
        with self._lock:
            self.asked.append(params)
            if params["per_page"] > self.slow_above:
                raise RemoteUnavailable("woocommerce.server_error")
            if self.script:
                self._step(*self.script.pop(0))
            return self._list(params)

    def _step(self, kind: str, which: int, seconds: int) -> None:
        self.clock.advance(seconds=seconds)
        ids = sorted(self.rows)
        if kind == "change" and ids:
            self.put(ids[which % len(ids)], self.clock.now())
        elif kind == "add":
            self.put(max(ids, default=0) + 1, self.clock.now())
        elif kind == "delete" and ids:
            del self.rows[ids[which % len(ids)]]

    def _list(self, params: Params) -> Reply:
        rows = list(self.rows.values())
        if self.knows_modified and params.get("modified_after"):
            rows = [r for r in rows if r["date_modified_gmt"] > params["modified_after"]]
        if self.knows_modified and params.get("modified_before"):
            rows = [r for r in rows if r["date_modified_gmt"] < params["modified_before"]]
        if params.get("include"):
            rows = [r for r in rows if str(r["id"]) in params["include"]]
        key = "id" if params.get("orderby") == "id" else "date_modified_gmt"
        rows.sort(key=lambda r: (r[key], r["id"]), reverse=params["order"] == "desc")
        first = (params.get("page", 1) - 1) * params["per_page"]
        page = [dict(row) for row in rows[first : first + params["per_page"]]]
        now = self.clock.now().replace(microsecond=0)
        return Reply(page, len(rows) if page or first == 0 else 0, now)


class Reader:
    """What a service keeps: the last version of each order, and the cursor."""

    def __init__(self, shop: MovingShop, **fields: Any) -> None:
        usual = {"page_size": 4, "pages_in_flight": 1} | fields
        self.settings = WooCommerceSettings(
            url="https://s.example", consumer_key="k", consumer_secret="s", **usual
        )
        self.shop, self.cursor = shop, ""
        self.versions: dict[int, int] = {}

    def read(self, stop_after: int = 10_000) -> int:
        """How many rows came."""
        api = cast(ShopApi, self.shop)
        sync = OrderSync(api, self.settings, self.shop.clock, ["processing"])
        count = 0
        for number, page in enumerate(sync.run(self.cursor or None)):
            count += len(page.rows)
            self.versions |= {row["id"]: row["version"] for row in page.rows}
            self.cursor = page.cursor
            if number + 1 == stop_after:
                break
        return count

    def is_right(self) -> bool:
        return all(self.versions.get(i) == r["version"] for i, r in self.shop.rows.items())


STEPS = st.tuples(
    st.sampled_from(["change", "change", "change", "add", "delete", "wait"]),
    st.integers(0, 40),
    st.sampled_from([0, 0, 1, 1, 2]),
)


@settings(max_examples=250, deadline=None)
@given(
    st.integers(0, 40), st.lists(STEPS, max_size=25), st.sampled_from([1, 1, 3]),
    st.integers(1, 12),
)  # fmt: skip
def test_nothing_is_lost_while_orders_move(
    count: int, script: list[Step], in_flight: int, cut: int
) -> None:
    shop = MovingShop(count, script)
    reader = Reader(shop, pages_in_flight=in_flight)
    for stop_after in (cut, 10_000):
        try:
            reader.read(stop_after)
        except RemoteUnavailable as error:
            assert error.key == "woocommerce.moving"  # noqa: PT017 - tried again below
    shop.script.clear()
    shop.clock.advance(seconds=1)
    reader.read()
    assert reader.is_right()
    shop.clock.advance(seconds=2)
    reader.read()
    shop.asked.clear()
    assert reader.read() == 0
    assert len(shop.asked) <= 1


def test_a_change_within_the_second_of_the_reading_is_seen() -> None:
    shop = MovingShop(3)
    reader = Reader(shop)
    shop.put(1, shop.clock.now())
    reader.read()
    shop.put(1, shop.clock.now())
    assert reader.read() == 1
    assert reader.is_right()


def test_a_crowded_second_is_read_once() -> None:
    shop = MovingShop(0)
    for order_id in range(1, 401):
        shop.put(order_id, START)
    reader = Reader(shop, page_size=50, pages_in_flight=3)
    assert reader.read() == 400
    assert len(shop.asked) <= 11


def test_a_host_too_slow_for_a_whole_page_gets_smaller_ones() -> None:
    shop = MovingShop(100)
    shop.slow_above = 30
    reader = Reader(shop, page_size=100)
    assert reader.read() == 100
    shop.slow_above = 5
    with pytest.raises(RemoteUnavailable):
        Reader(shop, page_size=100).read()


def test_the_window_is_naive_utc_with_an_overlap() -> None:
    shop = MovingShop(3)
    reader = Reader(shop)
    reader.read()
    shop.clock.advance(hours=1)
    reader.read()
    asked = shop.asked[-1]
    assert asked["modified_after"] == "2026-11-20T12:55:00"
    assert asked["dates_are_gmt"] is True
    assert (asked["orderby"], asked["order"]) == ("modified", "asc")


def test_orders_before_the_day_are_left_by_the_shops_own_calendar() -> None:
    shop = MovingShop(2)
    shop.rows[1]["date_created"] = "2026-11-19T23:59:59"
    reader = Reader(shop, orders_since=date(2026, 11, 20))
    assert reader.read() == 1
    assert shop.asked[0]["after"] == "2026-11-19T00:00:00"


def test_before_5_8_open_orders_are_read_again() -> None:
    shop = MovingShop(9, knows_modified=False)
    reader = Reader(shop)
    for _ in range(3):
        reader.read()
        shop.clock.advance(days=3)
    assert Mark.read(reader.cursor, "woocommerce").legacy
    shop.put(2, shop.clock.now())
    shop.put(10, shop.clock.now())
    reader.read()
    assert reader.is_right()
    del shop.rows[3]
    sync = OrderSync(cast(ShopApi, shop), reader.settings, shop.clock, ["processing"])
    assert [gone for page in sync.run(reader.cursor) for gone in page.gone] == ["3"]


@pytest.mark.parametrize("cursor", ["x", "[]", '{"at": 5}', '{"other": 1}', '{"at": "soon"}'])
def test_a_cursor_that_is_not_ours_is_refused(cursor: str) -> None:
    reader = Reader(MovingShop(1))
    reader.cursor = cursor
    with pytest.raises(ConfigurationError):
        reader.read()


@pytest.mark.parametrize(
    ("data", "total", "key"),
    [({"a": 1}, 1, "list_unreadable"), ([1], 1, "list_unreadable"), ([], None, "totals_missing")],
)
def test_a_list_that_is_none_is_refused(
    monkeypatch: pytest.MonkeyPatch, data: Any, total: int | None, key: str
) -> None:
    shop = MovingShop(1)
    monkeypatch.setattr(shop, "_list", lambda _: Reply(data, total, shop.clock.now()))
    with pytest.raises(UnreadableAnswer) as caught:
        Reader(shop).read()
    assert caught.value.key == f"woocommerce.{key}"
