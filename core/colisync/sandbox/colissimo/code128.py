"""Code 128 (ISO/IEC 15417): text to symbols, symbols to bars."""

from functools import lru_cache

_START_B, _START_C, _TO_C, _TO_B, _STOP = 104, 105, 99, 100, 106
_FEWEST_DIGITS_FOR_C = 4
MODULES_PER_SYMBOL = 11
_STOP_MODULES = 13

# Six digits a symbol from 0 to 105: bar, space, bar, space, bar, space; the stop has a last bar.
_WIDTHS = (
    "212222222122222221121223121322131222122213122312132212221213221312231212112232122132"
    "122231113222123122123221223211221132221231213212223112312131311222321122321221312212"
    "322112322211212123212321232121111323131123131321112313132113132311211313231113231311"
    "112133112331132131113123113321133121313121211331231131213113213311213131311123311321"
    "331121312113312311332111314111221411431111111224111422121124121421141122141221112214"
    "112412122114122411142112142211241211221114413111241112134111111242121142121241114212"
    "124112124211411212421112421211212141214121412121111143111341131141114113114311411113"
    "4113111131411141313111414111312114122112142112322331112"
)


def symbols(text: str) -> list[int]:
    """Symbol values from start to stop, check symbol included; digits in pairs where they are many.

    `text` is printable ASCII.
    """
    values: list[int] = []
    in_c = False
    at = 0
    while at < len(text):
        digits = _digits(text, at)
        wants_c = digits >= 2 if in_c else digits >= _FEWEST_DIGITS_FOR_C and digits % 2 == 0
        if not values:
            values.append(_START_C if wants_c else _START_B)
        elif wants_c != in_c:
            values.append(_TO_C if wants_c else _TO_B)
        in_c = wants_c
        values.append(int(text[at : at + 2]) if in_c else ord(text[at]) - 32)
        at += 2 if in_c else 1
    check = (values[0] + sum(i * v for i, v in enumerate(values))) % 103
    return [*values, check, _STOP]


def _digits(text: str, at: int) -> int:
    end = at
    while end < len(text) and text[end].isdigit():
        end += 1
    return end - at


def modules(values: list[int]) -> int:
    """Width of the whole code, quiet zones not counted."""
    return (len(values) - 1) * MODULES_PER_SYMBOL + _STOP_MODULES


@lru_cache(maxsize=107)
def bars(value: int) -> tuple[tuple[int, int], ...]:
    """(first module, width) of each bar of one symbol."""
    found = []
    at = 0
    end = None if value == _STOP else 6 * value + 6
    for index, width in enumerate(map(int, _WIDTHS[6 * value : end])):
        if index % 2 == 0:
            found.append((at, width))
        at += width
    return tuple(found)
