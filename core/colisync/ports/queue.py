"""Work to be done soon, by whoever is up."""

from collections.abc import Callable, Mapping
from typing import Protocol

Handler = Callable[[Mapping[str, str]], None]
"""Does one job, with its arguments. May be run again at any time without harm."""


class JobQueue(Protocol):
    """Wakes work up. It may lose a job: the truth is in the tables, and what is due is queued
    again."""

    def enqueue(self, job: str, args: Mapping[str, str]) -> None:
        """The job waits to be done; one that waits already, with the same arguments, is not queued
        twice. One under way does not count: what changed since it began is not lost.

        Raises StorageUnavailable where the queue cannot be written.
        """
        ...
