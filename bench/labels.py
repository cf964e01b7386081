"""What one label costs, from a stored order to a stored label with its write-back rows.

Floor: `requests.Session.post(json=)` to the same emulator, the answer split on its boundary. CPU
is that of this process (getrusage); the emulators run apart. Rounds are interleaved. The last line
is JSON.
"""

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path

import requests
from installation import colisync, configure, control, cpu_seconds, emulator, order

from colisync.app import open_app
from colisync.services.buy_label import buy_label
from colisync.services.choose_method import choose_method
from colisync.services.import_orders import import_orders
from colisync.settings import Settings
from colisync.storage import overview

ROUNDS = 7
LABELS = 200
BUSY_LABELS = 960
BUSY_AT_ONCE = 32
BUSY_LATENCY = 0.150


def floor_round(session: requests.Session, url: str, number: int) -> float:
    """CPU seconds of one label: a bare post, and the answer split."""
    began = cpu_seconds()
    for index in range(number):
        answer = session.post(
            url, json=_body(index), headers={"apiKey": "sandbox-colissimo-key"}, timeout=30
        )
        content = answer.content
        boundary = content[: content.index(b"\r\n", 2)].strip()
        parts = content.split(boundary)
        label = parts[2].split(b"\r\n\r\n", 1)[1]
        assert json.loads(parts[1].split(b"\r\n\r\n", 1)[1])["messages"][0]["id"] == "0"
        assert len(label) > 10_000
    return (cpu_seconds() - began) / number


def _body(index: int) -> dict[str, object]:
    sender = {
        "companyName": "Atelier Lumière",
        "line2": "12 rue des Lilas",
        "countryCode": "FR",
        "city": "Lyon",
        "zipCode": "69003",
        "email": "expedition@example.org",
    }
    addressee = {
        "lastName": "Moreau",
        "firstName": "Camille",
        "line2": f"{index + 1} rue de la Roquette",
        "countryCode": "FR",
        "city": "Paris",
        "zipCode": "75011",
        "email": "client@example.test",
        "phoneNumber": "0612349876",
    }
    return {
        "outputFormat": {"x": 0, "y": 0, "outputPrintingType": "PDF_10x15_300dpi"},
        "letter": {
            "service": {
                "productCode": "DOM",
                "depositDate": (date.today() + timedelta(days=3)).isoformat(),  # noqa: DTZ011
                "orderNumber": str(index),
                "commercialName": "Atelier Lumière",
                "returnTypeChoice": 3,
            },
            "parcel": {"weight": 0.5},
            "sender": {"senderParcelRef": f"FLOOR{index:07}", "address": sender},
            "addressee": {"addresseeParcelRef": str(index), "address": addressee},
        },
        # As long as a real body with its free texts: 1.6 KB.
        "fields": {"field": [{"key": "CUSER_INFO_TEXT", "value": "x" * 30}] * 10},
    }


class Ours:
    """Colisync on its own installation, in this process."""

    def __init__(self, directory: Path, shop: str, carrier: str, concurrency: int) -> None:
        environment = configure(directory, shop=shop, carrier=carrier, concurrency=concurrency)
        applied = colisync(environment, "apply", str(directory / "client.toml"))
        assert applied.returncode == 0, applied.stdout + applied.stderr
        self.app = open_app(Settings.from_environment(environment))
        self.choosing = 0.0

    def import_orders(self) -> list[int]:
        """The ids of every order, imported and with its method; `choosing` is what one cost."""
        outcome = import_orders(self.app.bench, "bench")
        assert outcome.ok, outcome
        self.choosing = measure(lambda: self._choose(), outcome.counts["orders_new"])
        with self.app.bench.store.read() as connection:
            return overview.order_ids(connection, "bench")

    def _choose(self) -> None:
        outcome = choose_method(self.app.bench, "bench")
        assert outcome.ok, outcome

    def label(self, order_ids: Sequence[int]) -> None:
        """Read once more, label, stored, for those orders."""
        outcome = buy_label(self.app.bench, "bench", order_ids=order_ids, confirmed=True)
        assert outcome.counts.get("labels") == len(order_ids), outcome


def measure(action: Callable[[], None], number: int) -> float:
    """CPU seconds of one of `number`."""
    began = cpu_seconds()
    action()
    return (cpu_seconds() - began) / number


def cost(directory: Path) -> tuple[list[float], list[float]]:
    """CPU seconds a label, floor and ours, round by round."""
    with emulator("woocommerce") as shop, emulator("colissimo") as carrier:
        control(shop, "orders/bulk", [order(n) for n in range(LABELS * (ROUNDS + 1))])
        ours = Ours(directory, shop, carrier, concurrency=4)
        ids = ours.import_orders()
        session = requests.Session()
        url = f"{carrier}/sls-ws/SlsServiceWSRest/3.1/generateLabel"
        floors, costs = [], []
        for index in range(ROUNDS + 1):
            part = ids[index * LABELS : (index + 1) * LABELS]
            floors.append(floor_round(session, url, LABELS))
            spent = measure(lambda part=part: ours.label(part), LABELS)  # type: ignore[misc]
            costs.append(spent + ours.choosing)
        ours.app.close()
    return floors[1:], costs[1:]  # the first round warms up


def share_of_limit(directory: Path) -> list[float]:
    """Labels a second at 150 ms, 32 at once, as a share of what that latency allows."""
    limit = BUSY_AT_ONCE / BUSY_LATENCY
    with (
        emulator("woocommerce") as shop,
        emulator("colissimo", latency=BUSY_LATENCY) as carrier,
    ):
        control(shop, "orders/bulk", [order(n) for n in range(BUSY_LABELS * 5)])
        ours = Ours(directory, shop, carrier, concurrency=BUSY_AT_ONCE)
        ids = ours.import_orders()
        shares = []
        for index in range(5):
            part = ids[index * BUSY_LABELS : (index + 1) * BUSY_LABELS]
            began = time.perf_counter()
            ours.label(part)
            shares.append(BUSY_LABELS / (time.perf_counter() - began) / limit)
        ours.app.close()
    return shares


def main() -> None:
    """Prints the rounds, then the medians as one JSON line."""
    with tempfile.TemporaryDirectory() as name:
        floors, costs = cost(Path(name) / "cost")
        shares = share_of_limit(Path(name) / "busy")
    print("floor ms:", [round(x * 1000, 3) for x in floors], file=sys.stderr)
    print("ours  ms:", [round(x * 1000, 3) for x in costs], file=sys.stderr)
    print("share   :", [round(x, 3) for x in shares], file=sys.stderr)
    ours, floor = statistics.median(costs), statistics.median(floors)
    print(
        json.dumps(
            {
                "bench": "labels",
                "cpu_ms_per_label": round(ours * 1000, 3),
                "ratio_to_floor": round(ours / floor, 2),
                "share_of_latency_limit": round(statistics.median(shares), 3),
            }
        )
    )


if __name__ == "__main__":
    main()
