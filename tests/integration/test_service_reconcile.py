"""Parcels whose answer was lost: settled by the carrier's word, never bought blindly."""

from typing import Any

import pytest
from sqlalchemy import select

from colisync.errors import OutcomeUnknown, Unreachable
from colisync.model.label import (
    Adopted,
    Document,
    DocumentKind,
    LabelFormat,
    Orphan,
    Purchase,
    StillUnknown,
)
from colisync.model.parcel import ParcelState
from colisync.model.shipment import Parcel, Shipment
from colisync.services.buy_label import buy_label
from colisync.services.reconcile import reconcile
from colisync.storage import tables, workspaces
from colisync.storage.store import Store
from colisync.testing.factories import Seed, make_order


@pytest.fixture
def seed(store: Store) -> Seed:
    """A workspace whose shop has had its first batch."""
    seed = Seed(store)
    with store.write() as connection:
        workspaces.confirm_first_batch(connection, seed.workspace, seed.shop_id, seed.clock.now())
    return seed


def _uncertain(seed: Seed) -> Shipment:
    order = make_order(1)
    seed.shop.put(order)
    shipment = seed.ready(order)
    seed.carrier.outcomes["1"].append(OutcomeUnknown("wire.no_answer"))
    buy_label(seed.bench, seed.workspace)
    assert _parcel(seed, shipment).state is ParcelState.UNCERTAIN
    return shipment


def _parcel(seed: Seed, shipment: Shipment) -> Parcel:
    return seed.shipment(shipment.id).parcels[0]


def _rows(seed: Seed, name: str) -> list[Any]:
    with seed.store.read() as connection:
        return list(connection.execute(select(tables.metadata.tables[name])))


def _label(number: str) -> Purchase:
    label = Document(
        kind=DocumentKind.LABEL, format=LabelFormat.parse("pdf_10x15"), content=b"%PDF found"
    )
    return Purchase(number=number, documents=(label,))


def test_a_doubtful_parcel_is_never_bought_before_it_is_settled(seed: Seed) -> None:
    _uncertain(seed)
    buy_label(seed.bench, seed.workspace)
    assert len(seed.carrier.asked) == 1


def test_what_the_carrier_finds_is_adopted_whole(seed: Seed) -> None:
    shipment = _uncertain(seed)
    seed.carrier.settlements["1"] = Adopted(purchase=_label("6A00000000042"))
    outcome = reconcile(seed.bench, seed.workspace)
    assert outcome.counts["adopted"] == 1
    parcel = _parcel(seed, shipment)
    assert (parcel.state, parcel.number) == (ParcelState.LABELLED, "6A00000000042")
    assert _rows(seed, "documents")[0].content == b"%PDF found"
    assert _rows(seed, "write_backs")
    assert _rows(seed, "orphans") == []


def test_a_carrier_without_search_lists_an_orphan_and_the_next_attempt_begins(seed: Seed) -> None:
    shipment = _uncertain(seed)
    first = seed.carrier.asked[0].reference
    assert reconcile(seed.bench, seed.workspace).counts["to_buy_again"] == 1
    (orphan,) = _rows(seed, "orphans")
    assert (orphan.reference, orphan.number, orphan.possible) == (first, None, True)
    buy_label(seed.bench, seed.workspace)
    parcel = _parcel(seed, shipment)
    assert (parcel.state, parcel.attempt) == (ParcelState.LABELLED, 2)
    assert parcel.reference != first


def test_the_number_of_an_orphan_is_kept_when_the_carrier_says_it(seed: Seed) -> None:
    _uncertain(seed)
    seed.carrier.settlements["1"] = Orphan(number="6A00000000099", possible=False)
    reconcile(seed.bench, seed.workspace)
    (orphan,) = _rows(seed, "orphans")
    assert (orphan.number, orphan.possible) == ("6A00000000099", False)


def test_what_nobody_can_say_waits_for_a_person(seed: Seed) -> None:
    shipment = _uncertain(seed)
    seed.carrier.settlements["1"] = StillUnknown(note="ask the help desk")
    outcome = reconcile(seed.bench, seed.workspace)
    assert outcome.attention[0].code == "parcel.still_unknown"
    assert outcome.attention[0].command == "colisync relabel boutique/1"
    assert _parcel(seed, shipment).state is ParcelState.UNCERTAIN


def test_a_carrier_that_is_down_leaves_the_doubt_for_later(
    seed: Seed, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipment = _uncertain(seed)

    def down(request: object) -> Orphan:
        raise Unreachable("wire.unreachable")

    monkeypatch.setattr(seed.carrier, "settle", down)
    outcome = reconcile(seed.bench, seed.workspace)
    assert outcome.attention[0].order == "boutique/1"
    assert _parcel(seed, shipment).state is ParcelState.UNCERTAIN


def test_reconcile_twice_changes_nothing_more(seed: Seed) -> None:
    _uncertain(seed)
    reconcile(seed.bench, seed.workspace)
    again = reconcile(seed.bench, seed.workspace)
    assert again.counts == {}
    assert len(_rows(seed, "orphans")) == 1


def test_a_number_without_its_label_is_stored_and_the_label_fetched(
    seed: Seed, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = make_order(1)
    seed.shop.put(order)
    shipment = seed.ready(order)
    seed.carrier.outcomes["1"].append(Purchase(number="6A00000000007"))
    buy_label(seed.bench, seed.workspace)
    parcel = _parcel(seed, shipment)
    assert (parcel.state, parcel.number) == (ParcelState.ANNOUNCED, "6A00000000007")
    fetched = _label("6A00000000007").documents
    monkeypatch.setattr(
        type(seed.carrier), "fetch_label", lambda self, number, form: fetched, raising=False
    )
    assert reconcile(seed.bench, seed.workspace).counts["labels_fetched"] == 1
    assert _parcel(seed, shipment).state is ParcelState.LABELLED
    assert _rows(seed, "documents")[0].content == b"%PDF found"
