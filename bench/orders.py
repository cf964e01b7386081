"""What one order costs, from the shop's page to the stored order with its shipment.

Floor: requests + `.json()` + sqlite3 executemany of orders and lines, from the same emulator. CPU
is that of this process (getrusage); the emulator runs apart. Rounds are interleaved. The last line
is JSON.
"""

import argparse
import json
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests
from installation import colisync, configure, control, cpu_seconds, emulator, order
from woocommerce.oauth import OAuth

from colisync.app import open_app
from colisync.sandbox.woocommerce import WooCommerceSettings
from colisync.services.import_orders import import_orders
from colisync.settings import Settings

ROUNDS = 5
_PAGE = 100
_TABLES = """
CREATE TABLE orders (id INTEGER PRIMARY KEY, number TEXT, status TEXT, modified TEXT, name TEXT,
 street TEXT, postcode TEXT, city TEXT, country TEXT, phone TEXT, email TEXT, total TEXT, raw TEXT);
CREATE TABLE lines (id INTEGER PRIMARY KEY, order_id INTEGER, sku TEXT, quantity INTEGER);
"""
_UPSERT = (
    "INSERT INTO orders VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)"
    " ON CONFLICT (id) DO UPDATE SET modified = excluded.modified, raw = excluded.raw"
)
_UPSERT_LINE = "INSERT OR REPLACE INTO lines VALUES (?,?,?,?)"


def big_order(number: int) -> dict[str, Any]:
    """One order of about 5.6 KB, with three lines."""
    note = "Merci de déposer le colis chez le gardien. "
    return {
        **order(number),
        "customer_note": note * 4,
        "line_items": [
            {"sku": f"SKU-{number % 50}-{line}", "name": "Lampe de bureau", "price": "49.00"}
            for line in range(3)
        ],
        "meta_data": {f"_plugin_field_{index}": "x" * 60 for index in range(8)},
    }


def floor(shop: str, directory: Path) -> float:
    """CPU seconds of the least program that fetches and stores every order."""
    began = cpu_seconds()
    connection = sqlite3.connect(directory / "floor.db")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.executescript(_TABLES)
    session = requests.Session()
    for page in _pages(session, shop):
        with connection:
            connection.executemany(_UPSERT, [_row(one) for one in page])
            connection.executemany(
                _UPSERT_LINE,
                [
                    (line["id"], one["id"], line["sku"], line["quantity"])
                    for one in page
                    for line in one["line_items"]
                ],
            )
    connection.close()
    return cpu_seconds() - began


def _pages(session: requests.Session, shop: str) -> Iterator[list[dict[str, Any]]]:
    keys = WooCommerceSettings()
    number = 1
    while True:
        url = f"{shop}/wp-json/wc/v3/orders?per_page={_PAGE}&page={number}&orderby=id&order=asc"
        signed = OAuth(
            url=url,
            consumer_key=keys.consumer_key,
            consumer_secret=keys.consumer_secret,
            version="wc/v3",
            method="GET",
        ).get_oauth_url()
        page = session.get(signed, timeout=60).json()
        if not page:
            return
        yield page
        number += 1


def _row(one: dict[str, Any]) -> tuple[Any, ...]:
    to = one["shipping"]
    return (
        one["id"],
        one["number"],
        one["status"],
        one["date_modified_gmt"],
        f"{to['first_name']} {to['last_name']}",
        to["address_1"],
        to["postcode"],
        to["city"],
        to["country"],
        one["billing"]["phone"],
        one["billing"]["email"],
        one["total"],
        json.dumps(one),
    )


def ours(shop: str, directory: Path, orders: int) -> tuple[float, float, int]:
    """CPU seconds and wall seconds of a first import, and the requests of an idle re-sync."""
    environment = configure(directory, shop=shop, carrier="http://127.0.0.1:9", concurrency=4)
    applied = colisync(environment, "apply", str(directory / "client.toml"))
    assert applied.returncode == 0, applied.stdout + applied.stderr
    app = open_app(Settings.from_environment(environment))
    began, wall = cpu_seconds(), time.perf_counter()
    outcome = import_orders(app.bench, "bench")
    spent, took = cpu_seconds() - began, time.perf_counter() - wall
    assert outcome.counts["orders_new"] == orders, outcome
    app.close()
    app = open_app(Settings.from_environment(environment))  # as the next command would begin
    before = control(shop, "books")["requests"]
    import_orders(app.bench, "bench")
    idle = control(shop, "books")["requests"] - before
    app.close()
    return spent, took, idle


def main() -> None:
    """Prints the rounds, then the medians as one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    floors, costs, walls, idles = [], [], [], []
    with tempfile.TemporaryDirectory() as name, emulator("woocommerce") as shop:
        for start in range(0, options.orders, 1000):
            last = min(start + 1000, options.orders)
            control(shop, "orders/bulk", [big_order(n) for n in range(start, last)])
        for _ in range(options.rounds):
            directory = Path(name) / "round"
            directory.mkdir()
            floors.append(floor(shop, directory) / options.orders)
            spent, took, idle = ours(shop, directory, options.orders)
            costs.append(spent / options.orders)
            walls.append(options.orders / took)
            idles.append(idle)
            shutil.rmtree(directory)
    print("floor µs:", [round(x * 1e6, 1) for x in floors], file=sys.stderr)
    print("ours  µs:", [round(x * 1e6, 1) for x in costs], file=sys.stderr)
    print("requests of an idle re-sync:", idles, file=sys.stderr)
    ratio = statistics.median(costs) / statistics.median(floors)
    print(
        json.dumps(
            {
                "bench": "orders",
                "orders_per_s": round(statistics.median(walls)),
                "ratio_to_floor": round(ratio, 2),
            }
        )
    )


if __name__ == "__main__":
    main()
