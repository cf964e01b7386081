"""What is written to a shop that behaves badly in the middle of it."""

from typing import Any

import pytest

from colisync.model.writeback import Effect, EffectResult, EffectState, OrderUpdate
from colisync.ports.context import BackendContext
from colisync.testing.contracts.shop_rig import update
from colisync.testing.doubles import FixedClock
from colisync.testing.replay import Asked, Given, ReplayHttp, answer_json
from colisync_woocommerce import WooCommerceConnector
from colisync_woocommerce.encode import numbers_told
from colisync_woocommerce.settings import WooCommerceSettings

DOWN: Given = (500, {}, b"<html>oops</html>")


class Shop:
    """Orders by id, and answers that a test puts in the way of a path's end."""

    def __init__(self, **orders: dict[str, Any]) -> None:
        self.orders = {key[1:]: {"id": int(key[1:]), **row} for key, row in orders.items()}
        self.instead: dict[str, Given] = {}
        self.http = ReplayHttp(choose=self._choose)

    def tell(self, *updates: OrderUpdate) -> list[dict[Effect, EffectResult]]:
        settings = WooCommerceSettings(
            url="https://s.example", consumer_key="k", consumer_secret="s"
        )
        ctx = BackendContext(http=self.http, clock=FixedClock())
        shop = WooCommerceConnector.open(settings, ctx)
        return [receipt.results for receipt in shop.write_back(updates)]

    def writes(self) -> list[Asked]:
        return [asked for asked in self.http.asked if asked.method != "GET"]

    def _choose(self, asked: Asked) -> Given:
        for end, given in self.instead.items():
            if asked.path.endswith(end):
                return given
        name = asked.path.rpartition("/")[2]
        if name == "statuses":
            return answer_json([{"slug": "completed", "name": "x"}])
        if asked.method == "PUT":
            return answer_json({**self.orders[name], **asked.body})
        if name == "batch":
            return answer_json(
                {"update": [{**self.orders[str(i["id"])], **i} for i in asked.body["update"]]}
            )
        if name == "orders":
            return answer_json(list(self.orders.values()), X_WP_Total="1")
        return answer_json([])


def told(order: str, number: str = "6A1", **fields: Any) -> OrderUpdate:
    usual = {"status": "completed", "while_in": ("processing",)}
    return update(order, number, **{**usual, **fields})


OPEN: dict[str, Any] = {"status": "processing", "meta_data": []}


def test_meta_and_status_go_in_one_write() -> None:
    shop = Shop(o1=OPEN)
    results = shop.tell(told("1", "6A1"), told("1", "6A2"))
    assert {r.state for result in results for r in result.values()} == {EffectState.DONE}
    assert len(shop.writes()) == 1
    body = shop.writes()[0].body
    assert body["status"] == "completed"
    assert [entry["number"] for entry in body["meta_data"][0]["value"]] == ["6A1", "6A2"]
    assert set(body) == {"meta_data", "status"}


def test_an_index_that_fails_fails_the_entry_alone() -> None:
    shop = Shop(o1=OPEN)
    shop.instead["/wp-json/"] = DOWN
    effects = frozenset({Effect.META, Effect.TRACKING_ENTRY})
    result = shop.tell(told("1", effects=effects))[0]
    assert result[Effect.META].state is EffectState.DONE
    assert result[Effect.TRACKING_ENTRY].state is EffectState.FAILED
    assert result[Effect.TRACKING_ENTRY].retryable


def test_an_order_that_does_not_read_stops_no_other() -> None:
    shop = Shop(o1={"status": "processing", "meta_data": "x"}, o2=OPEN)
    first, second = shop.tell(told("1"), told("2"))
    assert {(r.state, r.retryable) for r in first.values()} == {(EffectState.FAILED, False)}
    assert {r.state for r in second.values()} == {EffectState.DONE}


def test_a_shop_that_cannot_be_read_is_not_written_to() -> None:
    shop = Shop(o1=OPEN)
    shop.instead["/orders"] = DOWN
    result = shop.tell(told("1", effects=frozenset(Effect)))[0]
    states = {effect: r.state for effect, r in result.items()}
    assert states.pop(Effect.MAIL) is EffectState.SKIPPED
    assert set(states.values()) == {EffectState.FAILED}
    assert shop.writes() == []


def test_a_status_that_the_shop_did_not_take_is_told() -> None:
    shop = Shop(o1=OPEN)
    shop.instead["/orders/1"] = answer_json({"id": 1, "status": "on-hold"})
    result = shop.tell(told("1"))[0]
    assert result[Effect.META].state is EffectState.DONE
    assert result[Effect.STATUS].key == "woocommerce.status_not_taken"


@pytest.mark.parametrize(
    ("error", "key"),
    [("woocommerce_rest_shop_order_invalid_id", "order_gone"), ("other", "rejected")],
)
def test_items_refused_in_a_batch_are_named(error: str, key: str) -> None:
    shop = Shop(o1=OPEN, o2=OPEN)
    refused = {"id": 1, "error": {"code": error, "message": "<b>No</b>", "data": {}}}
    done = {"id": 2, "status": "completed"}
    shop.instead["/orders/batch"] = answer_json({"update": [refused, done]})
    first, second = shop.tell(told("1"), told("2"))
    assert {r.key for r in first.values()} == {f"woocommerce.{key}"}
    assert {r.state for r in second.values()} == {EffectState.DONE}


def test_an_answer_without_the_order_is_looked_up() -> None:
    shop = Shop(o1=OPEN, o2=OPEN)
    shop.instead["/orders/batch"] = answer_json({"update": []})
    results = shop.tell(told("1"), told("2"))
    assert {r.state for result in results for r in result.values()} == {EffectState.FAILED}
    assert all(r.retryable for result in results for r in result.values())
    assert len(shop.writes()) == 2


def test_the_same_status_is_done_and_an_empty_one_is_left() -> None:
    shop = Shop(o1={**OPEN, "status": "completed"}, o2=OPEN)
    status = frozenset({Effect.STATUS})
    first, second = shop.tell(told("1", effects=status), told("2", effects=status, status=""))
    assert first[Effect.STATUS].state is EffectState.DONE
    assert second[Effect.STATUS].state is EffectState.SKIPPED
    assert shop.writes() == []


def test_numbers_of_both_kinds_of_entries() -> None:
    plugin = {"tracking_id": "ab12", "tracking_number": "6A1"}
    meta = [{"id": 2, "key": "_tracking_number", "value": "6A2"}]
    assert numbers_told([plugin, {"id": 9, "meta_data": meta}]) == {"6A1": "ab12", "6A2": "9"}
