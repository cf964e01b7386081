"""A postal address laid out on Colissimo's four lines of 35 characters, with nothing left out."""

from typing import NamedTuple

WIDTH = 35

# Lines that the label of a country prints, by number; 2 is the street's. Reference §1.5: Belgian
# labels leave out lines 1 and 3, Swiss ones 0, 1 and 3.
_ALL = (0, 1, 2, 3)
_PRINTED = {"BE": (0, 2), "CH": (2,)}


class Lines(NamedTuple):
    """Flat and floor; building; number and street; hamlet or other."""

    line0: str = ""
    line1: str = ""
    line2: str = ""
    line3: str = ""


def lay_out(street: str, above: list[str], below: list[str], country: str) -> Lines | None:
    """The lines in reading order, the street on `line2`; None where the text does not fit.

    `above` (company's overflow, flat, building) goes before the street, `below` after it, each
    text on lines of its own where there is room, else joined by commas.
    """
    slots = _PRINTED.get(country, _ALL)
    before, after = [t for t in above if t], [t for t in below if t]
    rest = [*before, *after]
    attempts: tuple[tuple[list[str], str, list[str]], ...] = (
        (before, street, after),
        ([", ".join(rest)] if rest else [], street, []),
        ([", ".join(before)] if before else [], ", ".join([street, *after]), []),
        ([], ", ".join([street, *rest]), []),
    )
    for upper, middle, lower in attempts:
        placed = _place(_wrap_all(upper), wrap(middle), _wrap_all(lower), slots)
        if placed is not None:
            return placed
    return None


def wrap(text: str) -> list[str] | None:
    """`text` broken at spaces into lines of 35; None where one word is longer."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        if len(word) > WIDTH:
            return None
        longer = f"{line} {word}" if line else word
        if len(longer) <= WIDTH:
            line = longer
        else:
            lines.append(line)
            line = word
    return [*lines, line] if line else lines


def _wrap_all(texts: list[str]) -> list[str] | None:
    lines: list[str] = []
    for text in texts:
        wrapped = wrap(text)
        if wrapped is None:
            return None
        lines += wrapped
    return lines


def _place(
    before: list[str] | None,
    street: list[str] | None,
    after: list[str] | None,
    slots: tuple[int, ...],
) -> Lines | None:
    if before is None or street is None or after is None:
        return None
    if len(before) + len(street) + len(after) > len(slots):
        return None
    home = slots.index(2)
    room_below = len(slots) - home - len(street)
    while after and len(after) > room_below:
        before = [*before, after.pop(0)]
    if len(before) > home:
        before, after = before[:home], [*before[home:], *after]
    sequence = [*before, *street, *after]
    start = min(home - len(before), len(slots) - len(sequence))
    lines = ["", "", "", ""]
    for slot, text in zip(slots[start:], sequence, strict=False):
        lines[slot] = text
    return Lines(*lines)
