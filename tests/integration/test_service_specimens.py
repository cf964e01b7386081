"""Labels of the sandbox's carrier: told to no shop, and made again once a contract has arrived."""

from typing import Any

import pytest
from sqlalchemy import select

from colisync.model.parcel import ParcelState
from colisync.model.workspace import STAND_IN, Contract, Mode, Workspace
from colisync.services.buy_label import buy_label
from colisync.services.sweep import sweep
from colisync.storage import tables, workspaces
from colisync.storage.store import Store
from colisync.testing.factories import CONTRACT, CREATED, Seed, make_order


def _labelled(seed: Seed) -> int:
    order = make_order(1)
    seed.shop.put(order)
    shipment = seed.ready(order)
    buy_label(seed.bench, seed.workspace, confirmed=True)
    assert seed.shipment(shipment.id).parcels[0].state is ParcelState.LABELLED
    return shipment.id


def _rows(seed: Seed, name: str) -> list[Any]:
    with seed.store.read() as connection:
        return list(connection.execute(select(tables.metadata.tables[name])))


def _arrive(seed: Seed) -> None:
    """The real contract takes the stand-in's place."""
    with seed.store.write() as connection:
        contract = Contract(workspace=seed.workspace, key=CONTRACT, carrier="fake")
        workspaces.put_contract(connection, seed.workspace, contract)


def test_a_specimen_is_told_to_no_shop(store: Store) -> None:
    seed = Seed(store, contract={"base_url": STAND_IN})
    _labelled(seed)
    assert _rows(seed, "write_backs") == []


def test_the_contract_that_arrives_labels_for_real_after_a_new_confirmation(store: Store) -> None:
    seed = Seed(store, contract={"base_url": STAND_IN})
    shipment_id = _labelled(seed)
    first = seed.carrier.asked[0].reference
    _arrive(seed)
    assert sweep(seed.bench, seed.workspace).counts["specimens_dropped"] == 1
    assert buy_label(seed.bench, seed.workspace).attention[0].code == "ship.first_batch"
    buy_label(seed.bench, seed.workspace, confirmed=True)
    parcel = seed.shipment(shipment_id).parcels[0]
    assert (parcel.state, parcel.attempt) == (ParcelState.LABELLED, 2)
    assert parcel.reference != first
    assert _rows(seed, "write_backs")
    assert _rows(seed, "orphans") == []


def test_a_rehearsal_that_ends_leaves_nothing_labelled(store: Store) -> None:
    seed = Seed(store, client={"mode": Mode.REHEARSAL})
    shipment_id = _labelled(seed)
    assert "specimens_dropped" not in sweep(seed.bench, seed.workspace).counts
    with store.write() as connection:
        live = Workspace(key=seed.workspace)
        workspaces.put_workspace(connection, seed.workspace, live, CREATED)
    sweep(seed.bench, seed.workspace)
    assert seed.shipment(shipment_id).parcels[0].state is ParcelState.PENDING


@pytest.mark.parametrize("state", [ParcelState.LABELLED, ParcelState.HANDED_OVER])
def test_a_real_label_is_never_dropped(store: Store, state: ParcelState) -> None:
    seed = Seed(store)
    shipment_id = _labelled(seed)
    seed.put_parcel(seed.shipment(shipment_id).parcels[0].id, state=state)
    sweep(seed.bench, seed.workspace)
    assert seed.shipment(shipment_id).parcels[0].state is state
