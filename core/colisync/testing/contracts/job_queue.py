"""What every job queue keeps. A backend inherits `JobQueueContract` and gives the fixture `rig`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import pytest

from colisync.errors import ColisyncError, ConfigurationError, RateLimited, Unreachable
from colisync.ports.queue import Handler, JobQueue

ONE, OTHER = {"workspace": "atelier", "shop": "boutique"}, {"workspace": "atelier"}


class Opened(JobQueue, Protocol):
    """A queue that a test can work off itself."""

    def waiting(self) -> int:
        """How many jobs wait, later ones included."""
        ...

    def run_waiting(self) -> int:
        """How many jobs were done: all that may be done now."""
        ...

    def close(self) -> None:
        """The queue is left."""
        ...


@dataclass
class Work:
    """Handlers that note what they did. `fail` holds what the next runs raise, `during` what
    happens while one runs."""

    done: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)
    fail: list[Exception] = field(default_factory=list)
    during: Callable[[], None] = lambda: None

    def handlers(self) -> dict[str, Handler]:
        """Two jobs, `sync` and `ship`."""
        return {name: self._handler(name) for name in ("sync", "ship")}

    def _handler(self, name: str) -> Handler:
        def handle(args: Mapping[str, str]) -> None:
            self.done.append((name, dict(args)))
            self.during()
            if self.fail:
                raise self.fail.pop(0)

        return handle


@dataclass
class QueueRig:
    """`open` gives another handle on the same queue, as another process would have."""

    work: Work
    open: Callable[[], Opened]


class JobQueueContract:
    """The promises."""

    def test_a_job_is_done_with_its_arguments(self, rig: QueueRig) -> None:
        queue = rig.open()
        queue.enqueue("sync", ONE)
        assert queue.run_waiting() == 1
        assert rig.work.done == [("sync", ONE)]
        assert queue.waiting() == 0

    def test_a_job_that_waits_is_not_queued_twice(self, rig: QueueRig) -> None:
        queue = rig.open()
        for args in (ONE, dict(reversed(ONE.items())), OTHER):
            queue.enqueue("sync", args)
        queue.enqueue("ship", ONE)
        assert queue.waiting() == 3
        queue.run_waiting()
        assert rig.work.done == [("sync", ONE), ("sync", OTHER), ("ship", ONE)]

    def test_another_process_sees_what_waits(self, rig: QueueRig) -> None:
        first, second = rig.open(), rig.open()
        first.enqueue("sync", ONE)
        second.enqueue("sync", ONE)
        assert second.run_waiting() == 1
        assert first.run_waiting() == 0

    def test_a_job_queued_while_it_runs_is_not_lost(self, rig: QueueRig) -> None:
        queue = rig.open()
        rig.work.during = lambda: queue.enqueue("sync", ONE) if len(rig.work.done) == 1 else None
        queue.enqueue("sync", ONE)
        queue.run_waiting()
        assert rig.work.done == [("sync", ONE), ("sync", ONE)]

    @pytest.mark.parametrize(
        "error", [Unreachable("wire.timeout"), RateLimited("wire.rate_limited", retry_after=60)]
    )
    def test_what_may_be_repeated_waits_and_comes_again(
        self, rig: QueueRig, error: ColisyncError
    ) -> None:
        queue = rig.open()
        rig.work.fail.append(error)
        queue.enqueue("sync", ONE)
        queue.run_waiting()
        assert queue.waiting() == 1, "put off"
        queue.enqueue("sync", ONE)
        assert queue.waiting() == 1, "and not queued beside it"
        assert queue.run_waiting() == 0, "nor done before its time"

    @pytest.mark.parametrize("error", [ConfigurationError("x.y"), ValueError("a bug of ours")])
    def test_what_repeating_cannot_cure_ends_and_stops_nothing(
        self, rig: QueueRig, error: Exception
    ) -> None:
        queue = rig.open()
        rig.work.fail.append(error)
        queue.enqueue("sync", ONE)
        queue.enqueue("ship", ONE)
        assert queue.run_waiting() == 2
        assert queue.waiting() == 0
        queue.enqueue("sync", ONE)
        assert queue.run_waiting() == 1, "a new cause wakes it again"

    def test_an_unknown_job_is_refused(self, rig: QueueRig) -> None:
        with pytest.raises(ConfigurationError, match=r"queue\.unknown_job"):
            rig.open().enqueue("dance", {})
