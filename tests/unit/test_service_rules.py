"""Which rule an order falls under: first match wins, bounds are inclusive, nothing is guessed."""

import pytest

from colisync.model.address import Address
from colisync.model.order import Order, PickedChoice
from colisync.model.pickup import PickupPoint
from colisync.model.units import Money
from colisync.model.workspace import Bounds, RuleUse, RuleWhen, ShippingRule
from colisync.services.rules import match
from colisync.testing.factories import make_address, make_line, make_order


def matches(order: Order, **when: object) -> bool:
    use = RuleUse(contract="c", method="m")
    rule = ShippingRule(when=RuleWhen.model_validate(when), use=use)
    return match(order, "boutique", [rule]) == use


ORDER = make_order(
    1,
    choice=PickedChoice(id="flat_rate:3", title="Livraison Express"),
    recipient=make_address(postcode="20 290", company="Ste Lune"),
    lines=(make_line(1, sku="BOUGIE"), make_line(2, sku="GONE", quantity=0)),
    tags=("Cadeau",),
    total=Money(amount="50", currency="EUR"),
)


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ({}, True),
        ({"shop": "boutique"}, True),
        ({"shop": ["autre"]}, False),
        ({"choice": "flat_rate:3"}, True),
        ({"choice": "flat_rate:30"}, False),
        ({"choice": "flat_rate*"}, False),
        ({"choice": "livraison*"}, True),
        ({"choice": ["*express", "other"]}, True),
        ({"choice": "express"}, False),
        ({"country": ["BE", "fr"]}, True),
        ({"country": "BE"}, False),
        ({"postcode": "20"}, True),
        ({"postcode": "20000-20999"}, True),
        ({"postcode": "20290-20290"}, True),
        ({"postcode": "20291-20999"}, False),
        ({"postcode": "20000-20289"}, False),
        ({"postcode": ["97", "98", "202"]}, True),
        ({"postcode": "69"}, False),
        ({"weight_g": {"max": 250}}, True),
        ({"weight_g": {"max": 249}}, False),
        ({"weight_g": {"min": 250}}, True),
        ({"total": {"min": 50, "max": 50}}, True),
        ({"total": {"min": 50.01}}, False),
        ({"sku": "bougie"}, True),
        ({"sku": "GONE"}, False),
        ({"tag": "cadeau"}, True),
        ({"tag": "urgent"}, False),
        ({"pickup_point": False}, True),
        ({"pickup_point": True}, False),
        ({"company": True}, True),
        ({"company": False}, False),
        ({"served_by": "c"}, False),
        ({"country": "FR", "tag": "urgent"}, False),
    ],
)
def test_each_condition_holds_or_not(when: dict[str, object], expected: bool) -> None:
    assert matches(ORDER, **when) is expected


def test_the_first_rule_that_holds_wins() -> None:
    rules = [
        ShippingRule(when=RuleWhen(country=("BE",)), use=RuleUse(method="one")),
        ShippingRule(when=RuleWhen(country=("FR",)), use=RuleUse(method="two")),
        ShippingRule(use=RuleUse(method="three")),
    ]
    found = match(ORDER, "boutique", rules)
    assert found is not None
    assert found.method == "two"
    assert match(ORDER, "boutique", rules[:1]) is None
    assert match(ORDER, "boutique", []) is None


def test_what_is_not_known_matches_no_bounds() -> None:
    unknown = make_order(1, total=None, choice=None, lines=(make_line(1, weight_g=None),))
    assert not matches(unknown, total={"min": 0})
    assert not matches(unknown, choice="*")
    assert not matches(make_order(1, recipient=Address()), postcode="")
    bounds = RuleWhen(weight_g=Bounds(min=0))
    rule = ShippingRule(when=bounds, use=RuleUse())
    assert match(unknown, "boutique", [rule]) is None
    assert match(unknown, "boutique", [rule], weight_g=500) is not None


def test_a_range_of_postcodes_with_letters() -> None:
    british = make_order(1, recipient=make_address(country="GB", postcode="sw1a 1aa"))
    assert matches(british, postcode="SW1")
    assert matches(british, postcode="SW1-SW9")
    assert not matches(british, postcode="SW2-SW9")


def test_a_pick_up_point_is_asked_for() -> None:
    order = make_order(1, pickup_point=PickupPoint(id="P"))
    assert matches(order, pickup_point=True)
    assert not matches(order, pickup_point=False)


def test_a_rule_by_coverage_matches_once_coverage_is_known() -> None:
    rule = ShippingRule(when=RuleWhen(served_by=("cp", "other")), use=RuleUse())

    def covers(contract: str, address: Address) -> bool:
        return contract == "other" and address.city == "Lyon"

    assert match(make_order(1), "boutique", [rule], covers) is not None
    assert match(make_order(1, recipient=make_address(city="X")), "b", [rule], covers) is None
