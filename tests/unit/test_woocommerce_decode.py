"""What an order of WooCommerce means; every trap of its form."""

import copy
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colisync.errors import UnreadableAnswer
from colisync.model.order import Order
from colisync.wire.known_products import Product
from colisync_woocommerce.decode import META_KEY, decode_order, decode_refunds

PLACE = {
    "first_name": "Zoé", "last_name": "Martin", "company": "", "address_1": "3 place du Marché",
    "address_2": "Bât. B", "city": "PARIS", "state": "", "postcode": "75015", "country": "FR",
    "phone": "",
}  # fmt: skip
ROW: dict[str, Any] = {
    "id": 1042, "number": "W-1042", "status": "processing", "currency": "EUR", "total": "55.20",
    "shipping_total": "5.20", "date_created_gmt": "2026-11-20T09:00:00",
    "date_modified_gmt": "2026-11-20T10:00:00", "date_paid_gmt": None, "customer_note": "",
    "needs_processing": True, "refunds": [],
    "billing": {**PLACE, "phone": "06 12 34 56 78", "email": "zoe@example.org"}, "shipping": PLACE,
    "shipping_lines": [
        {"id": 9, "method_id": "flat_rate", "instance_id": "3", "method_title": "À domicile"}
    ],
    "line_items": [
        {"id": 7, "name": "Thé", "product_id": 11, "variation_id": 0, "quantity": 2, "sku": "T1",
         "price": 25, "meta_data": []}
    ],
    "meta_data": [],
}  # fmt: skip
THE = {("11", ""): Product(weight_g=250)}


def read(**fields: Any) -> Order:
    return decode_order({**ROW, **fields}, THE, {})


def metas(**values: Any) -> list[dict[str, Any]]:
    return [
        {"id": at, "key": key, "value": value} for at, (key, value) in enumerate(values.items())
    ]


def test_a_plain_order() -> None:
    order = read()
    assert (order.external_id, order.number) == ("1042", "W-1042")
    assert order.created_at == datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    assert order.paid_at is None
    assert order.total is not None
    assert order.total.amount == Decimal("55.20")
    assert order.recipient.phone == "06 12 34 56 78"
    assert order.recipient.email == order.buyer_email == "zoe@example.org"
    assert order.choice is not None
    assert (order.choice.id, order.choice.title) == ("flat_rate:3", "À domicile")
    assert order.lines[0].unit_price is not None
    assert order.weight_g == 500
    assert order.needs_shipping
    assert order.raw["number"] == "W-1042"


def test_country_is_the_test_of_an_empty_shipping_address() -> None:
    empty = dict.fromkeys(PLACE, "")
    assert read(shipping=empty).recipient.street == "3 place du Marché"
    assert read(shipping=[]).recipient.city == "PARIS"
    kept = {**empty, "country": "BE", "address_1": "1 rue Haute"}
    assert read(shipping=kept).recipient.street == "1 rue Haute"


@pytest.mark.parametrize("method", ["local_pickup", "pickup_location"])
def test_collected_in_the_shop(method: str) -> None:
    line = {"id": 9, "method_id": method, "instance_id": "5", "method_title": "Retrait"}
    assert read(shipping_lines=[line]).collected_in_store
    assert not read(shipping_lines=[line, ROW["shipping_lines"][0]]).collected_in_store
    assert not read(shipping_lines=[]).collected_in_store


def test_virtual_orders_need_no_shipping() -> None:
    virtual = {("11", ""): Product(virtual=True)}
    assert not decode_order(ROW, virtual, {}).needs_shipping
    assert not read(needs_processing=False).needs_shipping


def test_pickup_points_of_both_pickers() -> None:
    data = {"nom": "TABAC", "adresse1": "3 RUE", "codePostal": "29200", "localite": "BREST",
            "codePays": "FR"}  # fmt: skip
    lpc = metas(
        _lpc_meta_pickUpLocationId=663766,
        _lpc_meta_pickUpProductCode="A2P",
        _lpc_meta_pickUpLocationData=json.dumps(data),
    )
    point = read(meta_data=lpc).pickup_point
    assert point is not None
    assert (point.id, point.name, point.network, point.city, point.source) == (
        "663766", "TABAC", "A2P", "BREST", "colissimo")  # fmt: skip
    sendcloud = {"id": 123, "name": "Relais", "street": "rue X", "house_number": "4"}
    for value in (sendcloud, json.dumps(sendcloud)):
        point = read(meta_data=metas(sendcloudshipping_v2_service_point=value)).pickup_point
        assert point is not None
        assert (point.id, point.street, point.source) == ("123", "rue X 4", "sendcloud")


