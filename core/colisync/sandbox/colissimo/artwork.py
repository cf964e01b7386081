"""The engraved strip at the foot of PDF labels: a picture made once, by arithmetic.

It gives a label the weight of a real one (about 60 KB) and shows that it is not one.
"""

import hashlib
import math
from functools import cache

WIDTH, HEIGHT = 840, 100
_LINES = 9
_PAPER = bytes(236 + (grain & 15) for grain in range(256))
_INK = bytes(150 + (grain & 15) for grain in range(256))


@cache
def strip() -> bytes:
    """Grey pixels, 8 bits each, row after row: wavy engraved lines over paper grain."""
    grain = hashlib.shake_128(b"colisync sandbox label").digest(WIDTH * HEIGHT)
    picture = bytearray(grain.translate(_PAPER))
    for line in range(_LINES):
        for x, crest in enumerate(_crests(line)):
            for y in range(max(crest - 1, 0), min(crest + 2, HEIGHT)):
                at = y * WIDTH + x
                picture[at] = _INK[grain[at]]
    return bytes(picture)


def _crests(line: int) -> list[int]:
    """The height of one engraved line in each column."""
    phase = line * math.tau / _LINES
    return [
        round(HEIGHT / 2 * (1 + 0.9 * math.sin(x / 47 + phase) * math.cos(x / 131 - phase / 2)))
        for x in range(WIDTH)
    ]
