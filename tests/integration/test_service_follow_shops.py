"""What following a parcel means for the shop: news that become due, alarms, labels never seen."""

from typing import Any

import pytest
from sqlalchemy import select

from colisync.model.parcel import ParcelState
from colisync.model.shipment import Parcel
from colisync.model.tracking import TrackingStatus
from colisync.model.workspace import Statuses
from colisync.model.writeback import Effect
from colisync.services.plan_effects import plan_effects
from colisync.services.record_tracking import Heard, record_tracking
from colisync.storage import orphans, tables
from colisync.storage.store import Store
from colisync.testing.factories import make_order
from colisync.testing.road import Road

S = TrackingStatus


@pytest.fixture
def road(store: Store) -> Road:
    return Road(store)


def _write_backs(road: Road) -> list[Any]:
    table = tables.write_backs
    with road.store.read() as connection:
        return list(connection.execute(select(table).order_by(table.c.id)))


def _plan(road: Road, *parcels: Parcel) -> None:
    with road.store.write() as connection:
        pairs = [(one.id, 1) for one in parcels]
        plan_effects(connection, road.workspace, pairs, road.clock.now())


def test_the_first_scan_makes_the_shop_s_news_due(store: Store) -> None:
    road = Road(store, shop={"write_back": "at_first_scan"})
    parcel = road.parcel()
    _plan(road, parcel)
    road.told(parcel, 1, S.ANNOUNCED)
    road.clock.advance(hours=1)
    road.look()
    assert {row.due_at for row in _write_backs(road)} == {None}
    road.told(parcel, 2, S.ACCEPTED)
    road.clock.advance(hours=8)
    road.look(now_due_only=False)
    assert {row.due_at for row in _write_backs(road)} == {road.clock.now()}


def test_the_delivered_status_waits_for_every_box_of_the_order(store: Store) -> None:
    road = Road(store, shop={"statuses": Statuses(delivered="delivered")})
    shipment = road.labelled(make_order(1), parcels=2)
    first, second = shipment.parcels
    _plan(road, first, second)
    road.told(first, 1, S.DELIVERED)
    road.clock.advance(hours=2)
    road.look()
    assert Effect.STATUS.value not in {row.effect for row in _write_backs(road)}
    road.told(second, 3, S.DELIVERED)
    road.clock.advance(hours=20)
    road.look(now_due_only=False)
    (status,) = [row for row in _write_backs(road) if row.effect == Effect.STATUS.value]
    assert (status.status_wanted, status.parcel_id) == ("delivered", second.id)
    assert status.due_at == road.clock.now()


@pytest.mark.parametrize("shop", [{"write_back": "never"}, {"statuses": Statuses()}])
def test_no_delivered_status_is_planned_where_none_is_wanted(
    store: Store, shop: dict[str, Any]
) -> None:
    road = Road(store, shop={"statuses": Statuses(delivered="delivered"), **shop})
    road.told(road.parcel(), 1, S.DELIVERED)
    road.clock.advance(hours=2)
    road.look()
    assert _write_backs(road) == []


def test_a_void_label_that_travels_raises_one_alarm(road: Road) -> None:
    parcel = road.parcel()
    with road.store.write() as connection:
        orphans.list_orphan(
            connection,
            road.workspace,
            parcel.id,
            1,
            parcel.reference,
            road.clock.now(),
            number=parcel.number,
            possible=False,
            reason="voided",
        )
    road.put_parcel(parcel.id, state="labelled", attempt=2, number="6ANEW")
    road.told(parcel, 0, S.ANNOUNCED)
    assert road.look().ok
    road.told(parcel, 20, S.IN_TRANSIT)
    road.clock.advance(hours=22)
    assert parcel.number not in [one.number for one in road.carrier.tracked[2:]]
    road.clock.advance(hours=4)

    (attention,) = road.look().attention

    assert (attention.code, attention.order) == ("parcel.void_scanned", "boutique/1")
    assert attention.parcel == parcel.number
    assert road.alarms() == [("parcel.void_scanned", parcel.number)]
    assert road.events(parcel) == [], "the new label's story is its own"
    road.clock.advance(days=2)
    assert road.look().ok


def test_news_of_a_number_replaced_meanwhile_is_not_the_parcel_s(road: Road) -> None:
    parcel = road.parcel()
    event = road.told(parcel, 0, S.DELIVERED)
    road.put_parcel(parcel.id, number="6ANEW", attempt=2)
    with road.store.write() as connection:
        heard = [Heard(parcel.id, parcel.number, [event])]
        record_tracking(connection, road.workspace, "fake", heard, road.clock.now())
    assert road.row(parcel).state == "labelled"
    assert road.events(parcel) == []


def test_a_parcel_voided_meanwhile_and_scanned_raises_the_alarm(road: Road) -> None:
    parcel = road.parcel()
    event = road.told(parcel, 0, S.IN_TRANSIT)
    road.put_parcel(parcel.id, state="void")
    with road.store.write() as connection:
        heard = [Heard(parcel.id, parcel.number, [event])]
        recorded = record_tracking(connection, road.workspace, "fake", heard, road.clock.now())
    assert [one.code for one in recorded.attention] == ["parcel.void_scanned"]
    assert road.row(parcel).state == "void"


def test_a_label_never_scanned_is_listed_after_a_working_day(road: Road) -> None:
    parcel = road.parcel()  # a Monday noon
    road.clock.advance(days=1)
    assert road.look().counts["not_scanned"] == 0
    road.clock.advance(days=1)

    outcome = road.look()

    assert outcome.ok, "listed, not an error"
    assert outcome.counts["not_scanned"] == 1
    (note,) = outcome.notes
    assert (note.code, note.order, note.parcel) == (
        "parcel.not_scanned",
        "boutique/1",
        parcel.number,
    )
    assert road.look().notes == (), "said once"
    assert road.alarms() == [("parcel.not_scanned", str(parcel.id))]
    road.told(parcel, 40, S.ACCEPTED)
    assert road.look(now_due_only=False).counts["not_scanned"] == 0
    assert road.alarms() == []


def test_a_person_s_hand_over_stays_until_the_carrier_says_more(road: Road) -> None:
    parcel = road.parcel()
    road.put_parcel(parcel.id, state=ParcelState.HANDED_OVER.value)
    road.told(parcel, 0, S.ANNOUNCED)
    road.look()
    assert road.row(parcel).state == "handed_over"
