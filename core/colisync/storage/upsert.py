"""Inserts that meet a row already there: one place that knows both engines' words."""

from collections.abc import Sequence

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

Insert = sqlite.Insert | postgresql.Insert


def _insert(connection: Connection, table: Table) -> Insert:
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


def insert_or_ignore(connection: Connection, table: Table, *, unique: Sequence[str]) -> Insert:
    """An insert into `table` that leaves a row with the same `unique` columns as it is."""
    return _insert(connection, table).on_conflict_do_nothing(index_elements=list(unique))


def insert_or_update(
    connection: Connection, table: Table, *, unique: Sequence[str], update: Sequence[str]
) -> Insert:
    """An insert into `table` that gives a row with the same `unique` columns the new `update`
    columns. The row's workspace must be one of `unique` or be checked by the caller."""
    statement = _insert(connection, table)
    return statement.on_conflict_do_update(
        index_elements=list(unique), set_={name: statement.excluded[name] for name in update}
    )
