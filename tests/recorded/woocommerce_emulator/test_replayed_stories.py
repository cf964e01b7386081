"""Recorded stories, one request after the other against one shop, and single resources."""

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
ORDERS = sorted(path.stem for path in (HERE / "orders").glob("*.json"))
PLAIN = sorted(path.stem for path in (HERE / "plain").glob("*.json"))


def body_of(family: str, name: str) -> Any:
    return json.loads((HERE / family / f"{name}.json").read_text("utf-8"))["response"]["body"]


def seed(shop: Any, body: dict[str, Any], *, last_item: int = 0, last_meta: int = 0) -> None:
    """Puts a recorded order in the shop; the next line and meta ids are those after the last."""
    shop.add_order(**body)
    if last_item or last_meta:
        line, meta = [{"id": last_item}], [{"id": last_meta, "key": "k", "value": "v"}]
        spare = shop.add_order(id=9, line_items=line, meta_data=meta)
        shop.delete(spare)


@pytest.fixture(scope="module")
def shops(replayer: Any) -> dict[bool, Any]:
    """A shop with HPOS, and one without."""
    return {hpos: replayer(hpos=hpos) for hpos in (True, False)}


@pytest.mark.parametrize("name", ORDERS)
def test_an_order_put_in_comes_out_byte_for_byte(shops: Any, name: str) -> None:
    played = shops[not name.startswith("cpt_")]
    played.shop.add_order(**body_of("orders", name))
    played.play("orders", name)


@pytest.fixture(scope="module")
def plain_shop(replayer: Any) -> Any:
    played = replayer(permalinks="plain")
    for order_id in (2157, 2158):
        played.shop.add_order(id=order_id)
    return played


@pytest.mark.parametrize("name", PLAIN)
def test_plain_permalinks_hide_the_api(plain_shop: Any, name: str) -> None:
    plain_shop.play("plain", name, totals=False)


def test_status_and_meta_are_written_as_recorded(replayer: Any) -> None:
    played = replayer()
    first = body_of("writes", "order_put_completed_with_meta")
    meta = [m for m in first["meta_data"] if m["key"] == "is_vat_exempt"]
    undone = {"status": "processing", "date_completed": None, "date_completed_gmt": None}
    seed(played.shop, {**first, **undone, "meta_data": meta}, last_item=5, last_meta=7567)
    played.play("writes", "order_put_completed_with_meta")
    notes = played.shop.books()["notes"][136]
    assert [note["note"] for note in notes] == [
        "Order status changed from Processing to Completed."
    ]
    played.play("writes", "order_put_completed_notes_after", exact=False)
    for name in ("again", "by_id", "delete_null"):
        played.play("writes", f"order_put_meta_{name}")
    for name in ("same_meta", "unknown_field", "bad_status", "hyphen_status", "bad_json"):
        played.play("writes", f"order_put_{name}")
    for name in ("form_encoded", "unknown_id"):
        played.play("writes", f"order_put_{name}")
    played.shop.change_order(136, customer_note="")
    played.play("writes", "order_put_meta_missing_key", exact=False)
    assert [mail["kind"] for mail in played.shop.books()["mails"]] == ["completed"]


def test_a_put_hidden_in_a_post_is_a_put(replayer: Any) -> None:
    played = replayer()
    for order_id in (944, 149):
        played.shop.add_order(id=order_id, status="on-hold")
    for name in ("method_override_header", "method_override_query"):
        played.play("overrides", name)
    before = played.shop.order(149)["shipping"]
    played.play("overrides", "order_put_shipping_address", exact=False)
    assert played.shop.order(149)["shipping"] == {**before, "address_2": "Porte B"}
    assert [write["method"] for write in played.shop.books()["writes"]] == ["PUT"] * 3


def test_lines_are_changed_and_added_as_recorded(replayer: Any) -> None:
    played = replayer()
    played.shop.add_product(
        id=11, name="Thé vert Sencha 100 g", sku="SKU-001", regular_price="9.90"
    )
    first = body_of("lines", "order_put_shipping_line_meta")
    first["shipping_lines"][0]["meta_data"] = []
    seed(played.shop, first, last_item=6735, last_meta=52927)
    for name in ("shipping_line_meta", "line_item_meta", "line_item_without_id"):
        played.play("lines", f"order_put_{name}")


