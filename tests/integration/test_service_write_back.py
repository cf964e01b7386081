"""Telling the shops: nothing twice, nothing lost, the status last, whatever breaks between."""

from collections import Counter
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import update

from colisync.errors import (
    AuthenticationFailed,
    OutcomeUnknown,
    RateLimited,
    Unreachable,
)
from colisync.model.attention import Outcome
from colisync.model.parcel import ParcelState
from colisync.model.workspace import Mode, Statuses
from colisync.model.writeback import (
    Effect,
    EffectResult,
    EffectState,
)
from colisync.ports.shop import ShopCapability, ShopIdentity
from colisync.services import lease as leases
from colisync.services import write_back as service
from colisync.storage import tables, workspaces, write_back_claims, write_backs
from colisync.storage.store import Store
from colisync.testing.factories import make_order
from colisync.testing.telling import AttentiveShop, TellingSeed


@pytest.fixture
def bench(store: Store) -> TellingSeed:
    return TellingSeed(store)


def test_a_number_a_note_and_the_status_reach_the_order_once(bench: TellingSeed) -> None:
    bench.labelled(1)

    outcome = bench.tell(label_link=lambda parcel: f"https://c.example/l/{parcel}")

    assert outcome.ok
    assert outcome.counts == {"written_back": 1, "effects_done": 3, "effects_waiting": 0}
    assert len(bench.shop.numbers["9001"]) == 1
    assert bench.shop.history["9001"] == ["processing", "completed"]
    (note,) = bench.shop.notes["9001"]
    assert "Fake Carrier" in note
    assert "https://fake.example/6A" in note
    (told,) = bench.shop.write_backs
    assert told.buyer_note
    assert told.while_in == ("processing",)
    assert told.parcel.label_link.startswith("https://c.example/l/")
    assert told.parcel.items == {"l1": 1}
    assert not told.repeated
    assert bench.tell().counts == {"effects_waiting": 0}
    assert len(bench.shop.write_backs) == 1


def test_planning_twice_changes_nothing(bench: TellingSeed) -> None:
    made = bench.labelled(1)
    bench.tell()
    bench.plan(*made.parcels)
    assert bench.states() == {"done": 3}


@pytest.mark.parametrize(
    ("shop", "client", "rows"),
    [
        ({"write_back": "never"}, {}, 0),
        ({}, {"mode": Mode.REHEARSAL}, 0),
        ({"statuses": Statuses()}, {}, 2),
        ({}, {}, 3),
    ],
)
def test_the_configuration_says_what_is_told(
    store: Store, shop: dict[str, Any], client: dict[str, Any], rows: int
) -> None:
    bench = TellingSeed(store, shop=shop, client=client)
    bench.labelled(1)
    assert sum(bench.states().values()) == rows


def test_a_rehearsal_tells_nothing_that_was_planned_before_it(bench: TellingSeed) -> None:
    bench.labelled(1)
    with bench.store.write() as connection:
        client = workspaces.workspace(connection, bench.seed.workspace)
        rehearsal = client.model_copy(update={"mode": Mode.REHEARSAL})
        workspaces.put_workspace(connection, client.key, rehearsal, bench.clock.now())
    bench.tell()
    assert bench.shop.calls == []


def test_a_shop_with_tracking_entries_gets_one_instead_of_a_note(bench: TellingSeed) -> None:
    features = frozenset({ShopCapability.TRACKING_ENTRY})
    identity = ShopIdentity(name="B", url="https://b.example", features=features)
    bench.write(workspaces.put_identity, bench.seed.shop_id, identity)
    bench.labelled(1)
    bench.tell()
    assert bench.shop.write_backs[0].effects == {
        Effect.META,
        Effect.TRACKING_ENTRY,
        Effect.STATUS,
    }


def test_the_status_waits_for_every_box_and_is_told_once(bench: TellingSeed) -> None:
    made = bench.labelled(1, parcels=2)
    first, second = made.parcels
    bench.seed.put_parcel(second.id, state=ParcelState.PENDING.value, number=None)

    outcome = bench.tell()

    assert outcome.counts == {"effects_done": 2, "effects_waiting": 4, "written_back": 0}
    assert bench.shop.history["9001"] == ["processing"]
    bench.seed.put_parcel(second.id, state=ParcelState.LABELLED.value, number="6ASECOND")
    assert bench.tell().counts == {"effects_done": 4, "effects_waiting": 0, "written_back": 1}
    assert bench.shop.numbers["9001"] == [first.number, "6ASECOND"]
    assert [one.effects for one in bench.shop.write_backs[1:]] == [
        {Effect.META, Effect.NOTE, Effect.STATUS}
    ]


