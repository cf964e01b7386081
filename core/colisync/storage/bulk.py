"""Many rows by one textual statement, without SQLAlchemy's work per row."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from colisync.storage.store import Connection


def run_many(connection: Connection, statement: str, rows: Sequence[tuple[Any, ...]]) -> int:
    """How many rows the statement changed, run once for each of `rows`.

    `statement` marks its parameters with "?", in the order of the tuples, and holds no other one.
    """
    if not rows:
        return 0
    sqlite = connection.dialect.name == "sqlite"
    text = statement if sqlite else _for_psycopg(statement)
    return connection.exec_driver_sql(text, list(rows)).rowcount


@cache
def _for_psycopg(statement: str) -> str:
    return statement.replace("%", "%%").replace("?", "%s")