def test_the_trash_works_as_recorded(replayer: Any) -> None:
    played = replayer()
    seed(played.shop, body_of("trash", "order_delete_trash"), last_item=1, last_meta=7570)
    seed(played.shop, body_of("trash", "order_delete_force"))
    for name in ("order_delete_trash", "order_delete_again", "order_put_trashed"):
        played.play("trash", name)
    for name in ("order_delete_force", "order_get_deleted"):
        played.play("trash", name)


def test_notes_are_written_and_read_as_recorded(replayer: Any) -> None:
    played = replayer()
    played.shop.add_order(id=131)
    for number in range(2, 2335):
        played.shop.change_order(131, status="processing" if number % 2 else "on-hold")
    for name in ("note_post_customer", "note_post_internal"):
        played.play("notes", name)
    played.play("notes", "notes_get_customer")
    played.play("notes", "notes_get", exact=False)
    for name in (
        "post_empty",
        "order_404",
        "delete_no_force",
        "delete_force",
        "post_added_by_user",
    ):
        played.play("notes", f"note_{name}")
    assert [mail["kind"] for mail in played.shop.books()["mails"]] == ["customer_note"]


def test_a_refund_is_made_as_recorded(replayer: Any) -> None:
    played = replayer()
    line = {**body_of("refunds", "refund_post")["line_items"][0], "id": 444}
    given = {"quantity": 2, "total": "90.00", "subtotal": "90.00", "price": 45, "meta_data": []}
    seed(played.shop, {"id": 190, "line_items": [{**line, **given}]}, last_item=6735)
    spare = played.shop.add_order(
        id=2158, meta_data=[{"id": 7576, "key": "a", "value": "b"}], line_items=[{"id": 6735}]
    )
    played.play("refunds", "refund_post", exact=False)
    played.play("refunds", "refunds_get", exact=False)
    played.play("refunds", "order_get_refund_id")
    refund = played.shop.order(190)["refunds"][0]
    assert refund == {"id": spare + 1, "reason": "Casse", "total": "-2.00"}


def test_batches_answer_item_by_item_as_recorded(replayer: Any) -> None:
    played = replayer()
    for order_id in (64, 81, 918, 924, 928, 930):
        played.shop.add_order(id=order_id, status="processing")
    exchange = played.play("batch", "batch_empty")
    for name in ("batch_put_method", "batch_create_order"):
        played.play("batch", name, exact=False)
    twice = json.loads((HERE / "batch" / "batch_duplicate_id.json").read_text("utf-8"))
    _, _, content = played.send("batch_duplicate_id", twice["request"])
    notes = [order["customer_note"] for order in json.loads(content)["update"]]
    assert notes == [row["customer_note"] for row in twice["response"]["body"]]
    mixed = json.loads((HERE / "batch" / "batch_mixed_errors.json").read_text("utf-8"))
    _, _, content = played.send("batch_mixed_errors", mixed["request"])
    made, recorded = json.loads(content)["update"], mixed["response"]["body"]["update"]
    for index in (0, 3):
        assert made[index] == recorded[index]
    for index in (1, 2):
        assert [made[index][k] for k in ("id", "status")] == [
            recorded[index][k] for k in ("id", "status")
        ]
    request = {
        **exchange["request"],
        "body": {"update": [{"id": 64, "status": "wc-completed"}, {"id": 81, "status": "shipped"}]},
    }
    _, _, content = played.send("batch_status_prefix_and_unknown", request)
    statuses = [order["status"] for order in json.loads(content)["update"]]
    assert statuses == [
        row["status"] for row in body_of("batch", "batch_status_prefix_and_unknown")
    ]
    too_many = {**exchange["request"], "body": {"update": [{"id": 64}] * 101}}
    status, _, content = played.send("batch_101", too_many)
    assert (status, json.loads(content)) == (413, body_of("batch", "batch_101"))


