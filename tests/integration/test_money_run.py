"""A run that is broken off, slowed down or hit by a bug: every label that was bought is kept."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from sqlalchemy import select

from colisync.errors import StorageUnavailable
from colisync.model.attention import Outcome
from colisync.model.label import LabelRequest, Purchase
from colisync.model.parcel import ParcelState
from colisync.model.shipment import Parcel, Shipment
from colisync.services import plan_effects
from colisync.services.buy_label import buy_label
from colisync.services.workbench import Silent
from colisync.storage import attempts, documents, tables, workspaces
from colisync.storage.store import Connection, Store
from colisync.testing.factories import Seed, make_order


@pytest.fixture
def seed(store: Store) -> Seed:
    """A workspace whose shop has had its first batch; two calls at once."""
    seed = Seed(store, contract={"concurrency": 2})
    with store.write() as connection:
        workspaces.confirm_first_batch(connection, seed.workspace, seed.shop_id, seed.clock.now())
    return seed


def _ready(seed: Seed, many: int) -> list[Shipment]:
    orders = [make_order(number) for number in range(1, many + 1)]
    seed.shop.put(*orders)
    return [seed.ready(order) for order in orders]


def _buy(seed: Seed) -> Outcome:
    return buy_label(seed.bench, seed.workspace, confirmed=True)


def _rows(seed: Seed, name: str) -> list[Any]:
    with seed.store.read() as connection:
        return list(connection.execute(select(tables.metadata.tables[name])))


def _states(seed: Seed) -> list[str]:
    return [row.state for row in _rows(seed, "parcels")]


def _parcel(seed: Seed, shipment: Shipment) -> Parcel:
    return seed.shipment(shipment.id).parcels[0]


def _slowly(seed: Seed) -> None:
    """Calls take a little, each another while."""
    make, turn = seed.carrier.buy_label, count()

    def slow(request: LabelRequest) -> Purchase:
        time.sleep(0.03 * (next(turn) % 3))
        return make(request)

    seed.carrier.buy_label = slow  # type: ignore[method-assign]


class BrokenOff(Exception):
    """What a worker that is told to stop raises."""


class BreaksOff(Silent):
    """Progress that breaks the work off at its fifth step, once, as a worker's does."""

    def __init__(self, error: BaseException) -> None:
        self._error = error
        self._steps = 0

    def advance(self, steps: int = 1) -> None:
        """Raises at the fifth step."""
        self._steps += 1
        if self._steps == 5:
            raise self._error


@pytest.mark.parametrize("error", [BrokenOff(), KeyboardInterrupt()], ids=["worker", "ctrl-c"])
def test_work_broken_off_stores_what_is_in_the_air_and_sends_nothing_more(
    seed: Seed, error: BaseException
) -> None:
    _ready(seed, 30)
    _slowly(seed)
    seed.bench = replace(seed.bench, progress=BreaksOff(error))
    with pytest.raises(type(error)):
        _buy(seed)
    states = _states(seed)
    assert set(states) <= {"labelled", "pending"}
    assert states.count("labelled") == len(seed.carrier.made) < 30
    assert _rows(seed, "orphans") == []


def test_no_answer_waits_for_a_slow_shop(seed: Seed, monkeypatch: pytest.MonkeyPatch) -> None:
    _ready(seed, 110)
    _slowly(seed)
    stored_meanwhile = []

    def slow(bench: object, workspace: str, shop: object, ids: Sequence[int]) -> Outcome:
        if len(ids) == 10:  # the second part
            give_up = time.monotonic() + 20
            while _states(seed).count("labelled") < 100 and time.monotonic() < give_up:
                time.sleep(0.02)
            stored_meanwhile.append(_states(seed).count("labelled"))
        return Outcome()

    monkeypatch.setattr("colisync.services.buy_label.refresh_orders", slow)
    assert _buy(seed).counts["labels"] == 110
    assert stored_meanwhile == [100]


def _poisoned(number: str) -> Callable[..., None]:
    keep = documents.keep

    def poisoned(
        connection: Connection,
        workspace: str,
        bought: Sequence[tuple[int, int, Purchase]],
        *rest: Any,
    ) -> None:
        if any(purchase.number == number for _, _, purchase in bought):
            raise KeyError("a bug")
        keep(connection, workspace, bought, *rest)

    return poisoned


