"""When a carrier is asked: often where it matters, never at night, never for ever."""

from datetime import UTC, datetime, time, timedelta
from random import Random

import pytest

from colisync.model.tracking import FINAL, TrackingStatus
from colisync.services.tracking_plan import (
    GIVE_UP_AFTER,
    Followed,
    first_look,
    next_look,
    unscanned_before,
)

MORNING = datetime(2026, 11, 23, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
S = TrackingStatus


def wait(status: TrackingStatus | None, lasted: timedelta = HOUR, **known: int) -> timedelta:
    since = MORNING - lasted
    parcel = Followed(status=status, labelled_at=since, since=since, **known)
    found = next_look(MORNING, parcel)
    assert found is not None
    return found - MORNING


def test_a_parcel_out_for_delivery_is_asked_about_every_hour_and_a_half() -> None:
    assert wait(S.OUT_FOR_DELIVERY) == 1.5 * HOUR


@pytest.mark.parametrize(
    ("status", "hours"),
    [(None, 8), (S.ANNOUNCED, 8), (S.IN_TRANSIT, 3), (S.AT_PICKUP_POINT, 6), (S.RETURNING, 24)],
)
def test_each_status_has_its_rhythm(status: TrackingStatus | None, hours: int) -> None:
    found = wait(status)
    assert found == hours * HOUR or MORNING + found == MORNING.replace(hour=5) + 24 * HOUR


@pytest.mark.parametrize("status", [one for one in S if one not in FINAL])
def test_what_stands_still_is_asked_about_less_and_less(status: TrackingStatus) -> None:
    waits = [wait(status, timedelta(days=days)) for days in (0, 4, 20, 60)]
    assert waits == sorted(waits)
    assert waits[-1] >= 6 * HOUR


@pytest.mark.parametrize("status", sorted(FINAL))
def test_an_end_gets_one_late_look(status: TrackingStatus) -> None:
    parcel = Followed(status=status, labelled_at=MORNING, since=MORNING)
    late = next_look(MORNING + HOUR, parcel)
    assert late is not None
    assert next_look(late, parcel) is None


def test_nothing_is_asked_after_ninety_days() -> None:
    parcel = Followed(status=S.EXCEPTION, labelled_at=MORNING)
    assert next_look(MORNING + GIVE_UP_AFTER, parcel) is not None
    assert next_look(MORNING + GIVE_UP_AFTER + HOUR, parcel) is None


def test_a_number_that_fails_is_asked_less_and_less_but_daily() -> None:
    waits = [wait(S.IN_TRANSIT, failures=failures) for failures in (1, 2, 3, 5, 50)]
    assert waits == sorted(waits)
    assert waits[0] == 2 * HOUR
    assert waits[-1] == 24 * HOUR


@pytest.mark.parametrize("hour", range(24))
@pytest.mark.parametrize("day", range(22, 30))
def test_nobody_is_asked_at_night_or_on_a_sunday(day: int, hour: int) -> None:
    now = MORNING.replace(day=day, hour=hour)
    for seed in (0, 74, 75, 10_000):
        looks = [first_look(now, seed)]
        for status in set(S) - {S.OUT_FOR_DELIVERY}:
            parcel = Followed(status=status, labelled_at=now, since=now, seed=seed)
            looks.append(next_look(now, parcel) or MORNING)
        assert all(look > now for look in looks[:1])
        assert all(5 <= look.hour < 20 and look.weekday() < 6 for look in looks)


def test_what_is_still_on_its_way_after_the_rounds_is_asked_about_the_next_morning() -> None:
    noon = MORNING.replace(hour=11)
    for status in (S.ACCEPTED, S.IN_TRANSIT):
        look = next_look(noon, Followed(status=status, labelled_at=MORNING, since=MORNING))
        assert look == datetime(2026, 11, 24, 7, tzinfo=UTC)


@pytest.mark.parametrize("hour", range(24))
def test_none_out_for_delivery_goes_unseen_for_two_hours(hour: int) -> None:
    now = MORNING.replace(day=22, hour=hour)  # a Sunday
    for lasted in range(48):
        since = now - lasted * HOUR
        parcel = Followed(status=S.OUT_FOR_DELIVERY, labelled_at=since, since=since)
        look = next_look(now, parcel)
        assert look is not None
        assert look - now <= 2 * HOUR


def test_the_morning_s_first_looks_are_spread() -> None:
    evening = MORNING.replace(hour=20)
    looks = {first_look(evening, seed) for seed in range(1000)}
    assert len(looks) > 60


Life = list[tuple[datetime, TrackingStatus]]


def next_round(moment: datetime, random: Random) -> datetime:
    """When a round leaves on the first delivery day after `moment`."""
    day = moment.replace(hour=0, minute=0) + timedelta(days=1)
    while day.weekday() == 6:
        day += timedelta(days=1)
    return day + timedelta(hours=random.uniform(5.5, 9))


def life(labelled: datetime, random: Random) -> Life:
    """A believable life: most delivered in a few days, some kept at a point, some unlucky."""
    evening = labelled.replace(hour=19) + timedelta(days=random.choice([0, 0, 0, 1]))
    round_leaves = next_round(evening + timedelta(days=random.choice([0, 1, 1, 2, 3])), random)
    steps = [(evening, S.IN_TRANSIT), (round_leaves, S.OUT_FOR_DELIVERY)]
    ends = round_leaves + timedelta(hours=random.uniform(1.5, 6))
    fate = random.random()
    if fate < 0.75:
        return [*steps, (ends, S.DELIVERED)]
    if fate < 0.95:
        fetched = ends + timedelta(days=random.uniform(0.2, 9))
        return [*steps, (ends, S.AT_PICKUP_POINT), (fetched, S.DELIVERED)]
    if fate < 0.98:
        returned = ends + timedelta(days=12)
        return [
            *steps,
            (ends, S.EXCEPTION),
            (ends + 24 * HOUR, S.RETURNING),
            (returned, S.RETURNED),
        ]
    return []  # labelled and never handed over


def looks_at(labelled: datetime, seed: int, steps: Life) -> list[tuple[datetime, TrackingStatus]]:
    """Every look at a parcel with this life, and the status seen."""
    looks = []
    look: datetime | None = first_look(labelled, seed)
    while look is not None:
        known = [(at, status) for at, status in steps if at <= look]
        since, status = known[-1] if known else (labelled, S.ANNOUNCED)
        looks.append((look, status))
        parcel = Followed(status=status, labelled_at=labelled, since=since, seed=seed)
        look = next_look(look, parcel)
    return looks


def test_a_believable_population_costs_few_calls_and_is_well_seen() -> None:
    random = Random(7)  # noqa: S311
    calls, days, found_after = 0, 0.0, []
    for seed in range(600):
        labelled = MORNING + timedelta(days=seed % 5, hours=seed % 8)
        steps = life(labelled, random)
        looks = looks_at(labelled, seed, steps)
        end = steps[-1][0] if steps else labelled + GIVE_UP_AFTER
        calls += len(looks)
        days += (end - labelled) / timedelta(days=1)
        out = [at for at, status in steps if status is S.OUT_FOR_DELIVERY]
        seen = [at for at, status in looks if status is S.OUT_FOR_DELIVERY]
        if out and seen:
            found_after.append(seen[0] - out[0])
    assert calls / days <= 2.4
    assert max(found_after) <= 3.5 * HOUR


def test_a_parcel_is_late_once_a_working_day_has_gone_by_since_its_hand_over() -> None:
    slip = time(16, 30)
    wednesday = datetime(2026, 11, 25, 9, 20, tzinfo=UTC)
    before = unscanned_before(wednesday, slip)
    assert datetime(2026, 11, 23, 10, tzinfo=UTC) < before, "labelled on Monday morning: late"
    assert before <= datetime(2026, 11, 23, 16, tzinfo=UTC), "after Monday's slip: not yet"
    monday = datetime(2026, 11, 30, 9, tzinfo=UTC)
    assert unscanned_before(monday, slip) <= datetime(2026, 11, 26, 16, tzinfo=UTC)
