"""Answers of the tracking service."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from colisync.carriers.colissimo.timeline import decode_timeline
from colisync.errors import AuthenticationFailed, Exchange, RemoteUnavailable, UnreadableAnswer
from colisync.model.parcel import ParcelRef
from colisync.model.tracking import TrackingEvent, TrackingReason, TrackingStatus
from colisync.ports.carrier import TrackingFailure
from colisync.ports.http import HttpAnswer

_NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
_PARCEL = ParcelRef(id=9, number="6A12345678905", labelled_at=datetime(2026, 3, 2, tzinfo=UTC))


def _exchange(answer: HttpAnswer) -> Exchange:
    return Exchange("POST", answer.url, answer.status, {}, "", {}, "", _NOW, 1)


def _decode(
    found: object, status: int = 200, parcel: ParcelRef = _PARCEL
) -> list[TrackingEvent | TrackingFailure]:
    body = found if isinstance(found, bytes) else json.dumps(found).encode()
    return decode_timeline(HttpAnswer(status, {}, body, "https://ws", _exchange), parcel, _NOW)


def _life(events: object, code: object = "0") -> dict[str, Any]:
    return {"status": [{"code": code, "message": "ok"}], "parcel": {"event": events}}


def _event(
    code: str = "PCHCFM", date: object = "2026-03-03T09:09:00", **more: Any
) -> dict[str, Any]:
    return {"code": code, "date": date, "labelLong": "Texte", **more}


def _events(found: object) -> list[TrackingEvent]:
    decoded = _decode(found)
    assert all(isinstance(event, TrackingEvent) for event in decoded)
    return [event for event in decoded if isinstance(event, TrackingEvent)]


def test_an_event_in_our_words() -> None:
    event = _event("RENAIN", siteName="PARIS 15 PDC", siteZipCode="75015")
    assert _events(_life([event])) == [
        TrackingEvent(
            parcel_id=9,
            at=datetime(2026, 3, 3, 8, 9, tzinfo=UTC),
            code="RENAIN",
            status=TrackingStatus.EXCEPTION,
            reason=TrackingReason.ADDRESS,
            text="Texte",
            place="PARIS 15 PDC 75015",
        )
    ]


@pytest.mark.parametrize(
    ("date", "at"),
    [
        ("2026-03-03T09:09:00", "2026-03-03T08:09:00+00:00"),
        ("2026-03-03T09:09:00.000+0100", "2026-03-03T08:09:00+00:00"),
        ("2026-03-03T09:09:00+01:00", "2026-03-03T08:09:00+00:00"),
        ("2026-03-03T09:09:00Z", "2026-03-03T09:09:00+00:00"),
        ("2026-07-03T09:09:00", "2026-07-03T07:09:00+00:00"),
        ("2026-03-03", "2026-03-02T23:00:00+00:00"),
    ],
)
def test_dates_without_zone_are_paris_time(date: str, at: str) -> None:
    (event,) = _events(_life([_event(date=date)]))
    assert event.at.isoformat() == at


def test_a_bare_event_no_event_and_a_disordered_list() -> None:
    assert [e.code for e in _events(_life(_event()))] == ["PCHCFM"]
    assert _events(_life(None)) == []
    assert _events(_life([])) == []
    assert _events({"status": [{"code": 0}], "parcel": None}) == []
    assert _events({"status": {"code": "0"}}) == []
    later, sooner = _event("LIVCFM", "2026-03-05T10:00:00"), _event("PCHCFM")
    assert [e.code for e in _events(_life([later, sooner]))] == ["PCHCFM", "LIVCFM"]


def test_an_unknown_code_is_unknown_and_an_informing_one_changes_nothing() -> None:
    unknown, informing = _events(_life([_event("XYZXYZ"), _event("DSCOUV")]))
    assert unknown.status is TrackingStatus.UNKNOWN
    assert informing.status is None


def test_the_life_of_an_earlier_parcel_of_that_number_is_not_ours() -> None:
    """Numbers come back after 13 months at the earliest."""
    old, ours = _event("LIVCFM", "2024-08-01T09:00:00"), _event()
    assert [e.code for e in _events(_life([old, ours]))] == ["PCHCFM"]


@pytest.mark.parametrize("date", [None, "", "hier", 12])
def test_an_undated_event_spoils_no_other(date: object) -> None:
    good, broken = _decode(_life([_event(date=date), _event("LIVCFM")]))
    assert isinstance(good, TrackingEvent)
    assert isinstance(broken, TrackingFailure)
    assert broken.key == "colissimo.tracking_event_undated"
    assert not broken.gone


@pytest.mark.parametrize(
    ("code", "key", "gone"),
    [
        ("101", "tracking_number_wrong", True),
        ("103", "tracking_too_old", True),
        ("104", "tracking_number_foreign", True),
        ("105", "tracking_number_unknown", False),
        (105, "tracking_number_unknown", False),
        ("1000", "tracking_refused", False),
        ("777", "tracking_refused", False),
    ],
)
def test_a_number_that_fails_is_one_failure(code: object, key: str, gone: bool) -> None:
    (failure,) = _decode(_life(None, code))
    assert isinstance(failure, TrackingFailure)
    assert (failure.parcel_id, failure.key, failure.gone) == (9, f"colissimo.{key}", gone)
    assert failure.params["number"] == _PARCEL.number


def test_a_number_unknown_for_three_months_is_gone() -> None:
    """Other tools poll dead numbers for ever."""
    old = _PARCEL.model_copy(update={"labelled_at": _NOW - timedelta(days=91)})
    (failure,) = _decode(_life(None, "105"), parcel=old)
    assert isinstance(failure, TrackingFailure)
    assert failure.gone


@pytest.mark.parametrize(
    ("found", "status", "key"),
    [
        (_life(None, "201"), 200, "colissimo.tracking_credentials"),
        (_life(None, "202"), 200, "colissimo.tracking_not_enabled"),
        (_life(None, "202"), 403, "colissimo.tracking_not_enabled"),
        (b"", 401, "colissimo.tracking_credentials"),
        (b"<html>", 403, "colissimo.tracking_credentials"),
    ],
)
def test_what_concerns_the_account_is_raised(found: object, status: int, key: str) -> None:
    with pytest.raises(AuthenticationFailed) as caught:
        _decode(found, status)
    assert caught.value.key == key


def test_what_cannot_be_read_is_said_so() -> None:
    with pytest.raises(RemoteUnavailable):
        _decode(b"", 503)
    for body in (b"", b"<html>", b"[]", b'{"parcel":{}}'):
        with pytest.raises(UnreadableAnswer):
            _decode(body)
