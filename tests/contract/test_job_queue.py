"""The engine in a SQLite file keeps what every job queue promises."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from colisync.queue import Engine
from colisync.testing.contracts.job_queue import JobQueueContract, QueueRig, Work


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[QueueRig]:
    work, opened = Work(), list[Engine]()

    def open_another() -> Engine:
        opened.append(Engine(tmp_path / "queue.db", work.handlers()))
        return opened[-1]

    yield QueueRig(work, open_another)
    for engine in opened:
        engine.close()


class TestEngine(JobQueueContract):
    """Nothing of its own."""
