"""Defects reproduced in the peers' Colissimo code: each is a test of ours, here or where it says.

| Defect, by its content                                    | Test                                 |
|-----------------------------------------------------------|--------------------------------------|
| the answer is only understood with bare LF                | test_both_line_ends_give_the_label   |
| no label type given: a crash inside                       | test_without_a_format_there_is_one   |
| the POST is sent twice when the first answer is an error  | test_a_purchase_is_posted_once       |
| house number alone in line 1, whole name in lastName      | test_street_and_name_are_whole       |
| each answer is kept in memory                             | test_a_label_is_not_kept_in_memory   |
| capabilities are announced that are not there             | test_abilities_are_what_is_declared  |
| three tracking codes known, the rest is "in transit"      | test_every_published_event_is_in_the_table, test_an_unknown_code_is_unknown_and_an_informing_one_changes_nothing |
| templates and schemas compiled on each call: 33 ms        | test_a_label_costs_little_of_the_processor |
| no idempotency, no intent before the result, no cancel    | test_the_attempt_is_committed_before_the_carrier_is_asked, test_a_reference_is_never_used_again, test_void_relabel_and_reship |
| a 503 with a plain body: no label and no message          | test_an_outage_is_never_silence      |
| parcel 3 of 3 fails: labels 1 and 2 are lost              | test_a_failed_box_loses_no_other     |
| TLS verification switched off for the whole process       | test_importing_us_changes_nothing_for_the_process |
| no time-out at all                                        | test_a_drip_ends_at_the_deadline, test_silence_ends_at_the_read_time_out |
| the password in the debug log                             | test_failures_are_kept_and_told_without_secrets |
| nothing checked before the call                           | test_what_cannot_ship_names_our_field |
| the point's id is sent empty                              | test_peer_complaints                 |

Not applicable yet: return labels, CN23 values and categories, customs documents, deposit slips,
pickup-point search, and tracking files belong to later issues.
"""  # noqa: E501  a table

import gc
import json
import re
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from colisync.carriers.colissimo import ColissimoCarrier, ColissimoSettings
from colisync.ports.context import BackendContext
from colisync.sandbox import colissimo as sandbox
from colisync.sandbox.faults import Fault
from colisync.sandbox.server import Server
from colisync.testing.contracts.carrier import label_request
from colisync.testing.scene import Scene
from colisync.wire.clock import SystemClock
from colisync.wire.http import RemoteSession

_TESTS = Path(__file__).parents[1]
_PAGE = "<html><body>Service indisponible</body></html>"


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """A merchant's installation between emulators."""
    with Scene(tmp_path) as scene:
        yield scene


@pytest.mark.parametrize("line_ends", ["crlf", "lf"])
def test_both_line_ends_give_the_label(line_ends: Any) -> None:
    """A parser that wants bare LF fails on every label, after the carrier made it."""
    emulator = sandbox.ColissimoCarrierEmulator(sandbox.ColissimoSettings(line_ends=line_ends))
    with Server(emulator.app) as server:
        session, carrier = _carrier(emulator, server)
        purchase = carrier.buy_label(label_request())
        session.close()
    assert purchase.number == emulator.books()["labels"][0]["number"]
    (document,) = purchase.documents
    assert document.content.startswith(b"%PDF")
    assert document.content.rstrip().endswith(b"%%EOF")


def test_without_a_format_there_is_one(scene: Scene) -> None:
    """A label without a type given raised AttributeError; the default is a 10×15 PDF."""
    order = scene.order()
    scene.apply()
    assert "label_format" not in scene.file().read_text("utf-8")
    scene.here("run", "--yes")
    (body,) = scene.carrier.bodies()
    assert body["outputFormat"]["outputPrintingType"] == "PDF_10x15_300dpi"
    scene.judge([order])


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 502, 503, 504])
@pytest.mark.parametrize("kind", ["status", "status_after"])
def test_a_purchase_is_posted_once(kind: Any, status: int) -> None:
    """A tracing wrapper that re-sends on any error makes two labels of one order."""
    emulator = sandbox.ColissimoCarrierEmulator()
    seen = _Counter(emulator.app)
    emulator.app.add(Fault(kind=kind, path="generateLabel", status=status, body=_PAGE))
    with Server(seen) as server:
        session, carrier = _carrier(emulator, server)
        with pytest.raises(Exception, match=r"\."):
            carrier.buy_label(label_request())
        session.close()
    assert seen.posts == 1
    assert len(emulator.books()["labels"]) == (kind == "status_after")


