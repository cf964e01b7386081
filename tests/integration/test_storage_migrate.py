"""The schema's steps lead where tables.py says, safely, and the database can be copied."""

import shutil
import sqlite3
import stat
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text

from colisync.errors import ConfigurationError
from colisync.storage import migrate, tables
from colisync.storage.store import Store
from colisync.testing.factories import Seed
from colisync.testing.postgres import NoPostgres, shared_server


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A database without any table."""
    if request.param == "sqlite":
        store = Store(f"sqlite:///{tmp_path / 'new.db'}")
        yield store
        store.close()
        return
    try:
        server = shared_server()
    except NoPostgres as error:
        pytest.skip(f"PostgreSQL: {error}")
    url = server.database()
    store = Store(url)
    yield store
    store.close()
    server.drop(url)


def _shape(store: Store) -> dict[str, Any]:
    """Every column, constraint and index by name."""
    found: dict[str, Any] = {}
    with store.engine.connect() as connection:
        inspector = inspect(connection)
        for table in sorted(set(inspector.get_table_names()) - {"alembic_version"}):
            columns = {
                one["name"]: (str(one["type"]), one["nullable"], one["default"])
                for one in inspector.get_columns(table)
            }
            found[table] = {
                "columns": columns,
                "primary": inspector.get_pk_constraint(table),
                "unique": _by_name(inspector.get_unique_constraints(table)),
                "foreign": _by_name(inspector.get_foreign_keys(table)),
                "check": _by_name(inspector.get_check_constraints(table)),
                "indexes": _by_name(inspector.get_indexes(table)),
            }
    return found


def _by_name(parts: Any) -> list[Any]:
    return sorted((dict(one) for one in parts), key=lambda one: str(one["name"]))


def test_schema_from_scratch_equals_schema_from_migrations(
    empty: Store, request: pytest.FixtureRequest
) -> None:
    migrate.upgrade(empty)
    engine = "sqlite_url" if empty.is_sqlite else "postgres_url"
    scratch = Store(request.getfixturevalue(engine))
    assert _shape(empty) == _shape(scratch)
    scratch.close()
    with empty.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, tables.metadata) == []


def test_a_new_database_is_made_and_then_left_alone(empty: Store) -> None:
    assert not migrate.is_current(empty)
    migrate.make_or_require_current(empty)
    assert migrate.is_current(empty)
    Seed(empty).labelled()
    migrate.make_or_require_current(empty)
    migrate.upgrade(empty)
    with empty.read() as connection:
        assert connection.execute(text("SELECT COUNT(*) FROM parcels")).scalar() == 1


def test_two_processes_upgrade_at_once(empty: Store) -> None:
    barrier = Barrier(4)

    def upgrade(_: int) -> None:
        own = Store(empty.engine.url.render_as_string(hide_password=False))
        barrier.wait(timeout=30)
        migrate.make_or_require_current(own)
        own.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(upgrade, range(4)))
    assert migrate.is_current(empty)


def test_an_older_schema_is_refused_until_upgraded_and_keeps_its_rows(
    empty: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = _copied_steps(tmp_path, monkeypatch)
    migrate.upgrade(empty)
    Seed(empty).draft()
    _add_step(steps, "op.add_column('shops', sa.Column('extra', sa.Text()))")
    with pytest.raises(ConfigurationError) as caught:
        migrate.make_or_require_current(empty)
    assert caught.value.key == "storage.old_schema"
    assert caught.value.params["command"] == "colisync db upgrade"
    migrate.upgrade(empty)
    assert migrate.is_current(empty)
    with empty.read() as connection:
        assert connection.execute(text("SELECT COUNT(extra), COUNT(*) FROM shops")).one() == (0, 1)


def test_a_step_that_fails_leaves_nothing_of_itself(
    empty: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = _copied_steps(tmp_path, monkeypatch)
    migrate.upgrade(empty)
    before = _shape(empty)
    body = "op.add_column('shops', sa.Column('extra', sa.Text()))\n    raise InterruptedError"
    _add_step(steps, body)
    with pytest.raises(InterruptedError):
        migrate.upgrade(empty)
    assert _shape(empty) == before
    assert not migrate.is_current(empty)


def test_a_newer_schema_and_a_foreign_database_are_refused(empty: Store) -> None:
    migrate.upgrade(empty)
    with empty.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for act in (migrate.make_or_require_current, migrate.upgrade):
        with pytest.raises(ConfigurationError, match="newer_schema"):
            act(empty)
    with empty.write() as connection:
        connection.execute(text("DELETE FROM alembic_version"))
    with pytest.raises(ConfigurationError, match="unknown_schema"):
        migrate.make_or_require_current(empty)


def test_a_sqlite_backup_is_whole_private_and_never_overwrites(
    sqlite_url: str, tmp_path: Path
) -> None:
    store = Store(sqlite_url)
    Seed(store).labelled()
    target = tmp_path / "copy.db"
    with store.write():  # somebody writes meanwhile
        migrate.backup(store, target)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    copy = sqlite3.connect(target)
    assert copy.execute("SELECT COUNT(*) FROM parcels").fetchone() == (1,)
    assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    copy.close()
    with pytest.raises(ConfigurationError, match="backup_exists"):
        migrate.backup(store, target)
    assert sorted(path.suffix for path in tmp_path.iterdir() if "copy" in path.name) == [".db"]
    store.close()


def test_a_backup_that_cannot_be_written_says_so(sqlite_url: str, tmp_path: Path) -> None:
    store = Store(sqlite_url)
    with pytest.raises(Exception, match="backup_failed"):
        migrate.backup(store, tmp_path / "no" / "such" / "place.db")
    store.close()


def test_a_postgresql_backup_can_be_restored(postgres_url: str, tmp_path: Path) -> None:
    if shutil.which("pg_dump") is None or shutil.which("pg_restore") is None:
        pytest.skip("pg_dump is not installed")
    if int(shared_server().version) > _major("pg_dump"):
        pytest.skip("pg_dump is older than the server")
    store = Store(postgres_url)
    Seed(store).labelled()
    target = tmp_path / "copy.dump"
    migrate.backup(store, target)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    restored = shared_server().database()
    address = restored.replace("+psycopg", "")
    subprocess.run(["pg_restore", f"--dbname={address}", "--no-owner", target], check=True)
    engine = create_engine(restored)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT COUNT(*) FROM parcels")).scalar() == 1
    engine.dispose()
    shared_server().drop(restored)
    store.close()


def test_without_pg_dump_the_command_is_told(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    store = Store(postgres_url.replace("colisync@", "colisync:s3cret@"))
    with pytest.raises(ConfigurationError) as caught:
        migrate.backup(store, tmp_path / "copy.dump")
    assert caught.value.key == "storage.no_pg_dump"
    assert "pg_dump --format=custom" in str(caught.value.params["command"])
    assert "s3cret" not in str(caught.value)
    store.close()


def _copied_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "migrations"
    shutil.copytree(Path(migrate.__file__).parent / "migrations", place)
    monkeypatch.setattr(migrate, "_MIGRATIONS", place)
    return place / "versions"


def _add_step(steps: Path, body: str) -> None:
    last = migrate.head()
    (steps / "9000_extra.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import op\n"
        f"revision = '9000'\ndown_revision = '{last}'\n"
        f"def upgrade():\n    {body}\n"
    )


def _major(program: str) -> int:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    return int(said.stdout.split()[2].split(".")[0])
