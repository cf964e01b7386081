"""Which characters, e-mails and telephones the label service takes (reference §9)."""

import re
from collections.abc import Iterator
from itertools import pairwise

from colisync.sandbox.colissimo.messages import refuse

# Latin letters with their accents, typographic punctuation, the euro sign; nothing else.
_FOREIGN = re.compile(r"[^\x20-\x7E\u00A0-\u024F\u1E00-\u1EFF\u2010-\u2026\u2030-\u203A\u20AC]")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_MOBILE = re.compile(r"\+?[0-9]{8,14}")
_BELGIAN = re.compile(r"\+324\d{8}")
_FRENCH = re.compile(r"(?:\+33|0033|0)(?=[1-9]\d{8}$)(\d)")
_RUN = 8


def check_characters(texts: Iterator[tuple[str, str]]) -> None:
    """Raises 30600 for the first (field, text) that holds a character of another alphabet."""
    for name, text in texts:
        if text.isascii() and text.isprintable():
            continue
        found = _FOREIGN.search(text)
        if found:
            raise refuse("30600", field=name, character=found.group())


def email_is_right(email: str) -> bool:
    """Whether it looks like `x@y.z`, 5 to 80 characters."""
    return 5 <= len(email) <= 80 and _EMAIL.fullmatch(email) is not None


def mobile_is_right(mobile: str, country: str, *, relay: bool) -> bool:
    """Whether the service takes the mobile number of a recipient in `country`.

    Digits and a leading +, 15 characters at most, no run of rising digits at the end; Belgian ones
    are written +324NNNNNNNN; a French number of a French pick-up begins with 06 or 07.
    """
    if not _MOBILE.fullmatch(mobile) or len(mobile) > 15 or ends_in_a_run(mobile):
        return False
    if country == "BE":
        return _BELGIAN.fullmatch(mobile) is not None
    if relay and country in ("FR", "MC"):
        national = _FRENCH.match(mobile)
        return national.group(1) in "67" if national else not mobile.startswith("0")
    return True


def ends_in_a_run(mobile: str) -> bool:
    """Whether the last eight digits each follow the one before: 06 12 34 56 78."""
    tail = [int(c) for c in mobile[-_RUN:] if c.isdigit()]
    return len(tail) == _RUN and all(b - a == 1 for a, b in pairwise(tail))
