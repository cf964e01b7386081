"""Every exchange under `colissimo/` is replayed: what we send for it, what we read in it.

No Colissimo account was at hand: all of them are made up, each from the document it names.
`request.json` is our request, `sent.json` what must go out, `answer.http` the answer's bytes.
"""

import hashlib
import json
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from colisync.carriers.colissimo import ColissimoSettings
from colisync.carriers.colissimo.account import decode_account
from colisync.carriers.colissimo.decode import decode_check, decode_purchase, decode_reprint
from colisync.carriers.colissimo.encode import encode_label
from colisync.carriers.colissimo.timeline import decode_timeline
from colisync.errors import ColisyncError, Exchange, InvalidShipment
from colisync.model.label import Document, LabelFormat, LabelRequest
from colisync.model.parcel import ParcelRef
from colisync.model.tracking import TrackingEvent
from colisync.ports.http import HttpAnswer

_FOLDER = Path(__file__).parent / "colissimo"
_CASES = sorted(path.parent for path in _FOLDER.rglob("meta.toml"))
_FORMAT = LabelFormat.parse("pdf_10x15")
_NOW = datetime(2026, 12, 15, tzinfo=UTC)
_PARCEL = ParcelRef(
    id=1, number="6A12345678905", labelled_at=datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
)


def _answer(folder: Path) -> HttpAnswer:
    head, _, body = (folder / "answer.http").read_bytes().partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return HttpAnswer(int(first.split()[1]), headers, body, "https://ws.colissimo.fr", _exchange)


def _exchange(answer: HttpAnswer) -> Exchange:
    return Exchange("POST", answer.url, answer.status, {}, "", {}, "", _NOW, 1)


def _documents(documents: tuple[Document, ...]) -> list[dict[str, Any]]:
    return [
        {
            "kind": document.kind.value,
            "length": len(document.content),
            "sha256": hashlib.sha256(document.content).hexdigest(),
        }
        for document in documents
    ]


def _purchase(answer: HttpAnswer) -> dict[str, Any]:
    bought = decode_purchase(answer, _FORMAT)
    return {
        "number": bought.number,
        "partner_number": bought.partner_number,
        "documents": _documents(bought.documents),
        "warnings": list(bought.warnings),
    }


def _life(answer: HttpAnswer) -> dict[str, Any]:
    found = decode_timeline(answer, _PARCEL, _NOW)
    events = [event for event in found if isinstance(event, TrackingEvent)]
    if len(events) < len(found):
        (failure,) = [one for one in found if not isinstance(one, TrackingEvent)]
        return {"failure": failure.key, "gone": failure.gone}
    shown = {"code", "at", "status", "reason"}
    return {"events": [event.model_dump(mode="json", include=shown) for event in events]}


def _account(answer: HttpAnswer) -> dict[str, Any]:
    offer, findings = decode_account(answer)
    return {"offer": offer, "findings": [finding.key for finding in findings]}


_READ: dict[str, Callable[[HttpAnswer], dict[str, Any]]] = {
    "generate_label": _purchase,
    "check_generate_label": lambda answer: {"warnings": list(decode_check(answer))},
    "get_label": lambda answer: {"documents": _documents(decode_reprint(answer, _FORMAT))},
    "timeline": _life,
    "account": _account,
}


def _read(folder: Path) -> dict[str, Any]:
    try:
        return _READ[folder.parent.name](_answer(folder))
    except ColisyncError as error:
        assert getattr(error, "exchange", None) is not None  # noqa: PT017
        found = {"error": type(error).__name__, "key": error.key}
        return found | ({"field": error.field} if isinstance(error, InvalidShipment) else {})


def _name(folder: Path) -> str:
    return f"{folder.parent.name}-{folder.name}"


def test_there_is_something_to_replay() -> None:
    assert {folder.parent.name for folder in _CASES} == set(_READ)


@pytest.mark.parametrize("folder", _CASES, ids=_name)
def test_the_answer_is_read_as_expected(folder: Path) -> None:
    assert _read(folder) == json.loads((folder / "expected.json").read_text())


@pytest.mark.parametrize(
    "folder", [folder for folder in _CASES if (folder / "sent.json").exists()], ids=_name
)
def test_the_request_goes_out_as_recorded(folder: Path) -> None:
    request = LabelRequest.model_validate_json((folder / "request.json").read_text())
    sent = encode_label(request, ColissimoSettings(api_key="a-key")).payload()
    assert json.loads(sent) == json.loads((folder / "sent.json").read_text())


@pytest.mark.parametrize("folder", _CASES, ids=_name)
def test_each_folder_says_where_it_comes_from(folder: Path) -> None:
    meta = tomllib.loads((folder / "meta.toml").read_text())
    assert meta["document"]
    assert meta["api"]
    assert meta["made_up"] is ("made_up" in folder.parts)
