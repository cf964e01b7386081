"""The engine: jobs wait in a file beside the database, and threads of this process do them."""

import contextlib
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from huey import Huey
from huey.consumer import Consumer

from colisync.errors import ColisyncError, ConfigurationError, StorageUnavailable
from colisync.observability import log
from colisync.ports.queue import Handler
from colisync.queue.messages import JobSerializer, job_key
from colisync.queue.once import OnceStorage
from colisync.queue.patience import wait_seconds
from colisync.settings import Settings

THREADS = 4
_BUSY_AGAIN_SECONDS = 5.0
_LATER_ISSUE = ("postgresql", "postgres", "redis", "rediss")


class Stopped(Exception):
    """The work was broken off between two steps because the process ends; it is due again."""


class _Threads(Consumer):
    def _set_signal_handlers(self) -> None:
        """Signals are the process's business, not the queue's."""


class Engine:
    """Implements `ports.queue.JobQueue`. `start()` to `stop()`, this process does the jobs too."""

    def __init__(self, path: Path, handlers: Mapping[str, Handler]) -> None:
        self._handlers = handlers
        self._huey = _open(path)
        self._perform = self._huey.task(name="perform")(self.perform)
        self._running: set[str] = set()
        self._told: dict[str, str] = {}
        self._lock = threading.Lock()
        self._consumer: _Threads | None = None

    def enqueue(self, job: str, args: Mapping[str, str]) -> None:
        """As the port says. Raises ConfigurationError for a job without handler."""
        if job not in self._handlers:
            raise ConfigurationError("queue.unknown_job", params={"job": job})
        task = self._perform.task_class((job, dict(args), 1), {}, job_key(job, args))
        with _translated():
            self._huey.enqueue(task)

    def waiting(self) -> int:
        """How many jobs wait, those to be tried again later included."""
        with _translated():
            return self._huey.pending_count() + self._huey.scheduled_count()

    def perform(self, job: str, args: Mapping[str, str], tries: int) -> None:
        """Returns when the job is done, put off, or told as failed; never raises.

        A job under way in this process is not begun a second time: it comes again a little later.
        """
        key = job_key(job, args)
        if not self._take(key):
            self._again(key, (job, dict(args), tries), _BUSY_AGAIN_SECONDS)
            return
        try:
            self._handlers[job](args)
            self._told.pop(key, None)
        except Stopped:
            log.info("job.stopped", job=job, **args)
        except ColisyncError as error:
            self._failed(error, job, args, tries)
        except Exception:
            log.exception("job.bug", job=job, **args)
        finally:
            self._running.discard(key)

    def run_waiting(self) -> int:
        """How many jobs were done: all that waited, in this thread. For tests and scripts."""
        done = 0
        while (task := self._huey.dequeue()) is not None:
            self._huey.execute(task)
            done += 1
        return done

    def start(self, threads: int = THREADS) -> None:
        """Jobs are done from now on, in threads of this process."""
        self._consumer = _Threads(
            self._huey, workers=threads, periodic=False, initial_delay=0.05, max_delay=1.0
        )
        self._consumer.start()

    def stop(self, patience: float) -> None:
        """No further job begins; returns when those under way are over, or `patience` seconds
        are."""
        if self._consumer is not None:
            self._consumer.shutdown_timeout = patience
            self._consumer.stop(graceful=True)
            self._consumer = None

    def close(self) -> None:
        """The file is closed."""
        self._huey.storage.close()

    def _take(self, key: str) -> bool:
        with self._lock:
            free = key not in self._running
            self._running.add(key)
        return free

    def _failed(self, error: ColisyncError, job: str, args: Mapping[str, str], tries: int) -> None:
        key, wait = job_key(job, args), wait_seconds(error, tries)
        if wait is not None:
            self._again(key, (job, dict(args), tries + 1), wait)
        if self._told.get(key) != error.key:  # once, however often it comes back
            self._told[key] = error.key
            log.warning("job.failed", job=job, error=error.key, again_in=wait, **args)

    def _again(self, key: str, arguments: tuple[str, dict[str, str], int], wait: float) -> None:
        try:
            with _translated():
                self._perform.schedule(arguments, delay=wait, id=key)
        except StorageUnavailable as error:
            log.warning("job.lost", job=arguments[0], error=error.key)


def open_queue(settings: Settings, handlers: Mapping[str, Handler]) -> Engine:
    """The queue that `settings` name: a file in the data directory where they name none.

    Raises ConfigurationError for an engine that is not there yet, or that nobody knows.
    """
    if not settings.queue_url:
        return Engine(settings.data / "queue.db", handlers)
    scheme = urlsplit(settings.queue_url).scheme.partition("+")[0]
    key = "queue.not_yet" if scheme in _LATER_ISSUE else "queue.unknown_engine"
    raise ConfigurationError(key, params={"scheme": scheme})


def _open(path: Path) -> Huey:
    """The queue's file; one that cannot be read is put aside: what is due is queued again."""
    try:
        return _huey(path)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise StorageUnavailable("queue.unusable", params={"detail": str(error)}) from error
        path.replace(path.with_suffix(".broken"))
        log.warning("queue.put_aside", file=str(path))
        return _huey(path)


def _huey(path: Path) -> Huey:
    return Huey(
        "colisync",
        results=False,
        serializer=JobSerializer(),
        storage_class=OnceStorage,
        filename=str(path),
        timeout=10,
    )


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StorageUnavailable("queue.unusable", params={"detail": str(error)}) from error
