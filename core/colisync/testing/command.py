"""The real command line as subprocesses, between an emulated shop and carrier of this process."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from colisync.sandbox.colissimo import ColissimoCarrierEmulator, ColissimoSettings
from colisync.sandbox.server import Server
from colisync.sandbox.woocommerce import WooCommerceShop

_SECONDS = 60
CONFIGURATION = """\
[workspace]
key = "atelier"
name = "Atelier Lumière"
mode = "{mode}"
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
labels = "{labels}"
statuses = {{ labelled = "completed" }}
credentials = {{ consumer_key = "env:WC_KEY", consumer_secret = "env:WC_SECRET" }}
[[contracts]]
key = "colissimo"
carrier = "colissimo"
base_url = "{carrier}"
local = true
credentials = {{ api_key = "env:COLISSIMO_KEY", contract_number = "900001" }}
[[rules]]
when = {{ choice = "flat_rate:1" }}
use = {{ contract = "colissimo", method = "home" }}
"""
BUYER: Mapping[str, str] = {
    "first_name": "Camille",
    "last_name": "Durand",
    "address_1": "8 place Bellecour",
    "postcode": "69002",
    "city": "Lyon",
    "country": "FR",
    "phone": "0612345678",
    "email": "camille@example.org",
}


@dataclass(frozen=True, slots=True)
class Done:
    """How one command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The object that it printed."""
        found: dict[str, Any] = json.loads(self.out)
        return found

    @property
    def codes(self) -> list[str]:
        """The codes of what needs attention."""
        return [one["code"] for one in self.json["attention"]]


class Installation:
    """A data directory, a shop, a carrier, and `colisync` between them. French, unless told."""

    def __init__(self, directory: Path, *, latency: float = 0.0) -> None:
        self.directory = directory
        self.shop = WooCommerceShop()
        self.carrier = ColissimoCarrierEmulator(
            ColissimoSettings(fates="delivered"), latency=latency
        )
        self.shop_server = Server(self.shop.app)
        self.carrier_server = Server(self.carrier.app)
        kept = {name: text for name, text in os.environ.items() if not name.startswith("COLISYNC_")}
        self.environment = kept | {
            "COLISYNC_DATA": str(directory / "data"),
            "LC_ALL": "fr_FR.UTF-8",
            "PYTHONUTF8": "1",
            "COLUMNS": "200",
            "WC_KEY": self.shop.settings.consumer_key,
            "WC_SECRET": self.shop.settings.consumer_secret,
            "COLISSIMO_KEY": self.carrier.settings.api_key,
        }

    def __enter__(self) -> Self:
        self.shop_server.start()
        self.carrier_server.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.shop_server.stop()
        self.carrier_server.stop()

    def file(self, *, mode: str = "live", labels: str = "on_request") -> Path:
        """The client's file, written."""
        path = self.directory / "client.toml"
        shop, carrier = self.shop_server.url, self.carrier_server.url
        text = CONFIGURATION.format(mode=mode, labels=labels, shop=shop, carrier=carrier)
        path.write_text(text, encoding="utf-8")
        return path

    def order(self, **fields: Any) -> str:
        """The name of a new order of one 400 g product, paid and to ship."""
        buyer = {**BUYER, **fields.pop("buyer", {})}
        product = self.shop.add_product(name="Bougie", sku="BOUGIE", weight="0.4", price="18.00")
        line = {"product_id": product, "quantity": 1, "name": "Bougie", "total": "18.00"}
        choice = {"method_id": "flat_rate", "instance_id": "1", "method_title": "Domicile"}
        order_id = self.shop.add_order(
            **{
                "status": "processing",
                "billing": buyer,
                "shipping": buyer,
                "line_items": [line],
                "shipping_lines": [{**choice, "total": "6.90"}],
                **fields,
            }
        )
        return f"boutique/{order_id}"

    def run(self, *arguments: str, code: int | None = 0, **environment: str) -> Done:
        """One command, to its end. Raises AssertionError where it does not end with `code`."""
        done = subprocess.run(  # noqa: S603  our own command
            [sys.executable, "-m", "colisync", *arguments],
            cwd=self.directory,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        said = f"colisync {' '.join(arguments)}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert code is None or done.returncode == code, said
        assert "Traceback" not in done.stderr, said
        return Done(done.returncode, done.stdout, done.stderr)

    def begin(self, *arguments: str, **environment: str) -> "subprocess.Popen[str]":
        """One command, under way."""
        return subprocess.Popen(  # noqa: S603  our own command
            [sys.executable, "-m", "colisync", *arguments],
            cwd=self.directory,
            env={**self.environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
        )

    def labels(self) -> list[dict[str, Any]]:
        """Every label in the carrier's books."""
        found: list[dict[str, Any]] = self.carrier.books()["labels"]
        return found


def end(process: "subprocess.Popen[str]", *, by: signal.Signals | None = None) -> Done:
    """How a command under way ended, once it was told to by a signal."""
    if by is not None:
        process.send_signal(by)
    try:
        out, err = process.communicate(timeout=_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    return Done(process.returncode, out, err)
