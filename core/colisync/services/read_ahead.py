"""Parts of a long list, read in a thread of its own while the last one is worked on."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Generic, Self, TypeVar

Item = TypeVar("Item")


class ReadAhead(Generic[Item]):
    """The items of `parts`, each part read while the one before it is taken.

    For one taker; `parts` runs in the reading thread. `over` is true after the last item.
    """

    def __init__(self, parts: Iterator[Sequence[Item]]) -> None:
        self._parts = parts
        self._reader = ThreadPoolExecutor(1, "read-ahead")
        self._items: deque[Item] = deque()
        self._reading: Future[Sequence[Item] | None] | None = self._begin()

    @property
    def over(self) -> bool:
        """True where nothing is left to take."""
        return not self._items and self._reading is None

    @property
    def reading(self) -> set[Future[Sequence[Item] | None]]:
        """What to wait for where nothing can be taken yet."""
        if self._items or self._reading is None or self._reading.done():
            return set()
        return {self._reading}

    def take_part(self) -> Sequence[Item]:
        """The next part, where the one before it is all taken and it is read; else nothing.

        Raises what reading it raised.
        """
        if self._items or self._reading is None or not self._reading.done():
            return ()
        part = self._reading.result()
        self._reading = None if part is None else self._begin()
        self._items.extend(part or ())
        return part or ()

    def take(self, number: int) -> list[Item]:
        """The next items of the part, at most `number`."""
        return [self._items.popleft() for _ in range(min(number, len(self._items)))]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._reader.shutdown(cancel_futures=True)

    def _begin(self) -> Future[Sequence[Item] | None]:
        return self._reader.submit(next, self._parts, None)
