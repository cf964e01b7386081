"""The schema: made, brought up to date, checked; and the database, copied while it works."""

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from sqlalchemy import inspect, text

from colisync.errors import ConfigurationError, Scalar, StorageUnavailable
from colisync.storage.store import Connection, Store

_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0xC0115  # any number, the same for every process
_VERSION_TABLE = "alembic_version"


def upgrade(store: Store) -> None:
    """The schema is this version's. One transaction: all of it or nothing.

    Two processes at once are safe: the second waits, then has nothing to do. Raises
    ConfigurationError where a newer Colisync has been here, StorageUnavailable.
    """
    with store.write() as connection:  # on SQLite the one writer from here on
        if not store.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        revision = _revision(connection)
        if revision == head():
            return
        _require_known(connection, revision)
        _apply(connection)


def is_current(store: Store) -> bool:
    """True where the schema is this version's."""
    with store.read() as connection:
        return _revision(connection) == head()


def make_or_require_current(store: Store) -> None:
    """Returns with a schema of this version; a new database gets one.

    Raises ConfigurationError with the command that upgrades an older one.
    """
    with store.read() as connection:
        revision = _revision(connection)
        tables = [] if revision else inspect(connection).get_table_names()
        if revision == head():
            return
        if revision or tables:
            _require_known(connection, revision)
            params: dict[str, Scalar] = {"revision": revision, "head": head()}
            raise ConfigurationError(
                "storage.old_schema", params={**params, "command": "colisync db upgrade"}
            )
    upgrade(store)


def head() -> str:
    """The newest step's revision: what this version of Colisync needs."""
    steps = sorted((_MIGRATIONS / "versions").glob("[0-9]*_*.py"))
    return steps[-1].stem.partition("_")[0]


def backup(store: Store, path: Path) -> None:
    """The database as it is now, in a new file that only its owner reads. Others go on working.

    SQLite: a database; PostgreSQL: a dump in pg_dump's custom format, for `pg_restore`. Raises
    ConfigurationError where the file exists or pg_dump does not, StorageUnavailable.
    """
    if path.exists():
        raise ConfigurationError("storage.backup_exists", params={"file": str(path)})
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.touch(mode=0o600, exist_ok=False)
        if store.is_sqlite:
            _copy_sqlite(store, part)
        else:
            _dump_postgresql(store, part)
        _put_in_place(part, path)
    except (OSError, sqlite3.Error) as error:
        params: dict[str, Scalar] = {"file": str(path), "detail": str(error)}
        raise StorageUnavailable("storage.backup_failed", params=params) from error
    finally:
        part.unlink(missing_ok=True)


def _revision(connection: Connection) -> str:
    """The schema's revision; empty where there is none."""
    if not inspect(connection).has_table(_VERSION_TABLE):
        return ""
    query = text(f"SELECT version_num FROM {_VERSION_TABLE}")
    return connection.execute(query).scalar() or ""


def _require_known(connection: Connection, revision: str) -> None:
    """Returns where this version's steps lead on from `revision`."""
    if revision > head():
        params: dict[str, Scalar] = {"revision": revision, "head": head()}
        raise ConfigurationError("storage.newer_schema", params=params)
    if not revision and inspect(connection).has_table("workspaces"):
        raise ConfigurationError("storage.unknown_schema")


def _apply(connection: Connection) -> None:
    # Imported here: every command asks for the revision, few upgrade.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _copy_sqlite(store: Store, part: Path) -> None:
    """A copy by SQLite's online backup: one state, whatever others write meanwhile."""
    with closing(store.engine.raw_connection()) as pooled:
        source = pooled.driver_connection
        if not isinstance(source, sqlite3.Connection):
            raise TypeError("the SQLite driver gives sqlite3 connections")
        with closing(sqlite3.connect(part)) as target:
            source.backup(target)
            target.execute("PRAGMA journal_mode = DELETE")  # one file, nothing beside it


def _dump_postgresql(store: Store, part: Path) -> None:
    url = store.engine.url
    program = shutil.which("pg_dump")
    address = url.set(drivername="postgresql", password=None).render_as_string()
    if program is None:
        raise ConfigurationError(
            "storage.no_pg_dump", params={"command": f'pg_dump --format=custom "{address}"'}
        )
    done = subprocess.run(  # noqa: S603 - our own command line
        [program, "--format=custom", "--no-password", f"--file={part}", f"--dbname={address}"],
        # A command line can be read by everybody on the machine, its environment cannot.
        env={**os.environ, **({"PGPASSWORD": str(url.password)} if url.password else {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise OSError(done.stderr.strip() or f"pg_dump: {done.returncode}")


def _put_in_place(part: Path, path: Path) -> None:
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.rename(path)
