"""The request that travels: weights of the boxes, names, days, and nothing made up."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from colisync.model.attention import ShipmentState
from colisync.model.order import Order, Standing
from colisync.model.parcel import ParcelState
from colisync.model.shipment import Parcel, Shipment, ShippedLine
from colisync.model.units import Money
from colisync.model.workspace import Contract, Sender, Shop, Workspace
from colisync.services.label_request import build_request
from colisync.storage.orders import StoredOrder
from colisync.testing.factories import make_address, make_line, make_order, make_sender

MONDAY = datetime(2026, 11, 23, 12, tzinfo=UTC)


def box(number: int, weight_g: int | None = None, **fields: Any) -> Parcel:
    return Parcel(id=number, shipment_id=1, ordinal=number, weight_g=weight_g, **fields)


def shipment(*parcels: Parcel, **fields: Any) -> Shipment:
    usual: dict[str, Any] = {
        "id": 1,
        "workspace": "w",
        "decision": ShipmentState.READY,
        "recipient": make_address(instructions="Sonner deux fois"),
        "contract_key": "c",
        "method": "home",
        "weight_g": 1000,
        "order_ids": (7,),
        "lines": (ShippedLine(order_id=7, line_id="l1", quantity=2),),
        "parcels": parcels or (box(1),),
    }
    return Shipment(**usual | fields)


def stored(order: Order, order_id: int = 7) -> StoredOrder:
    return StoredOrder(order_id, 1, "boutique", Standing.TO_SHIP, "f", order)


def request(
    made: Shipment, parcel: Parcel, *orders: StoredOrder, now: datetime = MONDAY, **fields: Any
) -> Any:
    return build_request(
        made,
        parcel,
        orders or (stored(make_order(42)),),
        Sender(key="s", address=make_sender()),
        Contract(workspace="w", key="c", carrier="colissimo", label_format="zpl_203"),
        Workspace(key="w", name="Atelier", language="en"),
        reference="ABCDEFGHIJ23",
        now=now,
        **fields,
    )


def test_what_is_asked_is_what_is_stored() -> None:
    made = shipment(insurance_eur=150, options={"non_machinable": True})
    asked = request(made, made.parcels[0])
    assert (asked.reference, asked.order_number, asked.method) == ("ABCDEFGHIJ23", "42", "home")
    assert (asked.recipient, asked.sender) == (made.recipient, make_sender())
    assert (asked.weight_g, asked.insurance_eur) == (1000, 150)
    assert str(asked.label_format) == "zpl_10x15_203"
    assert asked.instructions == "Sonner deux fois"
    assert asked.language == "en"
    assert asked.options == {"non_machinable": True}
    (item,) = asked.items
    assert (item.sku, item.quantity, item.weight_g) == ("BOUGIE-1", 2, 250)


def test_the_shop_lends_its_name_else_the_workspace() -> None:
    made = shipment()
    named = Shop(workspace="w", key="boutique", platform="fake", name="Lumière")
    assert request(made, made.parcels[0], shop=named).shop_name == "Lumière"
    assert request(made, made.parcels[0]).shop_name == "Atelier"


def test_the_day_is_the_next_working_one_after_the_slip() -> None:
    made = shipment()
    friday_evening = datetime(2026, 11, 27, 17, tzinfo=UTC)
    assert request(made, made.parcels[0]).hand_over_on == date(2026, 11, 23)
    late = request(made, made.parcels[0], now=friday_evening)
    assert late.hand_over_on == date(2026, 11, 30)


@pytest.mark.parametrize(
    ("weights", "packaging", "expected"),
    [
        ([None], 0, [1000]),
        ([None], 80, [1080]),
        ([None, None, None], 0, [334, 334, 334]),
        ([400, None, None], 50, [450, 350, 350]),
        ([400, 900], 10, [410, 910]),
        ([1500, None], 0, [1500, 1]),
    ],
)
def test_each_box_weighs_its_own_or_an_equal_share(
    weights: list[int | None], packaging: int, expected: list[int]
) -> None:
    parcels = [box(number, weight) for number, weight in enumerate(weights, start=1)]
    made = shipment(*parcels, packaging_g=packaging)
    assert [request(made, one).weight_g for one in parcels] == expected


def test_boxes_are_counted_without_the_void_ones() -> None:
    void = box(1, state=ParcelState.VOID)
    made = shipment(void, box(2), box(3))
    asked = [request(made, one) for one in made.parcels[1:]]
    assert [(one.parcel_index, one.parcel_count) for one in asked] == [(1, 2), (2, 2)]
    assert asked[0].items == ()


def test_several_orders_travel_under_the_first_number() -> None:
    euro = Money(amount="4.90", currency="EUR")
    lines = (
        ShippedLine(order_id=7, line_id="l1", quantity=1),
        ShippedLine(order_id=8, line_id="l2", quantity=3),
    )
    made = shipment(order_ids=(7, 8), lines=lines)
    second = make_order(43, lines=(make_line(2),), shipping_total=euro)
    first = make_order(42, shipping_total=euro)
    asked = request(made, made.parcels[0], stored(first), stored(second, 8))
    assert asked.order_number == "42"
    assert [(one.sku, one.quantity) for one in asked.items] == [("BOUGIE-1", 1), ("BOUGIE-2", 3)]
    assert asked.shipping_total == Money(amount="9.80", currency="EUR")


def test_postage_in_two_currencies_is_not_added_up() -> None:
    first = make_order(1, shipping_total=Money(amount="5", currency="EUR"))
    second = make_order(2, shipping_total=Money(amount="5", currency="CHF"))
    made = shipment(order_ids=(7, 8))
    asked = request(made, made.parcels[0], stored(first), stored(second, 8))
    assert asked.shipping_total is None
