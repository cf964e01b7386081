"""From an answer of timelineCompany to events in our words. Pure. Source: reference §4.1."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from colisync.carriers.colissimo.codes import meaning
from colisync.carriers.colissimo.decode import as_text, read_json, status_error
from colisync.errors import AuthenticationFailed, UnreadableAnswer
from colisync.model.parcel import ParcelRef
from colisync.model.tracking import TrackingEvent
from colisync.ports.carrier import TrackingFailure
from colisync.ports.http import HttpAnswer

_OK = "0"
_PARIS = ZoneInfo("Europe/Paris")
# Numbers come back after 13 months at the earliest: what is older than the label by a month is
# another parcel's life.
_BEFORE_LABEL = timedelta(days=30)
# A number that is not known yet is normal for days; after this it never will be.
_PATIENCE = timedelta(days=90)

_NEVER = {
    "101": "colissimo.tracking_number_wrong",
    "103": "colissimo.tracking_too_old",
    "104": "colissimo.tracking_number_foreign",
}
_ACCOUNT = {
    "201": "colissimo.tracking_credentials",
    "202": "colissimo.tracking_not_enabled",
}


def decode_timeline(
    answer: HttpAnswer, parcel: ParcelRef, now: datetime
) -> list[TrackingEvent | TrackingFailure]:
    """Every event of `parcel`, oldest first, or the one failure of its number.

    Dates without zone are Paris time. A code that no table lists is UNKNOWN.

    Raises:
        AuthenticationFailed: the account may not ask; that concerns every number.
        RemoteError: of the status, where the answer is not the service's own.
        UnreadableAnswer: 2xx, and not the documented form.
    """
    found = read_json(answer.body)
    code, words = _status(found)
    words = answer.masked(words)
    if code in _ACCOUNT:
        raise AuthenticationFailed(
            _ACCOUNT[code], params={"code": code, "text": words}, exchange=answer.exchange()
        )
    if answer.status in (401, 403):
        raise AuthenticationFailed("colissimo.tracking_credentials", exchange=answer.exchange())
    if code not in ("", _OK):
        return [_failure(parcel, code, words, now)]
    if not 200 <= answer.status < 300:
        raise status_error(answer)
    if not code:
        raise UnreadableAnswer("colissimo.tracking_unreadable", exchange=answer.exchange())
    return _events(found, parcel)


def _status(found: dict[str, Any]) -> tuple[str, str]:
    """The answer's own code and words; empty where it has none."""
    status = found.get("status")
    first = status[0] if isinstance(status, list) and status else status
    if not isinstance(first, dict) or first.get("code") is None:
        return "", ""
    return str(first["code"]).strip(), str(first.get("message") or "")


def _failure(parcel: ParcelRef, code: str, words: str, now: datetime) -> TrackingFailure:
    params = {"number": parcel.number, "code": code, "text": words}
    if code in _NEVER:
        return TrackingFailure(parcel_id=parcel.id, key=_NEVER[code], params=params, gone=True)
    if code == "105":
        gone = now - parcel.labelled_at > _PATIENCE
        key = "colissimo.tracking_number_unknown"
        return TrackingFailure(parcel_id=parcel.id, key=key, params=params, gone=gone)
    return TrackingFailure(parcel_id=parcel.id, key="colissimo.tracking_refused", params=params)


def _events(found: dict[str, Any], parcel: ParcelRef) -> list[TrackingEvent | TrackingFailure]:
    holder = found.get("parcel")
    rows = holder.get("event") if isinstance(holder, dict) else None
    rows = rows if isinstance(rows, list) else [rows]
    events: list[TrackingEvent] = []
    broken: list[TrackingEvent | TrackingFailure] = []
    for row in rows:
        if not isinstance(row, dict):
            continue
        at = _moment(row.get("date"))
        if at is None:
            params = {"number": parcel.number, "code": as_text(row.get("code"))}
            key = "colissimo.tracking_event_undated"
            broken.append(TrackingFailure(parcel_id=parcel.id, key=key, params=params))
        elif at >= parcel.labelled_at - _BEFORE_LABEL:
            events.append(_event(row, parcel, at))
    return [*sorted(events, key=lambda event: event.at), *broken]


def _event(row: dict[str, Any], parcel: ParcelRef, at: datetime) -> TrackingEvent:
    code = as_text(row.get("code")).upper()
    status, reason = meaning(code)
    return TrackingEvent(
        parcel_id=parcel.id,
        at=at,
        code=code,
        status=status,
        reason=reason,
        text=as_text(row.get("labelLong")) or as_text(row.get("labelShort")),
        place=" ".join(
            part for part in (as_text(row.get("siteName")), as_text(row.get("siteZipCode"))) if part
        ),
    )


def _moment(found: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(found).strip())
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=_PARIS)).astimezone(UTC)
