"""What people decide about a shipment: corrected, held, released, tried again."""

import pytest

from colisync.errors import ConfigurationError, InvalidShipment, UnreadableAnswer
from colisync.model.attention import Outcome, ShipmentState
from colisync.model.order import Standing
from colisync.model.pickup import PickupPoint
from colisync.model.writeback import EffectState
from colisync.ports.shop import OrderPage, UnreadableOrder
from colisync.services.choose_method import choose_method
from colisync.services.edit_shipment import edit_shipment
from colisync.services.hold_shipment import hold, release, retry
from colisync.services.import_orders import import_orders, refresh_orders
from colisync.services.plan_effects import plan_effects
from colisync.storage import workspaces, write_backs
from colisync.storage.store import Store
from colisync.testing.factories import Seed, make_address, make_line, make_order, usual_rules


@pytest.fixture
def seed(store: Store) -> Seed:
    seed = Seed(store)
    seed.shop.put(make_order(1))
    import_orders(seed.bench, seed.workspace)
    choose_method(seed.bench, seed.workspace)
    return seed


def edit(seed: Seed, order: str = "boutique/1", /, **changes: str) -> Outcome:
    wanted = {name.replace("__", "."): value for name, value in changes.items()}
    return edit_shipment(seed.bench, seed.workspace, order, wanted, "marie")


def sync(seed: Seed) -> Outcome:
    outcome = import_orders(seed.bench, seed.workspace)
    chosen = choose_method(seed.bench, seed.workspace)
    return Outcome(attention=(*outcome.attention, *chosen.attention))


def test_a_correction_is_kept_with_author_and_time(seed: Seed) -> None:
    outcome = edit(seed, recipient__phone="+33699999999", weight_g="1200", insurance="80")
    assert outcome.counts == {"edited": 1, "ready": 1}
    (shipment,) = seed.shipments_of(1)
    assert shipment.recipient.phone == "+33699999999"
    assert (shipment.weight_g, shipment.insurance_eur) == (1200, 80)
    first = shipment.corrections[0]
    assert (first.field, first.value) == ("recipient.phone", "+33699999999")
    assert (first.shop_value, first.author) == ("+33612345678", "marie")
    assert first.at == seed.clock.now()


def test_method_point_sender_and_packaging_may_be_corrected(seed: Seed) -> None:
    outcome = edit(
        seed, method="colissimo:pickup", pickup_point__id="P7", sender="atelier", packaging_g="70"
    )
    assert outcome.ok
    (shipment,) = seed.shipments_of(1)
    assert (shipment.method, shipment.packaging_g) == ("pickup", 70)
    assert shipment.pickup_point == PickupPoint(id="P7", source="correction")


def test_a_person_may_send_home_what_was_to_be_picked_up(seed: Seed) -> None:
    seed.shop.change("9001", pickup_point=PickupPoint(id="P1"))
    sync(seed)
    assert seed.shipments_of(1)[0].method == "pickup"
    assert edit(seed, method="colissimo:home").ok
    (shipment,) = seed.shipments_of(1)
    assert (shipment.method, shipment.pickup_point) == ("home", None)


def test_an_edit_cures_what_waited(seed: Seed) -> None:
    seed.shop.put(make_order(2, lines=(make_line(1, weight_g=None),)))
    sync(seed)
    assert seed.shipments_of(2)[0].decision is ShipmentState.ATTENTION
    assert edit(seed, "boutique/2", weight_g="300").counts == {"edited": 1, "ready": 1}


@pytest.mark.parametrize(
    ("field", "value", "error", "key"),
    [
        ("recipient.fone", "1", ConfigurationError, "edit.unknown_field"),
        ("weight", "1", ConfigurationError, "edit.unknown_field"),
        ("weight_g", "1,2 kg", InvalidShipment, "edit.not_whole"),
        ("weight_g", "0", InvalidShipment, "edit.not_whole"),
        ("insurance", "-3", InvalidShipment, "edit.not_whole"),
        ("recipient.country", "France", InvalidShipment, "edit.bad_value"),
        ("method", "home", ConfigurationError, "storage.unknown_contract"),
        ("method", "colissimo", InvalidShipment, "edit.method_form"),
        ("sender", "depot", ConfigurationError, "storage.unknown_sender"),
    ],
)
def test_a_field_or_value_that_cannot_be_changes_nothing(
    seed: Seed, field: str, value: str, error: type[Exception], key: str
) -> None:
    before = seed.shipments_of(1)
    with pytest.raises(error, match=key.replace(".", r"\.")):
        edit_shipment(
            seed.bench, seed.workspace, "1", {"recipient.city": "Bron", field: value}, "marie"
        )
    assert seed.shipments_of(1) == before


def test_the_nearest_field_is_named(seed: Seed) -> None:
    with pytest.raises(ConfigurationError) as caught:
        edit(seed, recipient__fone="1")
    assert caught.value.params["nearest"] == "recipient.phone"


