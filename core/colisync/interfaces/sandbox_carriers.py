"""The sandbox's carriers, standing in for a contract that has not arrived, or for a rehearsal."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from colisync.errors import ConfigurationError

if TYPE_CHECKING:
    from colisync.sandbox.server import Server


class SandboxCarriers:
    """Starts a carrier's emulator on loopback the first time it is asked for, and keeps its books
    in `directory` so that numbers and events go on from one command to the next."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._started: dict[str, tuple[Server, Mapping[str, Any]]] = {}

    def __call__(self, carrier: str) -> Mapping[str, Any]:
        """The settings that reach the stand-in: address and its own credentials."""
        if carrier not in self._started:
            if carrier != "colissimo":
                raise ConfigurationError("sandbox.no_such_carrier", params={"carrier": carrier})
            self._started[carrier] = self._start_colissimo()
        return self._started[carrier][1]

    def _start_colissimo(self) -> tuple["Server", Mapping[str, Any]]:
        # Imported here: a process that needs no stand-in does not pay for a web server.
        from colisync.sandbox.colissimo import ColissimoCarrierEmulator, ColissimoSettings
        from colisync.sandbox.server import Server

        self._directory.mkdir(parents=True, exist_ok=True)
        settings = ColissimoSettings()
        emulator = ColissimoCarrierEmulator(
            settings, journal=self._directory / "sandbox-colissimo.jsonl"
        )
        server = Server(emulator.app).start()
        return server, {
            "base_url": server.url,
            "local": True,
            "contract_number": settings.contract_number,
            "api_key": settings.api_key,
        }

    def close(self) -> None:
        """Every stand-in is stopped."""
        for server, _ in self._started.values():
            server.stop()
        self._started.clear()
