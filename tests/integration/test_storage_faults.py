"""A database that is locked, full, away, damaged or read-only says which, and loses nothing."""

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import event, text

from colisync.errors import StorageUnavailable
from colisync.model.workspace import Sender
from colisync.storage import store as store_module
from colisync.storage import workspaces
from colisync.storage.store import Store
from colisync.testing.factories import WORKSPACE, Seed, make_order, make_sender
from colisync.testing.stores import DATABASE_FILE


@pytest.fixture
def seed(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Seed]:
    monkeypatch.setattr(store_module, "_BUSY_SECONDS", 0.2)
    store = Store(sqlite_url)
    yield Seed(store)
    store.close()


def _senders(seed: Seed) -> int:
    with seed.store.read() as connection:
        return len(workspaces.senders(connection, WORKSPACE))


def _add_sender(seed: Seed, key: str, size: int = 0) -> None:
    address = make_sender(instructions="x" * size)
    with seed.store.write() as connection:
        workspaces.put_sender(connection, WORKSPACE, Sender(key=key, address=address))


def test_a_locked_database_is_named_and_works_again(seed: Seed, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / DATABASE_FILE, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageUnavailable, match="locked") as caught:
        _add_sender(seed, "depot")
    assert caught.value.retryable
    assert _senders(seed) == 1, "reading goes on"
    other.execute("ROLLBACK")
    other.close()
    _add_sender(seed, "depot")
    assert _senders(seed) == 2


def test_a_full_disk_is_named_and_keeps_what_was_stored(seed: Seed) -> None:
    @event.listens_for(seed.store.engine, "begin")
    def _no_room(connection: object) -> None:
        connection.exec_driver_sql("PRAGMA max_page_count = 10")  # type: ignore[attr-defined]

    with pytest.raises(StorageUnavailable, match="disk_full"):
        _add_sender(seed, "depot", size=1_000_000)
    event.remove(seed.store.engine, "begin", _no_room)
    with seed.store.write() as connection:
        connection.execute(text("PRAGMA max_page_count = 1000000"))
    assert _senders(seed) == 1
    _add_sender(seed, "depot", size=1_000_000)
    assert _senders(seed) == 2


def test_a_read_only_database_is_named(seed: Seed) -> None:
    @event.listens_for(seed.store.engine, "begin")
    def _read_only(connection: object) -> None:
        connection.exec_driver_sql("PRAGMA query_only = ON")  # type: ignore[attr-defined]

    with pytest.raises(StorageUnavailable, match="not_writable"):
        _add_sender(seed, "depot")


def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'no' / 'colisync.db'}")
    with pytest.raises(StorageUnavailable, match="not_writable"), store.read():
        pass
    store.close()


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "colisync.db").write_bytes(os.urandom(8192))
    store = Store(f"sqlite:///{tmp_path / 'colisync.db'}")
    with pytest.raises(StorageUnavailable, match="damaged"), store.read():
        pass
    store.close()


def test_a_postgresql_that_is_away_is_named(tmp_path: Path) -> None:
    store = Store(f"postgresql://colisync@/colisync?host={tmp_path}")
    with pytest.raises(StorageUnavailable, match="away"), store.read():
        pass
    store.close()


def test_a_connection_cut_by_the_server_is_named_and_made_again(postgres_url: str) -> None:
    store = Store(postgres_url)
    seed = Seed(store)
    cut = text("SELECT pg_terminate_backend(pg_backend_pid())")
    with pytest.raises(StorageUnavailable, match="away"), store.write() as connection:
        connection.execute(cut)
    seed.orders(make_order())
    assert seed.stored(1).order.number == "1"
    store.close()


def test_a_deadlock_on_postgresql_is_a_lock(postgres_url: str) -> None:
    store = Store(postgres_url)
    Seed(store)
    with pytest.raises(StorageUnavailable, match="locked"), store.write() as connection:
        connection.execute(text("DO $$ BEGIN RAISE SQLSTATE '40P01' "
                                "USING MESSAGE = 'deadlock detected'; END $$"))  # fmt: skip
    store.close()
