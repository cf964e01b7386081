"""Text that Colissimo's labels can carry: Latin letters, digits and plain signs.

The service replaces accents itself and refuses any other script (30600), emoji included.
Source: reference §9.
"""

import json
import re
import unicodedata
from typing import NamedTuple

from colisync.carriers.colissimo.refusals import DATA

# Kept as they are: ASCII and the accented letters of Latin-1.
_PLAIN = re.compile(r"[ -~ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝàáâãäåçèéêëìíîïñòóôõöùúûüýÿ]*")
_SPACES = re.compile(r"\s+")
_FOLDS = str.maketrans(json.loads((DATA / "letters.json").read_text(encoding="utf-8"))["letters"])


class Lettering(NamedTuple):
    """`text` as it can be printed; `dropped` signs that have no letter (emoji); `foreign` letters
    of another script, which nobody may guess at."""

    text: str
    dropped: str = ""
    foreign: str = ""


def latin(text: str) -> Lettering:
    """`text` with single spaces, typographic signs and letters outside Latin-1 written plainly."""
    if _PLAIN.fullmatch(text):
        return Lettering(" ".join(text.split()) if "  " in text else text.strip())
    kept, dropped, foreign = [], [], []
    composed = unicodedata.normalize("NFC", text).translate(_FOLDS)
    for sign in composed:
        written = _written(sign)
        if written is not None:
            kept.append(written)
        elif unicodedata.category(sign).startswith(("L", "N")):
            foreign.append(sign)
        else:
            dropped.append(sign)
    return Lettering(_SPACES.sub(" ", "".join(kept)).strip(), "".join(dropped), "".join(foreign))


def _written(sign: str) -> str | None:
    """`sign` in plain letters; None where there is no honest way. Invisible signs vanish."""
    if _PLAIN.fullmatch(sign):
        return sign
    if sign.isspace():
        return " "
    category = unicodedata.category(sign)
    if category in ("Mn", "Me", "Cf", "Cc"):
        return ""
    bare = "".join(
        part
        for part in unicodedata.normalize("NFKD", sign).translate(_FOLDS)
        if not unicodedata.combining(part)
    )
    if bare and bare.isascii() and bare.isprintable():
        return bare
    return str(unicodedata.decimal(sign)) if category == "Nd" else None


def letters_and_digits(text: str) -> str:
    """`text` without accents, and a space for every other sign: delivery remarks are stricter."""
    parts = unicodedata.normalize("NFKD", latin(text).text)
    bare = "".join(sign for sign in parts if not unicodedata.combining(sign))
    return " ".join(re.sub(r"[^0-9A-Za-z]", " ", bare).split())


def cut(text: str, limit: int) -> tuple[str, str]:
    """`text` within `limit`, cut at the last space that fits, and what is left out."""
    if len(text) <= limit:
        return text, ""
    end = text.rfind(" ", 0, limit + 1)
    end = end if end > 0 else limit
    return text[:end].rstrip(), text[end:].strip()
