"""The small things that every shop connector needs."""

import base64
import hmac
from collections.abc import Mapping, Sequence
from datetime import timedelta
from hashlib import sha256

import pytest
from pydantic import SecretStr

from colisync.errors import OutcomeUnknown, Unreachable, UnreadableAnswer, WebhookRejected
from colisync.ports.http import HttpAnswer
from colisync.testing.doubles import NOON, FixedClock
from colisync.testing.factories import make_order
from colisync.testing.replay import Given, ReplayHttp
from colisync.wire.anew import read_anew
from colisync.wire.fields import Row, unreadable
from colisync.wire.home_address import home_address, moved_home, same_place
from colisync.wire.in_flight import in_flight
from colisync.wire.known_products import (
    UNKNOWN,
    KnownProducts,
    Product,
    known_unit,
    product_keys,
)
from colisync.wire.order_rows import decode_each, order_of
from colisync.wire.shop_findings import Findings
from colisync.wire.signed_body import require_signature


@pytest.mark.parametrize(
    ("written", "home"),
    [
        ("HTTPS://Shop.Example:443/sub/", "https://shop.example/sub"),
        ("shop.example/admin/x", "https://shop.example"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_a_home_as_it_is_called(written: str, home: str) -> None:
    assert home_address(written, within=("/admin",)) == home


@pytest.mark.parametrize("written", ["", "ftp://shop.example", "https://"])
def test_what_is_no_home(written: str) -> None:
    with pytest.raises(ValueError, match="address"):
        home_address(written)


def test_where_a_redirect_leads() -> None:
    def moved(location: str) -> str:
        http = ReplayHttp([(301, {"Location": location}, b"")])
        return moved_home(http.request("GET", "http://shop.example/api/x"), within=("/api",))

    assert moved("https://shop.example/api/x") == "https://shop.example"
    assert moved("/elsewhere") == moved("http://shop.example/other") == ""
    assert same_place("http://www.shop.example/sub/", "https://shop.example/sub")
    assert not same_place("https://staging.shop.example", "https://shop.example")


def test_a_body_is_believed_with_its_signature_only() -> None:
    right = base64.b64encode(hmac.new(b"sesame", b"body", sha256).digest()).decode()
    require_signature(b"body", right, SecretStr("sesame"), "test")
    for body, signature, secret, key in (
        (b"other", right, "sesame", "webhook_signature"),
        (b"body", "é", "sesame", "webhook_signature"),
        (b"body", right, "", "webhook_no_secret"),
    ):
        with pytest.raises(WebhookRejected) as caught:
            require_signature(body, signature, SecretStr(secret) if secret else None, "test")
        assert caught.value.key == f"test.{key}"


def test_a_reading_is_made_anew_three_times() -> None:
    clock = FixedClock()
    ill: Given = (503, {}, b"")
    answers: list[Given] = [ill, ill, (200, {}, b"x")]
    http = ReplayHttp(answers)
    assert read_anew(lambda: http.request("GET", "https://s.example/"), clock).status == 200
    assert clock.now() - NOON == timedelta(seconds=2)
    http = ReplayHttp([ill, ill, ill])
    assert read_anew(lambda: http.request("GET", "https://s.example/"), clock).status == 503


@pytest.mark.parametrize(
    ("key", "tries"), [("wire.unknown_broken", 3), ("wire.unknown_timeout", 1)]
)
def test_a_lost_reading_changed_nothing(key: str, tries: int) -> None:
    tried: list[int] = []

    def send() -> HttpAnswer:
        tried.append(1)
        raise OutcomeUnknown(key)

    with pytest.raises(Unreachable) as caught:
        read_anew(send, FixedClock())
    assert caught.value.key == key.replace("unknown_", "")
    assert len(tried) == tries


def test_a_few_at_once_in_their_order() -> None:
    assert in_flight(lambda number: number * 2, range(5), 2) == [0, 2, 4, 6, 8]
    assert in_flight(str, [], 2) == []


class Shelf:
    """Products of a shop; what was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.of_unit = "kg"

    def unit(self) -> str:
        self.asked.append(("unit",))
        return self.of_unit

    def products(self, ids: Sequence[str]) -> list[Row]:
        self.asked.append(tuple(ids))
        return [{"id": int(each), "weight": "0.5", "virtual": each == "3"} for each in ids[:2]]

    def variations(self, parents: Mapping[str, str]) -> list[Row]:
        self.asked.append(tuple(parents))
        return [{"id": 11, "weight": ""}, {"id": 12, "weight": "2"}]


def test_products_are_asked_once_and_forgotten_after_a_while() -> None:
    shelf, clock = Shelf(), FixedClock()
    known = KnownProducts(shelf, clock)
    found = known.of([("1", ""), ("3", ""), ("9", "")])
    assert [found[each, ""] for each in "139"] == [
        Product(500), Product(500, virtual=True), UNKNOWN]  # fmt: skip
    found = known.of([("1", "11"), ("1", "12"), ("1", "13")])
    assert [found["1", each].weight_g for each in ("11", "12", "13")] == [500, 2000, None]
    known.of([("1", "11"), ("9", "")])
    assert shelf.asked[:2] == [("unit",), ("1", "3", "9")]
    assert len(shelf.asked) == 3
    clock.advance(minutes=11)
    shelf.of_unit = "g"
    assert known.of([("1", "")])["1", ""].weight_g == 1
    with pytest.raises(UnreadableAnswer):
        known_unit("stone", "test")


def test_lines_without_a_product_are_stepped_over() -> None:
    lines = [{"p": 1, "v": 0}, {"p": 1, "v": "2"}, {"p": 0, "v": 3}, {"p": "x"}, 5, {}]
    rows: list[Row] = [{"lines": lines}, {"lines": None}]
    assert list(product_keys(rows, "lines", "p", "v")) == [("1", ""), ("1", "2")]


def test_an_order_that_does_not_read_stops_no_other() -> None:
    good = make_order(1).model_dump()

    def translate(row: Row) -> Row:
        if row["id"] == 2:
            raise unreadable("total")
        return {**good, "currency": row.get("currency", "EUR")}

    rows: list[Row] = [{"id": 1}, {"id": 2, "number": "W2"}, {"id": 3, "currency": "euros"}]
    orders, bad = decode_each(rows, lambda row: order_of(row, translate, "test"))
    assert len(orders) == 1
    assert [(each.external_id, each.params["field"]) for each in bad] == [
        ("2", "total"), ("3", "currency")]  # fmt: skip
    assert {each.key for each in bad} == {"test.order_unreadable"}
    assert bad[0].params["order"] == "W2"


def test_what_a_merchant_should_know() -> None:
    found = Findings("test")
    found.clock(NOON + timedelta(seconds=300), NOON)
    found.version("5.7.1", (5, 8))
    found.home("https://other.example/", "https://shop.example")
    found.label_tools(["lpc_relay", "wc"])
    found.weights(["0.2", "x", "", "0.4"], "g")
    assert [each.key.partition(".")[2] for each in found.found] == [
        "clock_skew", "old_version", "other_home", "other_label_tool", "weight_unit_implausible",
    ]  # fmt: skip
    quiet = Findings("test")
    quiet.clock(NOON, NOON)
    quiet.version("", (5, 8))
    quiet.version("10.5", (5, 8))
    quiet.home("https://shop.example/", "https://Shop.example")
    quiet.label_tools(["wc"])
    quiet.weights(["200"], "g")
    assert quiet.found == []
