"""The parts of huey 3.5 that `colisync.queue` uses."""

from collections.abc import Callable
from typing import Any

from huey.serializer import Serializer
from huey.storage import SqliteStorage

class Task:
    id: str
    args: tuple[Any, ...]
    def __init__(
        self, args: tuple[Any, ...] | None = ..., kwargs: dict[str, Any] | None = ..., id: str = ...
    ) -> None: ...

class TaskWrapper:
    task_class: type[Task]
    def s(self, *args: Any, **kwargs: Any) -> Task: ...
    def schedule(self, args: tuple[Any, ...], *, delay: float, id: str) -> object: ...

class Huey:
    storage: SqliteStorage
    def __init__(
        self,
        name: str = ...,
        results: bool = ...,
        utc: bool = ...,
        serializer: Serializer | None = ...,
        storage_class: type[SqliteStorage] | None = ...,
        **storage_kwargs: Any,
    ) -> None: ...
    def task(self, *, name: str = ...) -> Callable[[Callable[..., Any]], TaskWrapper]: ...
    def enqueue(self, task: Task) -> object: ...
    def dequeue(self) -> Task | None: ...
    def execute(self, task: Task) -> object: ...
    def pending_count(self) -> int: ...
    def scheduled_count(self) -> int: ...