@pytest.mark.parametrize(
    "value", [None, "", 7, [], {}, "not json", [1, {"x": 2}], True, {"id": {}}]
)
def test_meta_of_any_type_stops_nothing(value: Any) -> None:
    keys = (
        META_KEY, "_lpc_meta_pickUpLocationData", "_wc_shipment_tracking_items",
        "sendcloudshipping_v2_service_point", "_fulfillment_status", "_tracking_number",
    )  # fmt: skip
    assert read(meta_data=metas(**dict.fromkeys(keys, value))).external_id == "1042"
    assert read(meta_data=[{"id": 1, "key": None, "value": value}]).external_id == "1042"


def test_other_tools_shipments_are_seen_and_ours_are_not() -> None:
    ours = [{"key": "k", "number": "6A1"}, {"key": "k", "number": "6A0", "void": True}]
    items = [{"tracking_number": "6A1"}, {"tracking_number": "6A0"}]
    order = read(meta_data=metas(_colisync=ours, _wc_shipment_tracking_items=items))
    assert order.our_numbers == ("6A1",)
    assert order.foreign_shipment is None
    items.append({"tracking_number": "8R9"})
    foreign = read(meta_data=metas(_colisync=ours, _wc_shipment_tracking_items=items))
    assert foreign.foreign_shipment is not None
    assert foreign.foreign_shipment.numbers == ("8R9",)
    assert read(meta_data=metas(lpc_outward_parcel_number="6A2")).foreign_shipment is not None
    assert read(meta_data=metas(_fulfillment_status="fulfilled")).foreign_shipment is not None
    fulfilled = metas(_colisync=ours, _fulfillment_status="fulfilled")
    assert read(meta_data=fulfilled).foreign_shipment is None


def test_refunds_are_subtracted() -> None:
    meta = [{"id": 1, "key": "_refunded_item_id", "value": "7"}]
    refund = {"id": 50, "line_items": [{"id": 8, "quantity": -1, "meta_data": meta}]}
    refunded = decode_refunds([refund, refund])
    assert refunded == {"7": 2}
    order = decode_order(ROW, THE, {"7": 1})
    assert (order.lines[0].quantity, order.lines[0].ordered_quantity) == (1, 2)
    assert decode_order(ROW, THE, {"7": 5}).lines[0].quantity == 0
    assert read(status="refunded").lines[0].quantity == 0


def test_a_deleted_product_has_no_weight() -> None:
    line = {**ROW["line_items"][0], "product_id": 0, "sku": None, "quantity": 1.5}
    order = read(line_items=[line])
    assert (order.lines[0].product_id, order.lines[0].sku, order.lines[0].quantity) == ("", "", 2)
    assert order.weight_g is None


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"line_items": "x"}, "line_items"), ({"date_created_gmt": "soon"}, "date_created_gmt"),
        ({"date_created_gmt": None, "date_modified_gmt": None}, "created_at"),
        ({"currency": "euros"}, "currency"), ({"billing": 5}, "billing"),
        ({"line_items": [{"id": 1, "quantity": "two"}]}, "quantity"),
    ],
)  # fmt: skip
def test_what_does_not_read_is_named(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(UnreadableAnswer) as caught:
        read(**fields)
    assert caught.value.key == "woocommerce.order_unreadable"
    assert field in str(caught.value.params["field"])
    assert caught.value.params["order"] == "W-1042"


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)
PATHS = [
    *((key,) for key in ROW),
    *(("billing", key) for key in PLACE),
    *(("line_items", 0, key) for key in ROW["line_items"][0]),
    *(("shipping_lines", 0, key) for key in ROW["shipping_lines"][0]),
    ("meta_data", 0),
]


@given(st.sampled_from(PATHS), ANY)
def test_anything_in_any_field_gives_an_order_or_a_typed_error(path: Any, value: Any) -> None:
    row = copy.deepcopy({**ROW, "meta_data": [{"id": 1, "key": "k", "value": 1}]})
    place: Any = row
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    try:
        read_as = decode_order(row, THE, {}).external_id
    except UnreadableAnswer as error:
        read_as = str(error.params["field"])
    assert isinstance(read_as, str)
