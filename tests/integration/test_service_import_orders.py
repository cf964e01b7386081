"""Orders come in, each once, whatever the shop, the pages and other importers do."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import event, func, select

from colisync.errors import AuthenticationFailed, RemoteUnavailable
from colisync.model.attention import ShipmentState
from colisync.model.order import ForeignShipment, Order, PickedChoice, Standing
from colisync.model.parcel import ParcelState
from colisync.model.pickup import PickupPoint
from colisync.model.workspace import Shop
from colisync.model.writeback import EffectState
from colisync.ports.shop import OrderPage, UnreadableOrder
from colisync.services.choose_method import choose_method
from colisync.services.import_orders import import_orders, refresh_orders
from colisync.services.plan_effects import plan_effects
from colisync.storage import tables, workspaces, write_backs
from colisync.storage.store import Store
from colisync.testing.factories import Seed, make_address, make_line, make_order


@pytest.fixture
def seed(store: Store) -> Seed:
    return Seed(store)


def bring(seed: Seed, *orders: Order) -> dict[str, int]:
    seed.shop.put(*orders)
    return import_orders(seed.bench, seed.workspace).counts


def codes(outcome_of: object) -> list[str]:
    return [one.code for one in outcome_of.attention]  # type: ignore[attr-defined]


def count(seed: Seed, table: str) -> int:
    with seed.store.read() as connection:
        query = select(func.count()).select_from(tables.metadata.tables[table])
        return int(connection.execute(query).scalar_one())


def test_a_paid_order_becomes_a_draft_with_its_lines_and_one_parcel(seed: Seed) -> None:
    order = make_order(1, lines=(make_line(1, quantity=2), make_line(2, weight_g=100)))
    assert bring(seed, order) == {"orders_read": 1, "orders_new": 1, "to_ship": 1}
    (shipment,) = seed.shipments_of(1)
    assert shipment.decision is ShipmentState.DRAFT
    assert shipment.recipient == order.recipient
    assert shipment.weight_g == 600
    assert {line.line_id: line.quantity for line in shipment.lines} == {"l1": 2, "l2": 1}
    assert [parcel.state for parcel in shipment.parcels] == [ParcelState.PENDING]
    assert seed.stored(1).order == order.model_copy(update={"raw": {}})


@pytest.mark.parametrize(
    ("fields", "standing"),
    [
        ({"gone": True}, Standing.GONE),
        ({"status": "cancelled"}, Standing.CANCELLED),
        ({"status": "refunded"}, Standing.CANCELLED),
        ({"status": "failed"}, Standing.CANCELLED),
        ({"status": "pending"}, Standing.WAITING),
        ({"status": "a-status-of-the-shop"}, Standing.WAITING),
        ({"status": "completed"}, Standing.SHIPPED_ELSEWHERE),
        ({"foreign_shipment": ForeignShipment(tool="lpc")}, Standing.SHIPPED_ELSEWHERE),
        ({"our_numbers": ("6A1",)}, Standing.SHIPPED_ELSEWHERE),
        ({"needs_shipping": False}, Standing.NOTHING_TO_SHIP),
        ({"collected_in_store": True}, Standing.NOTHING_TO_SHIP),
        ({"lines": ()}, Standing.NOTHING_TO_SHIP),
        ({"lines": (make_line(1, quantity=0),)}, Standing.NOTHING_TO_SHIP),
        ({"lines": (make_line(1, needs_shipping=False),)}, Standing.NOTHING_TO_SHIP),
    ],
)
def test_an_order_that_is_not_to_ship_gets_no_shipment(
    seed: Seed, fields: dict[str, object], standing: Standing
) -> None:
    counts = bring(seed, make_order(1, **fields))
    assert counts == {"orders_read": 1, "orders_new": 1, standing.value: 1}
    assert seed.stored(1).standing is standing
    assert seed.shipments_of(1) == []


def test_a_shop_full_of_orders_shipped_elsewhere_labels_none(seed: Seed) -> None:
    foreign = ForeignShipment(tool="lpc", numbers=("6A0",))
    old = [make_order(one, foreign_shipment=foreign) for one in range(1, 1901)]
    new = [make_order(one) for one in range(1901, 2001)]
    counts = bring(seed, *old, *new)
    assert counts["shipped_elsewhere"] == 1900
    assert counts["to_ship"] == count(seed, "shipments") == 100


def test_what_is_left_after_a_refund_is_what_ships(seed: Seed) -> None:
    line = make_line(1, quantity=1, ordered_quantity=3)
    bring(seed, make_order(1, lines=(line, make_line(2, quantity=0, ordered_quantity=1))))
    (shipment,) = seed.shipments_of(1)
    assert [(one.line_id, one.quantity) for one in shipment.lines] == [("l1", 1)]


def test_an_order_without_weight_or_address_is_taken_in(seed: Seed) -> None:
    lines = (make_line(1, weight_g=None),)
    empty = make_address(street="", city="", postcode="", country="", phone="")
    bring(seed, make_order(1, lines=lines, recipient=empty))
    (shipment,) = seed.shipments_of(1)
    assert shipment.weight_g is None
    assert shipment.recipient.country == ""


def test_emoji_and_half_an_emoji_are_kept_as_they_are(seed: Seed) -> None:
    recipient = make_address(first_name="Zoé 🎁", street="x" * 200)
    bring(seed, make_order(1, recipient=recipient, raw={"note": "\ud83d half"}))
    assert seed.stored(1).order.recipient == recipient


def test_an_echo_of_an_order_writes_nothing(seed: Seed) -> None:
    order = make_order(1)
    bring(seed, order)
    statements: list[str] = []

    def listen(*args: object) -> None:
        statements.append(str(args[2]))

    event.listen(seed.store.engine, "before_cursor_execute", listen)
    later = order.modified_at + timedelta(hours=1)
    echo = order.model_copy(update={"modified_at": later, "our_numbers": ("6A1",)})
    assert bring(seed, echo) == {"orders_read": 1}
    written = [one for one in statements if one.startswith(("INSERT", "UPDATE orders", "DELETE"))]
    assert written == []


def test_an_older_page_never_moves_an_order_backwards(seed: Seed) -> None:
    order = make_order(1)
    newer = order.model_copy(
        update={
            "recipient": make_address(city="Villeurbanne"),
            "modified_at": order.modified_at + timedelta(hours=1),
        }
    )
    bring(seed, newer)
    bring(seed, order)
    assert seed.stored(1).order.recipient.city == "Villeurbanne"
    (shipment,) = seed.shipments_of(1)
    assert shipment.recipient.city == "Villeurbanne"


def test_twice_in_one_page_the_later_one_counts(seed: Seed) -> None:
    order = make_order(1)
    later = order.model_copy(
        update={
            "recipient": make_address(city="Bron"),
            "modified_at": order.modified_at + timedelta(1),
        }
    )

    def pages(since: str | None) -> object:
        yield OrderPage(orders=(later, order), cursor="1")

    seed.shop.changed_orders = pages  # type: ignore[method-assign,assignment]
    import_orders(seed.bench, seed.workspace)
    assert seed.shipments_of(1)[0].recipient.city == "Bron"


def test_a_paid_order_that_waited_is_shipped(seed: Seed) -> None:
    bring(seed, make_order(1, status="pending"))
    seed.shop.change("9001", status="processing")
    counts = import_orders(seed.bench, seed.workspace).counts
    assert counts == {"orders_read": 1, "orders_changed": 1, "to_ship": 1}
    assert len(seed.shipments_of(1)) == 1


def test_an_order_cancelled_before_its_label_is_dropped_and_may_come_back(seed: Seed) -> None:
    bring(seed, make_order(1))
    choose_method(seed.bench, seed.workspace)
    seed.shop.change("9001", status="cancelled")
    outcome = import_orders(seed.bench, seed.workspace)
    assert outcome.ok
    (shipment,) = seed.shipments_of(1)
    assert shipment.decision is ShipmentState.DRAFT
    assert choose_method(seed.bench, seed.workspace).counts == {}
    seed.shop.change("9001", status="processing")
    import_orders(seed.bench, seed.workspace)
    assert choose_method(seed.bench, seed.workspace).counts == {"ready": 1}
    assert len(seed.shipments_of(1)) == 1


def test_an_order_shipped_meanwhile_by_another_tool_is_dropped(seed: Seed) -> None:
    bring(seed, make_order(1))
    choose_method(seed.bench, seed.workspace)
    seed.shop.change("9001", foreign_shipment=ForeignShipment(tool="ast", numbers=("X",)))
    counts = import_orders(seed.bench, seed.workspace).counts
    assert counts["shipped_elsewhere"] == 1
    assert seed.shipments_of(1)[0].decision is ShipmentState.DRAFT
    assert choose_method(seed.bench, seed.workspace).counts == {}


def test_a_change_before_the_label_is_computed_again(seed: Seed) -> None:
    bring(seed, make_order(1))
    choose_method(seed.bench, seed.workspace)
    seed.shop.change(
        "9001",
        recipient=make_address(street="1 place Bellecour"),
        lines=(make_line(1, quantity=3),),
        pickup_point=PickupPoint(id="069001"),
        choice=PickedChoice(id="lpc_relay:2"),
    )
    import_orders(seed.bench, seed.workspace)
    (shipment,) = seed.shipments_of(1)
    assert shipment.decision is ShipmentState.DRAFT
    assert shipment.recipient.street == "1 place Bellecour"
    assert shipment.weight_g == 750
    assert [one.quantity for one in shipment.lines] == [3]
    assert choose_method(seed.bench, seed.workspace).counts == {"ready": 1}
    assert seed.shipments_of(1)[0].method == "pickup"


def test_our_own_status_coming_back_is_no_change(seed: Seed) -> None:
    seed.shop.put(make_order(1))
    seed.labelled(make_order(1))
    seed.shop.change("9001", status="completed", our_numbers=("6A00000000001",))
    outcome = import_orders(seed.bench, seed.workspace)
    assert outcome.ok
    assert seed.shipments_of(1)[0].parcels[0].changed_after_label is None
    assert seed.stored(1).standing is Standing.TO_SHIP


@pytest.mark.parametrize(
    ("fields", "field", "pair"),
    [
        ({"status": "cancelled"}, "status", ["processing", "cancelled"]),
        ({"status": "on-hold"}, "status", ["processing", "on-hold"]),
        ({"status": "refunded"}, "status", ["processing", "refunded"]),
        ({"gone": True}, "status", ["processing", "gone"]),
        (
            {"recipient": make_address(city="Bron")},
            "recipient.city",
            ["Lyon", "Bron"],
        ),
        ({"lines": (make_line(1, quantity=2),)}, "lines", ["1 × BOUGIE-1", "2 × BOUGIE-1"]),
        ({"pickup_point": PickupPoint(id="P9")}, "pickup_point", ["", "P9"]),
    ],
)
def test_a_change_after_the_label_is_shown_and_stops_the_write_back(
    seed: Seed, fields: dict[str, object], field: str, pair: list[str]
) -> None:
    seed.shop.put(make_order(1))
    before = seed.labelled(make_order(1))
    parcel = before.parcels[0]
    with seed.store.write() as connection:
        plan_effects(connection, seed.workspace, [(parcel.id, 1)], seed.clock.now())
    seed.shop.change("9001", **fields)
    outcome = import_orders(seed.bench, seed.workspace)
    (problem,) = outcome.attention
    assert problem.code == "order.changed_after_label"
    assert problem.command == "colisync release boutique/1"
    after = seed.shipment(before.id)
    assert after.parcels[0].changed_after_label == {field: pair}
    assert after.recipient == before.recipient
    assert after.lines == before.lines
    with seed.store.read() as connection:
        states = write_backs.summary(connection, seed.workspace)
    assert set(states) == {EffectState.STOPPED}


def test_a_change_after_the_label_that_is_taken_back_is_forgotten(seed: Seed) -> None:
    seed.shop.put(make_order(1))
    made = seed.labelled(make_order(1))
    with seed.store.write() as connection:
        plan_effects(connection, seed.workspace, [(made.parcels[0].id, 1)], seed.clock.now())
    seed.shop.change("9001", status="on-hold", recipient=make_address(city="Bron"))
    import_orders(seed.bench, seed.workspace)
    seed.shop.change("9001", status="processing", recipient=make_address())
    assert import_orders(seed.bench, seed.workspace).ok
    assert seed.shipments_of(1)[0].parcels[0].changed_after_label is None
    with seed.store.read() as connection:
        assert EffectState.STOPPED not in write_backs.summary(connection, seed.workspace)


def test_a_refund_after_delivery_stops_nothing(seed: Seed) -> None:
    seed.shop.put(make_order(1))
    seed.labelled(make_order(1), state=ParcelState.DELIVERED)
    seed.shop.change("9001", status="refunded")
    assert import_orders(seed.bench, seed.workspace).ok
    assert seed.shipments_of(1)[0].parcels[0].changed_after_label is None


def test_a_second_box_is_not_bought_once_the_order_changed(seed: Seed) -> None:
    seed.shop.put(make_order(1))
    made = seed.labelled(make_order(1), parcels=2)
    seed.put_parcel(made.parcels[1].id, state="pending")
    seed.shop.change("9001", recipient=make_address(city="Bron"))
    import_orders(seed.bench, seed.workspace)
    assert seed.shipment(made.id).decision is ShipmentState.ATTENTION


def test_an_order_deleted_in_the_shop_is_gone(seed: Seed) -> None:
    bring(seed, make_order(1))
    seed.shop.delete("9001")
    assert import_orders(seed.bench, seed.workspace).counts["gone"] == 1
    assert seed.stored(1).standing is Standing.GONE
    assert choose_method(seed.bench, seed.workspace).counts == {}


def test_one_unreadable_order_costs_one_order(seed: Seed) -> None:
    bad = UnreadableOrder(external_id="9002", key="woocommerce.bad_order", params={"id": "9002"})

    def pages(since: str | None) -> object:
        yield OrderPage(orders=(make_order(1), make_order(3)), cursor="1", unreadable=(bad,))

    seed.shop.changed_orders = pages  # type: ignore[method-assign,assignment]
    outcome = import_orders(seed.bench, seed.workspace)
    assert outcome.counts["to_ship"] == 2
    assert outcome.counts["unreadable"] == 1
    assert [(one.code, one.order) for one in outcome.attention] == [
        ("woocommerce.bad_order", "boutique/9002")
    ]
    assert seed.stored(9002).standing is Standing.UNREADABLE
    assert import_orders(seed.bench, seed.workspace).ok


def test_an_order_that_ceases_to_be_readable_is_not_labelled_until_it_is(seed: Seed) -> None:
    bring(seed, make_order(1))
    choose_method(seed.bench, seed.workspace)
    bad = UnreadableOrder(external_id="9001", key="woocommerce.bad_order")

    def pages(since: str | None) -> object:
        yield OrderPage(orders=(), cursor="2", unreadable=(bad,))

    good = seed.shop.changed_orders
    seed.shop.changed_orders = pages  # type: ignore[method-assign,assignment]
    import_orders(seed.bench, seed.workspace)
    assert seed.shipments_of(1)[0].decision is ShipmentState.DRAFT
    assert choose_method(seed.bench, seed.workspace).counts == {}
    seed.shop.changed_orders = good  # type: ignore[method-assign]
    seed.shop.changes.clear()
    with seed.store.write() as connection:
        workspaces.move_cursor(connection, seed.workspace, seed.shop_id, "", seed.clock.now())
    bring(seed, make_order(1))
    assert choose_method(seed.bench, seed.workspace).counts == {"ready": 1}


def test_a_number_too_long_for_the_database_costs_one_order(seed: Seed) -> None:
    long = make_order(1).model_copy(update={"number": "N" * 80})
    counts = bring(seed, long, make_order(2))
    assert (counts["unreadable"], counts["to_ship"]) == (1, 1)


def test_a_shop_that_fails_stops_no_other(seed: Seed) -> None:
    other = Shop(workspace=seed.workspace, key="autre", platform="fake")
    with seed.store.write() as connection:
        workspaces.put_shop(connection, seed.workspace, other)
    second = type(seed.shop)()
    second.put(make_order(7))
    seed.backends.shops["autre"] = second
    seed.shop.faults.append(RemoteUnavailable("wire.unavailable", params={"status": 503}))
    outcome = import_orders(seed.bench, seed.workspace)
    assert outcome.counts["shops_failed"] == 1
    assert outcome.counts["to_ship"] == 1
    (problem,) = outcome.attention
    assert problem.params["shop"] == "boutique"
    assert problem.command == "colisync sync --shop boutique"


def test_a_run_that_breaks_off_goes_on_where_it_stopped(seed: Seed) -> None:
    seed.shop.page_size = 2
    seed.shop.put(*[make_order(one) for one in range(1, 6)])
    calls = iter([None, None, RemoteUnavailable("wire.unavailable")])
    original = seed.shop._call

    def fail_third(name: str) -> None:
        original(name)
        fault = next(calls, None)
        if fault is not None:
            raise fault

    seed.shop._call = fail_third  # type: ignore[method-assign]
    assert import_orders(seed.bench, seed.workspace).counts["to_ship"] == 4
    with seed.store.read() as connection:
        assert workspaces.cursor(connection, seed.workspace, seed.shop_id) == "4"
    assert import_orders(seed.bench, seed.workspace).counts["orders_read"] == 1
    assert count(seed, "shipments") == 5


def test_refused_credentials_pause_the_shop_and_it_is_skipped_and_said(seed: Seed) -> None:
    seed.shop.faults.append(AuthenticationFailed("woocommerce.wrong_secret"))
    outcome = import_orders(seed.bench, seed.workspace)
    assert [one.code for one in outcome.attention] == ["woocommerce.wrong_secret"]
    assert outcome.attention[0].command == "colisync check"
    seed.shop.put(make_order(1))
    outcome = import_orders(seed.bench, seed.workspace)
    assert outcome.counts == {"shops_paused": 1}
    assert outcome.attention[0].params["reason"] == "woocommerce.wrong_secret"


def test_two_importers_at_once_make_one_shipment_each_order(seed: Seed) -> None:
    seed.shop.page_size = 20
    seed.shop.put(*[make_order(one) for one in range(1, 101)])
    start = Barrier(4)

    def go(_: int) -> None:
        start.wait()
        import_orders(seed.bench, seed.workspace)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(go, range(4)))
    assert count(seed, "orders") == count(seed, "shipments") == count(seed, "parcels") == 100
    assert count(seed, "shipment_lines") == 100


def test_a_status_that_comes_to_be_shipped_needs_no_new_telling(seed: Seed) -> None:
    bring(seed, make_order(1, status="preparation"), make_order(2))
    choose_method(seed.bench, seed.workspace)
    with seed.store.write() as connection:
        shop = workspaces.shop(connection, seed.workspace, "boutique")
        changed = shop.model_copy(update={"ship_statuses": ("preparation",)})
        workspaces.put_shop(connection, seed.workspace, changed)
    import_orders(seed.bench, seed.workspace)
    assert seed.stored(1).standing is Standing.TO_SHIP
    assert len(seed.shipments_of(1)) == 1
    assert seed.stored(2).standing is Standing.WAITING
    assert seed.shipments_of(2)[0].decision is ShipmentState.DRAFT


def test_without_configured_statuses_the_platforms_own_count(store: Store) -> None:
    seed = Seed(store, shop={"ship_statuses": ()})
    assert bring(seed, make_order(1))["to_ship"] == 1


# -- just before the label ---------------------------------------------------------------------


def shop_of(seed: Seed) -> Shop:
    with seed.store.read() as connection:
        return workspaces.shop(connection, seed.workspace, "boutique")


def test_a_new_address_is_read_just_before_the_label(seed: Seed) -> None:
    bring(seed, make_order(1), make_order(2))
    choose_method(seed.bench, seed.workspace)
    (first,), (second,) = seed.shipments_of(1), seed.shipments_of(2)
    seed.shop.change("9001", recipient=make_address(city="Bron"))
    outcome = refresh_orders(seed.bench, seed.workspace, shop_of(seed), [first.id, second.id])
    assert outcome.counts["ready"] == 1
    changed, same = seed.shipment(first.id), seed.shipment(second.id)
    assert (changed.decision, changed.recipient.city) == (ShipmentState.READY, "Bron")
    assert changed.version > first.version
    assert same == second


def test_an_order_cancelled_just_before_its_label_is_not_ready(seed: Seed) -> None:
    bring(seed, make_order(1), make_order(2))
    choose_method(seed.bench, seed.workspace)
    ids = [one.id for number in (1, 2) for one in seed.shipments_of(number)]
    seed.shop.change("9001", status="cancelled")
    seed.shop.delete("9002")
    refresh_orders(seed.bench, seed.workspace, shop_of(seed), ids)
    assert [seed.shipment(one).decision for one in ids] == [ShipmentState.DRAFT] * 2
    assert seed.stored(2).standing is Standing.GONE


def test_a_relabelled_parcel_gets_what_the_shop_changed_while_it_had_its_label(seed: Seed) -> None:
    seed.shop.put(make_order(1))
    made = seed.labelled(make_order(1))
    seed.shop.change("9001", recipient=make_address(city="Bron"))
    import_orders(seed.bench, seed.workspace)
    seed.put_parcel(made.parcels[0].id, state="pending", changed_after_label="")
    refresh_orders(seed.bench, seed.workspace, shop_of(seed), [made.id])
    again = seed.shipment(made.id)
    assert (again.decision, again.recipient.city) == (ShipmentState.READY, "Bron")


def test_a_shop_that_is_down_says_so_before_the_label(seed: Seed) -> None:
    bring(seed, make_order(1))
    seed.shop.faults.append(RemoteUnavailable("wire.unavailable"))
    with pytest.raises(RemoteUnavailable):
        refresh_orders(seed.bench, seed.workspace, shop_of(seed), [seed.shipments_of(1)[0].id])
