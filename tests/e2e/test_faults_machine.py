"""Faults of the machine: a locked database, a full disk, two commands at once."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from colisync.storage import store
from colisync.testing.command import end
from colisync.testing.scene import Scene

_HOLD = """\
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""
_FULL = """\
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))
import colisync.services.label_run as m
m._STORE_PATIENCE_SECONDS = 1.0
"""
_SHORT_WAIT = "import colisync.storage.store as m; m._BUSY_SECONDS = 1"


@contextmanager
def _locked(scene: Scene) -> Iterator[None]:
    """Another process holds a write transaction."""
    path = scene.directory / "data" / "colisync.db"
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield
    finally:
        holder.communicate(timeout=10)


def test_a_locked_database_is_said_and_nothing_is_lost(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_BUSY_SECONDS", 1)
    orders = [scene.order(), scene.order()]
    scene.apply()
    for command in (["sync"], ["ship", "--yes"], ["write-back"]):
        with _locked(scene):
            (told,) = scene.told(*command)
        assert told.code == "storage.locked"
        assert "occupée par un autre programme" in told.text
        assert "relancez la commande" in told.remedy
        scene.here(*command)
    scene.judge(orders)


def test_a_database_locked_after_the_purchase_is_waited_for(scene: Scene) -> None:
    orders = [scene.order() for _ in range(3)]
    scene.apply()
    scene.here("sync")
    scene.carrier.app.latency = 1.0
    process = scene.begin_with(_SHORT_WAIT, "ship", "--yes", "--json")
    _wait_for(lambda: scene.query("SELECT COUNT(*) FROM parcels WHERE state='buying'") != [(0,)])
    with _locked(scene):
        _wait_for(lambda: len(scene.labels()) == 3)
        time.sleep(2.5)
    done = end(process)
    assert done.code == 0, done.out + done.err
    assert done.json["counts"]["labels"] == 3
    scene.here("write-back")
    scene.judge(orders)


def test_a_full_disk_names_every_number_it_could_not_keep(scene: Scene) -> None:
    orders = [scene.order() for _ in range(12)]
    scene.apply()
    scene.here("sync")
    size = (scene.directory / "data" / "colisync.db").stat().st_size
    done = end(scene.begin_with(_FULL.format(size=size), "ship", "--yes", "--json"))
    assert done.code == 1, done.out + done.err
    (told,) = done.json["attention"]
    assert told["code"] == "ship.not_stored"
    made = scene.labels()
    assert 0 < len(made) < 12, "nothing more is bought once the disk is full"
    kept = {row[0] for row in scene.query("SELECT number FROM parcels WHERE number <> ''")}
    for label in made:
        assert label["number"] in kept or label["number"] in told["text"]
    assert "Libérez de la place" in told["remedy"]
    assert "colisync reconcile" in told["remedy"]
    scene.finish(orders)


def test_a_full_disk_stops_a_sync_which_goes_on_later(scene: Scene) -> None:
    orders = [scene.order() for _ in range(60)]
    scene.apply()
    size = (scene.directory / "data" / "colisync.db").stat().st_size
    done = end(scene.begin_with(_FULL.format(size=size), "sync", "--json"))
    assert done.code == 1, done.out + done.err
    (told,) = done.json["attention"]
    assert told["code"] == "storage.disk_full"
    assert "plein" in told["text"]
    assert "Libérez de la place" in told["remedy"]
    scene.finish(orders)


def test_two_at_once_buy_each_label_once(scene: Scene) -> None:
    orders = [scene.order() for _ in range(20)]
    scene.apply()
    scene.here("sync")
    scene.carrier.app.latency = 0.3
    both = [scene.begin("ship", "--yes", "--json") for _ in range(2)]
    bought = [end(one).json["counts"].get("labels", 0) for one in both]
    assert sum(bought) == len(scene.labels()) == 20
    scene.here("write-back")
    scene.judge(orders)


def test_two_runs_at_once_tell_the_shop_once(scene: Scene) -> None:
    orders = [scene.order() for _ in range(12)]
    scene.apply()
    scene.shop.app.latency = 0.1
    both = [scene.begin("run", "--yes", "--json") for _ in range(2)]
    for one in both:
        done = end(one)
        assert done.code == 0, done.out + done.err
    scene.finish(orders)


def _wait_for(condition: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < give_up, "it never came to that"
        time.sleep(0.01)
