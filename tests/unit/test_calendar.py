"""The day of hand-over."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colisync.model.calendar import easter, hand_over_day, holidays, is_working_day

_SLIP = time(16, 30)
_PARIS = ZoneInfo("Europe/Paris")


def _paris(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=_PARIS)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (_paris(2026, 11, 23, 16, 29), date(2026, 11, 23)),  # a Monday, before the slip
        (_paris(2026, 11, 23, 16, 30), date(2026, 11, 24)),  # the slip is signed
        (_paris(2026, 11, 27, 17, 0), date(2026, 11, 30)),  # Friday evening
        (_paris(2026, 11, 28, 9, 0), date(2026, 11, 30)),  # Saturday
        (_paris(2026, 11, 29, 9, 0), date(2026, 11, 30)),  # Sunday
        (_paris(2026, 11, 11, 9, 0), date(2026, 11, 12)),  # Armistice
        (_paris(2026, 4, 30, 18, 0), date(2026, 5, 4)),  # 1 May is a Friday
        (_paris(2026, 4, 3, 18, 0), date(2026, 4, 7)),  # Easter: Monday is one, too
        (_paris(2026, 5, 13, 18, 0), date(2026, 5, 15)),  # Ascension
        (_paris(2026, 5, 22, 18, 0), date(2026, 5, 26)),  # Whit Monday
        (_paris(2026, 12, 31, 18, 0), date(2027, 1, 4)),  # New Year over a week-end
    ],
)
def test_hand_over_is_the_next_working_day(now: datetime, expected: date) -> None:
    assert hand_over_day(now, _SLIP) == expected


def test_the_hour_is_the_senders_and_not_utc() -> None:
    # 15:45 UTC is 16:45 in Paris in winter, 17:45 in summer.
    assert hand_over_day(datetime(2026, 1, 5, 15, 45, tzinfo=UTC), _SLIP) == date(2026, 1, 6)
    assert hand_over_day(datetime(2026, 7, 6, 14, 0, tzinfo=UTC), _SLIP) == date(2026, 7, 6)
    assert hand_over_day(datetime(2026, 7, 6, 14, 30, tzinfo=UTC), _SLIP) == date(2026, 7, 7)


def test_the_day_is_the_senders_and_not_utc() -> None:
    late = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)  # already Tuesday in Paris
    assert hand_over_day(late, _SLIP) == date(2026, 3, 3)
    assert hand_over_day(late, time(23, 59), country="GP") == date(2026, 3, 2)


def test_each_overseas_department_has_its_own_holiday() -> None:
    assert not is_working_day(date(2026, 12, 20) + timedelta(0), "RE")
    assert is_working_day(date(2027, 5, 27), "MQ")
    assert not is_working_day(date(2027, 5, 27), "GP")


@pytest.mark.parametrize(
    ("year", "sunday"),
    [
        (2024, date(2024, 3, 31)),
        (2025, date(2025, 4, 20)),
        (2026, date(2026, 4, 5)),
        (2027, date(2027, 3, 28)),
        (2038, date(2038, 4, 25)),
        (2285, date(2285, 3, 22)),
    ],
)
def test_easter(year: int, sunday: date) -> None:
    assert easter(year) == sunday


def test_france_has_eleven_holidays() -> None:
    assert len(holidays(2026)) == 11


def test_a_naive_date_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        hand_over_day(datetime(2026, 3, 2), _SLIP)  # noqa: DTZ001


@given(st.datetimes(timezones=st.just(UTC)).filter(lambda moment: 1900 < moment.year < 4000))
def test_the_day_is_a_working_day_within_a_week(now: datetime) -> None:
    day = hand_over_day(now, _SLIP)
    assert is_working_day(day)
    assert timedelta(0) <= day - now.astimezone(_PARIS).date() <= timedelta(days=6)
