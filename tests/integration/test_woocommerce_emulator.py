"""The WooCommerce emulator's orders: dates, lists, writes, notes, refunds, products, books."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from colisync.sandbox.server import Server
from colisync.sandbox.woocommerce import WooCommerceSettings, WooCommerceShop


class Caller:
    """A shop on loopback whose clock moves only by hand, and calls to it."""

    def __init__(self, **settings: Any) -> None:
        self.now = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
        self.settings = WooCommerceSettings(behind_tls=True, **settings)
        self.shop = WooCommerceShop(self.settings, clock=lambda: self.now)
        self.server = Server(self.shop.app)
        self.session = requests.Session()
        self.session.auth = (self.settings.consumer_key, self.settings.consumer_secret)

    def wait(self, seconds: int = 60) -> None:
        self.now += timedelta(seconds=seconds)

    def call(self, method: str, path: str, **given: Any) -> requests.Response:
        url = f"{self.server.url}/wp-json/wc/v3{path}"
        return self.session.request(method, url, timeout=10, **given)

    def ids(self, **params: Any) -> list[int]:
        answer = self.call("GET", "/orders", params={"_fields": "id", **params})
        assert answer.status_code == 200, answer.text
        return [row["id"] for row in answer.json()]


@pytest.fixture
def caller(request: pytest.FixtureRequest) -> Iterator[Caller]:
    made = Caller(**getattr(request, "param", {}))
    with made.server, made.session:
        yield made


posts_storage = pytest.mark.parametrize("caller", [{"hpos": False}], indirect=True)


def modified(caller: Caller, order_id: int) -> Any:
    return caller.shop.order(order_id)["date_modified_gmt"]


def test_every_put_moves_the_date_of_change_under_hpos(caller: Caller) -> None:
    order_id = caller.shop.add_order()
    before = modified(caller, order_id)
    caller.wait()
    assert caller.call("PUT", f"/orders/{order_id}", json={}).status_code == 200
    assert modified(caller, order_id) > before


@posts_storage
def test_meta_alone_does_not_move_it_with_posts(caller: Caller) -> None:
    order_id = caller.shop.add_order()
    before = modified(caller, order_id)
    caller.wait()
    meta = {"meta_data": [{"key": "_tracking_number", "value": "6A1"}]}
    answer = caller.call("PUT", f"/orders/{order_id}", json=meta)
    assert answer.json()["meta_data"][0]["value"] == "6A1"
    assert modified(caller, order_id) == before
    caller.call("PUT", f"/orders/{order_id}", json={"customer_note": "porte B"})
    assert modified(caller, order_id) > before


def test_a_note_never_moves_it(caller: Caller) -> None:
    order_id = caller.shop.add_order()
    before = modified(caller, order_id)
    caller.wait()
    note = {"note": "6A1", "customer_note": True}
    assert caller.call("POST", f"/orders/{order_id}/notes", json=note).status_code == 201
    assert modified(caller, order_id) == before


@pytest.mark.parametrize(
    ("caller", "totals"),
    [({"hpos": True}, ("0", "0", "page=0&")), ({"hpos": False}, ("7", "3", "page=3&"))],
    indirect=["caller"],
)
def test_a_page_past_the_end(caller: Caller, totals: tuple[str, str, str]) -> None:
    for _ in range(7):
        caller.shop.add_order()
    answer = caller.call("GET", "/orders", params={"per_page": 3, "page": 9})
    headers = answer.headers
    assert answer.json() == []
    assert (headers["X-WP-Total"], headers["X-WP-TotalPages"]) == totals[:2]
    assert totals[2] in headers["Link"]
    assert 'rel="prev"' in headers["Link"]


def test_walking_the_pages_gives_each_order_once(caller: Caller) -> None:
    for number in range(230):
        second = f"2026-11-01T10:00:{number // 100:02}"
        caller.shop.add_order(date_created_gmt=second, date_modified_gmt=second)
    walk = {"orderby": "modified", "order": "asc", "per_page": 100}
    seen = [order_id for page in (1, 2, 3) for order_id in caller.ids(page=page, **walk)]
    assert len(seen) == 230
    assert len(set(seen)) == 230


@pytest.mark.parametrize("caller", [{"version": "10.0.2"}], indirect=True)
def test_older_releases_tear_a_crowded_second_between_pages(caller: Caller) -> None:
    for _ in range(60):
        caller.shop.add_order()
    walk = {"orderby": "modified", "order": "asc", "per_page": 20}
    seen = [order_id for page in (1, 2, 3) for order_id in caller.ids(page=page, **walk)]
    assert len(set(seen)) < 60


@pytest.mark.parametrize("caller", [{"version": "5.7.1"}], indirect=True)
def test_a_version_without_modified_after_ignores_it(caller: Caller) -> None:
    order_id = caller.shop.add_order()
    assert caller.ids(modified_after="2030-01-01T00:00:00", dates_are_gmt="true") == [order_id]
    assert caller.call("GET", "/orders/statuses").json()["code"] == "rest_no_route"


def test_statuses_any_and_trash(caller: Caller) -> None:
    draft = caller.shop.add_order(status="checkout-draft")
    paid = caller.shop.add_order()
    gone = caller.shop.add_order()
    caller.shop.trash(gone)
    assert sorted(caller.ids()) == [draft, paid]
    assert sorted(caller.ids(status="any,trash")) == [draft, paid]
    assert sorted(caller.ids(status="processing,trash")) == [paid, gone]
    assert caller.call("GET", f"/orders/{gone}").json()["status"] == "trash"


@pytest.mark.parametrize("caller", [{"statuses": {"shipped": "Expédiée"}}], indirect=True)
def test_a_status_of_a_plugin_is_accepted_and_listed(caller: Caller) -> None:
    order_id = caller.shop.add_order()
    answer = caller.call("PUT", f"/orders/{order_id}", json={"status": "shipped"})
    assert answer.json()["status"] == "shipped"
    slugs = [row["slug"] for row in caller.call("GET", "/orders/statuses").json()]
    assert slugs[-1] == "shipped"
    message = caller.call("GET", "/orders", params={"status": "nope"}).json()["data"]["params"]
    assert "checkout-draft, and shipped." in message["status"]


def test_a_batch_does_not_validate_a_status(caller: Caller) -> None:
    order_id = caller.shop.add_order(status="processing")
    refused = caller.call("PUT", f"/orders/{order_id}", json={"status": "nope"})
    assert (refused.status_code, refused.json()["code"]) == (400, "rest_invalid_param")
    update = {"update": [{"id": order_id, "status": "nope"}]}
    answer = caller.call("POST", "/orders/batch", json=update)
    assert answer.json()["update"][0]["status"] == "pending"
    assert caller.shop.books()["statuses"][order_id] == ["processing", "pending"]


def test_a_batch_ignores_fields_but_does_the_work(caller: Caller) -> None:
    order_id = caller.shop.add_order()
    update = {"update": [{"id": order_id, "meta_data": [{"key": "k", "value": ["a", {"b": 1}]}]}]}
    answer = caller.call("POST", "/orders/batch", params={"_fields": "update.id"}, json=update)
    assert answer.json() == {"update": []}
    assert caller.shop.books()["orders"][order_id]["meta"] == {"k": ["a", {"b": 1}]}


def test_a_status_written_on_a_trashed_order_revives_it(caller: Caller) -> None:
    order_id = caller.shop.add_order()
    caller.shop.trash(order_id)
    answer = caller.call("PUT", f"/orders/{order_id}", json={"status": "completed"})
    assert answer.json()["status"] == "completed"
    assert caller.shop.books()["statuses"][order_id] == ["processing", "trash", "completed"]


def test_a_repeated_list_parameter_keeps_its_last_value(caller: Caller) -> None:
    first, second = caller.shop.add_order(), caller.shop.add_order()
    assert caller.ids(include=[first, second]) == [second]
    assert caller.ids(include=f"{second},{first}", orderby="include") == [second, first]


def test_fields_drop_a_list_of_which_only_a_part_is_asked(caller: Caller) -> None:
    order_id = caller.shop.add_order()
    params = {"_fields": "id,line_items.sku,shipping.postcode"}
    answer = caller.call("GET", f"/orders/{order_id}", params=params).json()
    assert {k: v for k, v in answer.items() if k != "_links"} == {
        "id": order_id,
        "shipping": {"postcode": "69003"},
    }


def test_search_finds_names_and_ids_but_no_phone_without_spaces(caller: Caller) -> None:
    billing = {"last_name": "Étienne", "phone": "06 11 22 33 44"}
    order_id = caller.shop.add_order(billing=billing)
    caller.shop.add_order()
    assert caller.ids(search="étienne") == [order_id]
    assert caller.ids(search=str(order_id)) == [order_id]
    assert caller.ids(search="0611223344") == []


def test_a_second_completion_sends_no_second_mail(caller: Caller) -> None:
    order_id = caller.shop.add_order()
    for _ in range(2):
        caller.call("PUT", f"/orders/{order_id}", json={"status": "completed"})
    books = caller.shop.books()
    assert [mail["kind"] for mail in books["mails"]] == ["completed"]
    assert [write["answer"] for write in books["writes"]] == [200, 200]
    assert [write["order_id"] for write in books["writes"]] == [order_id, order_id]


def test_a_refund_of_all_the_lines_leaves_the_shipping(caller: Caller) -> None:
    line = {"name": "Bol", "price": "18.00", "quantity": 3}
    fee = {"method_id": "flat_rate", "instance_id": 1, "total": "4.90"}
    order_id = caller.shop.add_order(line_items=[line], shipping_lines=[fee])
    item = caller.shop.order(order_id)["line_items"][0]["id"]
    caller.wait()
    before = modified(caller, order_id)
    caller.shop.refund(order_id, {item: 2})
    assert modified(caller, order_id) > before
    refunds = caller.call("GET", f"/orders/{order_id}/refunds").json()
    assert [r["line_items"][0]["quantity"] for r in refunds] == [-2]
    assert refunds[0]["line_items"][0]["meta_data"][0]["value"] == str(item)
    caller.shop.refund(order_id, {})
    order = caller.shop.order(order_id)
    assert order["status"] == "refunded"
    assert [r["total"] for r in order["refunds"]] == ["-22.90", "-36.00"]
    assert order["line_items"][0]["quantity"] == 3


def test_a_product_deleted_for_good_is_forgotten_by_its_lines(caller: Caller) -> None:
    product = caller.shop.add_product(name="Bol", sku="BOL", regular_price="18.00", weight="0.4")
    order_id = caller.shop.add_order(line_items=[{"sku": "BOL", "quantity": 2}])
    line = caller.shop.order(order_id)["line_items"][0]
    assert (line["product_id"], line["total"], line["price"]) == (product, "36.00", 18)
    caller.shop.delete_product(product)
    line = caller.call("GET", f"/orders/{order_id}").json()["line_items"][0]
    assert (line["product_id"], line["sku"], line["name"]) == (0, None, "Bol")


def test_a_variation_shows_its_parents_weight(caller: Caller) -> None:
    parent = caller.shop.add_product(name="T-shirt", weight="0.2")
    variation = caller.shop.add_variation(parent, sku="TS-S")
    caller.shop.add_order(line_items=[{"variation_id": variation}])
    found = caller.call("GET", f"/products/{parent}/variations").json()
    assert [(row["id"], row["weight"]) for row in found] == [(variation, "0.2")]
    assert caller.call("GET", "/products", params={"include": variation}).json() == []
    assert caller.call("GET", "/products", params={"sku": "TS-S"}).json()[0]["id"] == variation


def test_virtual_orders_need_no_processing(caller: Caller) -> None:
    caller.shop.add_product(sku="PDF", virtual=True, downloadable=True)
    order_id = caller.shop.add_order(line_items=[{"sku": "PDF"}], shipping=None)
    order = caller.shop.order(order_id)
    assert order["needs_processing"] is False
    assert set(order["shipping"].values()) == {""}


def test_threads_that_write_at_once_lose_nothing(caller: Caller) -> None:
    order_id = caller.shop.add_order()

    def write(start: int) -> None:
        for number in range(start, start + 10):
            meta = {"meta_data": [{"key": f"k{number}", "value": "v"}]}
            url = f"{caller.server.url}/wp-json/wc/v3/orders/{order_id}"
            requests.put(url, json=meta, auth=caller.session.auth, timeout=10).raise_for_status()

    threads = [threading.Thread(target=write, args=(start,)) for start in range(0, 40, 10)]
    for thread in threads:
        thread.start()
    for number in range(40):
        caller.shop.change_order(order_id, meta_data={f"m{number}": "v"})
    for thread in threads:
        thread.join()
    assert len(caller.shop.order(order_id)["meta_data"]) == 80


def test_a_member_the_shop_does_not_have_is_an_error(caller: Caller) -> None:
    with pytest.raises(ValueError, match="no such member in order: adress"):
        caller.shop.add_order(adress="x")
    order_id = caller.shop.add_order()
    with pytest.raises(ValueError, match="no such member in order: colour"):
        caller.shop.change_order(order_id, colour="x")


def test_wc_v1_is_empty_under_hpos(caller: Caller) -> None:
    caller.shop.add_order()
    url = f"{caller.server.url}/wp-json/wc/v1/orders"
    assert caller.session.get(url, timeout=10).json() == []
    assert len(caller.session.get(url.replace("v1", "v2"), timeout=10).json()) == 1
