"""Logs: where they go and what they never say."""

import base64
import json
import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
import structlog

from colisync import observability
from colisync.observability import LogMask, configure_logging, log

SECRET = "s3cr/t é+9"


@pytest.fixture(autouse=True)
def _restored(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    monkeypatch.setattr(observability.mask, "_secrets", None)
    monkeypatch.setattr(observability.mask, "_forms", frozenset())
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    captured = capsys.readouterr()
    assert captured.out == ""
    return [json.loads(line) for line in captured.err.splitlines()]


def test_one_object_a_line_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(json=True, level="INFO")
    log.info("label bought", parcel=3, numbers=["6A1"])
    log.debug("not shown")
    (line,) = lines(capsys)
    assert line["event"] == "label bought"
    assert (line["parcel"], line["numbers"], line["level"]) == (3, ["6A1"], "info")
    assert line["timestamp"].endswith("Z")


def test_lines_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging()
    log.warning("étiquette perdue", parcel=3)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "étiquette perdue" in captured.err
    assert "parcel=3" in captured.err


@pytest.mark.parametrize("as_json", [True, False])
def test_a_registered_secret_never_shows(as_json: bool, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(json=as_json, level="DEBUG")
    observability.mask.register([SECRET, "pin1", "ab"])
    log.info(
        f"sent {SECRET} abroad",
        text=quote(SECRET, safe=""),
        deep={"a": [{"b": (f"x{SECRET}y",)}]},
        coded=base64.b64encode(SECRET.encode()).decode(),
        other=ValueError(SECRET),
        **{SECRET: 1},
    )
    structlog.contextvars.bind_contextvars(shop=SECRET)
    try:
        raise ValueError(SECRET)
    except ValueError:
        log.exception("failed")
    finally:
        structlog.contextvars.clear_contextvars()
    captured = capsys.readouterr().err
    for form in (SECRET, quote(SECRET, safe=""), base64.b64encode(SECRET.encode()).decode()):
        assert form not in captured
        assert json.dumps(form)[1:-1] not in captured
    assert "abroad" in captured
    assert "ValueError" in captured


def test_what_is_named_like_a_secret_is_masked(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(json=True)
    log.info(
        "GET https://u:pw123@shop.example/?consumer_secret=cs_1&page=2",
        password="p",
        apiKey="k",
        headers={"Authorization": "Basic abcdefgh", "Accept": "x"},
        sent="Basic YWJjOmRlZg==",
        api_key=5,
    )
    (line,) = lines(capsys)
    assert line["event"] == "GET https://***@shop.example/?consumer_secret=***&page=2"
    assert line["password"] == line["apiKey"] == line["api_key"] == "***"
    assert line["headers"] == {"Authorization": "***", "Accept": "x"}
    assert line["sent"] == "Basic ***"


def test_libraries_speak_the_same_way_from_warning_on(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(json=True, level="DEBUG")
    observability.mask.register([SECRET])
    library = logging.getLogger("paramiko.transport")
    library.debug("GET /?%s", SECRET)
    library.warning("Failed to parse headers (url=%s)", f"/?consumer_key=ck_1&x={SECRET}")
    (line,) = lines(capsys)
    assert line["event"] == "Failed to parse headers (url=/?consumer_key=***&x=***" + ")"
    assert line["level"] == "warning"


def test_a_further_mask_can_be_given(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(json=True, also=lambda text: text.replace("Dupont", "D."))
    log.info("label for Dupont", name="Dupont")
    (line,) = lines(capsys)
    assert (line["event"], line["name"]) == ("label for D.", "D.")


def test_numbers_and_flags_stay_what_they_are() -> None:
    mask = LogMask()
    mask.register(["900001"])
    assert mask.value({"n": 12, "f": 1.5, "b": True, "x": None}) == {
        "n": 12,
        "f": 1.5,
        "b": True,
        "x": None,
    }
    assert mask.value(900001) == "***"
