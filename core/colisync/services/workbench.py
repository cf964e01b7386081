"""What every service works with."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from colisync.plugins import Backends
from colisync.ports.clock import Clock
from colisync.storage.store import Store


class Progress(Protocol):
    """Shows that long work goes on."""

    def begin(self, key: str, total: int | None) -> None:
        """Work named by the catalogue `key` begins; `total` steps where known."""
        ...

    def advance(self, steps: int = 1) -> None:
        """So many steps are done."""
        ...

    def end(self) -> None:
        """The work is over."""
        ...


class Silent:
    """Progress that nobody watches."""

    def begin(self, key: str, total: int | None) -> None:
        """Nothing is shown."""

    def advance(self, steps: int = 1) -> None:
        """Nothing is shown."""

    def end(self) -> None:
        """Nothing is shown."""


@dataclass(frozen=True, slots=True)
class Workbench:
    """The store, the opened backends, the clock, and who watches."""

    store: Store
    backends: Backends
    clock: Clock
    progress: Progress = field(default_factory=Silent)

    @contextmanager
    def watched(self, key: str, total: int | None) -> Iterator[Progress]:
        """Progress that begins now and ends with the block."""
        self.progress.begin(key, total)
        try:
            yield self.progress
        finally:
            self.progress.end()