def test_street_and_name_are_whole(scene: Scene) -> None:
    """The number stood alone in line 1, the street with it again in line 2; one lastName held the
    whole name."""
    scene.order(buyer={"first_name": "Zoé", "last_name": "Camet", "address_1": "27 rue Léon Camet"})
    scene.apply()
    scene.here("run", "--yes")
    address = scene.carrier.bodies()[0]["letter"]["addressee"]["address"]
    assert (address["firstName"], address["lastName"]) == ("Zoé", "Camet")
    lines = [address[name] for name in ("line0", "line1", "line2", "line3") if name in address]
    assert lines == ["27 rue Léon Camet"]


def test_a_label_is_not_kept_in_memory() -> None:
    """72 KB a label stayed in memory for as long as the gateway lived."""
    labels, size = 30, 0
    emulator = sandbox.ColissimoCarrierEmulator()
    with Server(emulator.app) as server:
        session, carrier = _carrier(emulator, server)
        for _ in range(10):
            size = len(carrier.buy_label(label_request()).documents[0].content)
        gc.collect()
        tracemalloc.start()
        for _ in range(labels):
            carrier.buy_label(label_request())
        gc.collect()
        grown, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        session.close()
    assert grown < labels * size / 4, f"{grown} bytes kept for {labels} labels of {size}"


def test_an_outage_is_never_silence(scene: Scene) -> None:
    """A 503 with a plain body gave neither a label nor a message."""
    order = scene.order()
    scene.apply()
    scene.break_carrier("status", status=503, body="Service Unavailable")
    (told,) = scene.told("run", "--yes")
    assert told.order == order
    assert "HTTP 503" in told.text
    scene.finish([order])


def test_a_failed_box_loses_no_other(scene: Scene) -> None:
    """A failure in box 3 of 3 lost the labels of boxes 1 and 2; bought again, they were doubled."""
    order = scene.order()
    scene.apply()
    scene.here("sync")
    scene.here("split", order, "--parcels", "3")
    scene.break_carrier("status", order, status=429)
    scene.told("ship", "--yes")
    first = {one["number"] for one in scene.labels()}
    assert len(first) == 2
    scene.here("ship", "--yes")
    scene.here("write-back")
    made = {one["number"] for one in scene.labels()}
    assert len(made) == 3
    assert first < made
    kept = scene.query("SELECT number FROM parcels WHERE state = 'labelled'")
    assert {row[0] for row in kept} == made
    shop = json.dumps(scene.shop.books()["orders"])
    assert all(number in shop for number in made)


def test_importing_us_changes_nothing_for_the_process() -> None:
    """Importing the SDK replaced Python's default HTTPS context by one that verifies nothing, and
    installed a proxy for everybody."""
    check = """
import socket, ssl, urllib.request
before = (ssl._create_default_https_context, urllib.request._opener, socket.getdefaulttimeout())
import colisync.app, colisync.plugins, colisync.carriers.colissimo, colisync_woocommerce
import colisync.wire.http
assert before == (
    ssl._create_default_https_context, urllib.request._opener, socket.getdefaulttimeout()
)
context = ssl._create_default_https_context()
assert context.verify_mode is ssl.CERT_REQUIRED and context.check_hostname
"""
    done = subprocess.run(
        [sys.executable, "-c", check], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr


def test_every_test_that_a_table_names_is_there() -> None:
    """In the tables of this file, of the complaints, and of the faults."""
    written = "".join(path.read_text("utf-8") for path in _TESTS.rglob("test_*.py"))
    written += "".join(
        path.read_text("utf-8")
        for path in (_TESTS.parent / "core" / "colisync" / "testing" / "contracts").glob("*.py")
    )
    defined = set(re.findall(r"def (test_\w+)\(", written))
    defined |= {path.stem for path in _TESTS.rglob("test_*.py")}
    for path in (
        Path(__file__),
        Path(__file__).with_name("test_peer_complaints.py"),
        _TESTS / "e2e" / "test_faults.py",
    ):
        table = path.read_text("utf-8").split('"""')[1]
        for name, more in re.findall(r"\b(test_\w+)(…?)", table):
            named = [one for one in defined if one == name or (more and one.startswith(name))]
            assert named, f"{path.name}: {name}{more}"


class _Counter:
    """An app in front of the emulator's: how many purchases reached it, broken or not."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self.posts = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.posts += "generateLabel" in scope.get("path", "")
        await self._app(scope, receive, send)


def _carrier(
    emulator: sandbox.ColissimoCarrierEmulator, server: Server
) -> tuple[RemoteSession, ColissimoCarrier]:
    session = RemoteSession(server.url, local=True)
    settings = ColissimoSettings(base_url=server.url, local=True, api_key=emulator.settings.api_key)
    context = BackendContext(http=session, clock=SystemClock())
    return session, ColissimoCarrier.open(settings, context)
