"""What goes into a batch: one shop's or contract's trouble is its own, and all of it is said."""

from collections.abc import Sequence
from typing import Any

import pytest

from colisync.errors import ConfigurationError, InvalidShipment, Unreachable
from colisync.model.attention import Outcome, ShipmentState
from colisync.model.label import LabelRequest
from colisync.model.parcel import ParcelState
from colisync.model.shipment import Shipment
from colisync.services.buy_label import buy_label
from colisync.storage import shipments, workspaces
from colisync.storage.store import Store
from colisync.testing.factories import Seed, make_order


@pytest.fixture
def seed(store: Store) -> Seed:
    """A workspace whose shop has had its first batch."""
    seed = Seed(store, contract={"concurrency": 2})
    with store.write() as connection:
        workspaces.confirm_first_batch(connection, seed.workspace, seed.shop_id, seed.clock.now())
    return seed


def _ready(seed: Seed, number: int) -> Shipment:
    order = make_order(number)
    seed.shop.put(order)
    return seed.ready(order)


def _save(seed: Seed, shipment: Shipment, **fields: Any) -> None:
    with seed.store.write() as connection:
        changed = seed.shipment(shipment.id).model_copy(update=fields)
        assert shipments.save(connection, seed.workspace, [changed], seed.clock.now())


def _state(seed: Seed, shipment: Shipment) -> ParcelState:
    return seed.shipment(shipment.id).parcels[0].state


def test_a_shop_whose_settings_are_wrong_blocks_no_label(
    seed: Seed, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipment = _ready(seed, 1)

    def moved(*rest: object) -> Outcome:
        raise ConfigurationError("wire.redirected", params={"location": "https://elsewhere"})

    monkeypatch.setattr("colisync.services.buy_label.refresh_orders", moved)
    outcome = buy_label(seed.bench, seed.workspace)
    assert (outcome.counts["labels"], outcome.counts["not_reread"]) == (1, 1)
    assert outcome.attention[0].code == "wire.redirected"
    assert _state(seed, shipment) is ParcelState.LABELLED


def test_a_paused_shop_is_not_asked_and_its_labels_go_on(seed: Seed) -> None:
    shipment = _ready(seed, 1)
    with seed.store.write() as connection:
        workspaces.pause_shop(connection, seed.workspace, "boutique", "wire.refused_credentials")
    calls = len(seed.shop.calls)
    outcome = buy_label(seed.bench, seed.workspace)
    assert len(seed.shop.calls) == calls
    assert outcome.counts["not_reread"] == 1
    assert _state(seed, shipment) is ParcelState.LABELLED


def test_a_contract_that_is_gone_holds_up_no_other(seed: Seed) -> None:
    lost, good = _ready(seed, 1), _ready(seed, 2)
    _save(seed, lost, contract_key="ancien")
    outcome = buy_label(seed.bench, seed.workspace)
    assert (outcome.counts["labels"], outcome.counts["postponed"]) == (1, 1)
    assert outcome.attention[0].code == "storage.unknown_contract"
    assert _state(seed, good) is ParcelState.LABELLED


def test_what_the_shop_changed_at_the_last_moment_is_told(seed: Seed) -> None:
    gone = _ready(seed, 1)
    wrong = _ready(seed, 2)
    seed.shop.change(make_order(1).external_id, status="cancelled")
    nowhere = make_order(2).recipient.model_copy(update={"street": ""})
    seed.shop.change(make_order(2).external_id, recipient=nowhere)
    outcome = buy_label(seed.bench, seed.workspace)
    assert outcome.counts["left_out"] == 2
    assert [one.order for one in outcome.attention] == ["boutique/2"]
    assert seed.carrier.asked == []
    assert {_state(seed, one) for one in (gone, wrong)} == {ParcelState.PENDING}


def test_a_refusal_never_overwrites_what_a_person_did_meanwhile(seed: Seed) -> None:
    shipment = _ready(seed, 1)

    def held_meanwhile(request: LabelRequest) -> None:
        _save(seed, shipment, decision=ShipmentState.HELD)
        raise InvalidShipment("fake.no_street", field="recipient.street")

    seed.carrier.validate = held_meanwhile  # type: ignore[method-assign]
    buy_label(seed.bench, seed.workspace)
    assert seed.shipment(shipment.id).decision is ShipmentState.HELD
    assert seed.carrier.asked == []


def test_the_command_that_cures_is_named_for_each_failure(seed: Seed) -> None:
    cases: Sequence[tuple[Any, str]] = [
        (InvalidShipment("x.heavy", field="weight_g", hint="split"), "split boutique/1 --parcels"),
        (InvalidShipment("x.customs", field="recipient.country", hint="hold"), "hold boutique/2"),
        (InvalidShipment("x.sender", field="sender.phone"), "apply FILE"),
        (InvalidShipment("x.p", field="pickup_point"), "edit boutique/4 pickup_point.id="),
        (
            InvalidShipment("x.m", field="method", params={"sold": "home_signature, pickup"}),
            "edit boutique/5 method=colissimo:home_signature",
        ),
        (Unreachable("wire.no_connection"), "ship boutique/6"),
    ]
    for number, (error, _) in enumerate(cases, 1):
        _ready(seed, number)
        seed.carrier.outcomes[str(number)].append(error)
    outcome = buy_label(seed.bench, seed.workspace)
    by_order = {one.order: one.command for one in outcome.attention}
    for number, (_, command) in enumerate(cases, 1):
        assert by_order[f"boutique/{number}"].startswith(f"colisync {command}")
