"""The databases are set up as the money asks."""

from sqlalchemy import text

from colisync.storage.store import Store


def _value(store: Store, question: str) -> object:
    with store.read() as connection:
        return connection.execute(text(question)).scalar()


def test_sqlite_keeps_what_it_has_committed(sqlite_url: str) -> None:
    store = Store(sqlite_url)
    full = 2
    assert _value(store, "PRAGMA synchronous") == full
    assert _value(store, "PRAGMA journal_mode") == "wal"
    assert _value(store, "PRAGMA foreign_keys") == 1
    assert int(str(_value(store, "PRAGMA busy_timeout"))) >= 5000
    store.close()


def test_postgresql_keeps_what_it_has_committed(postgres_url: str) -> None:
    store = Store(postgres_url)
    assert _value(store, "SHOW synchronous_commit") == "on"
    assert _value(store, "SHOW TIME ZONE") == "UTC"
    assert _value(store, "SHOW transaction_isolation") == "read committed"
    store.close()


def test_an_error_undoes_the_whole_transaction(store: Store) -> None:
    insert = text("INSERT INTO workspaces (key, content, created_at) VALUES ('a', '{}', '2026')")
    try:
        with store.write() as connection:
            connection.execute(insert)
            raise InterruptedError
    except InterruptedError:
        pass
    assert _value(store, "SELECT COUNT(*) FROM workspaces") == 0
