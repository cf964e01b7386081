"""What events say does not depend on the order in which they reach us."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from colisync.model.parcel import ParcelState
from colisync.model.tracking import FINAL, TrackingEvent, TrackingStatus
from colisync.services.tracking_standing import is_believable, is_scan, standing, state_of

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
S = TrackingStatus


def event(hours: float, status: TrackingStatus | None, code: str = "") -> TrackingEvent:
    at = NOON + timedelta(hours=hours)
    return TrackingEvent(parcel_id=1, at=at, code=code or str(status), status=status)


EVENTS = st.lists(
    st.builds(
        event,
        st.integers(min_value=0, max_value=6),
        st.one_of(st.none(), st.sampled_from(list(S))),
        st.sampled_from(["A", "B", "C"]),
    ),
    max_size=8,
    unique_by=lambda one: (one.at, one.code),
)


@given(EVENTS.flatmap(lambda events: st.tuples(st.just(events), st.permutations(events))))
def test_any_order_gives_the_same_standing(
    pair: tuple[list[TrackingEvent], list[TrackingEvent]],
) -> None:
    told, shuffled = pair
    assert standing(told) == standing(shuffled)


@given(EVENTS)
def test_a_code_that_informs_changes_nothing(events: list[TrackingEvent]) -> None:
    speaking = [one for one in events if one.status is not None]
    assert standing(events) == standing(speaking)


@given(EVENTS)
def test_the_latest_known_status_wins(events: list[TrackingEvent]) -> None:
    known = [one for one in events if one.status not in (None, S.UNKNOWN)]
    if known:
        latest = max(one.at for one in known)
        found = standing(events)
        assert found.at is not None
        assert found.at >= latest


@given(EVENTS, st.integers(min_value=0, max_value=6))
def test_an_unknown_code_never_undoes_an_end(events: list[TrackingEvent], hours: int) -> None:
    before = standing(events)
    if before.status in FINAL:
        late = event(hours + 10, S.UNKNOWN, "NEW")
        assert standing([*events, late]) == before


def test_nothing_told_is_nothing_known() -> None:
    found = standing([])
    assert found.status is None
    assert found.state is ParcelState.LABELLED


def test_an_unknown_code_is_shown_while_the_parcel_travels() -> None:
    assert standing([event(1, S.IN_TRANSIT), event(2, S.UNKNOWN, "X")]).status is S.UNKNOWN


def test_a_late_event_does_not_move_a_delivered_parcel_back() -> None:
    found = standing([event(5, S.DELIVERED), event(3, S.OUT_FOR_DELIVERY)])
    assert (found.status, found.state) == (S.DELIVERED, ParcelState.DELIVERED)


def test_a_newer_event_may_correct_an_end() -> None:
    found = standing([event(5, S.DELIVERED), event(6, S.RETURNING), event(7, S.RETURNED)])
    assert (found.status, found.state) == (S.RETURNED, ParcelState.RETURNED)


def test_of_two_events_of_one_minute_the_further_one_wins() -> None:
    assert standing([event(1, S.DELIVERED), event(1, S.OUT_FOR_DELIVERY)]).status is S.DELIVERED


def test_the_first_scan_is_the_first_time_in_hand() -> None:
    events = [event(4, S.IN_TRANSIT), event(1, S.ANNOUNCED), event(2, S.ACCEPTED)]
    assert standing(events).scanned_at == NOON + timedelta(hours=2)
    assert standing([event(1, S.ANNOUNCED), event(2, S.UNKNOWN)]).scanned_at is None


def test_announcing_is_no_scan_and_travelling_is() -> None:
    assert not is_scan(event(0, S.ANNOUNCED))
    assert not is_scan(event(0, None))
    assert is_scan(event(0, S.RETURNING))


def test_events_of_the_parcel_that_had_the_number_before_are_not_believed() -> None:
    assert not is_believable(event(-24 * 400, S.DELIVERED), NOON, NOON)
    assert is_believable(event(-24, S.ANNOUNCED), NOON, NOON)
    assert not is_believable(event(24 * 30, S.DELIVERED), NOON, NOON)


def test_a_person_s_word_is_kept_and_a_void_parcel_is_not_moved() -> None:
    nothing, delivered = standing([]), standing([event(1, S.DELIVERED)])
    assert state_of(ParcelState.HANDED_OVER, nothing) is ParcelState.HANDED_OVER
    assert state_of(ParcelState.VOID, delivered) is ParcelState.VOID
    assert state_of(ParcelState.HANDED_OVER, delivered) is ParcelState.DELIVERED
