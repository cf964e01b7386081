"""What happens to a parcel after its label: a believable course, or the one a test gave it."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict

from colisync.sandbox.colissimo.books import Books, Entry
from colisync.sandbox.colissimo.clock import PARIS
from colisync.sandbox.colissimo.products import point_kind
from colisync.sandbox.colissimo.settings import ColissimoSettings
from colisync.sandbox.colissimo.territories import place, table

_LAST_COLLECTION = time(16, tzinfo=PARIS)
_SPACING = timedelta(hours=1)
_UNKNOWN_EVENT = (2, "Événement de suivi")


class _Course(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    share: int
    codes: tuple[tuple[str, float], ...]


class _Lives(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str
    date: str
    lives: dict[str, tuple[_Course, ...]]
    events: dict[str, tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Happening:
    """One event: when, and its code."""

    at: datetime
    code: str


@cache
def _lives() -> _Lives:
    path = files("colisync.sandbox.colissimo") / "data" / "lives.json"
    return _Lives.model_validate(json.loads(path.read_text("utf-8")))


def described(code: str) -> tuple[int, str]:
    """(step of the timeline, French text) of a code; those of unknown codes say nothing."""
    return _lives().events.get(code, _UNKNOWN_EVENT)


def draw(seed: str, sides: int) -> int:
    """A number below `sides`, always the same for the same seed."""
    return int.from_bytes(hashlib.sha256(seed.encode()).digest()[:4]) % sides


@dataclass
class Lives:
    """The events of every parcel; `given` holds the courses set from outside."""

    books: Books
    settings: ColissimoSettings
    given: dict[str, list[Happening]] = field(default_factory=dict)

    def events(self, number: str, now: datetime) -> list[Happening] | None:
        """What has happened by `now`, oldest first; None for a number nobody knows."""
        with self.books.lock:
            given = self.given.get(number)
            entry = self.books.find(number)
        if given is not None:
            return sorted((e for e in given if e.at <= now), key=lambda e: e.at)
        if entry is None:
            return None
        return [e for e in course(entry, self.settings) if e.at <= now]

    def live(self, number: str, codes: Sequence[str], now: datetime) -> None:
        """These codes have happened, an hour apart, the last just now; nothing follows by itself.

        The number may be one this carrier never made here: it is known from then on.
        """
        first = now - _SPACING * (len(codes) - 1)
        with self.books.lock:
            self.given[number] = [Happening(first + _SPACING * i, c) for i, c in enumerate(codes)]

    def add(self, number: str, happening: Happening, now: datetime) -> None:
        """One more event beside those so far; nothing else follows by itself."""
        with self.books.lock:
            past = self.given.get(number) or self.events(number, now) or []
            self.given[number] = [*past, happening]


def course(entry: Entry, settings: ColissimoSettings) -> list[Happening]:
    """Everything that will happen to the parcel, oldest first."""
    codes = _course(entry, settings).codes
    if settings.life == "fast":
        step = timedelta(seconds=settings.step_seconds)
        return [Happening(entry.at + step * i, code) for i, (code, _) in enumerate(codes)]
    handed = _handed_over(entry)
    happenings = [Happening(entry.at, codes[0][0])]
    happenings += [Happening(handed + timedelta(hours=h), code) for code, h in codes[1:]]
    return happenings


def _course(entry: Entry, settings: ColissimoSettings) -> _Course:
    """Drawn by the order's number, so that a run that numbers parcels otherwise ends the same."""
    courses = _lives().lives[_kind(entry)]
    if settings.fates == "delivered":
        return courses[0]
    order = entry.facts.letter.service.order_number
    drawn = draw(order or entry.number, sum(c.share for c in courses))
    for found in courses:
        drawn -= found.share
        if drawn < 0:
            return found
    return courses[0]


def _kind(entry: Entry) -> str:
    product, letter = entry.facts.product, entry.facts.letter
    address = letter.addressee.address
    country = place(address.country_code, address.zip_code)
    if product.returns:
        return "return"
    if product.relay:
        if country not in table().mainland:
            return "point_abroad"
        return _point(product.code, country, letter.parcel.pickup_location_id)
    if country in table().overseas:
        return "overseas"
    if country not in table().mainland:
        return "union" if country in table().union else "abroad"
    return "home" if product.signed else "letter_box"


def _point(code: str, country: str, point: str) -> str:
    if code == "HD":
        return point_kind(country, point)
    return "office" if code == "BPR" else "shop"


def _handed_over(entry: Entry) -> datetime:
    """The last collection of the day it was to be handed over, or the label's own time if later."""
    day = datetime.fromisoformat(entry.facts.letter.service.deposit_date[:10]).date()
    return max(entry.at, datetime.combine(day, _LAST_COLLECTION).astimezone(entry.at.tzinfo))
