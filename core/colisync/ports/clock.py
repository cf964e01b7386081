"""What time it is."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Time as the services see it."""

    def now(self) -> datetime:
        """The present, aware, in UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Returns after `seconds`."""
        ...