def test_a_country_may_be_typed_in_small_letters(seed: Seed) -> None:
    edit(seed, recipient__country="be")
    assert seed.shipments_of(1)[0].recipient.country == "BE"


@pytest.mark.parametrize("state", ["buying", "labelled", "uncertain", "announced", "delivered"])
def test_from_buying_on_a_relabel_is_needed(seed: Seed, state: str) -> None:
    (before,) = seed.shipments_of(1)
    seed.put_parcel(before.parcels[0].id, state=state, attempt=1)
    outcome = edit(seed, recipient__city="Bron")
    assert outcome.attention[0].command == "colisync relabel boutique/1"
    assert seed.shipments_of(1)[0].recipient == before.recipient


def test_a_sync_never_overwrites_a_correction(seed: Seed) -> None:
    edit(seed, recipient__phone="+33699999999")
    seed.shop.change("9001", recipient=make_address(city="Bron"))
    assert sync(seed).ok
    (shipment,) = seed.shipments_of(1)
    assert (shipment.recipient.phone, shipment.recipient.city) == ("+33699999999", "Bron")
    assert shipment.decision is ShipmentState.READY


def conflict(seed: Seed) -> Outcome:
    edit(seed, recipient__phone="+33699999999")
    seed.shop.change("9001", recipient=make_address(phone="+33688888888"))
    return sync(seed)


def test_a_later_change_of_the_same_field_shows_both_and_waits(seed: Seed) -> None:
    (problem,) = conflict(seed).attention
    assert problem.code == "order.changed_under_correction"
    assert problem.params == {
        "field": "recipient.phone",
        "ours": "+33699999999",
        "theirs": "+33688888888",
    }
    assert problem.command == "colisync edit boutique/1 recipient.phone=…"
    (shipment,) = seed.shipments_of(1)
    assert shipment.decision is ShipmentState.ATTENTION
    assert shipment.recipient.phone == "+33699999999"


def test_a_retry_insists_on_the_correction(seed: Seed) -> None:
    conflict(seed)
    assert retry(seed.bench, seed.workspace, "boutique/1").counts == {"retried": 1, "ready": 1}
    assert seed.shipments_of(1)[0].recipient.phone == "+33699999999"
    seed.shop.change("9001", buyer_note="Merci")
    assert sync(seed).ok


def test_an_edit_settles_the_difference(seed: Seed) -> None:
    conflict(seed)
    assert edit(seed, recipient__phone="+33688888888").ok
    assert seed.shipments_of(1)[0].recipient.phone == "+33688888888"
    assert seed.shipments_of(1)[0].decision is ShipmentState.READY


def test_a_shop_that_comes_to_agree_is_no_difference(seed: Seed) -> None:
    edit(seed, recipient__phone="+33699999999")
    seed.shop.change("9001", recipient=make_address(phone="+33699999999"))
    assert sync(seed).ok


def test_a_weight_corrected_before_the_lines_changed_waits(seed: Seed) -> None:
    edit(seed, weight_g="900")
    seed.shop.change("9001", lines=(make_line(1, quantity=5),))
    (problem,) = sync(seed).attention
    assert problem.params == {"field": "weight_g", "ours": "900", "theirs": "1250"}


# -- held and released --------------------------------------------------------------------------


def test_what_is_held_stays_held_through_syncs_and_edits_until_released(seed: Seed) -> None:
    assert hold(seed.bench, seed.workspace, "1").counts == {"held": 1}
    seed.shop.change("9001", recipient=make_address(city="Bron"))
    sync(seed)
    edit(seed, weight_g="700")
    (shipment,) = seed.shipments_of(1)
    assert shipment.decision is ShipmentState.HELD
    assert release(seed.bench, seed.workspace, "1").counts == {"released": 1, "ready": 1}
    (shipment,) = seed.shipments_of(1)
    assert (shipment.recipient.city, shipment.weight_g) == ("Bron", 700)


def test_a_release_overrules_the_rule_that_held(seed: Seed) -> None:
    held = [
        one.model_copy(update={"use": one.use.model_copy(update={"hold": True})})
        for one in usual_rules()
    ]
    seed.put_rules(*held)
    seed.shop.put(make_order(2))
    sync(seed)
    assert seed.shipments_of(2)[0].decision is ShipmentState.HELD
    assert release(seed.bench, seed.workspace, "2").counts == {"released": 1, "ready": 1}
    seed.shop.change("9002", buyer_note="Merci")
    sync(seed)
    assert seed.shipments_of(2)[0].decision is ShipmentState.READY


