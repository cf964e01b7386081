"""The emulated carrier as tests, the demo and the benches hold it."""

import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from colisync.sandbox.colissimo.app import application
from colisync.sandbox.colissimo.books import Books, journalled
from colisync.sandbox.colissimo.clock import SandboxClock
from colisync.sandbox.colissimo.labelling import LabelService, Refusal, bodies
from colisync.sandbox.colissimo.lives import Lives
from colisync.sandbox.colissimo.numbers import NumberRanges
from colisync.sandbox.colissimo.settings import ColissimoSettings
from colisync.sandbox.faults import FaultyApp


class ColissimoCarrierEmulator:
    """One contract with Colissimo, its books, and `app` for `colisync.sandbox.server.Server`.

    `latency` is seconds before each answer. Labels go to `journal` before they are answered, and
    those already in it are in the books from the start. Methods may be called from any thread.
    """

    def __init__(
        self,
        settings: ColissimoSettings | None = None,
        *,
        clock: Callable[[], datetime] | None = None,
        latency: float = 0.0,
        journal: Path | None = None,
    ) -> None:
        self.settings = settings or ColissimoSettings()
        self.clock = SandboxClock(clock)
        self._books = Books(journal)
        ranges = NumberRanges(self.clock.now(), self.settings.range_size)
        self._labels = LabelService(self.settings, self.clock, self._books, ranges)
        self._lives = Lives(self._books, self.settings)
        for number, at, body in journalled(journal) if journal else ():
            self._labels.restore(number, at, body)
        self.app = FaultyApp(application(self._labels, self._lives), latency=latency)

    def books(self) -> dict[str, Any]:
        """Every label made (number, reference, order_number, product, postcode, country, at), and
        how many checks, trackings, requests and refusals there were."""
        return self._books.to_json()

    def bodies(self) -> list[dict[str, Any]]:
        """The request of every label made, in the order of the books."""
        return bodies(self._labels.books, checks=False)

    def refuse(self, order_number: str, code: str) -> None:
        """The order is refused from now on, with that code of theirs."""
        rule = Refusal(order_number=order_number, code=code, times=sys.maxsize)
        self._labels.refusals.append(rule)

    def refuse_no_more(self) -> None:
        """Every order is taken again."""
        self._labels.refusals.clear()

    def live(self, number: str, codes: Sequence[str]) -> None:
        """The parcel's events from now on: these, an hour apart, the last one just now."""
        self._lives.live(number, codes, self.clock.now())
