"""Times in the database: UTC text of fixed width, "2026-11-21T20:00:00.000000Z"."""

from datetime import UTC, datetime

from sqlalchemy import Dialect, String
from sqlalchemy.types import TypeDecorator


def to_text(moment: datetime) -> str:
    """`moment`, which must be aware, as stored."""
    if moment.tzinfo is None:
        raise ValueError("a time without zone cannot be stored")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def from_text(text: str) -> datetime:
    """The aware UTC time that `to_text` wrote."""
    return datetime.fromisoformat(text)


class Moment(TypeDecorator[datetime]):
    """An aware UTC time."""

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """The text to store."""
        return None if value is None else to_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        """The time that was stored."""
        return None if value is None else from_text(value)
