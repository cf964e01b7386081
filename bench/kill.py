"""`kill -9` at random moments of a run of 50 orders, restarted until the work is done.

After each the checker compares the database with the emulators' books. The last line is JSON.
"""

import argparse
import json
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

from installation import colisync, configure, order
from kill_checker import Judgement, judge

from colisync.sandbox.colissimo import ColissimoCarrierEmulator, ColissimoSettings
from colisync.sandbox.faults import FaultyApp
from colisync.sandbox.server import Server
from colisync.sandbox.woocommerce import WooCommerceShop

LATENCY = 0.05
CARRIER_LATENCY = 0.12
RESTARTS = 12


class Scene:
    """A shop and a carrier whose addresses stay while their books begin anew at each run."""

    def __init__(self, directory: Path, orders: int) -> None:
        self.orders = orders
        self.shop_stage = FaultyApp(WooCommerceShop().app)
        self.carrier_stage = FaultyApp(ColissimoCarrierEmulator().app)
        self.shop_server = Server(self.shop_stage).start()
        self.carrier_server = Server(self.carrier_stage).start()
        self.template = directory / "template"
        self.data = directory / "data"
        environment = configure(
            self.template,
            shop=self.shop_server.url,
            carrier=self.carrier_server.url,
            concurrency=4,
        )
        applied = colisync(environment, "apply", str(self.template / "client.toml"))
        assert applied.returncode == 0, applied.stdout + applied.stderr
        self.environment = {**environment, "COLISYNC_DATA": str(self.data)}
        self.reset()

    def reset(self) -> None:
        """New orders, new books, a fresh installation."""
        self.shop = WooCommerceShop(latency=LATENCY)
        settings = ColissimoSettings(fates="delivered")
        self.carrier = ColissimoCarrierEmulator(settings, latency=CARRIER_LATENCY)
        for number in range(self.orders):
            self.shop.add_order(**order(number))
        self.shop_stage.app = self.shop.app
        self.carrier_stage.app = self.carrier.app
        shutil.rmtree(self.data, ignore_errors=True)
        shutil.copytree(self.template / "data", self.data)

    def start(self) -> subprocess.Popen[bytes]:
        """`colisync run`, under way."""
        return subprocess.Popen(
            [sys.executable, "-m", "colisync", "run", "--yes", "--json"],
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def count(self, query: str) -> int:
        """The one number that `query` gives."""
        with closing(sqlite3.connect(self.data / "colisync.db")) as connection:
            return int(connection.execute(query).fetchone()[0])

    def await_purchase(self) -> None:
        """Returns once a parcel is being bought."""
        give_up = time.monotonic() + 60
        while not self.count("SELECT COUNT(*) FROM parcels WHERE state = 'buying'"):
            assert time.monotonic() < give_up, "nothing was ever bought"
            time.sleep(0.005)

    def is_done(self) -> bool:
        """True once every order has a label and the shop was told everything."""
        labelled = "SELECT COUNT(*) FROM parcels WHERE state = 'labelled'"
        waiting = "SELECT COUNT(*) FROM write_backs WHERE state NOT IN ('done', 'skipped')"
        return self.count(labelled) == self.orders and self.count(waiting) == 0

    def close(self) -> None:
        """Both servers end."""
        self.shop_server.stop()
        self.carrier_server.stop()


def duration(scene: Scene) -> float:
    """Seconds of a run that nobody kills."""
    began = time.perf_counter()
    scene.start().wait(120)
    took = time.perf_counter() - began
    assert scene.is_done(), "a run that nobody killed did not end its work"
    return took


def kill_once(scene: Scene, after: float, *, aimed: bool) -> tuple[bool, Judgement]:
    """Whether the kill left a parcel in `buying`, and what the checker says in the end."""
    scene.reset()
    process = scene.start()
    if aimed:
        scene.await_purchase()
    time.sleep(after)
    process.kill()
    process.wait(10)
    buying = scene.count("SELECT COUNT(*) FROM parcels WHERE state = 'buying'")
    for _ in range(RESTARTS):
        scene.start().wait(120)
        if scene.is_done():
            break
    verdict = judge(scene.data / "colisync.db", scene.shop.books(), scene.carrier.books())
    return buying > 0, verdict


def main() -> int:
    """Prints what went wrong, then the counts as one JSON line; 0 when nothing did."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--orders", type=int, default=50)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--aim", action="store_true", help="half of the kills in a purchase")
    options = parser.parse_args()
    dice = random.Random(options.seed)
    totals: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name:
        scene = Scene(Path(name), options.orders)
        try:
            longest = duration(scene)
            for run in range(options.runs):
                aimed = options.aim and run % 2 == 0
                after = dice.uniform(0.0, CARRIER_LATENCY) if aimed else dice.uniform(0.2, longest)
                in_flight, verdict = kill_once(scene, after, aimed=aimed)
                totals["buying"] += in_flight
                for kind in ("lost", "doubled", "orphans_unlisted"):
                    found = getattr(verdict, kind)
                    totals[kind] += len(found)
                    for proof in found:
                        print(f"run {run}, killed after {after:.2f} s: {kind}: {proof}")
        finally:
            scene.close()
    print(f"{totals['buying']} of {options.runs} kills left a parcel in buying", file=sys.stderr)
    print(
        json.dumps(
            {
                "bench": "kill",
                "runs": options.runs,
                "lost": totals["lost"],
                "doubled": totals["doubled"],
                "orphans_unlisted": totals["orphans_unlisted"],
            }
        )
    )
    return 1 if totals["lost"] or totals["doubled"] or totals["orphans_unlisted"] else 0


if __name__ == "__main__":
    sys.exit(main())