def test_a_difference_that_arose_while_held_waits_at_its_release(seed: Seed) -> None:
    edit(seed, recipient__phone="+33699999999")
    hold(seed.bench, seed.workspace, "1")
    seed.shop.change("9001", recipient=make_address(phone="+33688888888"))
    sync(seed)
    assert seed.shipments_of(1)[0].decision is ShipmentState.HELD
    outcome = release(seed.bench, seed.workspace, "1")
    assert [one.code for one in outcome.attention] == ["order.changed_under_correction"]


def test_an_order_that_has_its_label_cannot_be_held(seed: Seed) -> None:
    seed.put_parcel(seed.shipments_of(1)[0].parcels[0].id, state="labelled", attempt=1)
    outcome = hold(seed.bench, seed.workspace, "1")
    assert outcome.attention[0].code == "shipment.already_labelled"


def changed_after_label(seed: Seed) -> int:
    (shipment,) = seed.shipments_of(1)
    parcel_id = shipment.parcels[0].id
    seed.put_parcel(parcel_id, state="labelled", attempt=1, number="6A1")
    with seed.store.write() as connection:
        plan_effects(connection, seed.workspace, [(parcel_id, 1)], seed.clock.now())
    seed.shop.change("9001", lines=(make_line(1, quantity=2),))
    import_orders(seed.bench, seed.workspace)
    return parcel_id


def test_a_release_goes_on_with_the_label_as_it_is(seed: Seed) -> None:
    changed_after_label(seed)
    assert release(seed.bench, seed.workspace, "1").counts == {"released": 1}
    assert seed.shipments_of(1)[0].parcels[0].changed_after_label is None
    with seed.store.read() as connection:
        states = write_backs.summary(connection, seed.workspace)
    assert set(states) == {EffectState.WAITING}
    seed.shop.change("9001", status="completed")
    assert import_orders(seed.bench, seed.workspace).ok


def test_a_retry_of_what_changed_after_its_label_asks_to_decide(seed: Seed) -> None:
    changed_after_label(seed)
    (problem,) = retry(seed.bench, seed.workspace, "1").attention
    assert problem.code == "order.changed_after_label"
    assert problem.command == "colisync release boutique/1"


def test_half_bought_and_changed_goes_on_after_its_release(seed: Seed) -> None:
    made = seed.labelled(make_order(5), parcels=2)
    seed.put_parcel(made.parcels[1].id, state="pending", attempt=0)
    seed.shop.put(make_order(5))
    seed.shop.change("9005", recipient=make_address(city="Bron"))
    import_orders(seed.bench, seed.workspace)
    assert release(seed.bench, seed.workspace, "5").counts == {"released": 1, "ready": 1}
    assert seed.shipment(made.id).recipient.city == "Lyon"


def test_nothing_to_release_or_to_retry_is_said(seed: Seed) -> None:
    assert release(seed.bench, seed.workspace, "1").attention[0].code == "shipment.none"
    assert retry(seed.bench, seed.workspace, "1").attention[0].code == "shipment.none"


def test_a_retry_checks_again_what_the_carrier_refused(seed: Seed) -> None:
    seed.carrier.invalid["2"] = InvalidShipment("colissimo.bad", field="recipient.city")
    seed.shop.put(make_order(2))
    assert not sync(seed).ok
    assert not retry(seed.bench, seed.workspace, "2").ok
    seed.carrier.invalid.clear()
    assert retry(seed.bench, seed.workspace, "2").counts == {"retried": 1, "ready": 1}


def test_a_retry_reads_again_what_could_not_be_read(seed: Seed) -> None:
    bad = UnreadableOrder(external_id="9007", key="woocommerce.bad_order")

    def pages(since: str | None) -> object:
        yield OrderPage(orders=(), cursor="1", unreadable=(bad,))

    seed.shop.changed_orders = pages  # type: ignore[method-assign,assignment]
    import_orders(seed.bench, seed.workspace)
    seed.shop.orders_by_id["9007"] = make_order(7)
    outcome = retry(seed.bench, seed.workspace, "9007")
    assert outcome.counts["to_ship"] == 1
    assert seed.stored(7).standing is Standing.TO_SHIP
    assert seed.shipments_of(7)[0].decision is ShipmentState.READY


def test_an_order_that_still_does_not_read_is_said_and_is_not_gone(seed: Seed) -> None:
    error = UnreadableAnswer("woocommerce.bad_order", params={"id": "9001"})

    def order(external_id: str) -> None:
        raise error

    seed.shop.orders_by_id.clear()
    seed.shop.order = order  # type: ignore[method-assign,assignment]
    with seed.store.read() as connection:
        shop = workspaces.shop(connection, seed.workspace, "boutique")
    refresh_orders(seed.bench, seed.workspace, shop, [seed.shipments_of(1)[0].id])
    assert seed.stored(1).standing is Standing.UNREADABLE
    assert seed.shipments_of(1)[0].decision is ShipmentState.DRAFT
    outcome = retry(seed.bench, seed.workspace, "1")
    assert [one.code for one in outcome.attention] == ["woocommerce.bad_order"]
