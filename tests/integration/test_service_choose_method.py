"""Every draft is ready, held, or waits for a person with the command that cures it."""

import pytest

from colisync.errors import ConfigurationError, InvalidShipment
from colisync.model.attention import ShipmentState
from colisync.model.order import PickedChoice
from colisync.model.pickup import PickupPoint
from colisync.model.workspace import Contract, Mode, RuleUse, RuleWhen, ShippingRule
from colisync.plugins import Backends
from colisync.services.choose_method import choose_method
from colisync.services.find_order import find_order, find_shipments
from colisync.storage import new_shipments
from colisync.storage.new_shipments import NewShipment
from colisync.storage.store import Store
from colisync.testing.factories import CONTRACT, Seed, make_address, make_line, make_order


@pytest.fixture
def seed(store: Store) -> Seed:
    return Seed(store)


def use(**fields: object) -> RuleUse:
    return RuleUse(**{"contract": CONTRACT, "method": "home", **fields})


def rule(when: RuleWhen | None = None, **fields: object) -> ShippingRule:
    return ShippingRule(when=when or RuleWhen(), use=use(**fields))


def test_the_first_rule_that_matches_makes_the_draft_ready(seed: Seed) -> None:
    seed.put_rules(
        rule(RuleWhen(country=("BE",)), method="pickup"),
        rule(RuleWhen(country=("FR",)), method="home_signature", insurance=150, packaging_g=80),
        rule(),
    )
    made = seed.draft()
    assert choose_method(seed.bench, seed.workspace).counts == {"ready": 1}
    ready = seed.shipment(made.id)
    assert (ready.contract_key, ready.method) == (CONTRACT, "home_signature")
    assert (ready.sender_key, ready.insurance_eur, ready.packaging_g) == ("atelier", 150, 80)
    assert ready.version == made.version + 1
    assert choose_method(seed.bench, seed.workspace).counts == {}


def test_no_rule_is_for_a_person_and_never_a_guess(seed: Seed) -> None:
    seed.put_rules(rule(RuleWhen(country=("BE",))))
    made = seed.draft()
    outcome = choose_method(seed.bench, seed.workspace)
    (problem,) = outcome.attention
    assert (problem.code, problem.order) == ("shipment.no_method", "boutique/1")
    assert problem.command == "colisync edit boutique/1 method=colissimo:home"
    assert problem.params == {"choice": "Livraison à domicile", "country": "FR"}
    assert seed.shipment(made.id).decision is ShipmentState.ATTENTION
    assert seed.shipment(made.id).attention == problem


def test_a_new_rule_cures_what_had_none_and_old_news_is_told_only_when_asked(seed: Seed) -> None:
    seed.put_rules()
    made = seed.draft()
    choose_method(seed.bench, seed.workspace)
    assert choose_method(seed.bench, seed.workspace).ok
    assert not choose_method(seed.bench, seed.workspace, orders=["1"]).ok
    seed.put_rules(rule())
    assert choose_method(seed.bench, seed.workspace).counts == {"ready": 1}
    assert seed.shipment(made.id).attention is None


@pytest.mark.parametrize(
    ("order_weight", "rule_weight", "default", "expected"),
    [(250, 900, 500, 250), (None, 900, 500, 900), (None, None, 500, 500), (0, None, 500, 500)],
)
def test_the_weight_is_the_orders_then_the_rules_then_the_workspaces(
    store: Store,
    order_weight: int | None,
    rule_weight: int | None,
    default: int | None,
    expected: int,
) -> None:
    seed = Seed(store, client={"default_weight_g": default}, rules=[rule(weight_g=rule_weight)])
    made = seed.draft(make_order(1, lines=(make_line(1, weight_g=order_weight),)))
    assert choose_method(seed.bench, seed.workspace).ok
    assert seed.shipment(made.id).weight_g == expected


