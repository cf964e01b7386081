"""A throw-away installation in which everything is tried before anything is kept."""

import signal
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from colisync.app import App, open_app
from colisync.interfaces.sandbox_carriers import SandboxCarriers
from colisync.model.attention import Outcome
from colisync.model.shipping import ShippingChoice
from colisync.model.workspace import Workspace
from colisync.ports.carrier import CarrierIdentity
from colisync.ports.shop import ShopIdentity
from colisync.services.apply_config import apply_config
from colisync.services.check_setup import check_setup
from colisync.services.config_blocks import read_contract, read_shop
from colisync.services.config_file import Document
from colisync.services.export_config import export_config
from colisync.settings import Settings

Block = dict[str, Any]


class Trial:
    """Shops and contracts, asked with what was typed so far; nothing of it is stored for good."""

    def __init__(self, app: App, public_url: str) -> None:
        self._app = app
        self._public_url = public_url

    def shop(self, workspace: Workspace, key: str, block: Block) -> ShopIdentity:
        """Who answers. Raises what keeps the shop from being used."""
        shop = read_shop(workspace, key, block, None, self._app.box)
        return self._app.bench.backends.shop(shop).check()

    def choices(self, workspace: Workspace, key: str, block: Block) -> list[ShippingChoice]:
        """What a buyer can pick there."""
        shop = read_shop(workspace, key, block, None, self._app.box)
        return self._app.bench.backends.shop(shop).shipping_choices()

    def contract(self, workspace: Workspace, key: str, block: Block) -> CarrierIdentity:
        """Which account answers. Raises what keeps the contract from being used."""
        contract = read_contract(workspace, key, block, None, self._app.box)
        return self._app.bench.backends.carrier(contract).check()

    def whole(self, document: Document) -> tuple[Outcome, str]:
        """What `check` says of the whole, and the file that describes it, without secrets."""
        bench, key = self._app.bench, document.key
        apply_config(bench, self._app.box, [document])
        outcome = check_setup(bench, key, public_url=self._public_url)
        return outcome, export_config(bench, key)


@contextmanager
def trial(public_url: str) -> Iterator[Trial]:
    """A trial that leaves nothing behind, not even when it is broken off or its window closed."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="colisync-init-") as directory:
        stand_ins = SandboxCarriers(Path(directory))
        app = open_app(Settings(data=Path(directory)), sandbox=stand_ins)
        try:
            yield Trial(app, public_url)
        finally:
            app.close()
            stand_ins.close()


def secret(values: Mapping[str, str]) -> dict[str, SecretStr]:
    """Credentials as a document holds them; those left empty are not there."""
    return {name: SecretStr(value) for name, value in values.items() if value}
