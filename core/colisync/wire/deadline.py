"""How long a request may still take, and how far one try of it has come."""

import time
from contextvars import ContextVar
from enum import StrEnum

from colisync.ports.clock import Clock


class Deadline:
    """The total time of a request: waiting for a slot, every try and the pauses between them."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._ends = time.monotonic() + seconds

    def remaining(self) -> float:
        """Seconds left; zero or less when it is over."""
        return self._ends - time.monotonic()

    def sleep(self, clock: Clock, seconds: float) -> None:
        """Returns after `seconds` of `clock`, which count even where a test's clock jumps."""
        started = time.monotonic()
        clock.sleep(seconds)
        self._ends -= max(0.0, seconds - (time.monotonic() - started))


class Stage(StrEnum):
    """How far a try has come; what failed is told by it, never by the text of an exception."""

    WAIT = "wait"
    RESOLVE = "resolve"
    CONNECT = "connect"
    TLS = "tls"
    SEND = "send"
    ANSWER = "answer"


class Watch:
    """One try. `sent` turns true with the first byte that the kernel takes; `reused` tells that
    the connection had served before, `hopeless` that another try would end the same."""

    __slots__ = (
        "_deadline",
        "_silence",
        "connect_seconds",
        "hopeless",
        "local",
        "reused",
        "sent",
        "stage",
        "timed_out",
    )

    def __init__(
        self, deadline: Deadline, *, connect_seconds: float, silence: float, local: bool
    ) -> None:
        self._deadline = deadline
        self._silence = silence
        self.connect_seconds = connect_seconds
        self.local = local
        self.stage = Stage.WAIT
        self.sent = False
        self.reused = False
        self.hopeless = False
        self.timed_out = False

    def remaining(self) -> float:
        """Seconds left for this try, never below zero."""
        return max(0.0, self._deadline.remaining())

    def patience(self) -> float:
        """Seconds that the next read or write may block. Raises TimeoutError at the deadline."""
        return self._bounded(self._silence)

    def connect_patience(self) -> float:
        """Seconds that the next address may take to answer. Raises TimeoutError likewise."""
        return self._bounded(self.connect_seconds)

    def _bounded(self, seconds: float) -> float:
        remaining = self._deadline.remaining()
        if remaining <= 0:
            self.timed_out = True
            raise TimeoutError("the deadline is over")
        return min(seconds, remaining)


current_watch: ContextVar[Watch] = ContextVar("colisync_watch")
"""The try that this thread is at: connections are shared by threads, tries are not."""
