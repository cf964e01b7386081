"""Orders together, orders apart: nothing is lost, nothing is sent twice."""

import pytest

from colisync.errors import ConfigurationError
from colisync.model.attention import ShipmentState
from colisync.model.label import LabelRequest
from colisync.model.order import Standing
from colisync.model.parcel import ParcelState
from colisync.model.pickup import PickupPoint
from colisync.model.shipment import Shipment
from colisync.services.choose_method import choose_method
from colisync.services.edit_shipment import edit_shipment
from colisync.services.hold_shipment import hold
from colisync.services.import_orders import import_orders
from colisync.services.merge_shipments import merge_shipments
from colisync.services.split_shipment import split_shipment
from colisync.storage.store import Store
from colisync.testing.factories import Seed, make_address, make_line, make_order


@pytest.fixture
def seed(store: Store) -> Seed:
    seed = Seed(store)
    lines = (make_line(1, quantity=2), make_line(2, quantity=3))
    seed.shop.put(make_order(1, lines=lines), make_order(2), make_order(3))
    sync(seed)
    return seed


def sync(seed: Seed) -> None:
    import_orders(seed.bench, seed.workspace)
    choose_method(seed.bench, seed.workspace)


def merge(seed: Seed, *orders: str) -> None:
    assert merge_shipments(seed.bench, seed.workspace, orders).ok


def lines(shipment: Shipment) -> set[tuple[int, str, int]]:
    return {(line.order_id, line.line_id, line.quantity) for line in shipment.lines}


def boxes(shipment: Shipment) -> list[int | None]:
    return [one.weight_g for one in shipment.parcels if one.state is ParcelState.PENDING]


def ids(seed: Seed, *numbers: int) -> tuple[int, ...]:
    return tuple(seed.stored(number).id for number in numbers)


# -- merge --------------------------------------------------------------------------------------


def test_two_orders_of_one_buyer_go_in_one_parcel(seed: Seed) -> None:
    outcome = merge_shipments(seed.bench, seed.workspace, ["boutique/1", "boutique/2"])
    assert outcome.counts == {"merged": 2, "ready": 1}
    (shipment,) = seed.shipments_of(1)
    assert [shipment] == seed.shipments_of(2)
    one, two = ids(seed, 1, 2)
    assert shipment.order_ids == (one, two)
    assert lines(shipment) == {(one, "l1", 2), (one, "l2", 3), (two, "l1", 1)}
    assert shipment.weight_g == 6 * 250
    assert len(boxes(shipment)) == 1
    assert merge_shipments(seed.bench, seed.workspace, ["2", "1"]).counts == {}


@pytest.mark.parametrize(
    ("fields", "difference"),
    [
        ({"recipient": make_address(street="1 place Bellecour")}, "recipient"),
        ({"buyer_email": "autre@example.org"}, "buyer"),
        ({"pickup_point": PickupPoint(id="P1")}, "pickup_point"),
        ({"status": "on-hold"}, "status"),
    ],
)
def test_what_differs_is_named_and_nothing_changes(
    seed: Seed, fields: dict[str, object], difference: str
) -> None:
    seed.shop.change("9002", **fields)
    sync(seed)
    before = [seed.shipments_of(number) for number in (1, 2)]
    (problem,) = merge_shipments(seed.bench, seed.workspace, ["1", "2"]).attention
    assert (problem.code, problem.field) == ("merge.different", difference)
    assert [seed.shipments_of(number) for number in (1, 2)] == before


def test_the_same_address_typed_otherwise_is_the_same(seed: Seed) -> None:
    seed.shop.change("9002", recipient=make_address(street="12  RUE DES LILAS", phone="0612345678"))
    sync(seed)
    merge(seed, "1", "2")


def test_what_has_its_label_is_not_merged(seed: Seed) -> None:
    seed.put_parcel(seed.shipments_of(2)[0].parcels[0].id, state="labelled", attempt=1)
    (problem,) = merge_shipments(seed.bench, seed.workspace, ["1", "2"]).attention
    assert problem.code == "shipment.already_labelled"


def test_one_order_alone_is_not_merged(seed: Seed) -> None:
    with pytest.raises(ConfigurationError, match=r"merge\.too_few"):
        merge_shipments(seed.bench, seed.workspace, ["1", "boutique/1"])


def test_what_was_held_stays_held_together(seed: Seed) -> None:
    hold(seed.bench, seed.workspace, "2")
    merge(seed, "1", "2")
    assert seed.shipments_of(1)[0].decision is ShipmentState.HELD