def test_two_boxes_told_together_say_the_status_with_the_last(bench: TellingSeed) -> None:
    bench.labelled(1, parcels=2)
    bench.tell()
    said = [Effect.STATUS in one.effects for one in bench.shop.write_backs]
    assert said == [False, True]
    assert len(bench.shop.numbers["9001"]) == 2
    assert [one.parcel.items for one in bench.shop.write_backs] == [{"l1": 1}, {}]
    assert bench.states() == {"done": 6}


def test_a_second_shipment_without_label_holds_the_status_back(bench: TellingSeed) -> None:
    bench.labelled(1)
    other = bench.seed.draft(make_order(2))
    link = tables.shipment_orders
    with bench.store.write() as connection:
        order_id = bench.seed.stored(1).id
        connection.execute(
            update(link).where(link.c.shipment_id == other.id).values(order_id=order_id, ordinal=2)
        )
    bench.tell()
    assert bench.shop.history["9001"] == ["processing"]


def test_the_status_waits_until_what_failed_before_it_is_told(bench: TellingSeed) -> None:
    bench.labelled(1)
    refused = EffectResult(state=EffectState.FAILED, key="fake.refused")
    bench.shop.script["9001", Effect.NOTE] = refused
    bench.shop.script["9001", Effect.STATUS] = refused.model_copy(update={"retryable": True})
    bench.tell()
    bench.shop.script.clear()
    bench.clock.advance(days=1)
    bench.tell()
    assert bench.shop.history["9001"] == ["processing"]
    bench.write(write_backs.retry, [bench.seed.stored(1).id], bench.clock.now())
    assert bench.tell().counts["written_back"] == 1
    assert bench.shop.history["9001"] == ["processing", "completed"]


def test_an_order_no_longer_shippable_keeps_its_status(bench: TellingSeed) -> None:
    bench.labelled(1)
    bench.shop.history["9001"] = ["cancelled"]
    outcome = bench.tell()
    assert outcome.counts["effects_skipped"] == 1
    assert bench.shop.history["9001"] == ["cancelled"]
    assert bench.row(Effect.STATUS).state == "skipped"


def test_an_answer_lost_is_told_again_after_looking(bench: TellingSeed) -> None:
    bench.labelled(1)
    bench.shop.crash_after = [OutcomeUnknown("fake.lost")]

    outcome = bench.tell()

    assert not outcome.ok
    assert outcome.counts["effects_waiting"] == 3
    assert bench.tell().counts == {"effects_waiting": 3}, "not before its time"
    bench.clock.advance(minutes=1)
    assert bench.tell().counts["written_back"] == 1
    assert bench.shop.write_backs[-1].repeated
    assert len(bench.shop.notes["9001"]) == 1
    assert bench.shop.history["9001"] == ["processing", "completed"]


