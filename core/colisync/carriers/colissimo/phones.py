"""Telephone numbers as Colissimo takes them. Source: reference §9."""

import json
import re
from itertools import pairwise

from colisync.carriers.colissimo.refusals import DATA

_NOISE = re.compile(r"[^0-9+]")
_TRUNK = re.compile(r"\(0\)")
_BELGIAN_MOBILE = re.compile(r"\+324\d{8}")
_FRENCH_MOBILE = re.compile(r"0[67]\d{8}")
_RUN = 8
_LONGEST = 15

_CODES = json.loads((DATA / "dial_codes.json").read_text(encoding="utf-8"))
_PREFIXES: dict[str, str] = _CODES["codes"]
_TRUNKS: dict[str, str] = _CODES["trunks"]
_FRENCH = frozenset({"FR", "GP", "MQ", "GF", "RE", "YT", "BL", "MF", "PM"})
_FRENCH_PREFIXES = ("+33", "+262", "+508", "+590", "+594", "+596")


def clean(phone: str, country: str) -> str:
    """`phone` in at most 15 signs of `[0-9+]`: French numbers as they are dialled at home
    (0612345679), others with their prefix (+32…). Empty where it is no number."""
    number = _NOISE.sub("", _TRUNK.sub("", phone))
    plus = number.startswith(("+", "00"))
    digits = number.replace("+", "")
    if number.startswith("00"):
        digits = digits[2:]
    if not digits:
        return ""
    dialled = _with_prefix(digits) if plus else _at_home(digits, country)
    return dialled if 6 <= len(dialled) <= _LONGEST else ""


def _with_prefix(digits: str) -> str:
    number = f"+{digits}"
    for prefix in _FRENCH_PREFIXES:
        # Guadeloupe, Réunion… : nine digits after the prefix, the first of them 6, 7 or 9.
        rest = number[len(prefix) :].lstrip("0")
        if number.startswith(prefix) and len(rest) == 9:
            return f"0{rest}"
    prefix = next((p for p in _PREFIXES.values() if digits.startswith(p)), "")
    # "+32 0475…": people keep the national zero after the prefix.
    if prefix and prefix != "39" and digits.startswith(f"{prefix}0"):
        return f"+{prefix}{digits[len(prefix) + 1 :]}"
    return number


def _at_home(digits: str, country: str) -> str:
    if country in _FRENCH and len(digits) == 11 and digits.startswith("33"):
        return f"0{digits[2:]}"
    if country in _FRENCH and len(digits) == 9 and digits[0] != "0":
        return f"0{digits}"
    prefix = _PREFIXES.get(country)
    if prefix is None:
        return digits
    if digits.startswith(prefix) and len(digits) > 9:
        return f"+{digits}"
    trunk = _TRUNKS.get(country, "0")
    return f"+{prefix}{digits.removeprefix(trunk)}"


def is_mobile(number: str, country: str) -> bool:
    """Whether the cleaned `number` can get the message that a point or Belgium needs.

    A French number must be 06 or 07, a Belgian recipient's exactly +324NNNNNNNN; others pass.
    """
    if country == "BE":
        return _BELGIAN_MOBILE.fullmatch(number) is not None
    if number.startswith("0"):
        return _FRENCH_MOBILE.fullmatch(number) is not None
    return number.startswith("+")


def is_made_up(number: str) -> bool:
    """Whether the last eight digits run up, run down or repeat: the service refuses them."""
    digits = [int(sign) for sign in number if sign.isdigit()][-_RUN:]
    if len(digits) < _RUN:
        return False
    steps = {(b - a) % 10 for a, b in pairwise(digits)}
    return steps in ({0}, {1}, {9})
