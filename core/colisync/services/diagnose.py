"""Is this installation sound? Looks at the machine, the key, the database and the clocks; changes
nothing."""

import platform
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from pathlib import Path

from colisync.errors import ColisyncError, Scalar
from colisync.model.workspace import Mode, Shop
from colisync.ports.clock import Clock
from colisync.ports.shop import Finding
from colisync.security.sealing import read_keys
from colisync.settings import Settings
from colisync.storage import migrate, workspaces
from colisync.storage.store import Store
from colisync.wire.http import RemoteSession

_MIB = 1024 * 1024
_FULL_MIB, _SOON_FULL_MIB = 200, 1024
_SKEW_SECONDS = 120
_ANSWER_SECONDS = 10.0
_SQLITE = "sqlite:///"


def diagnose(settings: Settings, clock: Clock) -> Iterator[Finding]:
    """One finding after the other, as they are made; an `error` keeps Colisync from working, a
    `note` says what is lost without being wrong."""
    yield _versions()
    yield from _data(settings)
    yield from _key(settings)
    yield from _database(settings, clock)
    if settings.public_url:
        yield _found("ok", "doctor.public_url", url=settings.public_url)
    else:
        yield _found("note", "config.no_public_url")


def _versions() -> Finding:
    return _found(
        "ok",
        "doctor.versions",
        colisync=version("colisync"),
        python=platform.python_version(),
        sqlite=sqlite3.sqlite_version,
    )


def _data(settings: Settings) -> Iterator[Finding]:
    directory = _existing(settings.data)
    try:
        with tempfile.TemporaryFile(dir=directory) as file:
            file.write(b"\0" * 4096)
            file.flush()
    except OSError as error:
        params: dict[str, Scalar] = {"path": str(directory), "detail": error.strerror or ""}
        yield _found("error", "doctor.data_not_writable", **params)
    else:
        yield _found("ok", "doctor.data_writable", path=str(settings.data))
    free = shutil.disk_usage(directory).free // _MIB
    low = free < _SOON_FULL_MIB
    level = "error" if free < _FULL_MIB else "warning" if low else "ok"
    yield _found(level, "doctor.disk_low" if low else "doctor.disk", mib=free)


def _existing(path: Path) -> Path:
    """`path`, or the nearest directory above it that is there: a first start makes the rest."""
    return next(one for one in (path, *path.parents) if one.is_dir())


def _key(settings: Settings) -> Iterator[Finding]:
    if settings.secret_key is None and not settings.key_file.exists():
        yield _found("note", "doctor.key_new", file=str(settings.key_file))
        return
    try:
        read_keys(settings)
    except ColisyncError as error:
        yield Finding(level="error", key=error.key, params=error.params)
        return
    inside = settings.secret_key is not None
    yield _found("ok", "doctor.key_variable" if inside else "doctor.key_file")


def _database(settings: Settings, clock: Clock) -> Iterator[Finding]:
    url = settings.database_url
    if url.startswith(_SQLITE) and not Path(url.removeprefix(_SQLITE)).exists():
        yield _found("note", "doctor.database_new")
        return
    try:
        store = Store(url)
        try:
            yield from _stored(store, clock)
        finally:
            store.close()
    except ColisyncError as error:
        yield Finding(level="error", key=error.key, params=error.params)


def _stored(store: Store, clock: Clock) -> Iterator[Finding]:
    if not migrate.is_current(store):
        params = {"revision": "?", "head": migrate.head(), "command": "colisync db upgrade"}
        yield _found("error", "storage.old_schema", **params)
        return
    yield _found("ok", "doctor.database", revision=migrate.head())
    with store.read() as connection:
        keys = workspaces.workspaces(connection)
    for key in keys:
        with store.read() as connection:
            client = workspaces.workspace(connection, key)
            shops = workspaces.shops(connection, key)
            contracts = workspaces.contracts(connection, key)
        if client.mode is Mode.REHEARSAL:
            yield _found("note", "doctor.rehearsal", workspace=key)
        for contract in contracts:
            if contract.is_stand_in:
                yield _found("note", "doctor.sandbox", workspace=key, contract=contract.key)
        for shop in shops:
            yield _clock_of(shop, clock)


def _clock_of(shop: Shop, clock: Clock) -> Finding:
    """How far our clock is from the shop's: signatures and cursors depend on both."""
    try:
        session = RemoteSession(shop.url, clock=clock, local=shop.local, concurrency=1)
        try:
            answer = session.request("GET", shop.url, deadline=_ANSWER_SECONDS, repeatable=True)
        finally:
            session.close()
        sent = parsedate_to_datetime(answer.headers["date"])
    except (ColisyncError, KeyError, ValueError) as error:
        reason = error.key if isinstance(error, ColisyncError) else "doctor.no_date"
        return _found("warning", "doctor.clock_unknown", shop=shop.key, reason=reason)
    skew = round((clock.now() - sent).total_seconds())
    if abs(skew) > _SKEW_SECONDS:
        return _found("error", "doctor.clock_skew", shop=shop.key, seconds=skew)
    return _found("ok", "doctor.clock", shop=shop.key)


def _found(level: str, key: str, **params: Scalar) -> Finding:
    return Finding(level=level, key=key, params=params)
