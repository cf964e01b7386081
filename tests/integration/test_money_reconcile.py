"""Doubts settled by several at once, by dead ones and late ones: one live label, others listed."""

import threading
from typing import Any

import pytest
from sqlalchemy import select

from colisync.errors import AuthenticationFailed, NotFound, OutcomeUnknown, Unreachable
from colisync.model.attention import ShipmentState
from colisync.model.label import LabelRequest, Orphan, Purchase
from colisync.model.parcel import ParcelState
from colisync.model.shipment import Parcel, Shipment
from colisync.services import lease as leases
from colisync.services import reconcile as reconciling
from colisync.services.buy_label import buy_label
from colisync.services.hold_shipment import retry
from colisync.services.reconcile import reconcile
from colisync.services.sweep import sweep
from colisync.storage import attempts, tables, workspaces
from colisync.storage.attempts import Bought, Claim, Wanted
from colisync.storage.store import Store
from colisync.testing.factories import Seed, make_order

LATE = "6A00000000777"


@pytest.fixture
def seed(store: Store) -> Seed:
    """A workspace whose shop has had its first batch."""
    seed = Seed(store)
    with store.write() as connection:
        workspaces.confirm_first_batch(connection, seed.workspace, seed.shop_id, seed.clock.now())
    return seed


def _ready(seed: Seed, number: int = 1) -> Shipment:
    order = make_order(number)
    seed.shop.put(order)
    return seed.ready(order)


def _uncertain(seed: Seed, number: int = 1) -> Shipment:
    shipment = _ready(seed, number)
    seed.carrier.outcomes[str(number)].append(OutcomeUnknown("wire.no_answer"))
    buy_label(seed.bench, seed.workspace)
    assert _parcel(seed, shipment).state is ParcelState.UNCERTAIN
    return shipment


def _parcel(seed: Seed, shipment: Shipment) -> Parcel:
    return seed.shipment(shipment.id).parcels[0]


def _rows(seed: Seed, name: str) -> list[Any]:
    with seed.store.read() as connection:
        return list(connection.execute(select(tables.metadata.tables[name])))


def _bought(seed: Seed, shipment: Shipment) -> Bought:
    """The late answer of the parcel's present attempt, under the lease of its claim."""
    parcel = _parcel(seed, shipment)
    request = seed.carrier.asked[-1]
    claim = Claim(parcel.id, parcel.attempt - 1, "colissimo", request)
    return Bought(claim, leases.take(seed.clock.now()), Purchase(number=LATE))


def _store(seed: Seed, late: Bought) -> frozenset[int]:
    now = seed.clock.now()
    with seed.store.write() as connection:
        return attempts.store_purchases(connection, seed.workspace, [late], now, now)


def test_reconciled_by_two_at_once_one_next_attempt_begins(seed: Seed) -> None:
    shipments = [_uncertain(seed, number) for number in range(1, 5)]
    barrier = threading.Barrier(2)
    errors: list[BaseException] = []

    def settle() -> None:
        barrier.wait()
        try:
            reconcile(seed.bench, seed.workspace)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=settle) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert {_parcel(seed, one).state for one in shipments} == {ParcelState.PENDING}
    assert len(_rows(seed, "orphans")) == 4


def test_a_late_answer_that_comes_while_the_carrier_is_asked_is_the_label(seed: Seed) -> None:
    shipment = _uncertain(seed)
    late = _bought(seed, shipment)

    def answers_meanwhile(request: LabelRequest) -> Orphan:
        assert _store(seed, late) == frozenset()
        return Orphan()

    seed.carrier.settle = answers_meanwhile  # type: ignore[method-assign]
    outcome = reconcile(seed.bench, seed.workspace)
    parcel = _parcel(seed, shipment)
    assert (parcel.state, parcel.number) == (ParcelState.ANNOUNCED, LATE)
    assert outcome.counts.get("to_buy_again", 0) == 0
    assert _rows(seed, "orphans") == []


def test_a_late_answer_after_the_next_attempt_is_an_orphan_with_its_number(seed: Seed) -> None:
    shipment = _uncertain(seed)
    late = _bought(seed, shipment)
    reconcile(seed.bench, seed.workspace)
    buy_label(seed.bench, seed.workspace)
    assert _store(seed, late) == {shipment.parcels[0].id}
    (orphan,) = _rows(seed, "orphans")
    assert (orphan.number, orphan.possible) == (LATE, False)
    parcel = _parcel(seed, shipment)
    assert (parcel.state, parcel.attempt) == (ParcelState.LABELLED, 2)
    assert parcel.number != LATE


def test_a_clock_that_jumps_in_the_middle_of_a_call_costs_nothing(seed: Seed) -> None:
    shipment = _ready(seed)
    make = seed.carrier.buy_label

    def overtaken(request: LabelRequest) -> Purchase:
        seed.clock.advance(hours=1)
        assert sweep(seed.bench, seed.workspace).counts["uncertain"] == 1
        return make(request)

    seed.carrier.buy_label = overtaken  # type: ignore[method-assign]
    assert buy_label(seed.bench, seed.workspace).counts["labels"] == 1
    assert _parcel(seed, shipment).state is ParcelState.LABELLED
    assert _rows(seed, "orphans") == []


