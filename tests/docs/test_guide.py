"""The user guide's commands, run as they are written, chapter by chapter."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from colisync.sandbox.colissimo import ColissimoCarrierEmulator, ColissimoSettings
from colisync.sandbox.server import Server
from colisync.sandbox.woocommerce import WooCommerceShop

_GUIDE = Path(__file__).parents[2] / "docs" / "fr"
_COMMANDS = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CONFIGURATION = re.compile(r"^```toml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_MAY_ASK = {"check", "sync", "ship", "run", "status", "retry"}
"""Commands that end with 1 where an order waits for a person, as one does here on purpose."""


@dataclass(frozen=True)
class Place:
    """An installation with the guide's shop and carrier behind it."""

    directory: Path
    environment: dict[str, str]

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """One `colisync …` line of the guide."""
        words = shlex.split(command)
        assert words[0] == "colisync", command
        return subprocess.run(
            [sys.executable, "-m", "colisync", *words[1:]],
            cwd=self.directory,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


def _commands(chapter: str) -> list[str]:
    text = (_GUIDE / chapter).read_text("utf-8")
    return [line for block in _COMMANDS.findall(text) for line in block.splitlines() if line]


def _order(number: int, **fields: object) -> dict[str, object]:
    billing = {
        "first_name": "Camille",
        "last_name": "Moreau",
        "address_1": "8 rue de la Roquette",
        "city": "Paris",
        "postcode": "75011",
        "country": "FR",
        "email": "camille@example.test",
        "phone": "0612349876",
    }
    return {
        "id": number,
        "status": "processing",
        "billing": {**billing, **fields},
        "shipping_lines": ["flat_rate:1"],
        "line_items": [{"sku": "LAMPE"}],
    }


def _fill(shop: WooCommerceShop) -> None:
    shop.add_product(sku="LAMPE", name="Lampe", price="49.00", weight="1.2")
    for number in (1042, 1044, 1045, 1046, 1047, 1048):
        shop.add_order(**_order(number))
    point = {"_lpc_meta_pickUpLocationId": "663766", "_lpc_meta_pickUpProductCode": "A2P"}
    shop.add_order(**_order(1043, phone=""), meta_data=point)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A fresh directory in which the guide's `client.toml` lies, for the emulated remotes."""
    shop = WooCommerceShop()
    carrier = ColissimoCarrierEmulator(ColissimoSettings(life="fast", step_seconds=0.01))
    _fill(shop)
    with Server(shop.app) as shop_server, Server(carrier.app) as carrier_server:
        text = (_GUIDE / "2-connecter.md").read_text("utf-8")
        (block,) = _CONFIGURATION.findall(text)
        # The guide's file, but for the two addresses: ours are on this machine.
        local = block.replace('"https://boutique.example"', f'"{shop_server.url}"\nlocal = true')
        local = local.replace(
            'carrier = "colissimo"',
            f'carrier = "colissimo"\nbase_url = "{carrier_server.url}"\nlocal = true',
        ).replace('"2026-11-01"', '"2020-01-01"')
        (tmp_path / "client.toml").write_text(local, "utf-8")
        environment = {
            **os.environ,
            "COLISYNC_DATA": str(tmp_path / "data"),
            "WC_KEY": shop.settings.consumer_key,
            "WC_SECRET": shop.settings.consumer_secret,
            "COLISSIMO_KEY": carrier.settings.api_key,
        }
        yield Place(tmp_path, environment)


_PREPARATION = {
    "1-installer.md": [],
    "2-connecter.md": [],
    "3-au-quotidien.md": ["colisync apply client.toml"],
    "4-a-corriger.md": [
        "colisync apply client.toml",
        "colisync sync",
        "colisync ship boutique/1042 boutique/1047 boutique/1048 --yes",
    ],
}


@pytest.mark.parametrize("chapter", list(_PREPARATION))
def test_the_commands_of_a_chapter_do_what_they_say(place: Place, chapter: str) -> None:
    for command in _PREPARATION[chapter]:
        assert place.run(command).returncode in (0, 1), command
    for command in _commands(chapter):
        done = place.run(command)
        allowed = {0, 1} if command.split()[1] in _MAY_ASK else {0}
        assert done.returncode in allowed, f"{command}\n{done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr, command


def test_every_chapter_is_tested_and_listed() -> None:
    chapters = {path.name for path in _GUIDE.glob("*.md")} - {"README.md"}
    assert chapters == {*_PREPARATION, "5-reference.md"}
    contents = (_GUIDE / "README.md").read_text("utf-8")
    assert all(f"({chapter})" in contents for chapter in chapters)


def test_the_labels_of_the_day_are_a_pdf(place: Place) -> None:
    place.run("colisync apply client.toml")
    place.run("colisync sync")
    place.run("colisync ship --yes")
    place.run("colisync label --not-printed -o etiquettes.pdf")
    assert (place.directory / "etiquettes.pdf").read_bytes().startswith(b"%PDF")
