"""Following parcels: every event once, the state by time, one bad number stopping nothing."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import count, pairwise
from threading import Barrier, Thread
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from colisync.errors import AuthenticationFailed, RateLimited, Unreachable
from colisync.model.attention import Outcome
from colisync.model.shipment import Parcel
from colisync.model.tracking import TrackingEvent, TrackingStatus
from colisync.model.workspace import Mode
from colisync.ports.carrier import CarrierCapability, TrackingFailure
from colisync.services.record_tracking import Heard, record_tracking
from colisync.storage import tracking, workspaces
from colisync.storage.store import Store
from colisync.testing.road import Road

S = TrackingStatus


@pytest.fixture
def road(store: Store) -> Road:
    return Road(store)


def test_a_parcel_is_followed_to_its_delivery_and_counted_once(road: Road) -> None:
    parcel = road.parcel()
    road.told(parcel, 2, S.ANNOUNCED)
    road.told(parcel, 6, S.IN_TRANSIT)
    road.clock.advance(hours=8)

    first = road.look()

    assert first.counts == {"followed": 1, "events_new": 2, "handed_over": 1, "not_scanned": 0}
    row = road.row(parcel)
    assert (row.state, row.tracking_status) == ("handed_over", "in_transit")
    assert row.handed_over_at == road.labelled_at + timedelta(hours=6)
    road.told(parcel, 20, S.DELIVERED)
    assert road.look().counts == {"not_scanned": 0}, "not due yet"
    road.clock.advance(hours=16)
    assert road.look().counts["delivered"] == 1
    assert road.look(now_due_only=False).counts.get("delivered", 0) == 0
    assert road.row(parcel).state == "delivered"
    assert len(road.events(parcel)) == 3


def test_a_delivered_parcel_gets_one_late_look_and_then_none(road: Road) -> None:
    parcel = road.parcel()
    road.told(parcel, 1, S.DELIVERED)
    road.clock.advance(hours=2)
    road.look()
    for _ in range(20):
        road.clock.advance(hours=12)
        road.look()
    assert len(road.carrier.tracked) == 2
    assert road.row(parcel).track_next_at is None


def test_events_come_late_and_in_any_order_and_the_newest_wins(road: Road) -> None:
    parcel = road.parcel()
    road.told(parcel, 9, S.DELIVERED)
    road.clock.advance(hours=10)
    road.look()
    road.told(parcel, 5, S.OUT_FOR_DELIVERY)
    road.told(parcel, 3, S.EXCEPTION)
    outcome = road.look(now_due_only=False)
    assert outcome.counts["events_new"] == 2
    assert "exceptions" not in outcome.counts
    assert road.row(parcel).tracking_status == "delivered"
    assert [code for _, code in road.events(parcel)] == [
        "EXCEPTION",
        "OUT_FOR_DELIVERY",
        "DELIVERED",
    ]
    road.told(parcel, 11, S.RETURNED)
    road.clock.advance(hours=2)
    road.look(now_due_only=False)
    assert road.row(parcel).state == "returned"


NUMBERS = count(1)
HISTORY = st.lists(
    st.tuples(
        st.integers(min_value=0, max_value=8),
        st.one_of(st.none(), st.sampled_from(list(S))),
        st.sampled_from(["A", "B"]),
    ),
    max_size=7,
    unique_by=lambda one: (one[0], one[2]),
)


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[list[Any], list[list[Any]]]:
    """A parcel's history, and the batches in which it reaches us: shuffled, cut, repeated."""
    history = draw(HISTORY)
    shuffled = draw(st.permutations(history))
    cuts = sorted(draw(st.lists(st.integers(0, len(history)), max_size=3)))
    bounds = [0, *cuts, len(history)]
    batches = [list(shuffled[max(0, start - 1) : end]) for start, end in pairwise(bounds)]
    return history, batches


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(arrivals())
def test_any_order_of_arrival_ends_alike(
    sqlite_road: Road, case: tuple[list[Any], list[list[Any]]]
) -> None:
    history, batches = case
    at_once, in_bits = (sqlite_road.parcel(next(NUMBERS)) for _ in range(2))

    def hear(parcel: Parcel, part: Sequence[Any]) -> None:
        events = [
            TrackingEvent(
                parcel_id=parcel.id,
                at=sqlite_road.labelled_at + timedelta(hours=hours),
                code=code,
                status=status,
            )
            for hours, status, code in part
        ]
        with sqlite_road.store.write() as connection:
            record_tracking(
                connection,
                sqlite_road.workspace,
                "fake",
                [Heard(parcel.id, parcel.number, events)],
                sqlite_road.labelled_at + timedelta(hours=9),
            )

    hear(at_once, history)
    for batch in batches:
        hear(in_bits, batch)

    one, other = sqlite_road.row(at_once), sqlite_road.row(in_bits)
    assert sqlite_road.events(at_once) == sqlite_road.events(in_bits)
    for column in ("state", "tracking_status", "tracking_reason", "tracking_at"):
        assert getattr(one, column) == getattr(other, column)


