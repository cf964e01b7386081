"""Labels that are voided, replaced, merged and delivered: what the shop is told of each."""

from typing import Any

import pytest
from sqlalchemy import update

from colisync.errors import OutcomeUnknown
from colisync.model.parcel import ParcelState
from colisync.model.workspace import Statuses
from colisync.storage import orphans, tables, write_backs
from colisync.storage.store import Store
from colisync.testing.factories import make_order
from colisync.testing.telling import TellingSeed


@pytest.fixture
def bench(store: Store) -> TellingSeed:
    return TellingSeed(store)


def _void(bench: TellingSeed, parcel: Any, *, again: bool) -> None:
    now = bench.clock.now()
    with bench.store.write() as connection:
        orphans.list_orphan(
            connection,
            bench.seed.workspace,
            parcel.id,
            1,
            parcel.reference,
            now,
            number=parcel.number,
            possible=False,
            reason="voided",
        )
    bench.seed.put_parcel(parcel.id, state=ParcelState.VOID.value)
    if not again:
        bench.write(write_backs.withdraw, parcel.id, 1, now)


def test_a_void_number_is_taken_out_and_the_other_box_keeps_its_own(bench: TellingSeed) -> None:
    first, second = bench.labelled(1, parcels=2).parcels
    bench.tell()
    _void(bench, first, again=False)
    outcome = bench.tell()
    assert bench.shop.numbers["9001"] == [second.number]
    assert outcome.counts == {"effects_done": 1, "written_back": 1, "effects_waiting": 0}
    assert bench.shop.write_backs[-1].withdraw
    assert bench.tell().counts == {"effects_waiting": 0}


def test_a_number_is_taken_back_before_the_next_one_is_told(bench: TellingSeed) -> None:
    first, second = bench.labelled(1, parcels=2).parcels
    bench.seed.put_parcel(second.id, state=ParcelState.PENDING.value)
    bench.tell()
    _void(bench, first, again=False)
    bench.seed.put_parcel(second.id, state=ParcelState.LABELLED.value)
    bench.shop.write_backs.clear()
    bench.tell()
    assert [(one.withdraw, one.parcel.number) for one in bench.shop.write_backs] == [
        (True, first.number),
        (False, second.number),
    ]


def test_a_label_void_before_it_was_told_is_never_told(bench: TellingSeed) -> None:
    (parcel,) = bench.labelled(1).parcels
    _void(bench, parcel, again=False)
    bench.clock.advance(days=1)
    bench.tell()
    assert bench.shop.calls == []
    assert bench.states() == {"stopped": 3}


def test_a_new_label_takes_the_place_of_the_void_one(bench: TellingSeed) -> None:
    (parcel,) = bench.labelled(1).parcels
    bench.shop.crash_after = [OutcomeUnknown("fake.lost")]
    bench.tell()
    _void(bench, parcel, again=True)
    bench.seed.put_parcel(
        parcel.id, state="labelled", attempt=2, number="6ANEW", reference="REFNEW"
    )
    bench.plan(parcel, attempt=2)
    bench.clock.advance(minutes=5)
    bench.tell()
    assert bench.shop.write_backs[-1].parcel.replaces == (parcel.number,)
    assert bench.shop.numbers["9001"] == ["6ANEW"]
    assert bench.states() == {"stopped": 3, "done": 3}


def test_a_merged_shipment_tells_each_of_its_orders(bench: TellingSeed) -> None:
    made = bench.seed.labelled(make_order(1))
    other = bench.seed.draft(make_order(2))
    link = tables.shipment_orders
    with bench.store.write() as connection:
        statement = update(link).where(link.c.shipment_id == other.id)
        connection.execute(statement.values(shipment_id=made.id))
    bench.plan(*made.parcels)
    assert bench.tell().counts["written_back"] == 2
    assert bench.shop.numbers == {"9001": [made.parcels[0].number]} | {
        "9002": [made.parcels[0].number]
    }


def test_a_delivered_status_follows_the_labelled_one(store: Store) -> None:
    statuses = Statuses(labelled="completed", delivered="delivered")
    bench = TellingSeed(store, shop={"statuses": statuses})
    (parcel,) = bench.labelled(1).parcels
    bench.tell()
    order_id = bench.seed.stored(1).id
    now = bench.clock.now()
    bench.write(write_backs.plan_status, parcel.id, 1, order_id, "delivered", now)
    bench.write(write_backs.plan_status, parcel.id, 1, order_id, "delivered", now)
    bench.tell()
    assert bench.shop.history["9001"] == ["processing", "completed", "delivered"]
    assert bench.shop.write_backs[-1].while_in == ("processing", "completed")


def test_a_status_that_changes_while_one_is_said_is_said_next(store: Store) -> None:
    bench = TellingSeed(
        store, shop={"statuses": Statuses(labelled="completed", delivered="delivered")}
    )
    _, second = bench.labelled(1, parcels=2).parcels
    order_id = bench.seed.stored(1).id

    def delivered_meanwhile() -> None:
        bench.shop.on_write = lambda: None
        now = bench.clock.now()
        bench.write(write_backs.plan_status, second.id, 1, order_id, "delivered", now)

    bench.shop.on_write = delivered_meanwhile
    bench.tell()
    bench.tell()
    assert bench.shop.history["9001"] == ["processing", "completed", "delivered"]
    assert bench.states() == {"done": 6}


def test_delivery_overtakes_a_status_that_was_never_said(store: Store) -> None:
    bench = TellingSeed(
        store, shop={"statuses": Statuses(labelled="completed", delivered="delivered")}
    )
    _, second = bench.labelled(1, parcels=2).parcels
    order_id = bench.seed.stored(1).id
    now = bench.clock.now()
    bench.write(write_backs.plan_status, second.id, 1, order_id, "delivered", now)
    bench.tell()
    assert bench.shop.history["9001"] == ["processing", "delivered"]
    assert bench.states() == {"done": 5, "skipped": 1}