def test_without_any_weight_a_person_gives_it(seed: Seed) -> None:
    seed.draft(make_order(1, lines=(make_line(1, weight_g=None),)))
    (problem,) = choose_method(seed.bench, seed.workspace).attention
    assert (problem.code, problem.field) == ("shipment.no_weight", "weight_g")
    assert problem.command == "colisync edit boutique/1 weight_g=…"


def test_a_rule_may_hold(seed: Seed) -> None:
    seed.put_rules(rule(hold=True))
    made = seed.draft()
    outcome = choose_method(seed.bench, seed.workspace)
    assert (outcome.counts, outcome.ok) == ({"held": 1}, True)
    assert seed.shipment(made.id).decision is ShipmentState.HELD


def test_pick_up_without_a_point_waits(seed: Seed) -> None:
    seed.put_rules(rule(method="pickup"))
    seed.draft()
    (problem,) = choose_method(seed.bench, seed.workspace).attention
    assert (problem.code, problem.field) == ("shipment.no_pickup_point", "pickup_point.id")


def test_a_point_with_a_home_method_waits(seed: Seed) -> None:
    seed.put_rules(rule())
    seed.draft(make_order(1, pickup_point=PickupPoint(id="P1", name="Tabac")))
    (problem,) = choose_method(seed.bench, seed.workspace).attention
    assert problem.code == "shipment.unused_pickup_point"
    assert problem.params["point"] == "Tabac"


def test_what_the_carrier_would_refuse_is_said_now_with_its_field(seed: Seed) -> None:
    seed.carrier.invalid["1"] = InvalidShipment(
        "colissimo.mobile_missing", field="recipient.phone", params={"field": "recipient.phone"}
    )
    seed.draft(make_order(1))
    seed.draft(make_order(2))
    outcome = choose_method(seed.bench, seed.workspace)
    assert outcome.counts == {"ready": 1, "attention": 1}
    (problem,) = outcome.attention
    assert problem.command == "colisync edit boutique/1 recipient.phone=…"


def test_an_order_without_address_waits(seed: Seed) -> None:
    empty = make_address(street="", city="", postcode="", country="")
    seed.draft(make_order(1, recipient=empty))
    (problem,) = choose_method(seed.bench, seed.workspace).attention
    assert problem.field == "recipient.street"


def test_a_method_not_sold_there_names_one_that_is(seed: Seed) -> None:
    seed.carrier.invalid["1"] = InvalidShipment("colissimo.not_sold", field="method")
    seed.draft()
    (problem,) = choose_method(seed.bench, seed.workspace).attention
    assert problem.command == "colisync edit boutique/1 method=colissimo:home"
    assert problem.params["instead"] == "home, home_signature, pickup"


def test_a_method_that_the_carrier_lacks_waits(seed: Seed) -> None:
    seed.put_rules(rule(method="teleport"))
    seed.draft()
    (problem,) = choose_method(seed.bench, seed.workspace).attention
    assert problem.code == "fake.unknown_method"
    assert problem.command == "colisync retry boutique/1"


def test_a_contract_or_sender_that_is_not_set_up_is_named(seed: Seed) -> None:
    seed.put_rules(rule(contract="colis-prive"))
    seed.draft(make_order(1))
    (problem,) = choose_method(seed.bench, seed.workspace).attention
    assert problem.params == {"key": "colis-prive", "known": "colissimo"}
    seed.put_rules(rule(sender="depot"))
    (problem,) = choose_method(seed.bench, seed.workspace).attention
    assert problem.code == "storage.unknown_sender"


def test_a_contract_that_cannot_be_opened_leaves_drafts_and_is_told_once(seed: Seed) -> None:
    def refuse(contract: Contract, *, rehearsal: bool = False) -> None:
        raise ConfigurationError("plugins.bad_setting", params={"field": "api_key"})

    seed.backends.carrier = refuse  # type: ignore[method-assign,assignment]
    made = [seed.draft(make_order(one)) for one in (1, 2, 3)]
    outcome = choose_method(seed.bench, seed.workspace)
    assert outcome.counts == {"postponed": 3}
    (problem,) = outcome.attention
    assert problem.params == {"field": "api_key", "contract": "colissimo"}
    assert {seed.shipment(one.id).decision for one in made} == {ShipmentState.DRAFT}