def test_a_merged_order_that_is_cancelled_leaves_the_others(seed: Seed) -> None:
    merge(seed, "1", "2", "3")
    seed.shop.change("9001", status="cancelled")
    sync(seed)
    (shipment,) = seed.shipments_of(2)
    assert shipment.order_ids == ids(seed, 2, 3)
    assert shipment.decision is ShipmentState.READY
    assert shipment.weight_g == 500
    assert seed.shipments_of(1) == []
    seed.shop.change("9001", status="processing")
    sync(seed)
    (own,) = seed.shipments_of(1)
    assert (own.order_ids, own.decision) == (ids(seed, 1), ShipmentState.READY)


def test_all_merged_orders_cancelled_at_once_are_dropped(seed: Seed) -> None:
    merge(seed, "1", "2")
    seed.shop.change("9001", status="cancelled")
    seed.shop.change("9002", status="cancelled")
    sync(seed)
    assert seed.shipments_of(1)[0].decision is ShipmentState.DRAFT


def test_a_merged_order_that_moves_elsewhere_makes_them_wait(seed: Seed) -> None:
    merge(seed, "1", "2")
    seed.shop.change("9002", recipient=make_address(city="Bron"))
    outcome = import_orders(seed.bench, seed.workspace)
    (problem,) = outcome.attention
    assert problem.code == "shipment.merged_differ"
    assert problem.command == "colisync split boutique/2"
    assert choose_method(seed.bench, seed.workspace).counts == {}
    assert split_shipment(seed.bench, seed.workspace, "boutique/2").counts["ready"] == 2
    (first,), (second,) = seed.shipments_of(1), seed.shipments_of(2)
    assert (first.recipient.city, second.recipient.city) == ("Lyon", "Bron")


# -- split --------------------------------------------------------------------------------------


def test_an_order_in_three_boxes_of_equal_weight(seed: Seed) -> None:
    asked: list[LabelRequest] = []
    seed.carrier.validate = asked.append  # type: ignore[method-assign,assignment]
    split_shipment(seed.bench, seed.workspace, "1", parcels=3)
    (shipment,) = seed.shipments_of(1)
    assert boxes(shipment) == [None] * 3
    assert [(one.weight_g, one.parcel_index, one.parcel_count) for one in asked] == [
        (417, 1, 3),
        (417, 2, 3),
        (417, 3, 3),
    ]


def test_boxes_of_given_weights_and_back_to_one(seed: Seed) -> None:
    split_shipment(seed.bench, seed.workspace, "1", weights=[800, 1200])
    assert boxes(seed.shipments_of(1)[0]) == [800, 1200]
    split_shipment(seed.bench, seed.workspace, "1", parcels=1)
    assert boxes(seed.shipments_of(1)[0]) == [None]
    split_shipment(seed.bench, seed.workspace, "1", parcels=2)
    assert boxes(seed.shipments_of(1)[0]) == [None, None]


def test_a_box_that_the_carrier_refused_once_is_void_not_forgotten(seed: Seed) -> None:
    split_shipment(seed.bench, seed.workspace, "1", parcels=2)
    tried = seed.shipments_of(1)[0].parcels[1].id
    seed.put_parcel(tried, attempt=1, reference="ABCDEFGHIJKL")
    split_shipment(seed.bench, seed.workspace, "1", parcels=1)
    (shipment,) = seed.shipments_of(1)
    assert [one.state for one in shipment.parcels] == [ParcelState.PENDING, ParcelState.VOID]
    assert shipment.decision is ShipmentState.READY


@pytest.mark.parametrize("wrong", [{"parcels": 0}, {"parcels": 100}, {"weights": [500, 0]}])
def test_boxes_that_cannot_be(seed: Seed, wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError, match=r"split\.parcels"):
        split_shipment(seed.bench, seed.workspace, "1", **wrong)  # type: ignore[arg-type]


def test_some_lines_go_in_a_second_shipment(seed: Seed) -> None:
    outcome = split_shipment(seed.bench, seed.workspace, "1", lines={"BOUGIE-2": 2, "l1": 2})
    assert outcome.counts == {"split": 1, "ready": 2}
    first, second = seed.shipments_of(1)
    (one,) = ids(seed, 1)
    assert lines(first) == {(one, "l2", 1)}
    assert lines(second) == {(one, "l1", 2), (one, "l2", 2)}
    assert (first.weight_g, second.weight_g) == (250, 1000)


