"""The work behind the scenes: what is due is queued every minute, and threads do it."""

import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from colisync.app import App
from colisync.errors import ColisyncError
from colisync.model.workspace import Shop
from colisync.observability import log
from colisync.ports.queue import Handler
from colisync.queue import Engine, Stopped, open_queue
from colisync.storage import workspaces

PATIENCE_SECONDS = 25.0
"""How long calls under way may take at the end; longer than almost any, shorter than the patience
of whoever stops services (systemd 90 s, Kubernetes 30 s)."""
_TICK_SECONDS = 5.0
_MINUTE, _FIVE_MINUTES = 60.0, 300.0
_EVERY: Mapping[str, float] = {
    "sweep": _MINUTE,
    "sync": _FIVE_MINUTES,
    "ship": _MINUTE,
    "write_back": _MINUTE,
    "reconcile": _FIVE_MINUTES,
    "track": _FIVE_MINUTES,
}
_THEN: Mapping[str, str] = {"sync": "ship", "ship": "write_back", "reconcile": "ship"}
"""What a job makes due at once: nobody waits a minute for a label that can be bought now."""

Job = tuple[str, Mapping[str, str]]


class Stoppable:
    """Progress that breaks long work off between two steps once `stop` is set: what is done is
    stored, the rest is due again. Only once: work that ends itself properly is not disturbed."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._told = False

    def begin(self, key: str, total: int | None) -> None:
        """Raises Stopped where the process ends."""
        self._check()

    def advance(self, steps: int = 1) -> None:
        """Raises Stopped where the process ends."""
        self._check()

    def end(self) -> None:
        """Nothing is shown."""

    def _check(self) -> None:
        if self._stop.is_set() and not self._told:
            self._told = True
            raise Stopped


def wanted(workspace: str, shops: Sequence[Shop]) -> Iterator[Job]:
    """Every job that a workspace with these shops may need, in the order of an order's path.

    A shop that is paused is left alone; labels are bought only where a shop wants them by itself.
    """
    whole = {"workspace": workspace}
    yield "sweep", whole
    for shop in shops:
        if not shop.paused:
            yield "sync", {**whole, "shop": shop.key}
    yield "reconcile", whole
    if ships_by_itself(shops):
        yield "ship", whole
    yield "write_back", whole
    yield "track", whole


def ships_by_itself(shops: Sequence[Shop]) -> bool:
    """True where labels are bought without anybody asking."""
    return any(shop.labels == "automatic" and not shop.paused for shop in shops)


class Schedule:
    """When each job was last due in this process."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, ...], float] = {}

    def due(self, jobs: Iterator[Job], now: float) -> list[Job]:
        """Those of `jobs` whose time has come at `now`, monotonic seconds."""
        found = []
        for job, args in jobs:
            key = (job, *args.values())
            if now - self._last.get(key, -_FIVE_MINUTES) >= _EVERY[job]:
                self._last[key] = now
                found.append((job, args))
        return found


class Workers:
    """The threads of one process. Several processes on the same data are safe: what they queue
    twice waits once, and what they begin twice is held by one lease."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._stop = threading.Event()
        self._schedule = Schedule()
        handlers = app.handlers(lambda: Stoppable(self._stop))
        self._queue: Engine = open_queue(
            app.settings, {job: self._and_then(job, one) for job, one in handlers.items()}
        )
        self._ticker = threading.Thread(target=self._tick_for_ever, name="ticker", daemon=True)
        self._trouble = ""

    def start(self) -> None:
        """Work is done from now on."""
        self._queue.start()
        self._ticker.start()

    def stop_soon(self) -> None:
        """Nothing new is begun; long work breaks off at its next step. Returns at once."""
        self._stop.set()

    def stop(self) -> None:
        """Returns when all that was under way is stored, or after PATIENCE_SECONDS."""
        self.stop_soon()
        if self._ticker.is_alive():
            self._ticker.join(PATIENCE_SECONDS)
        self._queue.stop(PATIENCE_SECONDS)
        self._queue.close()

    def wait(self) -> None:
        """Returns once `stop_soon` was called."""
        self._stop.wait()

    def tick(self, now: float) -> None:
        """What is due at `now` is queued."""
        for key in self._workspaces():
            for job, args in self._schedule.due(wanted(key, self._shops(key)), now):
                self._queue.enqueue(job, args)

    def _tick_for_ever(self) -> None:
        while not self._stop.is_set():
            self._guarded(lambda: self.tick(time.monotonic()))
            self._stop.wait(_TICK_SECONDS)

    def _guarded(self, step: Callable[[], None]) -> None:
        """A database that is away stops no thread; it is told once."""
        try:
            step()
            self._trouble = ""
        except ColisyncError as error:
            if self._trouble != error.key:
                self._trouble = error.key
                log.warning("ticker.failed", error=error.key)

    def _and_then(self, job: str, handler: Handler) -> Handler:
        def handle(args: Mapping[str, str]) -> None:
            handler(args)
            following, key = _THEN.get(job), args["workspace"]
            if following == "ship" and not ships_by_itself(self._shops(key)):
                following = "write_back"
            if following is not None and not self._stop.is_set():
                self._queue.enqueue(following, {"workspace": key})

        return handle

    def _workspaces(self) -> list[str]:
        with self._app.bench.store.read() as connection:
            return workspaces.workspaces(connection)

    def _shops(self, key: str) -> list[Shop]:
        with self._app.bench.store.read() as connection:
            return workspaces.shops(connection, key)


def catch_signals(on_stop: Callable[[], None]) -> None:
    """SIGTERM and SIGINT call `on_stop` and end nothing by themselves. uvicorn raises the signal
    that stopped it once more at its end: without this the process would die there."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: on_stop())
