"""`colisync serve` and `colisync worker`: links, health, work behind the scenes, a clean end."""

import re
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import Message
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from colisync.security.links import LabelLinks
from colisync.security.sealing import read_keys
from colisync.settings import Settings
from colisync.testing.command import Done, Installation, end

PUBLIC = "https://colisync.example"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One label is bought and confirmed: from now on the shop ships by itself."""
    with Installation(tmp_path_factory.mktemp("serve"), latency=0.3) as made:
        made.order()
        made.run("apply", str(made.file(labels="automatic")))
        made.run("sync")
        made.run("ship", "--yes")
        yield made


@contextmanager
def served(installed: Installation, *arguments: str) -> Iterator[tuple[str, list[Done]]]:
    """The address of a server; the list holds how it ended, once the block is left."""
    process = installed.begin("serve", "--port", "0", *arguments, COLISYNC_PUBLIC_URL=PUBLIC)
    ended: list[Done] = []
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        found = re.search(r"http://[\d.:]+", first)
        assert found, first or process.communicate()
        yield found[0], ended
    finally:
        ended.append(_stopped(process))


@contextmanager
def working(installed: Installation) -> Iterator[None]:
    process = installed.begin("worker")
    try:
        yield
    finally:
        _stopped(process)


def _stopped(process: "subprocess.Popen[str]") -> Done:
    begun = time.monotonic()
    done = end(process, by=signal.SIGTERM)
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()
    assert time.monotonic() - begun < 10, "it ends within seconds"
    assert done.code == 0, done
    assert "Traceback" not in done.err, done.err
    return done


def fetch(url: str, language: str = "") -> tuple[int, Message, bytes]:
    request = Request(url, headers={"Accept-Language": language} if language else {})  # noqa: S310
    try:
        with urlopen(request, timeout=20) as answer:  # noqa: S310  loopback
            return answer.status, answer.headers, answer.read()
    except HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


def wait_until(true: Callable[[], bool], seconds: float = 25.0) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it never came"
        time.sleep(0.1)


def token(installed: Installation, parcel: int, workspace: str = "atelier") -> str:
    keys = read_keys(Settings(data=Path(installed.environment["COLISYNC_DATA"])))
    return LabelLinks(keys, PUBLIC, 30).url(parcel, workspace).rpartition("/")[2]


def told(installed: Installation) -> int:
    """How many orders hold a number in the shop."""
    orders = installed.shop.books()["orders"].values()
    return sum(1 for order in orders if order["status"] == "completed")


def test_a_link_gives_the_label_and_nothing_else(
    installed: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = token(installed, 1)
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: time.time_ns() / 1e9 - 31 * 86400)
    old = token(installed, 1)
    monkeypatch.undo()
    with served(installed, "--no-workers") as (url, ended):
        status, headers, body = fetch(f"{url}/l/{good}")
        number = installed.labels()[0]["number"]
        assert (status, headers["content-type"]) == (200, "application/pdf")
        assert body.startswith(b"%PDF")
        assert headers["content-disposition"] == f'inline; filename="{number}.pdf"'
        assert headers["cache-control"] == "private, no-store"
        assert headers["referrer-policy"] == "no-referrer"
        assert "server" not in headers
        for bad, language, code, words in (
            (good[:-3] + "abc", "", 404, "pas valable"),
            (good[:-3] + "abc", "en-GB,en;q=0.8", 404, "not valid"),
            (old, "fr", 410, "expiré"),
            (token(installed, 1, "nobody"), "", 404, "pas d'étiquette"),
            (token(installed, 99), "", 404, "pas d'étiquette"),
            ("x", "", 404, "pas valable"),
        ):
            status, headers, body = fetch(f"{url}/l/{bad}", language)
            page = body.decode().replace("&#39;", "'")
            assert status == code, bad
            assert words in page
            assert headers["referrer-policy"] == "no-referrer"
            assert headers["cache-control"] == "private, no-store"
            assert not re.search(r"Traceback|atelier|sqlite|security\.", page)
        assert fetch(f"{url}/docs")[0] == fetch(f"{url}/openapi.json")[0] == 404
    assert good not in ended[0].err + ended[0].out, "a link's token is a secret"


def test_health_says_alive_and_ready(installed: Installation) -> None:
    database = Path(installed.environment["COLISYNC_DATA"]) / "colisync.db"
    with served(installed, "--no-workers") as (url, _):
        assert fetch(f"{url}/healthz")[0] == fetch(f"{url}/readyz")[0] == 200
        with sqlite3.connect(database) as connection:
            (now,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            connection.execute("UPDATE alembic_version SET version_num = '0000'")
        try:
            status, _, body = fetch(f"{url}/readyz")
            assert fetch(f"{url}/healthz")[0] == 200
        finally:
            with sqlite3.connect(database) as connection:
                connection.execute("UPDATE alembic_version SET version_num = ?", (now,))
            connection.close()
        assert (status, body) == (503, b'{"ok":false,"key":"storage.old_schema"}')
        port = url.rpartition(":")[2]
        taken = installed.run("serve", "--port", port, "--no-workers", code=3)
        assert port in taken.err


def test_orders_are_labelled_and_told_by_themselves(installed: Installation) -> None:
    before = len(installed.labels())
    names = [installed.order() for _ in range(3)]
    with served(installed):
        wait_until(lambda: len(installed.labels()) == before + len(names))
        wait_until(lambda: told(installed) == before + len(names))
    installed.run("void", names[0])
    shown = installed.run("status", *names, "--json").json["orders"]
    assert [row["state"] for row in shown] == ["void", "labelled", "labelled"]
    with served(installed, "--no-workers") as (url, _):
        status, _, body = fetch(f"{url}/l/{token(installed, before + 1)}")
        assert status == 410
        assert "annulée" in body.decode()


def test_the_end_comes_between_two_labels_and_two_workers_share_the_work(
    installed: Installation,
) -> None:
    before = len(installed.labels())
    names = [installed.order() for _ in range(24)]
    with served(installed):
        wait_until(lambda: len(installed.labels()) > before)
    done = len(installed.labels())
    shown = installed.run("status", *names, "--json", code=None).json["orders"]
    assert not {row["state"] for row in shown} & {"buying", "uncertain"}, "all answers are stored"
    assert sum(row["state"] == "labelled" for row in shown) == done - before
    with working(installed), working(installed):
        wait_until(lambda: told(installed) >= before + len(names) - 1)
    references = [label["reference"] for label in installed.labels()]
    orders = [label["order_number"] for label in installed.labels()]
    assert len(references) == len(set(references)) == before + len(names)
    assert len(set(orders)) == len(orders), "no order has two labels"
