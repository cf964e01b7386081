"""The emulator's time: a clock that a test may set or push forward."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")


class SandboxClock:
    """`base` plus what it was moved by; a moved clock goes on running."""

    def __init__(self, base: Callable[[], datetime] | None = None) -> None:
        self._base = base or _utc_now
        self._moved = timedelta()

    def now(self) -> datetime:
        """Aware UTC."""
        return self._base().astimezone(UTC) + self._moved

    def today(self) -> date:
        """The date in Paris, which is the one the label service goes by."""
        return self.now().astimezone(PARIS).date()

    def set(self, moment: datetime) -> None:
        """From here on it is `moment`; a naive one is UTC."""
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        self._moved += aware - self.now()

    def advance(self, seconds: float) -> None:
        """It is `seconds` later."""
        self._moved += timedelta(seconds=seconds)


def _utc_now() -> datetime:
    return datetime.now(UTC)
