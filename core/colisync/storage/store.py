"""The database: connections, transactions, and what goes wrong with them."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from colisync.errors import MissingExtra, StorageUnavailable

__all__ = ["Connection", "Store"]

_BUSY_SECONDS = 30
_CACHE_KIB = 64 * 1024


class Store:
    """One database. `write()` is one transaction, `read()` sees one state."""

    def __init__(self, url: str) -> None:
        self.engine = _open(url)
        self._reader = self.engine.execution_options(only_reads=True)

    @property
    def is_sqlite(self) -> bool:
        """True on SQLite, where one writer works at a time."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A connection in a transaction: committed at the end of the block, undone by an error.

        Raises StorageUnavailable where the database is locked, full or away.
        """
        with _translated(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that only reads."""
        with _translated(), self._reader.connect() as connection:
            yield connection

    def close(self) -> None:
        """Every connection is closed."""
        self.engine.dispose()


def _open(url: str) -> Engine:
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        return _open_sqlite(url)
    if address.drivername == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    try:
        engine = create_engine(address, pool_pre_ping=True, isolation_level="READ COMMITTED")
    except ModuleNotFoundError as error:
        raise MissingExtra(
            "storage.missing_driver", params={"command": 'pip install "colisync[postgres]"'}
        ) from error
    event.listen(engine, "connect", _prepare_postgresql)
    return engine


def _open_sqlite(url: str) -> Engine:
    engine = create_engine(url, connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare_sqlite(connection: Any, record: object) -> None:
    connection.isolation_level = None  # transactions are ours: see _begin
    _use_wal(connection)
    for pragma in (
        "synchronous = FULL",  # a label paid is on the disk before anything else happens
        "foreign_keys = ON",
        f"busy_timeout = {_BUSY_SECONDS * 1000}",
        f"cache_size = -{_CACHE_KIB}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _use_wal(connection: sqlite3.Connection) -> None:
    # The switch does not wait for the busy time-out: two processes may open a new database at once.
    give_up = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > give_up:
                raise
            time.sleep(0.02)


def _begin(connection: Connection) -> None:
    # A deferred transaction that reads, then writes, fails at once when another one wrote between.
    only_reads = connection.get_execution_options().get("only_reads")
    connection.exec_driver_sql("BEGIN" if only_reads else "BEGIN IMMEDIATE")


def _prepare_postgresql(connection: Any, record: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = on")
        cursor.execute("SET TIME ZONE 'UTC'")
    connection.commit()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        raise StorageUnavailable(_what_failed(error), params={"detail": str(error.orig)}) from error
    except NoConnectionFree as error:
        raise StorageUnavailable("storage.locked", params={"detail": str(error)}) from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise StorageUnavailable("storage.away", params={"detail": str(error.orig)}) from error
        if "malformed" in str(error.orig) or "not a database" in str(error.orig):
            params = {"detail": str(error.orig)}
            raise StorageUnavailable("storage.damaged", params=params) from error
        raise


def _what_failed(error: OperationalError) -> str:
    text = str(error.orig).lower()
    if any(word in text for word in ("locked", "busy", "deadlock", "lock timeout")):
        return "storage.locked"
    if "full" in text or "no space" in text or "disk i/o" in text:
        return "storage.disk_full"
    if "readonly" in text or "unable to open" in text:
        return "storage.not_writable"
    return "storage.away"
