"""Huey's SQLite file, where a job that waits already is not queued again."""

from datetime import datetime

from huey.storage import SqliteStorage

from colisync.queue.messages import KEY_LENGTH

_UNLESS_IT_WAITS = """
    where not exists (select 1 from task where queue = :queue and substr(data, 1, :length) = :key)
    and not exists (select 1 from schedule where queue = :queue and substr(data, 1, :length) = :key)
"""
_NOW = "insert into task (queue, data, priority) select :queue, :data, :value" + _UNLESS_IT_WAITS
_LATER = (
    "insert into schedule (queue, data, timestamp) select :queue, :data, :value" + _UNLESS_IT_WAITS
)


class OnceStorage(SqliteStorage):
    """One statement looks and writes, so that two processes never queue the same job twice."""

    def enqueue(self, data: bytes, priority: float | None = None) -> None:
        """The job waits, unless it does already or is to be tried again later."""
        self._insert(_NOW, data, priority or 0.0)

    def add_to_schedule(self, data: bytes, ts: datetime) -> None:
        """The job waits until `ts`, unless it waits already."""
        self._insert(_LATER, data, ts.timestamp())

    def _insert(self, statement: str, data: bytes, value: float) -> None:
        parameters = {
            "queue": self.name,
            "data": self.to_blob(data),
            "value": value,
            "key": self.to_blob(data[:KEY_LENGTH]),
            "length": KEY_LENGTH,
        }
        with self.db(commit=True) as cursor:
            cursor.execute(statement, parameters)
