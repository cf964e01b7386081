"""What the repositories promise on every engine. The inheriting file gives the fixture `store`."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import TypeVar

import pytest
from sqlalchemy import Table, func, select
from sqlalchemy.exc import IntegrityError

from colisync.errors import ConfigurationError, Exchange
from colisync.model.attention import Attention
from colisync.model.label import Document, DocumentKind, LabelFormat, LabelRequest, Purchase
from colisync.model.parcel import Lease
from colisync.model.shipment import Parcel, Shipment
from colisync.model.workspace import RuleUse, ShippingRule
from colisync.model.writeback import Effect
from colisync.storage import (
    attempts,
    exchanges,
    new_shipments,
    orders,
    orphans,
    tables,
    workspaces,
    write_backs,
)
from colisync.storage.attempts import Bought, Claim, Wanted
from colisync.storage.new_shipments import NewShipment
from colisync.storage.store import Connection, Store
from colisync.storage.write_backs import PlannedEffect
from colisync.testing import isolation
from colisync.testing.contracts import Contract
from colisync.testing.doubles import NOON
from colisync.testing.factories import CONTRACT, Seed, make_address, make_order, order_row

_Result = TypeVar("_Result")
TOGETHER = 6
LABEL = LabelFormat.parse("pdf_10x15")


class StorageContract(Contract):
    """Every engine: one truth under several writers, and walls between workspaces."""

    def test_two_importers_make_one_shipment(self, store: Store) -> None:
        seed = Seed(store)
        (order_id,) = seed.orders(make_order())

        def create(connection: Connection, _: int) -> list[int | None]:
            return new_shipments.create_shipments(
                connection, seed.workspace, [_draft(order_id)], NOON
            )

        made = [one for (one,) in at_once(store, create) if one is not None]
        assert len(made) == 1
        assert _count(store, tables.shipments) == 1
        assert _count(store, tables.parcels) == 1

    def test_an_older_page_never_moves_an_order_back(self, store: Store) -> None:
        seed = Seed(store)
        seed.orders(make_order(1, status="completed", modified_at=NOON))
        seed.orders(make_order(1, modified_at=NOON - timedelta(hours=1)))
        assert seed.stored(1).order.status == "completed"

    def test_one_order_per_external_id(self, store: Store) -> None:
        seed = Seed(store)
        rows = [order_row(make_order(number)) for number in range(1, 6)]

        def upsert(connection: Connection, _: int) -> dict[str, int]:
            return orders.upsert_orders(connection, seed.workspace, seed.shop_id, rows, NOON)

        at_once(store, upsert)
        assert _count(store, tables.orders) == 5

    def test_one_process_of_many_claims_a_parcel(self, store: Store) -> None:
        seed = Seed(store)
        shipment = seed.ready()

        def claim(connection: Connection, number: int) -> list[Claim]:
            lease = _lease(number)
            claims = [_claim(shipment.parcels[0], f"AAAAAAAAAAA{'ABCDEF'[number]}")]
            wanted = [Wanted(shipment.id, shipment.version, claims)]
            return attempts.claim(connection, seed.workspace, wanted, lease, NOON)

        won = [claims for claims in at_once(store, claim) if claims]
        assert len(won) == 1
        assert _count(store, tables.attempts) == 1

    def test_a_claim_of_a_shipment_that_changed_is_refused(self, store: Store) -> None:
        seed = Seed(store)
        shipment = seed.ready()
        older = shipment.version - 1
        assert _take(seed, shipment, version=older) == []

    def test_only_the_holder_stores_and_a_late_winner_is_an_orphan(self, store: Store) -> None:
        seed = Seed(store)
        shipment = seed.ready()
        (claim,) = _take(seed, shipment)
        with store.write() as connection:
            doubted = attempts.doubt(
                connection, seed.workspace, claim, _lease(0), NOON, Attention(code="x.lost")
            )
            stranger = Bought(claim, _lease(1), _purchase("6A2"))
            late = attempts.store_purchases(connection, seed.workspace, [stranger], NOON, NOON)
        assert doubted
        assert set(late) == {shipment.parcels[0].id}
        (parcel,) = seed.shipment(shipment.id).parcels
        assert parcel.number == ""
        with store.read() as connection:
            assert orphans.count(connection, seed.workspace) == 1
            assert _count(store, tables.documents) == 0

    def test_a_reference_is_never_used_again(self, store: Store) -> None:
        seed = Seed(store)
        first, second = seed.ready(make_order(1)), seed.ready(make_order(2))
        assert _take(seed, first, reference="AAAAAAAAAAAA")
        with pytest.raises(IntegrityError):
            _take(seed, second, reference="AAAAAAAAAAAA")

    def test_one_row_per_effect_and_parcel(self, store: Store) -> None:
        seed = Seed(store)
        shipment = seed.labelled()
        effects = [
            PlannedEffect(shipment.parcels[0].id, 1, shipment.order_ids[0], effect, NOON)
            for effect in (Effect.META, Effect.STATUS)
        ]

        def plan(connection: Connection, _: int) -> int:
            return write_backs.plan(connection, seed.workspace, effects)

        at_once(store, plan)
        assert _count(store, tables.write_backs) == 2

    def test_a_block_undone_by_an_error_leaves_nothing(self, store: Store) -> None:
        seed = Seed(store)
        with pytest.raises(InterruptedError), store.write() as connection:  # noqa: PT012
            workspaces.put_rules(connection, seed.workspace, [])
            raise InterruptedError
        with store.read() as connection:
            assert len(workspaces.rules(connection, seed.workspace)) == 2

    def test_setup_is_stored_and_found_again(self, store: Store) -> None:
        seed = Seed(store)
        key = seed.workspace
        rules = [ShippingRule(use=RuleUse(hold=True))]
        with store.write() as connection:
            shop = workspaces.shop(connection, key, "boutique")
            changed = shop.model_copy(update={"sealed": "***", "labels": "automatic"})
            assert workspaces.put_shop(connection, key, changed) == shop.id
            workspaces.pause_shop(connection, key, "boutique", "x.refused")
            workspaces.move_cursor(connection, key, shop.id, "7", NOON)
            workspaces.confirm_first_batch(connection, key, shop.id, NOON)
            workspaces.put_rules(connection, key, rules)
        with store.read() as connection:
            found = workspaces.shop_by_id(connection, key, shop.id)
            assert found == changed.model_copy(update={"paused": "x.refused"})
            assert workspaces.cursor(connection, key, shop.id) == "7"
            assert workspaces.synced_at(connection, key, shop.id) == NOON
            assert workspaces.first_batch_confirmed(connection, key, shop.id)
            assert workspaces.rules(connection, key) == rules
            with pytest.raises(ConfigurationError, match="boutique"):
                workspaces.shop(connection, key, "butik")

    def test_the_last_fifty_failures_of_a_remote_are_kept(self, store: Store) -> None:
        seed = Seed(store)
        failures = [
            Exchange("GET", f"/{number}", 500, {}, "", {}, "", NOON, 1)
            for number in range(exchanges.KEPT + 3)
        ]
        with store.write() as connection:
            for one in failures:
                exchanges.keep_exchange(connection, seed.workspace, "shop:boutique", one)
            exchanges.keep_exchange(connection, seed.workspace, "shop:other", failures[0])
        with store.read() as connection:
            kept = exchanges.last_exchanges(connection, seed.workspace, "shop:boutique")
            other = exchanges.last_exchanges(connection, seed.workspace, "shop:other")
        assert kept == failures[:2:-1]
        assert other == failures[:1]

    @pytest.mark.parametrize("number", range(len(isolation.VARIANTS)))
    def test_no_function_sees_or_changes_another_workspace(self, store: Store, number: int) -> None:
        isolation.populate(store, isolation.VARIANTS[number], open_ends=number % 2 == 0)
        faults = {
            name: isolation.fault_of(store, function)
            for name, function in isolation.repository_functions()
        }
        assert {name: fault for name, fault in faults.items() if fault} == {}

    def test_the_walk_reaches_what_it_must_not_see(self, store: Store) -> None:
        isolation.populate(store, isolation.VARIANTS[0], open_ends=True)
        found = [
            isolation.has_teeth(store, function) for _, function in isolation.repository_functions()
        ]
        assert sum(found) > len(found) / 2


def at_once(store: Store, work: Callable[[Connection, int], _Result]) -> list[_Result]:
    """What each of several threads got from `work`, each in a transaction of its own."""
    barrier = Barrier(TOGETHER)

    def one(number: int) -> _Result:
        barrier.wait(timeout=30)
        with store.write() as connection:
            return work(connection, number)

    with ThreadPoolExecutor(TOGETHER) as pool:
        return list(pool.map(one, range(TOGETHER)))


def _count(store: Store, table: Table) -> int:
    with store.read() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def _draft(order_id: int) -> NewShipment:
    return NewShipment(
        order_id=order_id, recipient=make_address(), lines=(("l1", 1),), order_fingerprint="f"
    )


def _lease(number: int) -> Lease:
    until = NOON + timedelta(minutes=3)
    return Lease(host="here", pid=100 + number, process_started="1", until=until)


def _claim(parcel: Parcel, reference: str) -> Claim:
    request = LabelRequest(
        reference=reference,
        order_number="1",
        method="home",
        sender=make_address(),
        recipient=make_address(),
        weight_g=250,
        label_format=LABEL,
        hand_over_on=NOON.date(),
    )
    return Claim(parcel.id, parcel.attempt, CONTRACT, request)


def _take(
    seed: Seed, shipment: Shipment, *, reference: str = "BBBBBBBBBBBB", version: int | None = None
) -> Sequence[Claim]:
    claims = [_claim(shipment.parcels[0], reference)]
    wanted = Wanted(shipment.id, shipment.version if version is None else version, claims)
    with seed.store.write() as connection:
        return attempts.claim(connection, seed.workspace, [wanted], _lease(0), NOON)


def _purchase(number: str) -> Purchase:
    label = Document(kind=DocumentKind.LABEL, format=LABEL, content=b"%PDF")
    return Purchase(number=number, documents=(label,))
