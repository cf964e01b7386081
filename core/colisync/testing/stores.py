"""Fixtures: an empty store with its tables, on each engine in turn."""

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from colisync.storage.store import Store
from colisync.storage.tables import metadata
from colisync.testing.postgres import NoPostgres, shared_server

__all__ = ["postgres_url", "sqlite_url", "store", "store_url"]

_ENGINES = ("sqlite", "postgresql")
DATABASE_FILE = "colisync.db"
"""In the test's own directory."""


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of a new SQLite database with every table."""
    path = tmp_path / DATABASE_FILE
    shutil.copyfile(_sqlite_template(), path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """The URL of a new PostgreSQL database with every table; skips where there is no server."""
    try:
        server = shared_server()
    except NoPostgres as error:
        pytest.skip(f"PostgreSQL: {error}")
    url = server.database(like=_postgres_template())
    yield url
    server.drop(url)


@pytest.fixture(params=_ENGINES)
def store_url(request: pytest.FixtureRequest) -> str:
    """The URL of a new database with every table, on each engine in turn."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    return str(request.getfixturevalue(name))


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An empty store, on each engine in turn."""
    opened = Store(store_url)
    yield opened
    opened.close()


@cache
def _sqlite_template() -> Path:
    directory = tempfile.mkdtemp(prefix="colisync-")
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    path = Path(directory) / "template.db"
    _fill(f"sqlite:///{path}")
    return path


@cache
def _postgres_template() -> str:
    url = shared_server().database()
    _fill(url)
    return url


def _fill(url: str) -> None:
    empty = Store(url)
    metadata.create_all(empty.engine)
    empty.close()