def test_a_kill_between_call_and_store_is_told_again_after_looking(
    bench: TellingSeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.labelled(1)
    bench.shop.crash_after = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        bench.tell()
    assert bench.states() == {"sent": 3}
    assert bench.tell().counts == {"effects_waiting": 3}, "its holder still lives"
    monkeypatch.setattr(leases, "_process_started", lambda pid: "another life")

    assert bench.tell().counts["written_back"] == 1

    assert bench.shop.write_backs[-1].repeated
    assert len(bench.shop.notes["9001"]) == 1


def test_a_dead_holder_elsewhere_is_waited_for_until_its_lease_is_over(bench: TellingSeed) -> None:
    bench.labelled(1)
    elsewhere = leases.take(bench.clock.now()).model_copy(
        update={"host": "far/away", "until": bench.clock.now() + service.LEASE}
    )
    bench.write(write_back_claims.claim, bench.seed.shop_id, elsewhere, bench.clock.now())
    bench.clock.advance(minutes=14)
    bench.tell()
    assert bench.shop.calls == []
    bench.clock.advance(minutes=2)
    assert bench.tell().counts["written_back"] == 1
    assert bench.shop.write_backs[0].repeated


def test_a_late_answer_does_not_overwrite_a_later_try(bench: TellingSeed) -> None:
    bench.labelled(1)
    now = bench.clock.now()
    lease = leases.take(now)
    late = bench.write(write_back_claims.claim, bench.seed.shop_id, lease, now)
    bench.clock.advance(minutes=30)
    bench.tell()
    gone = [
        write_back_claims.Ending(one.id, one.tries, one.status_wanted, EffectState.FAILED)
        for one in late.effects
    ]
    bench.write(write_back_claims.finish, gone, bench.clock.now())
    assert bench.states() == {"done": 3}


def test_a_late_answer_does_not_end_the_try_that_is_under_way(bench: TellingSeed) -> None:
    bench.labelled(1)
    now = bench.clock.now()
    late = bench.write(write_back_claims.claim, bench.seed.shop_id, leases.take(now), now)
    later = bench.clock.advance(minutes=30)
    bench.write(write_back_claims.claim, bench.seed.shop_id, leases.take(later), later)
    done = [
        write_back_claims.Ending(one.id, one.tries, one.status_wanted, EffectState.DONE)
        for one in late.effects
    ]
    bench.write(write_back_claims.finish, done, later)
    assert bench.states() == {"sent": 3}


def test_two_processes_tell_each_order_once(bench: TellingSeed) -> None:
    for number in range(1, 61):
        bench.labelled(number)
    start = Barrier(4)
    outcomes: list[Outcome] = []

    def work() -> None:
        start.wait()
        outcomes.append(bench.tell())

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    told = Counter(one.key for one in bench.shop.write_backs)
    assert len(outcomes) == 4
    assert len(told) == 60
    assert set(told.values()) == {1}
    assert all(len(notes) == 1 for notes in bench.shop.notes.values())
    assert sum(one.counts.get("written_back", 0) for one in outcomes) == 60


def test_an_order_is_told_by_one_process_at_a_time(bench: TellingSeed) -> None:
    made = bench.labelled(1, parcels=2)
    bench.write(write_backs.stop_for_parcel, made.parcels[1].id)
    lease = leases.take(bench.clock.now())
    bench.write(write_back_claims.claim, bench.seed.shop_id, lease, bench.clock.now())
    bench.write(write_backs.resume_for_parcel, made.parcels[1].id, bench.clock.now())
    bench.tell()
    assert bench.shop.calls == []


def test_one_order_that_fails_stops_no_other(bench: TellingSeed) -> None:
    for number in (1, 2, 3):
        bench.labelled(number)
    gone = EffectResult(state=EffectState.FAILED, key="fake.order_gone")
    for effect in Effect:
        bench.shop.script["9002", effect] = gone

    outcome = bench.tell()

    assert outcome.counts == {
        "effects_done": 6,
        "effects_failed": 3,
        "written_back": 2,
        "effects_waiting": 0,
    }
    (attention,) = outcome.attention
    assert attention.code == "fake.order_gone"
    assert attention.order == "boutique/2"
    assert attention.command == "colisync retry boutique/2"
    bench.clock.advance(days=2)
    assert "effects_failed" not in bench.tell().counts, "a person's turn: nobody tries again"
    with bench.store.read() as connection:
        listed = write_backs.problems(connection, bench.seed.workspace)
    assert {one.order for one in listed} == {"boutique/2"}
    bench.shop.script.clear()
    bench.write(write_backs.retry, [bench.seed.stored(2).id], bench.clock.now())
    assert bench.tell().counts["written_back"] == 1


def test_a_shop_that_is_down_is_asked_once_a_run_and_less_and_less(bench: TellingSeed) -> None:
    for number in range(1, 61):
        bench.labelled(number)
    waits = []
    for _ in range(6):
        bench.shop.faults.append(Unreachable("wire.unreachable"))
        assert not bench.tell().ok
        due = bench.row(Effect.META).due_at
        waits.append((due - bench.clock.now()) // timedelta(minutes=1))
        bench.clock.advance(minutes=61)
    assert waits == [1, 5, 15, 60, 60, 60]
    assert bench.shop.calls == ["write_back"] * 6


def test_a_shop_says_how_long_to_wait(bench: TellingSeed) -> None:
    bench.labelled(1)
    bench.shop.faults.append(RateLimited("wire.rate_limited", retry_after=600))
    bench.tell()
    assert bench.row(Effect.META).due_at == bench.clock.now() + timedelta(seconds=600)


def test_refused_credentials_pause_the_shop(bench: TellingSeed) -> None:
    bench.labelled(1)
    bench.shop.faults.append(AuthenticationFailed("woocommerce.bad_key"))
    (attention,) = bench.tell().attention
    assert (attention.code, attention.command) == ("woocommerce.bad_key", "colisync check")
    bench.clock.advance(hours=2)
    (attention,) = bench.tell().attention
    assert attention.code == "write_back.shop_paused"
    assert bench.shop.calls == ["write_back"]
    bench.write(workspaces.resume_shop, "boutique")
    assert bench.tell().counts["written_back"] == 1


def test_a_receipt_that_says_nothing_is_a_lost_answer(bench: TellingSeed) -> None:
    bench.labelled(1)
    strange = EffectResult(state=EffectState.SENT)
    bench.shop.script["9001", Effect.META] = strange
    (attention,) = bench.tell().attention
    assert attention.code == "write_back.no_answer"
    bench.shop.script.clear()
    bench.clock.advance(minutes=2)
    assert bench.tell().counts["written_back"] == 1
    assert bench.shop.write_backs[-1].repeated


def test_an_order_changed_after_its_label_waits_for_a_person(bench: TellingSeed) -> None:
    (parcel,) = bench.labelled(1).parcels
    bench.seed.put_parcel(parcel.id, changed_after_label='{"recipient": ["a", "b"]}')
    bench.tell()
    assert bench.shop.calls == []
    bench.write(write_backs.stop_for_parcel, parcel.id)
    assert bench.states() == {"stopped": 3}
    bench.seed.put_parcel(parcel.id, changed_after_label="")
    bench.write(write_backs.resume_for_parcel, parcel.id, bench.clock.now())
    assert bench.tell().counts["written_back"] == 1


def test_one_box_changed_holds_the_status_of_the_order_back(bench: TellingSeed) -> None:
    made = bench.labelled(1, parcels=2)
    bench.seed.put_parcel(made.parcels[1].id, changed_after_label='{"x": [1, 2]}')
    bench.tell()
    assert bench.shop.numbers["9001"] == [made.parcels[0].number]
    assert bench.shop.history["9001"] == ["processing"]


def test_nothing_is_told_before_the_first_scan_where_the_shop_wants_it_so(store: Store) -> None:
    bench = TellingSeed(store, shop={"write_back": "at_first_scan"})
    (parcel,) = bench.labelled(1).parcels
    bench.clock.advance(days=1)
    bench.tell()
    assert bench.shop.calls == []
    bench.write(write_backs.stop_for_parcel, parcel.id)
    bench.write(write_backs.resume_for_parcel, parcel.id, bench.clock.now())
    bench.tell()
    assert bench.shop.calls == [], "a person's word is not a scan"
    assert bench.write(write_backs.make_due, [parcel.id], bench.clock.now()) == 3
    assert bench.tell().counts["written_back"] == 1


def test_a_platform_without_notes_is_told_the_rest(bench: TellingSeed) -> None:
    class Plain(AttentiveShop):
        capabilities = frozenset({ShopCapability.STATUSES})

    bench.shop = bench.seed.backends.shops["boutique"] = Plain()
    bench.labelled(1)
    outcome = bench.tell()
    assert outcome.counts == {
        "effects_skipped": 1,
        "effects_done": 2,
        "written_back": 1,
        "effects_waiting": 0,
    }
    assert bench.shop.write_backs[0].effects == {Effect.META, Effect.STATUS}


def test_a_contract_that_is_gone_holds_up_its_own_parcels_only(bench: TellingSeed) -> None:
    (parcel,) = bench.labelled(1).parcels
    bench.labelled(2)
    bench.seed.put_parcel(parcel.id, contract_key="forgotten")
    outcome = bench.tell()
    assert outcome.counts["written_back"] == 1
    assert [one.code for one in outcome.attention] == ["storage.unknown_contract"]
    assert outcome.attention[0].params["key"] == "forgotten"


def test_one_shop_is_told_alone_when_asked(bench: TellingSeed) -> None:
    bench.labelled(1)
    assert bench.tell(shop_key="boutique").counts["written_back"] == 1


def test_where_each_effect_stands_can_be_shown(bench: TellingSeed) -> None:
    bench.labelled(1)
    bench.shop.script["9001", Effect.NOTE] = EffectResult(
        state=EffectState.FAILED, key="fake.busy", retryable=True
    )
    bench.tell()
    order_id = bench.seed.stored(1).id
    with bench.store.read() as connection:
        standing = write_backs.of_orders(connection, bench.seed.workspace, [order_id])[order_id]
        summary = write_backs.summary(connection, bench.seed.workspace)
    by_effect = {one.effect: one for one in standing}
    assert by_effect[Effect.META].state is EffectState.DONE
    problem = by_effect[Effect.NOTE].problem
    assert problem is not None
    assert problem.code == "fake.busy"
    assert summary == {EffectState.DONE: 2, EffectState.FAILED: 1}
