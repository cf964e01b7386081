"""What makes an answer a good one. Pure; each check gives the answer as it is kept."""

import re
import unicodedata
from collections.abc import Collection
from datetime import date

from colisync.errors import ConfigurationError
from colisync.model.label import LabelFormat


def not_empty(text: str) -> str:
    """The answer. Raises ConfigurationError where there is none."""
    if not text:
        raise ConfigurationError("init.empty")
    return text


def optional(text: str) -> str:
    """The answer, whatever it is."""
    return text


def grams(text: str) -> str:
    """A weight in whole grams; empty where a weight is never to be assumed."""
    digits = text.lower().removesuffix("g").strip()
    if digits and not (digits.isdecimal() and 0 < int(digits) <= 30_000):
        raise ConfigurationError("init.bad_weight", params={"text": text})
    return digits


def country(text: str) -> str:
    """Two letters, capital."""
    if not re.fullmatch(r"[A-Za-z]{2}", text):
        raise ConfigurationError("init.bad_country", params={"text": text})
    return text.upper()


def email(text: str) -> str:
    """Something that can be an address."""
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", text):
        raise ConfigurationError("init.bad_email", params={"text": text})
    return text


def day(text: str) -> str:
    """An ISO day; 31/12/2026 is understood."""
    match = re.fullmatch(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})", text)
    iso = f"{match[3]}-{int(match[2]):02}-{int(match[1]):02}" if match else text
    try:
        return date.fromisoformat(iso).isoformat()
    except ValueError:
        raise ConfigurationError("init.bad_day", params={"text": text}) from None


def label_format(text: str) -> str:
    """A format of the list."""
    try:
        LabelFormat.parse(text)
    except ValueError:
        raise ConfigurationError("init.bad_format", params={"text": text}) from None
    return text


def one_of(text: str, known: Collection[str]) -> str:
    """One of `known`."""
    if text not in known:
        params = {"text": text, "known": ", ".join(known)}
        raise ConfigurationError("init.not_one_of", params=params)
    return text


def slug(name: str) -> str:
    """A key made of a name: small letters, digits and hyphens."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    bare = "".join(one for one in letters if not unicodedata.combining(one))
    return re.sub(r"[^a-z0-9]+", "-", bare).strip("-")[:63].strip("-") or "client"
