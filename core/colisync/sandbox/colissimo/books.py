"""The carrier's books: every label made, what its request said, how often each service was called.

The journal, when there is one, holds one JSON line per label; it is on the disk before the label
is answered, and it is read again when an emulator starts on it.
"""

import json
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from colisync.sandbox.colissimo.facts import LabelFacts


@dataclass(frozen=True)
class Entry:
    """One label: `body` is the request as it came, `facts` what was printed."""

    facts: LabelFacts
    at: datetime
    body: bytes

    @property
    def number(self) -> str:
        """The parcel's number."""
        return self.facts.number

    def to_json(self) -> dict[str, Any]:
        """What a checker reads."""
        letter = self.facts.letter
        return {
            "number": self.number,
            "reference": letter.sender.sender_parcel_ref,
            "order_number": letter.service.order_number,
            "product": self.facts.product.code,
            "postcode": letter.addressee.address.zip_code,
            "country": letter.addressee.address.country_code,
            "at": self.at.isoformat(),
        }


@dataclass
class Books:
    """Labels in the order they were made; a reference used twice stands here twice."""

    journal: Path | None = None
    entries: list[Entry] = field(default_factory=list)
    checks: list[bytes] = field(default_factory=list)
    trackings: int = 0
    requests: int = 0
    refusals: int = 0
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
    _by_number: dict[str, Entry] = field(default_factory=dict, repr=False)

    def add(self, entry: Entry) -> None:
        """The label is in the books, and on the disk if there is a journal."""
        if self.journal is not None:
            _append(self.journal, entry)
        self.restore(entry)

    def restore(self, entry: Entry) -> None:
        """A label an earlier emulator wrote into the journal."""
        with self.lock:
            self.entries.append(entry)
            self._by_number[entry.number] = entry

    def find(self, number: str) -> Entry | None:
        """The last label of that number."""
        return self._by_number.get(number)

    def to_json(self) -> dict[str, Any]:
        """The books as a checker reads them."""
        with self.lock:
            return {
                "labels": [entry.to_json() for entry in self.entries],
                "checks": len(self.checks),
                "trackings": self.trackings,
                "requests": self.requests,
                "refusals": self.refusals,
            }


def _append(journal: Path, entry: Entry) -> None:
    line = {**entry.to_json(), "body": json.loads(entry.body)}
    with journal.open("ab") as file:
        file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def journalled(journal: Path) -> Iterator[tuple[str, datetime, bytes]]:
    """(number, time, request body) of each line; a torn last line, never answered, is cut off."""
    if not journal.exists():
        return
    written = journal.read_bytes()
    whole = written[: written.rfind(b"\n") + 1]
    if whole != written:
        journal.write_bytes(whole)
    for raw in whole.splitlines():
        line = json.loads(raw)
        yield line["number"], datetime.fromisoformat(line["at"]), json.dumps(line["body"]).encode()