def test_fulfilments_are_unchecked_as_recorded(replayer: Any) -> None:
    played = replayer(fulfillments=True)
    seed(played.shop, {**body_of("fulfillments", "fulfillment_order_after"), "meta_data": []})
    for name in ("s_list_empty", "_create", "_create_notify", "s_list", "_get", "_metadata"):
        played.play("fulfillments", f"fulfillment{name}", exact=name != "_create")
    for name in ("no_items", "no_meta", "404", "order_404", "update", "over_quantity"):
        played.play("fulfillments", f"fulfillment_{name}", exact=name not in ("over_quantity",))
    for name in ("bad_item", "bad_status"):
        played.play("fulfillments", f"fulfillment_{name}", exact=False)
    shown = {m["key"]: m["value"] for m in played.shop.order(1618)["meta_data"]}
    assert shown["_fulfillment_status"] == "fulfilled"
    played.play("fulfillments", "fulfillment_delete")
    played.play("fulfillments", "fulfillments_readonly_key")
    played.play("fulfillments", "fulfillment_lookup_XX")
    assert [mail["kind"] for mail in played.shop.books()["mails"]] == ["fulfillment"]


@pytest.fixture(scope="module")
def catalogue(replayer: Any) -> Any:
    played = replayer()
    one = {k: v for k, v in body_of("products", "product_one").items() if k != "_links"}
    played.shop.add_product(**one)
    stamp = "2026-11-21T21:45:31"
    played.shop.add_product(id=12, sku="SKU-002", weight="1.05", date_created_gmt=stamp)
    played.shop.add_product(id=34, sku="", date_created_gmt=stamp, date_modified_gmt=stamp)
    played.shop.add_product(
        id=35, sku="TS", weight="0.2", date_created_gmt=stamp, date_modified_gmt=stamp
    )
    for variation, sku, weight in ((36, "TS-S", ""), (37, "TS-M", ""), (38, "TS-XL", "0.26")):
        played.shop.add_variation(35, id=variation, sku=sku, weight=weight, date_created_gmt=stamp)
    return played


@pytest.mark.parametrize("name", sorted(p.stem for p in (HERE / "products").glob("*.json")))
def test_products_answer_as_recorded(catalogue: Any, name: str) -> None:
    catalogue.play("products", name, totals=name != "products_modified_after")


@pytest.mark.parametrize("name", sorted(p.stem for p in (HERE / "site").glob("*.json")))
def test_the_site_describes_itself_as_recorded(shops: Any, name: str) -> None:
    named = name in ("index_wp-json_fields", "settings_weight_unit", "settings_dimension_unit")
    loose = named or name == "reports_orders_totals"
    shops[True].play("site", name, exact=not loose)


def test_zones_are_made_and_changed_as_recorded(replayer: Any) -> None:
    played = replayer()
    for name in ("France métropolitaine", "Outre-mer", "Union européenne"):
        played.shop.add_zone(name, ["FR", "MC"], ["flat_rate", "local_pickup"])
    played.shop.add_zone("Suisse", ["CH"], ["flat_rate", "local_pickup", "free_shipping"])
    for name in ("zones", "zone_locations", "zone_0_methods", "methods"):
        played.play("zones", f"shipping_{name}", exact=name != "zones")
    played.play("zones", "shipping_zone_create")
    played.play("zones", "shipping_zone_locations_put")
    made = played.play("zones", "shipping_zone_method_create_flat_rate", exact=False)
    assert made["response"]["body"]["title"] == "Flat rate"
    made = played.play("zones", "shipping_zone_method_update", exact=False)
    assert made["response"]["body"]["title"] == "Colissimo Corse"
    played.play("zones", "shipping_zone_method_bad")
    for name in ("delete_no_force", "delete"):
        played.play("zones", f"shipping_zone_{name}")


def test_webhooks_are_managed_as_recorded(replayer: Any) -> None:
    played = replayer()
    for name in ("bad_topic", "bad_url"):
        played.play("webhooks", f"webhook_create_{name}")
    for event in ("created", "updated", "deleted", "restored"):
        played.play("webhooks", f"webhook_create_order.{event}")
    played.play("webhooks", "webhooks_list")
    for name in ("get", "reactivate", "delete_no_force", "delete"):
        played.play("webhooks", f"webhook_{name}")


def test_the_recorded_signature_is_the_one_the_emulator_would_make() -> None:
    delivery = json.loads((HERE / "webhooks" / "webhook_delivery_raw_body.json").read_text("utf-8"))
    headers = dict(delivery["received"]["headers"])
    body = delivery["received"]["body_raw"].encode()
    made = hmac.new(delivery["secret_used"].encode(), body, hashlib.sha256).digest()
    assert base64.b64encode(made).decode() == headers["X-WC-Webhook-Signature"]
