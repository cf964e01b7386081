"""What happens to the Colissimo emulator's parcels, and when."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from colisync.sandbox.colissimo import ColissimoSettings
from colisync.sandbox.colissimo.books import Books, Entry
from colisync.sandbox.colissimo.facts import LabelFacts
from colisync.sandbox.colissimo.lives import Happening, Lives, course
from colisync.sandbox.colissimo.products import products
from colisync.sandbox.colissimo.request import LabelRequest
from colisync.sandbox.colissimo.tracking import timeline

_NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
_NUMBER = "6A12345678905"
_DELIVERED = {"LIVCFM", "LIVBAL", "LIVGAR"}
_ENDS = {*_DELIVERED, "LIVEXP"}


def _entry(
    order: str = "1042",
    product: str = "DOS",
    country: str = "FR",
    point: str = "",
    deposit: str = "2026-03-02",
    number: str = _NUMBER,
) -> Entry:
    address = {"lastName": "Martin", "countryCode": country, "zipCode": "75015", "city": "Paris"}
    body = {
        "outputFormat": {"x": 0, "y": 0},
        "letter": {
            "service": {"productCode": product, "depositDate": deposit, "orderNumber": order},
            "parcel": {"weight": 1, "pickupLocationId": point},
            "addressee": {"address": address},
        },
    }
    raw = json.dumps(body).encode()
    letter = LabelRequest.model_validate_json(raw).letter
    return Entry(LabelFacts(number, "", products()[product], letter, "900001"), _NOW, raw)


def _lives(entry: Entry | None = None, **settings: Any) -> Lives:
    books = Books()
    if entry:
        books.restore(entry)
    return Lives(books, ColissimoSettings(**settings))


def _codes(entry: Entry, **settings: Any) -> list[str]:
    return [event.code for event in course(entry, ColissimoSettings(**settings))]


def _ask(lives: Lives, number: str = _NUMBER, now: datetime = _NOW, **body: Any) -> dict[str, Any]:
    request = {"apiKey": "sandbox-colissimo-key", "parcelNumber": number, **body}
    raw = json.dumps({k: v for k, v in request.items() if v is not None}).encode()
    return timeline(raw, lives.settings, lives.books, lives, now)


def _status(answer: dict[str, Any]) -> str:
    return str(answer["status"][0]["code"])


@pytest.mark.parametrize(
    ("product", "country", "point"),
    [
        ("DOM", "FR", ""),
        ("DOS", "FR", ""),
        ("HD", "FR", "000001"),
        ("HD", "FR", "000007"),
        ("HD", "BE", "000001"),
        ("DOS", "DE", ""),
        ("DOS", "CH", ""),
        ("CDS", "RE", ""),
        ("CORE", "FR", ""),
    ],
)
def test_most_parcels_are_delivered_and_every_life_ends(
    product: str, country: str, point: str
) -> None:
    ends = []
    for order in range(300):
        codes = _codes(_entry(str(order), product, country, point))
        assert codes[0] == "COMCFM"
        assert codes[-1] in _ENDS
        ends.append(codes[-1])
    assert sum(end in _DELIVERED for end in ends) > 240


def test_home_lives_vary_absence_and_return_included() -> None:
    lives = {tuple(_codes(_entry(str(order)))) for order in range(300)}
    assert len(lives) == 6
    assert any("RENAVI" in life and life[-1] == "LIVCFM" for life in lives)
    assert any(life[-1] == "LIVEXP" for life in lives)


def test_a_pick_up_life_waits_at_the_point_it_was_sent_to() -> None:
    assert "AARREL" in _codes(_entry("1", "HD", "FR", "000001"), fates="delivered")
    assert "AARBPR" in _codes(_entry("1", "HD", "FR", "000007"), fates="delivered")


def test_a_life_depends_on_the_order_not_on_the_number_it_got() -> None:
    for order in range(50):
        one, other = _entry(str(order)), _entry(str(order), number="6C12345678909")
        assert _codes(one) == _codes(other)


def test_with_delivered_fates_nothing_goes_wrong() -> None:
    assert {_codes(_entry(str(n)), fates="delivered")[-1] for n in range(100)} == {"LIVCFM"}


def test_a_normal_life_begins_at_the_label_and_goes_on_after_the_hand_over() -> None:
    events = course(_entry(deposit="2026-03-04"), ColissimoSettings(fates="delivered"))
    assert events[0].at == _NOW
    # 16:00 in Paris on the fourth, and three hours for the first scan.
    assert events[1].at == datetime(2026, 3, 4, 18, tzinfo=UTC)
    assert events == sorted(events, key=lambda e: e.at)


def test_a_fast_life_takes_one_step_every_few_seconds() -> None:
    lives = _lives(_entry(deposit="2026-03-09"), life="fast", step_seconds=2, fates="delivered")
    seen = [
        [e.code for e in lives.events(_NUMBER, _NOW + timedelta(seconds=s)) or []]
        for s in (0, 1.9, 2, 100)
    ]
    assert seen[:3] == [["COMCFM"], ["COMCFM"], ["COMCFM", "PCHCFM"]]
    assert seen[3][-1] == "LIVCFM"


def test_a_given_life_is_an_hour_apart_and_goes_no_further() -> None:
    lives = _lives(_entry())
    lives.live(_NUMBER, ["PCHCFM", "XXXYYY", "RENARV"], _NOW)
    hour = timedelta(hours=1)
    wanted = [("PCHCFM", _NOW - 2 * hour), ("XXXYYY", _NOW - hour), ("RENARV", _NOW)]
    events = lives.events(_NUMBER, _NOW + timedelta(days=30)) or []
    assert [(e.code, e.at) for e in events] == wanted


def test_an_added_event_stands_beside_those_so_far() -> None:
    lives = _lives(_entry(), life="fast", step_seconds=1)
    now = _NOW + timedelta(seconds=1)
    lives.add(_NUMBER, Happening(now, "ZZZZZZ"), now)
    later = lives.events(_NUMBER, now + timedelta(days=30)) or []
    assert [e.code for e in later] == ["COMCFM", "PCHCFM", "ZZZZZZ"]


def test_tracking_says_why_it_says_nothing() -> None:
    lives = _lives(_entry())
    assert _status(_ask(lives)) == "0"
    assert _status(_ask(lives, number="6A99999999999")) == "105"
    assert _status(_ask(lives, number="6A123")) == "101"
    assert _status(_ask(lives, apiKey="wrong")) == "201"
    assert _status(_ask(lives, apiKey=None)) == "201"
    assert _status(_ask(lives, apiKey=None, apikey="sandbox-colissimo-key")) == "0"
    assert _status(_ask(lives, apiKey=None, login="900001", password="Sandbox1")) == "0"
    assert _status(_ask(lives, apiKey=None, login="900001", password="wrong")) == "201"
    assert _status(_ask(lives, surprise="x")) == "1000"
    assert lives.books.trackings == 9
    assert "parcel" not in _ask(lives, apiKey="wrong")


def test_one_event_alone_is_a_bare_object() -> None:
    event = _ask(_lives(_entry()))["parcel"]["event"]
    assert event["code"] == "COMCFM"
    assert _ask(_lives(_entry()))["parcel"]["statusDelivery"] is False


def test_events_come_unsorted_with_and_without_a_zone() -> None:
    unsorted = zoned = 0
    for serial in range(60):
        number = f"6A{serial:011}"
        lives = _lives()
        lives.live(number, ["PCHCFM", "AECCFM", "AARCFM", "LIVCFM"], _NOW)
        parcel = _ask(lives, number=number)["parcel"]
        dates = [event["date"] for event in parcel["event"]]
        assert len(dates) == 4
        assert parcel["statusDelivery"] is True
        unsorted += dates != sorted(dates)
        zoned += dates[0].endswith("+01:00")
        assert {"2026-03-02T10:00:00", "2026-03-02T10:00:00+01:00"} & set(dates)
    assert 0 < unsorted < 60
    assert 0 < zoned < 60


def test_steps_are_active_up_to_where_the_parcel_is() -> None:
    lives = _lives(_entry())
    lives.live(_NUMBER, ["PCHCFM", "AECCFM"], _NOW)
    steps = _ask(lives)["parcel"]["step"]
    assert [s["stepId"] for s in steps] == [0, 1, 2, 3, 4, 5]
    assert [s["status"] for s in steps] == ["STEP_STATUS_ACTIVE"] * 3 + ["STEP_STATUS_INACTIVE"] * 3