def test_a_rehearsal_asks_the_sandbox(store: Store) -> None:
    seed = Seed(store, client={"mode": Mode.REHEARSAL})
    seed.draft()
    choose_method(seed.bench, seed.workspace)
    assert seed.backends.rehearsals == [True]


def test_every_box_is_checked_with_its_own_weight(seed: Seed) -> None:
    asked: list[int] = []
    seed.carrier.validate = lambda request: asked.append(request.weight_g)  # type: ignore[method-assign]
    made = seed.draft(make_order(1, lines=(make_line(1, weight_g=1000),)), parcels=3)
    seed.put_parcel(made.parcels[0].id, weight_g=500)
    assert choose_method(seed.bench, seed.workspace).ok
    assert asked == [500, 250, 250]


def test_boxes_that_a_person_weighed_need_no_other_weight(seed: Seed) -> None:
    made = seed.draft(make_order(1, lines=(make_line(1, weight_g=None),)))
    seed.put_parcel(made.parcels[0].id, weight_g=500)
    assert choose_method(seed.bench, seed.workspace).counts == {"ready": 1}


def test_only_the_orders_named(seed: Seed) -> None:
    seed.draft(make_order(1))
    seed.draft(make_order(2))
    assert choose_method(seed.bench, seed.workspace, orders=["boutique/2"]).counts == {"ready": 1}
    assert seed.shipments_of(1)[0].decision is ShipmentState.DRAFT


def test_a_choice_by_the_shops_own_id(seed: Seed) -> None:
    seed.put_rules(rule(RuleWhen(choice=("flat_rate:3",)), method="home_signature"), rule())
    made = seed.draft(make_order(1, choice=PickedChoice(id="flat_rate:3", title="Express")))
    choose_method(seed.bench, seed.workspace)
    assert seed.shipment(made.id).method == "home_signature"


# -- names --------------------------------------------------------------------------------------


def test_an_order_is_found_by_shop_and_number_or_by_number_alone(seed: Seed) -> None:
    (order_id,) = seed.orders(make_order("2026/114", external_id="1"))
    with seed.store.read() as connection:
        for name in ("2026/114", "boutique/2026/114"):
            assert find_order(connection, seed.workspace, name).id == order_id


def test_an_order_that_is_not_there_or_not_the_only_one_is_said(seed: Seed) -> None:
    seed.orders(make_order(7, external_id="a"), make_order(7, external_id="b"))
    with seed.store.read() as connection:
        with pytest.raises(ConfigurationError, match=r"order\.not_found"):
            find_order(connection, seed.workspace, "boutique/8")
        with pytest.raises(ConfigurationError, match=r"boutique/7, boutique/7"):
            find_order(connection, seed.workspace, "7")


def test_the_second_shipment_of_an_order_has_a_name(seed: Seed) -> None:
    first = seed.draft(make_order(1, lines=(make_line(1, weight_g=None),)))
    new = NewShipment(
        order_id=first.order_ids[0],
        recipient=make_address(),
        lines=(),
        order_fingerprint="",
        ordinal=2,
    )
    with seed.store.write() as connection:
        (second,) = new_shipments.create_shipments(
            connection, seed.workspace, [new], seed.clock.now()
        )
        found = find_shipments(connection, seed.workspace, "boutique/1#2")
        assert [one.id for one in found] == [second]
        assert len(find_shipments(connection, seed.workspace, "1")) == 2
        with pytest.raises(ConfigurationError, match="count=2"):
            find_shipments(connection, seed.workspace, "1#3")
    commands = [one.command for one in choose_method(seed.bench, seed.workspace).attention]
    assert commands[0] == "colisync edit boutique/1#1 weight_g=…"


def test_doubles_are_backends(seed: Seed) -> None:
    assert isinstance(seed.backends, Backends)