@pytest.mark.parametrize(
    ("wanted", "key"),
    [
        ({"l1": 3}, "split.no_such_line"),
        ({"l9": 1}, "split.no_such_line"),
        ({"l1": 0}, "split.no_such_line"),
        ({"l1": 2, "l2": 3}, "split.nothing_left"),
    ],
)
def test_lines_that_are_not_there_change_nothing(
    seed: Seed, wanted: dict[str, int], key: str
) -> None:
    before = seed.shipments_of(1)
    with pytest.raises(ConfigurationError, match=key.replace(".", r"\.")):
        split_shipment(seed.bench, seed.workspace, "1", lines=wanted)
    assert seed.shipments_of(1) == before


def test_a_split_order_is_put_together_again(seed: Seed) -> None:
    (before,) = seed.shipments_of(1)
    split_shipment(seed.bench, seed.workspace, "1", lines={"l2": 2})
    merge(seed, "1")
    (after,) = seed.shipments_of(1)
    assert lines(after) == lines(before)
    assert len(boxes(after)) == 1


def test_an_order_leaves_its_merged_shipment(seed: Seed) -> None:
    merge(seed, "1", "2")
    split_shipment(seed.bench, seed.workspace, "1")
    (second,), (first,) = seed.shipments_of(2), seed.shipments_of(1)
    assert (second.order_ids, first.order_ids) == (ids(seed, 2), ids(seed, 1))
    assert second.decision is first.decision is ShipmentState.READY
    with pytest.raises(ConfigurationError, match=r"split\.not_merged"):
        split_shipment(seed.bench, seed.workspace, "1")


def test_corrections_of_the_address_go_along(seed: Seed) -> None:
    edit_shipment(seed.bench, seed.workspace, "1", {"recipient.city": "Bron"}, "marie")
    split_shipment(seed.bench, seed.workspace, "1", lines={"l1": 1})
    assert [one.recipient.city for one in seed.shipments_of(1)] == ["Bron", "Bron"]


def test_what_has_its_label_is_not_split(seed: Seed) -> None:
    seed.put_parcel(seed.shipments_of(1)[0].parcels[0].id, state="buying", attempt=1)
    (problem,) = split_shipment(seed.bench, seed.workspace, "1", parcels=2).attention
    assert problem.code == "shipment.already_labelled"


def test_a_line_added_in_the_shop_goes_with_the_first_and_a_refund_where_it_lies(
    seed: Seed,
) -> None:
    split_shipment(seed.bench, seed.workspace, "1", lines={"l2": 2})
    new = (make_line(1, quantity=2), make_line(2, quantity=1), make_line(3, quantity=4))
    seed.shop.change("9001", lines=new)
    sync(seed)
    (one,) = ids(seed, 1)
    (first, *others) = seed.shipments_of(1)
    assert lines(first) == {(one, "l1", 2), (one, "l2", 1), (one, "l3", 4)}
    assert others == []


def test_a_line_added_after_one_of_two_labels_goes_with_the_open_one(seed: Seed) -> None:
    split_shipment(seed.bench, seed.workspace, "1", lines={"l2": 3})
    first, second = seed.shipments_of(1)
    seed.put_parcel(first.parcels[0].id, state="labelled", attempt=1)
    seed.shop.change("9001", lines=(make_line(1, quantity=3), make_line(2, quantity=3)))
    assert import_orders(seed.bench, seed.workspace).ok
    (one,) = ids(seed, 1)
    assert lines(seed.shipment(second.id)) == {(one, "l2", 3), (one, "l1", 1)}


def test_an_edit_of_a_weight_asks_which_shipment(seed: Seed) -> None:
    split_shipment(seed.bench, seed.workspace, "1", lines={"l1": 2})
    (problem,) = edit_shipment(seed.bench, seed.workspace, "1", {"weight_g": "9"}, "m").attention
    assert problem.command == "colisync edit boutique/1#1 weight_g=…"
    edit_shipment(seed.bench, seed.workspace, "boutique/1#2", {"weight_g": "900"}, "m")
    assert [one.weight_g for one in seed.shipments_of(1)] == [750, 900]


def test_standing_is_untouched_by_all_this(seed: Seed) -> None:
    merge(seed, "1", "2")
    assert {seed.stored(number).standing for number in (1, 2, 3)} == {Standing.TO_SHIP}
