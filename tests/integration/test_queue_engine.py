"""The engine with its threads, its file lost or broken, and what it says of failures."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from colisync.errors import ConfigurationError, RateLimited, StorageUnavailable, Unreachable
from colisync.queue import Engine, open_queue
from colisync.queue.messages import JobSerializer
from colisync.settings import Settings
from colisync.testing.contracts.job_queue import Work

ARGS = {"workspace": "atelier"}


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
def engine(tmp_path: Path, work: Work) -> Iterator[Engine]:
    opened = Engine(tmp_path / "queue.db", work.handlers())
    yield opened
    opened.stop(5)
    opened.close()


def wait_until(true: Callable[[], bool], seconds: float = 5.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)


def test_threads_do_what_waits_and_end_what_is_under_way(engine: Engine, work: Work) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def during() -> None:
        begun.set()
        go_on.wait(5)

    work.during = during
    engine.start(threads=2)
    engine.enqueue("sync", ARGS)
    assert begun.wait(5)
    stopping = threading.Thread(target=engine.stop, args=(5,))
    stopping.start()
    engine.enqueue("ship", ARGS)
    go_on.set()
    stopping.join(5)
    assert not stopping.is_alive()
    assert [job for job, _ in work.done] == ["sync"], "the second waits for the next process"
    assert engine.waiting() == 1


def test_a_job_under_way_is_not_begun_beside_itself(engine: Engine, work: Work) -> None:
    inside = threading.Event()
    go_on = threading.Event()

    def during() -> None:
        inside.set()
        go_on.wait(5)

    work.during = during
    engine.start(threads=2)
    engine.enqueue("sync", ARGS)
    assert inside.wait(5)
    engine.enqueue("sync", ARGS)
    wait_until(lambda: engine.waiting() == 1)
    time.sleep(0.3)
    assert len(work.done) == 1
    assert engine.waiting() == 1, "it comes again once the first is over"
    go_on.set()


def test_what_was_put_off_is_done_when_its_time_comes(engine: Engine, work: Work) -> None:
    work.fail = [RateLimited("wire.rate_limited", retry_after=0)]
    engine.start(threads=1)
    engine.enqueue("sync", ARGS)
    wait_until(lambda: len(work.done) == 2)
    wait_until(lambda: engine.waiting() == 0)


def test_losing_the_file_loses_no_more_than_a_wake_up(tmp_path: Path, work: Work) -> None:
    path = tmp_path / "queue.db"
    first = Engine(path, work.handlers())
    first.enqueue("sync", ARGS)
    first.close()
    for file in tmp_path.iterdir():
        file.unlink()
    second = Engine(path, work.handlers())
    assert second.waiting() == 0
    second.enqueue("sync", ARGS)
    assert second.run_waiting() == 1
    second.close()


def test_a_broken_file_is_put_aside(tmp_path: Path, work: Work) -> None:
    path = tmp_path / "queue.db"
    path.write_bytes(b"this was a database once" * 100)
    engine = Engine(path, work.handlers())
    engine.enqueue("sync", ARGS)
    assert engine.run_waiting() == 1
    engine.close()
    assert path.with_suffix(".broken").exists()


def test_a_file_that_cannot_be_made_is_told(tmp_path: Path, work: Work) -> None:
    with pytest.raises(StorageUnavailable, match=r"queue\.unusable"):
        Engine(tmp_path / "nowhere" / "queue.db", work.handlers())


def test_a_failure_is_told_once_until_it_is_cured(engine: Engine, work: Work) -> None:
    def run(error: Exception | None) -> list[str]:
        work.fail = [error] if error else []
        with capture_logs() as lines:
            engine.perform("sync", ARGS, 1)
        return [str(line.get("error")) for line in lines if line["event"] == "job.failed"]

    refused = ConfigurationError("plugins.bad_setting")
    assert run(refused) == ["plugins.bad_setting"]
    assert run(refused) == []
    assert run(Unreachable("wire.timeout")) == ["wire.timeout"]
    assert run(None) == []
    assert run(refused) == ["plugins.bad_setting"]


def test_nothing_in_the_file_can_run_code(tmp_path: Path) -> None:
    called: list[Mapping[str, str]] = []
    engine = Engine(tmp_path / "queue.db", {"sync": called.append})
    engine.enqueue("sync", ARGS)
    stored = (tmp_path / "queue.db").read_bytes() + (tmp_path / "queue.db-wal").read_bytes()
    assert b'"workspace": "atelier"' in stored
    with pytest.raises(UnicodeDecodeError):
        JobSerializer().deserialize(b"k" * 32 + b"\x80\x05cos\nsystem\n.")
    engine.close()


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("redis://127.0.0.1/0", "queue.not_yet"),
        ("postgresql+psycopg://db/colisync", "queue.not_yet"),
        ("carrier-pigeon://loft", "queue.unknown_engine"),
    ],
)
def test_engines_that_are_not_there_say_so(tmp_path: Path, url: str, key: str) -> None:
    with pytest.raises(ConfigurationError, match=key):
        open_queue(Settings(data=tmp_path, queue_url=url), {})
