"""Parcel numbers, their check digits and the routing code (reference §8)."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from colisync.sandbox.colissimo.territories import numeric

_S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
_REUSABLE_AFTER = timedelta(days=396)  # 13 months: error 30702 before that
_BIRTH_OF_RANGES = datetime.fromisoformat("2025-01-01T00:00:00+00:00")
_NUMBERS_A_MINUTE = 1000


class RangeExhausted(Exception):
    """The next number of the range was given to another parcel less than 13 months ago."""


def domestic(prefix: str, serial: int) -> str:
    """13 characters: prefix, ten digits, check digit weighted 3, 1, 3… from the right."""
    digits = f"{serial:010}"
    total = sum(int(d) * (3 if i % 2 == 0 else 1) for i, d in enumerate(reversed(digits)))
    return f"{prefix}{digits}{-total % 10}"


def s10(prefix: str, serial: int) -> str:
    """13 characters of the Universal Postal Union: prefix, eight digits, check digit, FR."""
    digits = f"{serial:08}"
    total = sum(int(d) * w for d, w in zip(digits, _S10_WEIGHTS, strict=True))
    check = 11 - total % 11
    return f"{prefix}{digits}{ {10: 0, 11: 5}.get(check, check) }FR"


def number(prefix: str, serial: int) -> str:
    """The number of that serial: S10 when the prefix is two letters."""
    if prefix.isalpha():
        return s10(prefix, serial % 10**8)
    return domestic(prefix, serial % 10**10)


def check_character(code: str) -> str:
    """ISO 7064 MOD 37,36 of an alphanumeric code."""
    rest = 36
    for character in code:
        total = (rest + _VALUES[character]) % 36 or 36
        rest = total * 2 % 37
    return _ALPHABET[(37 - rest) % 36]


def routing_code(parcel: str, postcode: str, service: str, country: str) -> str:
    """28 characters: postcode, parcel, service, country, check character."""
    postcode = "".join(c for c in postcode.upper() if c in _VALUES)[-7:]
    serial = f"115001{parcel[2:10]}" if parcel[:2].isalpha() else f"11{parcel[:12]}"
    code = f"{postcode:0>7}{serial}{service}{numeric(country)}"
    return code + check_character(code)


@dataclass
class NumberRanges:
    """One range of `size` serials for each prefix; after the last the first comes again.

    Ranges begin where the minute of `start` says, so that a second run of an emulator without a
    journal does not give the first one's numbers again.
    """

    start: datetime
    size: int
    _next: dict[str, int] = field(default_factory=dict)
    _given: dict[str, datetime] = field(default_factory=dict)

    def take(self, prefix: str, now: datetime) -> str:
        """The next number of the prefix; `RangeExhausted` when it is still in use."""
        index = self._next.get(prefix, 0)
        made = number(prefix, self._first() + index % self.size)
        if now - self._given.get(made, now - _REUSABLE_AFTER) < _REUSABLE_AFTER:
            raise RangeExhausted(prefix)
        self._next[prefix] = index + 1
        self._given[made] = now
        return made

    def remember(self, made: str, at: datetime) -> None:
        """A number given by an earlier process is not given again: its range goes on after it."""
        self._given[made] = at
        serial = int(made[2:10]) if made[:2].isalpha() else int(made[2:12])
        room = 10**8 if made[:2].isalpha() else 10**10
        index = (serial - self._first()) % room
        if index < self.size:
            self._next[made[:2]] = max(self._next.get(made[:2], 0), index + 1)

    def _first(self) -> int:
        minutes = int((self.start - _BIRTH_OF_RANGES).total_seconds() // 60)
        return minutes * _NUMBERS_A_MINUTE + 12_345