def test_an_answer_that_cannot_be_stored_takes_no_other_with_it_and_its_number_stays(
    seed: Seed, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipments = _ready(seed, 6)
    monkeypatch.setattr(documents, "keep", _poisoned("6A00000000001"))
    with pytest.raises(KeyError):
        _buy(seed)
    first = next(one for one in seed.carrier.made.items() if one[1] == "6A00000000001")
    parcels = [_parcel(seed, one) for one in shipments]
    poisoned = next(one for one in parcels if one.reference == first[0])
    assert poisoned.state is ParcelState.UNCERTAIN
    bought = {one.number for one in parcels if one.state is ParcelState.LABELLED}
    assert bought | {"6A00000000001"} == set(seed.carrier.made.values())
    assert ParcelState.BUYING not in {one.state for one in parcels}
    (orphan,) = _rows(seed, "orphans")
    assert (orphan.number, orphan.possible) == ("6A00000000001", False)


def test_a_number_no_column_holds_is_kept_as_far_as_it_goes(seed: Seed) -> None:
    (shipment,) = _ready(seed, 1)
    seed.carrier.outcomes["1"].append(Purchase(number="7" * 60))
    if seed.store.is_sqlite:
        _buy(seed)
        assert _parcel(seed, shipment).number == "7" * 60
        return
    with pytest.raises(Exception, match="too long"):
        _buy(seed)
    assert _parcel(seed, shipment).state is ParcelState.UNCERTAIN
    assert [row.number for row in _rows(seed, "orphans")] == ["7" * 40]


def test_a_shop_nobody_can_tell_costs_no_label(seed: Seed, monkeypatch: pytest.MonkeyPatch) -> None:
    (shipment,) = _ready(seed, 1)

    def bug(*rest: object) -> int:
        raise KeyError("a bug")

    monkeypatch.setattr(plan_effects, "plan_effects", bug)
    with pytest.raises(KeyError):
        _buy(seed)
    assert _parcel(seed, shipment).state is ParcelState.LABELLED
    assert len(_rows(seed, "documents")) == 1


def test_a_commit_whose_answer_was_lost_is_no_late_label(
    seed: Seed, monkeypatch: pytest.MonkeyPatch
) -> None:
    (shipment,) = _ready(seed, 1)
    bought: list[bool] = []
    store_purchases, write = attempts.store_purchases, Store.write

    def noted(*rest: Any) -> frozenset[int]:
        bought.append(True)
        return store_purchases(*rest)

    @contextmanager
    def cut_off(store: Store) -> Iterator[Connection]:
        with write(store) as connection:
            yield connection
        if len(bought) == 1:
            raise StorageUnavailable("storage.away")

    monkeypatch.setattr(attempts, "store_purchases", noted)
    monkeypatch.setattr(Store, "write", cut_off)
    outcome = _buy(seed)
    assert len(bought) == 2
    assert (outcome.counts["labels"], outcome.counts.get("late", 0)) == (1, 0)
    assert _parcel(seed, shipment).state is ParcelState.LABELLED
    assert _rows(seed, "orphans") == []
    assert len(_rows(seed, "documents")) == 1
    assert [row.outcome for row in _rows(seed, "attempts")] == ["bought"]


def test_a_full_disk_names_every_number_in_the_air(
    seed: Seed, monkeypatch: pytest.MonkeyPatch
) -> None:
    _ready(seed, 8)
    failed = threading.Event()
    make = seed.carrier.buy_label

    def later(request: LabelRequest) -> Purchase:
        if len(seed.carrier.asked) > 0:
            failed.wait(10)
            time.sleep(0.2)
        return make(request)

    def full(*rest: object) -> frozenset[int]:
        failed.set()
        raise StorageUnavailable("storage.disk_full", params={"detail": "full"})

    seed.carrier.buy_label = later  # type: ignore[method-assign]
    monkeypatch.setattr(attempts, "store_purchases", full)
    monkeypatch.setattr("colisync.services.label_run._STORE_PATIENCE_SECONDS", 0.0)
    with pytest.raises(StorageUnavailable) as caught:
        _buy(seed)
    named = str(caught.value.params["numbers"])
    assert len(seed.carrier.made) >= 2
    assert [number for number in seed.carrier.made.values() if number not in named] == []


def test_a_store_that_fails_inside_a_call_says_nothing_of_the_carrier(seed: Seed) -> None:
    (shipment,) = _ready(seed, 1)
    seed.carrier.outcomes["1"].append(StorageUnavailable("storage.locked"))
    outcome = _buy(seed)
    assert outcome.counts["uncertain"] == 1
    assert _parcel(seed, shipment).state is ParcelState.UNCERTAIN


def test_a_database_that_was_locked_does_not_end_the_batch(
    seed: Seed, monkeypatch: pytest.MonkeyPatch
) -> None:
    _ready(seed, 12)
    store_purchases = attempts.store_purchases
    failures = iter([StorageUnavailable("storage.locked")])

    def locked(*rest: Any) -> frozenset[int]:
        for error in failures:
            raise error
        return store_purchases(*rest)

    monkeypatch.setattr(attempts, "store_purchases", locked)
    assert _buy(seed).counts["labels"] == 12
