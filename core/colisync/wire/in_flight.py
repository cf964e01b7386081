"""The same reading for many things, a few at once."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Key = TypeVar("Key")
Found = TypeVar("Found")


def in_flight(read: Callable[[Key], Found], keys: Iterable[Key], count: int) -> list[Found]:
    """What `read` gives for each of `keys`, in their order, `count` at a time. Raises as `read`."""
    keys = list(keys)
    if not keys:
        return []
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(read, keys))
