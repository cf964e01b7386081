"""A Colisync installation of its own, in a temporary directory, for a bench."""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from colisync.sandbox.colissimo import ColissimoSettings
from colisync.sandbox.woocommerce import WooCommerceSettings

CONFIGURATION = """\
[workspace]
key = "bench"
default_weight_g = 500
[[senders]]
key = "atelier"
default = true
company = "Atelier Lumière"
street = "12 rue des Lilas"
postcode = "69003"
city = "Lyon"
country = "FR"
phone = "+33400000000"
email = "expedition@example.org"
[[shops]]
key = "boutique"
platform = "woocommerce"
url = "{shop}"
local = true
orders_since = "2020-01-01"
labels = "automatic"
statuses = {{ labelled = "completed" }}
credentials = {{ consumer_key = "env:WC_KEY", consumer_secret = "env:WC_SECRET" }}
[[contracts]]
key = "colissimo"
carrier = "colissimo"
base_url = "{carrier}"
local = true
concurrency = {concurrency}
credentials = {{ api_key = "env:COLISSIMO_KEY", contract_number = "900001" }}
[[rules]]
use = {{ contract = "colissimo", method = "home" }}
"""


def cpu_seconds() -> float:
    """CPU of this process so far, user and system."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def configure(directory: Path, *, shop: str, carrier: str, concurrency: int) -> dict[str, str]:
    """The environment in which `colisync` works on a fresh installation in `directory`."""
    directory.mkdir(parents=True, exist_ok=True)
    content = CONFIGURATION.format(shop=shop, carrier=carrier, concurrency=concurrency)
    (directory / "client.toml").write_text(content, encoding="utf-8")
    return {
        **os.environ,
        "COLISYNC_DATA": str(directory / "data"),
        "WC_KEY": WooCommerceSettings().consumer_key,
        "WC_SECRET": WooCommerceSettings().consumer_secret,
        "COLISSIMO_KEY": ColissimoSettings().api_key,
    }


def colisync(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """One command, ended."""
    return subprocess.run(
        [sys.executable, "-m", "colisync", *arguments],
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )


@contextmanager
def emulator(kind: str, *, latency: float = 0.0) -> Iterator[str]:
    """The address of an emulator in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("emulators.py")), kind, str(latency)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(10)


def control(address: str, path: str, content: Any = None) -> Any:
    """What an emulator's control answers."""
    body = None if content is None else json.dumps(content).encode()
    headers = {"Content-Type": "application/json"}
    with urlopen(Request(f"{address}/_sandbox/{path}", body, headers), timeout=120) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def order(number: int) -> dict[str, Any]:
    """One paid order for an address in France, as the shop's emulator takes it."""
    return {
        "status": "processing",
        "billing": {
            "first_name": "Camille",
            "last_name": f"Moreau{number % 97}",
            "address_1": f"{number % 200 + 1} rue de la Roquette",
            "city": "Paris",
            "postcode": f"750{number % 20 + 1:02}",
            "country": "FR",
            "email": f"client{number}@example.test",
            "phone": "0612349876",
        },
        "shipping_lines": [
            {"method_id": "flat_rate", "instance_id": "1", "method_title": "Domicile"}
        ],
    }
