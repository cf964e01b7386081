"""The demo: an emulated shop and carrier, and the real command line between them."""

import json
import os
import shlex
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from colisync.sandbox.colissimo import ColissimoCarrierEmulator, ColissimoSettings
from colisync.sandbox.faults import Fault
from colisync.sandbox.samples import Expectation, Sample, listing
from colisync.sandbox.server import Server
from colisync.sandbox.woocommerce import WooCommerceShop

_SHOP = "boutique"
_STEP_SECONDS = 0.15
_LONGEST_LIFE = 12
_CONFIGURATION = """\
[workspace]
key = "atelier-lumiere"
name = "Atelier Lumière"
language = "fr"
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
credentials = {{ api_key = "env:COLISSIMO_KEY", contract_number = "900001" }}
[[rules]]
when = {{ choice = "flat_rate:1" }}
use = {{ contract = "colissimo", method = "home" }}
[[rules]]
when = {{ choice = "flat_rate:2" }}
use = {{ contract = "colissimo", method = "home_signature", insurance = 150 }}
[[rules]]
when = {{ choice = "lpc_relay:3" }}
use = {{ contract = "colissimo", method = "pickup" }}
"""


class Demo:
    """One showing: everything it makes is below `directory`; `books` is a file for a checker."""

    def __init__(self, directory: Path, *, books: Path | None = None) -> None:
        self.books = books
        self.listing = listing()
        self.directory = directory
        self.shop = WooCommerceShop()
        self.carrier = ColissimoCarrierEmulator(
            ColissimoSettings(life="fast", step_seconds=_STEP_SECONDS, fates="delivered")
        )
        self.environment = dict(os.environ)
        self.addresses: tuple[str, str] = ("", "")

    def play(self, *, once: bool) -> int:
        """0 when every sample ended as its file says; without `once` the sandbox then stays up."""
        with ExitStack() as stack:
            shop = stack.enter_context(Server(self.shop.app))
            carrier = stack.enter_context(Server(self.carrier.app))
            self.addresses = (shop.url, carrier.url)
            self._say(f"Boutique WooCommerce : {shop.url}   Colissimo : {carrier.url}")
            self._set_up()
            self._walk()
            code = self._verdict()
            self._keep_books()
            if not once:
                self._stay()
        return code

    def _keep_books(self) -> None:
        """Both emulators' books, and the request of every label, as JSON for a checker."""
        if self.books is None:
            return
        content = {
            "shop": self.shop.books(),
            "carrier": {**self.carrier.books(), "bodies": self.carrier.bodies()},
        }
        self.books.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")

    # -- the shop before we come -----------------------------------------------------------

    def _set_up(self) -> None:
        for product in self.listing.products:
            self.shop.add_product(**product)
        for zone in self.listing.zones:
            self.shop.add_zone(zone["name"], zone["locations"], zone["methods"])
        for sample in self.listing.samples:
            order_id = self.shop.add_order(**sample.order)
            if sample.refund:
                lines = self.shop.order(order_id)["line_items"]
                refunded = {lines[index]["id"]: n for index, n in sample.refund.items()}
                self.shop.refund(order_id, refunded)
            self._prepare_carrier(sample)
        self._write_configuration()

    def _prepare_carrier(self, sample: Sample) -> None:
        if sample.carrier_fault:
            text = f'"{sample.number}"'
            self.carrier.app.add(Fault(path="generateLabel", text=text, **sample.carrier_fault))
        if sample.refuse:
            self._tell_carrier("refuse", {"order_number": sample.number, **sample.refuse})

    def _tell_carrier(self, control: str, content: dict[str, Any]) -> None:
        request = Request(
            f"{self.addresses[1]}/_sandbox/{control}",
            data=json.dumps(content).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urlopen(request, timeout=10) as answer:
            answer.read()

    def _write_configuration(self) -> None:
        settings = self.shop.settings
        shop, carrier = self.addresses
        self.directory.mkdir(parents=True, exist_ok=True)
        content = _CONFIGURATION.format(shop=shop, carrier=carrier)
        (self.directory / "client.toml").write_text(content, encoding="utf-8")
        self.environment |= {
            "COLISYNC_DATA": str(self.directory / "data"),
            "WC_KEY": settings.consumer_key,
            "WC_SECRET": settings.consumer_secret,
            "COLISSIMO_KEY": self.carrier.settings.api_key,
        }

    # -- the path --------------------------------------------------------------------------

    def _walk(self) -> None:
        samples = self.listing.samples
        self._colisync("apply", str(self.directory / "client.toml"))
        self._colisync("check")
        self._colisync("sync")
        self._in_the_shop("before_shop")
        self._by_hand(samples, "before")
        self._colisync("run")  # counts its first batch and buys nothing
        self._colisync("ship", "--yes")
        self._colisync("reconcile")
        self._by_hand(samples, "cure")
        self._colisync("ship", "--yes")
        self._colisync("label", "--not-printed", "-o", str(self.directory / "etiquettes.pdf"))
        self._in_the_shop("after_label")
        self._colisync("sync")
        self._colisync("write-back")
        self._by_hand(samples, "after")
        self._colisync("ship", "--yes")
        self._colisync("write-back")
        self._live()
        self._colisync("track", "--all")

    def _by_hand(self, samples: Sequence[Sample], moment: str) -> None:
        for index, sample in enumerate(samples):
            following = samples[min(index + 1, len(samples) - 1)]
            lines = self.shop.order(int(sample.number))["line_items"]
            names = {
                "order": f"{_SHOP}/{sample.number}",
                "next": f"{_SHOP}/{following.number}",
                "line2": str(lines[-1]["id"]) if lines else "",
            }
            for command in getattr(sample, moment):
                self._colisync(*(part.format(**names) for part in command))

    def _in_the_shop(self, moment: str) -> None:
        for sample in self.listing.samples:
            deed = getattr(sample, moment)
            if deed.get("trash"):
                self.shop.trash(int(sample.number))
            if "change" in deed:
                self.shop.change_order(int(sample.number), **deed["change"])

    def _live(self) -> None:
        """Every parcel's life happens: its own where the sample gives one, else an easy one."""
        lives = {sample.number: sample.life for sample in self.listing.samples if sample.life}
        for label in self.carrier.books()["labels"]:
            if label["order_number"] in lives:
                self.carrier.live(label["number"], lives[label["order_number"]])
        time.sleep(_STEP_SECONDS * _LONGEST_LIFE)

    def _colisync(self, *arguments: str) -> None:
        self._say(f"\n$ colisync {shlex.join(arguments)}")
        subprocess.run(
            [sys.executable, "-m", "colisync", *arguments], env=self.environment, check=False
        )

    # -- the end ---------------------------------------------------------------------------

    def _verdict(self) -> int:
        ends = self._ends()
        faults = [
            fault
            for sample in self.listing.samples
            for fault in self._compare(sample, ends.get(sample.number, {}), ends)
        ]
        self._print_kinds(ends)
        for fault in faults:
            self._say(f"  ✗ {fault}")
        told = sum(1 for end in ends.values() if end["told"])
        delivered = sum(1 for end in ends.values() if end["state"] == "delivered")
        labels = len(self.carrier.books()["labels"])
        figures = f"orders={len(ends)} labels={labels} written_back={told} delivered={delivered}"
        self._say(f"demo failed: {len(faults)} {figures}" if faults else f"demo ok: {figures}")
        return 1 if faults else 0

    def _ends(self) -> dict[str, dict[str, Any]]:
        done = subprocess.run(
            [sys.executable, "-m", "colisync", "status", "--all", "--json"],
            env=self.environment,
            check=False,
            capture_output=True,
            text=True,
        )
        if not done.stdout:
            raise RuntimeError(f"colisync status said nothing: {done.stderr[-500:]}")
        rows = json.loads(done.stdout)["orders"]
        return {row["order"].split("/", 1)[1]: row for row in rows}

    def _compare(
        self, sample: Sample, end: dict[str, Any], ends: dict[str, dict[str, Any]]
    ) -> list[str]:
        if not end:
            return [f"{sample.name}: never imported"]
        expected = sample.expect
        found = {
            "state": end["state"],
            "code": end["code"],
            "labels": self._labels_of(sample),
            "told": end["told"],
            "tracking": end["tracking"],
        }
        asked = {
            name: value
            for name, value in expected.model_dump(include=set(found)).items()
            if value is not None
        }
        wrong = [
            f"{sample.name}: {name} is {found[name]!r}, expected {value!r}"
            for name, value in asked.items()
            if found[name] != value
        ]
        return wrong + self._compare_shop(sample, expected, end, ends)

    def _compare_shop(
        self,
        sample: Sample,
        expected: Expectation,
        end: dict[str, Any],
        ends: dict[str, dict[str, Any]],
    ) -> list[str]:
        """The shop's own books must hold every number that was told, and no other."""
        wrong = []
        books = self.shop.books()["orders"]
        kept = json.dumps(books.get(sample.number) or books[int(sample.number)])
        if expected.told:
            wrong += [
                f"{sample.name}: the shop lacks {number}"
                for number in end["numbers"]
                if number not in kept
            ]
        if expected.same_parcel_as:
            other = next(s for s in self.listing.samples if s.name == expected.same_parcel_as)
            if ends[other.number]["numbers"] != end["numbers"]:
                wrong.append(f"{sample.name}: not in the parcel of {other.name}")
        return wrong

    def _labels_of(self, sample: Sample) -> int:
        name = sample.expect.same_parcel_as
        number = next((s.number for s in self.listing.samples if s.name == name), sample.number)
        labels = self.carrier.books()["labels"]
        return sum(1 for label in labels if label["order_number"] == number)

    def _print_kinds(self, ends: dict[str, dict[str, Any]]) -> None:
        self._say("")
        kinds: dict[str, Counter[str]] = {}
        for sample in self.listing.samples:
            state = ends.get(sample.number, {}).get("state", "?")
            kinds.setdefault(sample.kind, Counter())[state] += 1
        for kind, states in kinds.items():
            shown = ", ".join(f"{state} {number}" for state, number in states.items())
            self._say(f"  {kind:<52} {shown}")

    def _stay(self) -> None:
        shop, carrier = self.addresses
        self._say(f"\nThe sandbox stays up: shop {shop}, carrier {carrier}. Ctrl-C ends it.")
        data = self.environment["COLISYNC_DATA"]
        self._say(f"Try it: COLISYNC_DATA={shlex.quote(data)} colisync status --all")
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            self._say("")

    @staticmethod
    def _say(text: str) -> None:
        print(text, flush=True)