@pytest.fixture
def sqlite_road(sqlite_url: str) -> Any:
    opened = Store(sqlite_url)
    yield Road(opened)
    opened.close()


def test_an_unknown_code_is_kept_counted_and_raised_once(road: Road) -> None:
    first, second = road.parcel(1), road.parcel(2)
    road.told(first, 1, S.IN_TRANSIT)
    road.told(first, 2, S.UNKNOWN, "QQQQQQ")
    road.told(second, 2, S.UNKNOWN, "QQQQQQ")
    road.clock.advance(hours=3)

    outcome = road.look()
    assert outcome.ok
    assert outcome.counts["unknown_codes"] == 2
    assert [one.params["code"] for one in outcome.notes] == ["QQQQQQ"]
    assert road.look(now_due_only=False).counts.get("unknown_codes", 0) == 0

    assert road.row(first).tracking_status == "unknown"
    assert road.row(second).state == "labelled", "who knows whether that was a scan"
    assert road.alarms() == [("tracking.unknown_code", "fake/QQQQQQ")]
    with road.store.read() as connection:
        codes = tracking.unknown_codes(connection, road.workspace)
    assert codes == {("fake", "QQQQQQ"): 2}


def test_a_code_that_was_unknown_may_be_explained_later(road: Road) -> None:
    parcel = road.parcel()
    road.told(parcel, 2, S.UNKNOWN, "QQQQQQ")
    road.clock.advance(hours=3)
    road.look()
    road.carrier.events.clear()
    road.told(parcel, 2, S.IN_TRANSIT, "QQQQQQ")
    road.look(now_due_only=False)
    assert road.row(parcel).state == "handed_over"
    assert len(road.events(parcel)) == 1
    assert road.alarms() == []


def test_one_unreadable_event_is_no_bad_number(road: Road) -> None:
    parcel = road.parcel()
    road.told(parcel, 0, S.OUT_FOR_DELIVERY)
    road.carrier.track_failures[parcel.number] = "colissimo.tracking_event_undated"
    assert "quarantined" not in road.look().counts
    row = road.row(parcel)
    assert row.track_problem == "colissimo.tracking_event_undated"
    assert row.track_next_at == road.clock.now() + timedelta(minutes=90)


def test_one_bad_number_stops_nothing_and_is_asked_less_and_less(road: Road) -> None:
    bad, good = road.parcel(1), road.parcel(2)
    road.carrier.track_failures[bad.number] = "colissimo.number_unknown"
    road.told(good, 1, S.IN_TRANSIT)
    road.clock.advance(hours=2)

    outcome = road.look()

    assert outcome.ok
    assert outcome.counts["quarantined"] == 1
    assert outcome.counts["handed_over"] == 1
    waits = []
    for _ in range(7):
        row = road.row(bad)
        assert row.track_problem == "colissimo.number_unknown"
        waits.append(row.track_next_at - road.clock.now())
        road.clock.advance(seconds=waits[-1].total_seconds())
        road.look()
    assert waits[0] == timedelta(hours=2)
    assert max(waits) >= timedelta(hours=23)
    road.carrier.track_failures.clear()
    road.look(now_due_only=False)
    row = road.row(bad)
    assert (row.track_failures, row.track_problem) == (0, "")


def test_a_number_that_is_gone_for_good_is_asked_no_more(road: Road) -> None:
    parcel = road.parcel()
    gone = TrackingFailure(parcel_id=parcel.id, key="colissimo.number_invalid", gone=True)
    with road.store.write() as connection:
        heard = [Heard(parcel.id, parcel.number, failure=gone)]
        record_tracking(connection, road.workspace, "fake", heard, road.clock.now())
    row = road.row(parcel)
    assert (row.track_next_at, row.track_problem) == (None, "colissimo.number_invalid")