def test_a_call_outlived_by_its_lease_and_settled_is_one_live_label(seed: Seed) -> None:
    """A computer that slept: another one settled the doubt and bought; the sleeper's is listed."""
    shipment = _ready(seed)
    make = seed.carrier.buy_label

    def slept(request: LabelRequest) -> Purchase:
        seed.carrier.buy_label = make  # type: ignore[method-assign]
        seed.clock.advance(hours=1)
        for verb in (sweep, reconcile, buy_label):
            verb(seed.bench, seed.workspace)
        return make(request)

    seed.carrier.buy_label = slept  # type: ignore[method-assign]
    assert buy_label(seed.bench, seed.workspace).counts["late"] == 1
    parcel = _parcel(seed, shipment)
    (orphan,) = _rows(seed, "orphans")
    assert parcel.state is ParcelState.LABELLED
    assert (orphan.possible, orphan.attempt, parcel.attempt) == (False, 1, 2)
    assert {parcel.number, orphan.number} == set(seed.carrier.made.values())


def test_a_claim_and_a_dead_holder_at_once_make_one_attempt(seed: Seed) -> None:
    """Two processes: one swept and settled the other's parcel while that one was slow to claim."""
    shipment = _ready(seed)
    request = LabelRequest.model_validate(
        {
            "reference": "A" * 12,
            "order_number": "1",
            "method": "home",
            "sender": shipment.recipient,
            "recipient": shipment.recipient,
            "weight_g": 500,
            "label_format": {"kind": "pdf", "size": "10x15", "dpi": 300},
            "hand_over_on": "2026-11-23",
        }
    )
    stale = Wanted(shipment.id, shipment.version, [Claim(shipment.parcels[0].id, 0, "c", request)])
    buy_label(seed.bench, seed.workspace)
    with seed.store.write() as connection:
        now = seed.clock.now()
        lease = leases.take(now)
        assert attempts.claim(connection, seed.workspace, [stale], lease, now) == []
    assert len(seed.carrier.made) == 1


def test_a_paused_contract_is_not_asked(seed: Seed, monkeypatch: pytest.MonkeyPatch) -> None:
    shipment = _uncertain(seed)
    with seed.store.write() as connection:
        workspaces.pause_contract(connection, seed.workspace, "colissimo", "colissimo.credentials")
    monkeypatch.delattr(type(seed.carrier), "settle")
    outcome = reconcile(seed.bench, seed.workspace)
    assert [one.code for one in outcome.attention] == ["contract.paused"]
    assert _parcel(seed, shipment).state is ParcelState.UNCERTAIN


def test_a_contract_that_is_gone_holds_up_no_other(seed: Seed) -> None:
    lost, other = _uncertain(seed, 1), _uncertain(seed, 2)
    seed.put_parcel(lost.parcels[0].id, contract_key="ancien")
    outcome = reconcile(seed.bench, seed.workspace)
    assert outcome.counts == {"postponed": 1, "to_buy_again": 1}
    assert outcome.attention[0].code == "storage.unknown_contract"
    assert _parcel(seed, other).state is ParcelState.PENDING
    assert _parcel(seed, lost).state is ParcelState.UNCERTAIN


def test_refused_credentials_pause_the_contract(
    seed: Seed, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 4):
        _uncertain(seed, number)
    asked = []

    def refused(request: LabelRequest) -> Orphan:
        asked.append(request)
        raise AuthenticationFailed("colissimo.credentials")

    monkeypatch.setattr(seed.carrier, "settle", refused)
    outcome = reconcile(seed.bench, seed.workspace)
    assert len(asked) == 1
    assert outcome.counts["postponed"] == 2
    assert outcome.attention[0].command == "colisync check"
    with seed.store.read() as connection:
        (contract,) = workspaces.contracts(connection, seed.workspace)
    assert contract.paused == "colissimo.credentials"


def test_a_carrier_that_is_down_costs_a_handful_of_questions(
    seed: Seed, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 8):
        _uncertain(seed, number)
    asked = []

    def down(request: LabelRequest) -> Orphan:
        asked.append(request)
        raise Unreachable("wire.no_connection")

    monkeypatch.setattr(seed.carrier, "settle", down)
    outcome = reconcile(seed.bench, seed.workspace)
    assert len(asked) == 5
    assert outcome.counts["postponed"] == 2
    assert {one.command for one in outcome.attention} == {"colisync reconcile"}


def test_a_carrier_that_loses_every_answer_makes_no_labels_for_ever(seed: Seed) -> None:
    shipment = _ready(seed)
    for _ in range(20):
        seed.carrier.outcomes["1"].append(OutcomeUnknown("wire.no_answer"))
    for _ in range(10):
        sweep(seed.bench, seed.workspace)
        reconcile(seed.bench, seed.workspace)
        buy_label(seed.bench, seed.workspace)
    assert len(seed.carrier.asked) == reconciling.LOST_IN_ALL
    assert len(_rows(seed, "orphans")) == reconciling.LOST_IN_ALL
    assert seed.shipment(shipment.id).decision is ShipmentState.ATTENTION
    seed.carrier.outcomes["1"].clear()
    assert retry(seed.bench, seed.workspace, "boutique/1").ok
    assert buy_label(seed.bench, seed.workspace).counts["labels"] == 1


def test_a_label_that_the_carrier_has_no_more_is_made_anew(
    seed: Seed, monkeypatch: pytest.MonkeyPatch
) -> None:
    _ready(seed)
    seed.carrier.outcomes["1"].append(Purchase(number="6A00000000007"))
    buy_label(seed.bench, seed.workspace)

    def gone(self: object, number: str, form: object) -> tuple[()]:
        raise NotFound("wire.not_found")

    monkeypatch.setattr(type(seed.carrier), "fetch_label", gone, raising=False)
    (problem,) = reconcile(seed.bench, seed.workspace).attention
    assert (problem.command, problem.parcel) == ("colisync relabel boutique/1", "6A00000000007")
