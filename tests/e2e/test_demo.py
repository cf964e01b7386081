"""The demo, played once as a newcomer plays it, and every label request that it sent."""

import json
import re
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from colisync.sandbox.colissimo.lengths import shorten
from colisync.sandbox.colissimo.request import CheckRequest
from colisync.sandbox.samples import listing
from colisync.testing.published import COLISSIMO, faults

_LAST_LINE = re.compile(
    r"demo ok: orders=(\d+) labels=(\d+) written_back=(\d+) delivered=(\d+)", re.ASCII
)
_SECONDS = 300


class _Showing:
    """One demo: how it ended, and what shop and carrier saw."""

    def __init__(self, directory: Path) -> None:
        books = directory / "books.json"
        command = ["demo", "--once", "--directory", str(directory / "demo"), "--books", str(books)]
        self.done = subprocess.run(
            [sys.executable, "-m", "colisync", *command],
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
            cwd=directory,
        )
        self.database = directory / "demo" / "data" / "colisync.db"
        self.books: dict[str, Any] = json.loads(books.read_text("utf-8"))
        self.bodies: list[dict[str, Any]] = self.books["carrier"]["bodies"]


@pytest.fixture(scope="module")
def showing(tmp_path_factory: pytest.TempPathFactory) -> _Showing:
    """The demo, once for all tests of this file."""
    return _Showing(tmp_path_factory.mktemp("demo"))


def test_every_sample_ends_as_its_file_says(showing: _Showing) -> None:
    said = showing.done.stdout[-3000:] + showing.done.stderr[-3000:]
    assert showing.done.returncode == 0, said
    last = _LAST_LINE.fullmatch(showing.done.stdout.splitlines()[-1])
    assert last is not None, said
    orders, labels, written_back, delivered = map(int, last.groups())
    assert orders == len(listing().samples) >= 60
    assert labels == len(showing.books["carrier"]["labels"]) >= 40
    assert written_back >= 40
    assert delivered >= 40
    assert "Traceback" not in showing.done.stderr


def test_every_label_that_is_nobodys_is_listed_on_its_order(showing: _Showing) -> None:
    query = (
        "SELECT o.number FROM orphans x JOIN parcels p ON p.id = x.parcel_id"
        " JOIN shipment_orders l ON l.shipment_id = p.shipment_id"
        " JOIN orders o ON o.id = l.order_id"
    )
    with closing(sqlite3.connect(showing.database)) as connection:
        listed = Counter(row[0] for row in connection.execute(query))
    assert listed == Counter({one.number: one.expect.orphans for one in listing().samples})


def test_every_text_of_the_demo_is_in_words(showing: _Showing) -> None:
    """A key of the catalogue without its text would be printed as it is."""
    bare = re.findall(
        r"^(?:!.* : |\s+\d+  |! )([a-z]+(?:\.[a-z_0-9]+)+)$", showing.done.stdout, re.M
    )
    assert bare == []


def test_every_body_is_what_the_strict_model_takes(showing: _Showing) -> None:
    assert len(showing.bodies) >= 40
    for body in showing.bodies:
        assert shorten(CheckRequest.model_validate_json(json.dumps(body)))[1] == []


@pytest.mark.skipif(not COLISSIMO.exists(), reason="the published schema is not here")
def test_every_body_is_what_the_published_schema_says(showing: _Showing) -> None:
    told = [fault for body in showing.bodies for fault in faults(body, "GenerateLabelRequestV31")]
    assert told == []


def test_the_demo_sends_every_kind_of_request(showing: _Showing) -> None:
    """Else the two tests above would prove little."""
    services = [body["letter"]["service"] for body in showing.bodies]
    assert {one["productCode"] for one in services} >= {"DOM", "DOS", "HD"}
    countries = {body["letter"]["addressee"]["address"]["countryCode"] for body in showing.bodies}
    assert len(countries) >= 20
    references = {body["letter"]["sender"]["senderParcelRef"] for body in showing.bodies}
    assert len(references) == len(showing.bodies)
    assert any("insuranceValue" in body["letter"]["parcel"] for body in showing.bodies)
