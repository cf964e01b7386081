"""Buying labels: no second one, no lost one, and one bad order costs one order."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import select

from colisync.errors import (
    AuthenticationFailed,
    ColisyncError,
    InvalidShipment,
    OutcomeUnknown,
    Rejected,
    RemoteUnavailable,
    StorageUnavailable,
    Unreachable,
    UnreadableAnswer,
)
from colisync.model.attention import Outcome, ShipmentState
from colisync.model.label import LabelRequest, Purchase
from colisync.model.parcel import ParcelState
from colisync.model.shipment import Parcel, Shipment
from colisync.services import lease as leases
from colisync.services.buy_label import buy_label
from colisync.services.sweep import sweep
from colisync.storage import attempts, tables, workspaces
from colisync.storage.attempts import Claim, Wanted
from colisync.storage.store import Connection, Store
from colisync.testing.factories import Seed, make_order


@pytest.fixture
def seed(store: Store) -> Seed:
    """A workspace whose shop has had its first batch."""
    seed = Seed(store, contract={"concurrency": 2})
    with store.write() as connection:
        workspaces.confirm_first_batch(connection, seed.workspace, seed.shop_id, seed.clock.now())
    return seed


def _ready(seed: Seed, number: int, *, parcels: int = 1) -> Shipment:
    order = make_order(number)
    seed.shop.put(order)
    return seed.ready(order, parcels=parcels)


def _buy(seed: Seed, *, automatic: bool = False, confirmed: bool = False) -> Outcome:
    return buy_label(seed.bench, seed.workspace, automatic=automatic, confirmed=confirmed)


def _parcel(seed: Seed, shipment: Shipment) -> Parcel:
    return seed.shipment(shipment.id).parcels[0]


def _rows(seed: Seed, table_name: str) -> list[dict[str, object]]:
    table = tables.metadata.tables[table_name]
    with seed.store.read() as connection:
        return [dict(row._mapping) for row in connection.execute(select(table))]


def test_a_label_is_stored_byte_for_byte_with_its_number_and_what_to_tell(seed: Seed) -> None:
    shipment = _ready(seed, 1)
    outcome = _buy(seed)
    parcel = _parcel(seed, shipment)
    assert outcome.ok
    assert outcome.counts["labels"] == 1
    assert parcel.state is ParcelState.LABELLED
    assert parcel.number == seed.carrier.made[parcel.reference]
    (document,) = _rows(seed, "documents")
    assert document["content"] == f"%PDF-1.4 {parcel.number}".encode()
    assert {row["effect"] for row in _rows(seed, "write_backs")} >= {"meta", "status"}
    (attempt,) = _rows(seed, "attempts")
    assert attempt["outcome"] == "bought"


def test_bought_once_is_never_bought_again(seed: Seed) -> None:
    _ready(seed, 1)
    _buy(seed)
    again = _buy(seed)
    assert len(seed.carrier.asked) == 1
    assert again.counts.get("labels", 0) == 0


def test_the_attempt_is_committed_before_the_carrier_is_asked(seed: Seed) -> None:
    shipment = _ready(seed, 1)
    seen: list[Parcel] = []
    make = seed.carrier.buy_label

    def look(request: LabelRequest) -> Purchase:
        seen.append(_parcel(seed, shipment))
        return make(request)

    seed.carrier.buy_label = look  # type: ignore[method-assign]
    _buy(seed)
    assert seen[0].state is ParcelState.BUYING
    assert seen[0].attempt == 1
    assert seen[0].lease is not None
    assert seen[0].reference == seed.carrier.asked[0].reference


def test_references_have_twelve_letters_and_differ(seed: Seed) -> None:
    for number in range(1, 8):
        _ready(seed, number)
    _buy(seed)
    references = {request.reference for request in seed.carrier.asked}
    assert len(references) == 7
    assert all(
        len(one) == 12 and set(one) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") for one in references
    )


@pytest.mark.parametrize(
    ("error", "count", "state", "decision"),
    [
        (Rejected("carrier.rejected", code="30700", text="non"), "refused", "pending", "attention"),
        (InvalidShipment("x.phone", field="recipient.phone"), "refused", "pending", "attention"),
        (Unreachable("wire.unreachable"), "postponed", "pending", "ready"),
        (RemoteUnavailable("wire.ill"), "postponed", "pending", "ready"),
        (OutcomeUnknown("wire.no_answer"), "uncertain", "uncertain", "ready"),
        (UnreadableAnswer("wire.too_large"), "uncertain", "uncertain", "ready"),
    ],
)
def test_one_bad_order_costs_one_order(
    seed: Seed, error: ColisyncError, count: str, state: str, decision: str
) -> None:
    bad = _ready(seed, 1)
    good = [_ready(seed, number) for number in range(2, 6)]
    seed.carrier.outcomes["1"].append(error)
    outcome = _buy(seed)
    assert outcome.counts[count] == 1
    assert outcome.counts["labels"] == 4
    assert [one.order for one in outcome.attention] == ["boutique/1"]
    assert _parcel(seed, bad).state.value == state
    assert seed.shipment(bad.id).decision.value == decision
    assert all(_parcel(seed, one).state is ParcelState.LABELLED for one in good)


def test_an_invalid_shipment_is_refused_before_any_call(seed: Seed) -> None:
    shipment = _ready(seed, 1)
    seed.carrier.invalid["1"] = InvalidShipment("x.phone", field="recipient.phone")
    outcome = _buy(seed)
    assert seed.carrier.asked == []
    assert seed.shipment(shipment.id).decision is ShipmentState.ATTENTION
    assert outcome.attention[0].command == "colisync edit boutique/1 recipient.phone=…"
    assert _parcel(seed, shipment).attempt == 0


def test_refused_credentials_pause_the_contract_and_stop_the_batch(seed: Seed) -> None:
    for number in range(1, 30):
        _ready(seed, number)
        seed.carrier.outcomes[str(number)].append(AuthenticationFailed("colissimo.refused"))
    outcome = _buy(seed)
    assert len(seed.carrier.asked) < 10
    with seed.store.read() as connection:
        (contract,) = workspaces.contracts(connection, seed.workspace)
    assert contract.paused == "colissimo.refused"
    assert outcome.counts["postponed"] + outcome.counts["refused"] == 29
    assert _buy(seed).attention[0].code == "contract.paused"


def test_a_carrier_that_is_down_costs_a_handful_of_time_outs(seed: Seed) -> None:
    for number in range(1, 60):
        _ready(seed, number)
        seed.carrier.outcomes[str(number)].append(Unreachable("wire.unreachable"))
    outcome = _buy(seed, confirmed=True)
    assert len(seed.carrier.asked) <= 12
    assert outcome.counts["postponed"] == 59


def test_the_first_batch_and_a_large_one_are_only_counted_until_confirmed(store: Store) -> None:
    seed = Seed(store)
    for number in range(1, 53):
        _ready(seed, number)
    first = _buy(seed)
    assert first.attention[0].code == "ship.first_batch"
    assert first.attention[0].params["count"] == 52
    assert seed.carrier.asked == []
    with store.write() as connection:
        workspaces.confirm_first_batch(connection, seed.workspace, seed.shop_id, seed.clock.now())
    assert _buy(seed).attention[0].code == "ship.large_batch"
    assert seed.carrier.asked == []
    assert _buy(seed, confirmed=True).counts["labels"] == 52


def test_automatic_leaves_the_shops_on_request_alone(seed: Seed) -> None:
    _ready(seed, 1)
    outcome = _buy(seed, automatic=True)
    assert outcome.counts == {"on_request": 1}
    assert seed.carrier.asked == []


def test_the_shop_is_read_once_more_just_before_the_label(seed: Seed) -> None:
    shipment = _ready(seed, 1)
    recipient = make_order(1).recipient.model_copy(update={"street": "99 avenue Foch"})
    seed.shop.change(make_order(1).external_id, recipient=recipient)
    _buy(seed)
    assert [one.recipient.street for one in seed.carrier.asked] == ["99 avenue Foch"]
    assert _parcel(seed, shipment).state is ParcelState.LABELLED


def test_an_order_cancelled_just_before_is_not_labelled(seed: Seed) -> None:
    _ready(seed, 1)
    seed.shop.change(make_order(1).external_id, status="cancelled")
    _buy(seed)
    assert seed.carrier.asked == []


def test_a_shop_that_is_down_blocks_no_label(seed: Seed) -> None:
    _ready(seed, 1)

    def down(external_ids: object) -> dict[str, object]:
        raise Unreachable("wire.unreachable")

    seed.shop.orders = down  # type: ignore[assignment,method-assign]
    outcome = _buy(seed)
    assert outcome.counts["labels"] == 1
    assert outcome.counts["not_reread"] == 1


def test_two_at_once_buy_each_label_once(seed: Seed) -> None:
    for number in range(1, 21):
        _ready(seed, number)
    barrier = threading.Barrier(2)

    def ship() -> None:
        barrier.wait()
        _buy(seed)

    threads = [threading.Thread(target=ship) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    numbers = [request.order_number for request in seed.carrier.asked]
    assert sorted(numbers) == sorted({str(n) for n in range(1, 21)})
    assert {row["state"] for row in _rows(seed, "parcels")} == {"labelled"}


def test_a_late_winner_keeps_its_label_as_an_orphan(seed: Seed) -> None:
    shipment = _ready(seed, 1)
    make = seed.carrier.buy_label

    def slow(request: LabelRequest) -> Purchase:
        # Meanwhile somebody took this attempt for dead and opened the next one.
        seed.put_parcel(shipment.parcels[0].id, state="pending", attempt=2)
        return make(request)

    seed.carrier.buy_label = slow  # type: ignore[method-assign]
    outcome = _buy(seed)
    assert outcome.counts["late"] == 1
    (orphan,) = _rows(seed, "orphans")
    assert orphan["number"] == "6A00000000001"
    assert orphan["content"] == b"%PDF-1.4 6A00000000001"
    assert _rows(seed, "write_backs") == []


def test_a_shipment_changed_since_it_was_read_is_not_claimed(seed: Seed) -> None:
    shipment = _ready(seed, 1)
    lease = leases.take(seed.clock.now())
    request = LabelRequest.model_validate(_request(seed, shipment))
    claim = Claim(shipment.parcels[0].id, 0, "colissimo", request)
    with seed.store.write() as connection:
        wanted = [Wanted(shipment.id, shipment.version - 1, [claim])]
        stale = attempts.claim(connection, seed.workspace, wanted, lease, seed.clock.now())
    assert stale == []
    assert _parcel(seed, shipment).state is ParcelState.PENDING


def _request(seed: Seed, shipment: Shipment) -> dict[str, object]:
    return {
        "reference": "A" * 12,
        "order_number": "1",
        "method": "home",
        "sender": shipment.recipient,
        "recipient": shipment.recipient,
        "weight_g": 500,
        "label_format": {"kind": "pdf", "size": "10x15", "dpi": 300},
        "hand_over_on": "2026-11-23",
    }


def test_a_bug_of_ours_after_the_call_leaves_the_parcel_in_doubt_not_ready(seed: Seed) -> None:
    bad, good = _ready(seed, 1), _ready(seed, 2)
    make = seed.carrier.buy_label

    def buggy(request: LabelRequest) -> Purchase:
        purchase = make(request)
        if request.order_number == "1":
            raise KeyError("a bug")
        return purchase

    seed.carrier.buy_label = buggy  # type: ignore[method-assign]
    with pytest.raises(KeyError):
        _buy(seed)
    assert _parcel(seed, bad).state is ParcelState.UNCERTAIN
    assert _parcel(seed, good).state in (ParcelState.LABELLED, ParcelState.PENDING)


def test_what_cannot_be_stored_is_tried_again_then_named(
    seed: Seed, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipment = _ready(seed, 1)
    store_purchases = attempts.store_purchases
    failures = iter([StorageUnavailable("storage.locked"), StorageUnavailable("storage.locked")])

    def locked(connection: Connection, *rest: object) -> frozenset[int]:
        for error in failures:
            raise error
        return store_purchases(connection, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(attempts, "store_purchases", locked)
    outcome = _buy(seed)
    assert outcome.counts["labels"] == 1
    assert _parcel(seed, shipment).state is ParcelState.LABELLED


def test_a_full_disk_names_the_numbers_that_were_bought(
    seed: Seed, monkeypatch: pytest.MonkeyPatch
) -> None:
    _ready(seed, 1)

    def full(*rest: object) -> frozenset[int]:
        raise StorageUnavailable("storage.disk_full")

    monkeypatch.setattr(attempts, "store_purchases", full)
    monkeypatch.setattr("colisync.services.label_run._STORE_PATIENCE_SECONDS", 0.0)
    with pytest.raises(StorageUnavailable) as caught:
        _buy(seed)
    assert "boutique/1 = 6A00000000001" in str(caught.value.params["numbers"])


@contextmanager
def _dead_holder(seed: Seed, shipment: Shipment) -> Iterator[Parcel]:
    """The parcel as a process leaves it that was killed between claim and answer."""
    lease = leases.take(seed.clock.now())
    seed.put_parcel(
        shipment.parcels[0].id,
        state="buying",
        attempt=1,
        reference="REF234567ABC",
        request=LabelRequest.model_validate(_request(seed, shipment)).model_dump_json(),
        contract_key="colissimo",
        lease_host=lease.host,
        lease_pid=999_999_9,
        lease_process="12345",
        lease_until=lease.until,
    )
    yield _parcel(seed, shipment)


def test_a_dead_process_on_this_host_is_recognised_at_once(seed: Seed) -> None:
    shipment = _ready(seed, 1)
    with _dead_holder(seed, shipment):
        outcome = sweep(seed.bench, seed.workspace)
    assert outcome.counts["uncertain"] == 1
    assert _parcel(seed, shipment).state is ParcelState.UNCERTAIN


def test_a_live_lease_is_left_alone(seed: Seed) -> None:
    shipment = _ready(seed, 1)
    with _dead_holder(seed, shipment):
        lease = leases.take(seed.clock.now())
        seed.put_parcel(
            shipment.parcels[0].id, lease_pid=lease.pid, lease_process=lease.process_started
        )
        sweep(seed.bench, seed.workspace)
    assert _parcel(seed, shipment).state is ParcelState.BUYING


def test_a_lease_of_another_host_ends_with_its_time(seed: Seed) -> None:
    shipment = _ready(seed, 1)
    with _dead_holder(seed, shipment):
        seed.put_parcel(shipment.parcels[0].id, lease_host="elsewhere/0000")
        sweep(seed.bench, seed.workspace)
        assert _parcel(seed, shipment).state is ParcelState.BUYING
        seed.clock.advance(seconds=leases.LEASE / timedelta(seconds=1) + 1)
        sweep(seed.bench, seed.workspace)
    assert _parcel(seed, shipment).state is ParcelState.UNCERTAIN


def test_several_boxes_are_several_labels(seed: Seed) -> None:
    shipment = _ready(seed, 1, parcels=3)
    outcome = _buy(seed)
    assert outcome.counts["labels"] == 3
    assert {(one.parcel_index, one.parcel_count) for one in seed.carrier.asked} == {
        (1, 3),
        (2, 3),
        (3, 3),
    }
    assert len({one.number for one in seed.shipment(shipment.id).parcels}) == 3


def test_answers_in_the_air_are_stored_when_the_next_orders_cannot_be_read(
    seed: Seed, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 121):
        _ready(seed, number)
    reads = iter(range(2))

    def read(*rest: object) -> Outcome:
        if next(reads) == 0:
            return Outcome()
        raise StorageUnavailable("storage.locked")

    monkeypatch.setattr("colisync.services.buy_label.refresh_orders", read)
    with pytest.raises(StorageUnavailable):
        _buy(seed, confirmed=True)
    states = [row["state"] for row in _rows(seed, "parcels")]
    assert states.count("labelled") == len(seed.carrier.made)
    assert "buying" not in states
