"""The machine's clock."""

import time
from datetime import UTC, datetime


class SystemClock:
    """Implements `ports.clock.Clock` with the machine's own time."""

    def now(self) -> datetime:
        """The present, aware, in UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Returns after `seconds`."""
        time.sleep(seconds)
