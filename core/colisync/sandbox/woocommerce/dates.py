"""The shop's dates: naive texts in two columns, and bounds read as WordPress reads them.

Source: reference/woocommerce.md §1 and §4, `datematrix_*` recordings (2026-11-21).
"""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

_REST_DATE = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d(?::?\d\d)?)?", re.ASCII
)


def parse(text: str) -> datetime | None:
    """`text` as a date of the REST API, naive or aware, cut to the second; None if it is none.

    A date without time, an epoch or a word is none; so is a plus sign that became a space.
    """
    if not _REST_DATE.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text.upper()).replace(microsecond=0)
    except ValueError:
        return None


def bound(moment: datetime, *, gmt: bool, zone: ZoneInfo) -> int:
    """The epoch that WordPress compares with when it is given `moment` as a bound.

    With an offset it first turns the bound into site-local time, and then compares these digits
    with the GMT column when `dates_are_gmt` is set: wrong by the zone's offset.
    """
    digits = moment.astimezone(zone).replace(tzinfo=None) if moment.tzinfo else moment
    return int(digits.replace(tzinfo=UTC if gmt else zone).timestamp())


def gmt(epoch: int) -> str:
    """`epoch` as a `_gmt` field shows it."""
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def local(epoch: int, zone: ZoneInfo) -> str:
    """`epoch` as a field without `_gmt` shows it: the site's own time."""
    return datetime.fromtimestamp(epoch, zone).strftime("%Y-%m-%dT%H:%M:%S")


def epoch_of(value: str | datetime, zone: ZoneInfo) -> int:
    """The epoch of a date given by a test or a sample: a naive one is site-local."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return int((moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp())


def epoch_of_gmt(value: str) -> int:
    """The epoch of a `_gmt` field."""
    return int(datetime.fromisoformat(value).replace(tzinfo=UTC).timestamp())