def test_an_account_that_fails_gives_its_parcels_back(road: Road) -> None:
    parcel = road.parcel()
    road.carrier.track_faults.append(Unreachable("wire.unreachable"))
    outcome = road.look()
    assert [one.code for one in outcome.attention] == ["wire.unreachable"]
    row = road.row(parcel)
    assert row.track_failures == 0, "not the number's fault"
    assert row.track_next_at == road.clock.now() + timedelta(minutes=15)
    road.carrier.track_faults.append(RateLimited("wire.rate_limited", retry_after=7200))
    road.clock.advance(minutes=15)
    road.look()
    assert road.row(parcel).track_next_at == road.clock.now() + timedelta(hours=2)


def test_refused_credentials_pause_the_contract(road: Road) -> None:
    road.parcel()
    road.carrier.track_faults.append(AuthenticationFailed("colissimo.bad_key"))
    road.look()
    road.clock.advance(hours=1)
    (attention,) = road.look().attention
    assert (attention.code, attention.command) == ("contract.paused", "colisync check")
    with road.store.write() as connection:
        workspaces.resume_contract(connection, road.workspace, "colissimo")
    assert road.look().counts["followed"] == 1


def test_what_was_told_before_the_account_failed_is_kept(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = road.parcel(1), road.parcel(2)
    event = road.told(first, 1, S.IN_TRANSIT)
    road.clock.advance(hours=2)

    def breaks_off(parcels: Sequence[Any]) -> Any:
        yield event
        raise Unreachable("wire.unreachable")

    monkeypatch.setattr(road.carrier, "track", breaks_off)
    assert road.look().counts["handed_over"] == 1
    assert road.row(first).state == "handed_over"
    assert road.row(second).track_next_at == road.clock.now() + timedelta(minutes=15)


def test_two_processes_ask_about_each_parcel_once(road: Road) -> None:
    for number in range(1, 41):
        road.told(road.parcel(number), 1, S.DELIVERED)
    road.clock.advance(hours=2)
    start = Barrier(3)
    outcomes: list[Outcome] = []

    def work() -> None:
        start.wait()
        outcomes.append(road.look())

    threads = [Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(one.counts.get("delivered", 0) for one in outcomes) == 40
    assert len(road.carrier.tracked) == 40


def test_a_look_never_finished_is_taken_up_again(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    parcel = road.parcel()
    road.told(parcel, 0, S.IN_TRANSIT)

    def dies(parcels: Sequence[Any]) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(road.carrier, "track", dies)
        with pytest.raises(KeyboardInterrupt):
            road.look()
    assert "followed" not in road.look().counts
    road.clock.advance(minutes=31)
    assert road.look().counts["handed_over"] == 1


def test_the_number_s_earlier_life_is_not_believed(road: Road) -> None:
    parcel = road.parcel()
    road.told(parcel, -24 * 500, S.DELIVERED)
    road.told(parcel, -24, S.ANNOUNCED)
    road.look()
    row = road.row(parcel)
    assert (row.state, row.tracking_status) == ("labelled", "announced")
    assert len(road.events(parcel)) == 1


def test_a_parcel_at_a_point_and_one_in_trouble_are_counted_when_they_get_there(
    road: Road,
) -> None:
    waits, stuck = road.parcel(1), road.parcel(2)
    road.told(waits, 1, S.AT_PICKUP_POINT)
    road.told(stuck, 1, S.EXCEPTION)
    road.clock.advance(hours=2)
    counts = road.look().counts
    assert (counts["at_pickup_point"], counts["exceptions"]) == (1, 1)
    again = road.look(now_due_only=False).counts
    assert "at_pickup_point" not in again
    assert "exceptions" not in again


def test_only_the_parcels_of_an_order_are_asked_about_when_named(road: Road) -> None:
    road.parcel(1)
    named = road.parcel(2)
    road.put_parcel(named.id, track_next_at=None)
    order_id = road.stored(2).id
    assert road.look(order_ids=[order_id]).counts["followed"] == 1
    assert [ref.number for ref in road.carrier.tracked] == [named.number]


def test_a_rehearsal_asks_the_stand_in(store: Store) -> None:
    road = Road(store, client={"mode": Mode.REHEARSAL})
    road.parcel()
    road.look()
    assert road.backends.rehearsals == [True]


def test_a_carrier_that_cannot_track_is_not_asked(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    road.parcel()
    none: frozenset[CarrierCapability] = frozenset()
    monkeypatch.setattr(type(road.carrier), "capabilities", none)
    road.look()
    assert road.carrier.tracked == []
