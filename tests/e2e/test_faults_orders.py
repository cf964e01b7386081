"""Bad orders: each waits by itself, with field, remedy and command; the others go on."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest

from colisync.testing.scene import Scene


class _Bad(NamedTuple):
    """An order, and what must be said of it."""

    fields: Mapping[str, Any]
    code: str
    field: str
    words: str
    cure: str


_RELAY = {
    "shipping_lines": ["lpc_relay:3"],
    "meta_data": {"_lpc_meta_pickUpLocationId": "663766", "_lpc_meta_pickUpProductCode": "A2P"},
}
_BAD = {
    "no address": _Bad(
        {"buyer": {"address_1": "", "city": "", "postcode": ""}},
        "colissimo.street_missing",
        "recipient.street",
        "rue du destinataire",
        "recipient.street=3 rue Neuve|recipient.postcode=69001|recipient.city=Lyon",
    ),
    "no weight": _Bad(
        {"line_items": [{"name": "Vase", "quantity": 1, "price": "10"}]},
        "shipment.no_weight",
        "weight_g",
        "poids",
        "weight_g=400",
    ),
    "no phone": _Bad(
        {"buyer": {"phone": ""}, **_RELAY},
        "colissimo.mobile_missing",
        "recipient.phone",
        "téléphone portable",
        "recipient.phone=0612349876",
    ),
    "200-character street": _Bad(
        {"buyer": {"address_1": "rue " + "de la très longue allée " * 8}},
        "colissimo.address_too_long",
        "recipient.street",
        "35 caractères",
        "recipient.street=12 rue Courte",
    ),
    "unknown country": _Bad(
        {"buyer": {"country": "ZQ"}},
        "colissimo.country_not_served",
        "recipient.country",
        "« ZQ »",
        "recipient.country=FR",
    ),
}
_RULES = {
    "default_weight_g = 500\n": "",
    '[[rules]]\nwhen = { choice = "flat_rate:1" }': (
        '[[rules]]\nwhen = { pickup_point = true }\nuse = { contract = "colissimo", method = '
        '"pickup" }\n[[rules]]\nwhen = { choice = "flat_rate:1" }'
    ),
}


@pytest.mark.parametrize("name", _BAD)
def test_a_bad_order_names_its_field_and_its_cure_and_stops_no_other(
    scene: Scene, name: str
) -> None:
    bad = _BAD[name]
    first, order, last = scene.order(), scene.order(**bad.fields), scene.order()
    scene.apply(_RULES)
    (told,) = scene.told("run", "--yes")
    assert (told.order, told.code, told.field) == (order, bad.code, bad.field)
    assert bad.words in told.text
    assert f"→ colisync edit {order} {bad.field}=" in told.remedy
    assert order in scene.here("status", code=1).out
    scene.judge([first, last])
    scene.here("edit", order, *bad.cure.split("|"))
    scene.here("run", "--yes")
    scene.judge([first, order, last])


def test_emoji_in_an_address_are_left_out_and_told(scene: Scene) -> None:
    order = scene.order(buyer={"first_name": "Léa 🌸", "address_2": "Bât. B 🏡", "city": "Lyon 🦁"})
    scene.apply()
    scene.here("run", "--yes")
    (body,) = scene.carrier.bodies()
    assert body["letter"]["addressee"]["address"]["firstName"] == "Léa"
    assert body["letter"]["addressee"]["address"]["city"] == "Lyon"
    ((warnings,),) = scene.query("SELECT warnings FROM parcels")
    assert "🌸" in warnings
    scene.judge([order])


def test_an_order_that_does_not_read_stops_no_other(scene: Scene) -> None:
    first, order, last = scene.order(), scene.order(), scene.order()
    scene.shop.change_order(int(order[9:]), currency="euros")
    scene.apply()
    (told,) = scene.told("run", "--yes")
    assert (told.order, told.code) == (order, "woocommerce.order_unreadable")
    assert f"La commande {order[9:]} ne se lit pas" in told.text
    assert "dans la boutique" in told.remedy
    scene.judge([first, last])
    scene.shop.change_order(int(order[9:]), currency="EUR")
    scene.here("run", "--yes")
    scene.judge([first, order, last])
