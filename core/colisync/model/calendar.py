"""The day a parcel is handed over: working days, French public holidays, the slip hour."""

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_PARIS = "Europe/Paris"
_ZONES = {
    "FR": _PARIS,
    "MC": _PARIS,
    "AD": "Europe/Andorra",
    "GP": "America/Guadeloupe",
    "MQ": "America/Martinique",
    "BL": "America/St_Barthelemy",
    "MF": "America/Marigot",
    "GF": "America/Cayenne",
    "PM": "America/Miquelon",
    "RE": "Indian/Reunion",
    "YT": "Indian/Mayotte",
}
_FIXED = ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
_AFTER_EASTER = (1, 39, 50)  # Easter Monday, Ascension, Whit Monday
# The abolition of slavery is a holiday of its own in each (law 83-550 of 30 June 1983).
_OVERSEAS = {
    "GP": (5, 27),
    "MQ": (5, 22),
    "GF": (6, 10),
    "RE": (12, 20),
    "YT": (4, 27),
    "BL": (10, 9),
    "MF": (5, 28),
}
_MONDAY_TO_FRIDAY = range(5)


def hand_over_day(now: datetime, slip_at: time, *, country: str = "FR") -> date:
    """The day on which a parcel labelled at `now` is handed over, in the sender's calendar.

    Today before `slip_at` (the sender's local time) on a working day, else the next working day.
    `now` is aware. Raises ValueError where it is not.
    """
    if now.tzinfo is None:
        raise ValueError("hand_over_day wants an aware date")
    local = now.astimezone(ZoneInfo(_ZONES.get(country, _PARIS)))
    day = local.date()
    if local.time() >= slip_at:
        day += timedelta(days=1)
    while not is_working_day(day, country):
        day += timedelta(days=1)
    return day


def is_working_day(day: date, country: str = "FR") -> bool:
    """Whether parcels are handed over on `day`: Monday to Friday, no public holiday."""
    return day.weekday() in _MONDAY_TO_FRIDAY and day not in holidays(day.year, country)


@lru_cache(maxsize=64)
def holidays(year: int, country: str = "FR") -> frozenset[date]:
    """The French public holidays of `year`, with the overseas department's own."""
    sunday = easter(year)
    fixed = [*_FIXED, _OVERSEAS[country]] if country in _OVERSEAS else list(_FIXED)
    return frozenset(
        [date(year, month, day) for month, day in fixed]
        + [sunday + timedelta(days=after) for after in _AFTER_EASTER]
    )


def easter(year: int) -> date:
    """Easter Sunday of `year` in the Gregorian calendar. Source: Meeus, Jones and Butcher."""
    golden = year % 19
    century, rest = divmod(year, 100)
    quarter, fourth = divmod(century, 4)
    moon = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - quarter - moon + 15) % 30
    leap, left = divmod(rest, 4)
    weekday = (32 + 2 * fourth + 2 * leap - epact - left) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)
