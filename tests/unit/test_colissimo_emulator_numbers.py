"""Numbers, check digits, routing codes and bar codes of the Colissimo emulator."""

from datetime import UTC, datetime, timedelta

import pytest

from colisync.sandbox.colissimo.code128 import bars, modules, symbols
from colisync.sandbox.colissimo.numbers import (
    NumberRanges,
    RangeExhausted,
    check_character,
    number,
    routing_code,
)

_NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("prefix", "serial", "made"),
    [
        ("6A", 1234567890, "6A12345678905"),
        ("8R", 1, "8R00000000017"),
        ("CB", 12345678, "CB123456785FR"),
    ],
)
def test_samples_of_the_reference_have_their_check_digit(
    prefix: str, serial: int, made: str
) -> None:
    assert number(prefix, serial) == made


def test_the_two_exceptions_of_s10() -> None:
    checks = {}
    for serial in range(200):
        made = number("CA", serial)
        weighted = sum(
            int(d) * w for d, w in zip(made[2:10], (8, 6, 4, 2, 3, 5, 9, 7), strict=True)
        )
        checks[11 - weighted % 11] = made[10]
    assert checks[10] == "0"
    assert checks[11] == "5"


def test_the_routing_code_of_the_reference() -> None:
    assert routing_code("6A12345678905", "75015", "801", "FR") == "0075015116A1234567890801250H"
    assert check_character("116A1234567890") == "L"


def test_a_routing_code_is_28_characters_wherever_it_goes() -> None:
    for parcel, postcode, country in (
        ("CB123456785FR", "1012 AB", "NL"),
        ("7Q00000000016", "97110", "GP"),
        ("CB123456785FR", "SW1A 1AA", "GB"),
    ):
        code = routing_code(parcel, postcode, "802", country)
        assert len(code) == 28
        assert code[-1] == check_character(code[:-1])


def test_a_range_begins_again_only_after_thirteen_months() -> None:
    ranges = NumberRanges(_NOW, size=3)
    first = [ranges.take("6A", _NOW) for _ in range(3)]
    assert len(set(first)) == 3
    with pytest.raises(RangeExhausted):
        ranges.take("6A", _NOW + timedelta(days=395))
    assert ranges.take("6A", _NOW + timedelta(days=397)) == first[0]
    assert ranges.take("6C", _NOW)[:2] == "6C"


def test_a_range_goes_on_after_the_numbers_of_an_earlier_process() -> None:
    before = NumberRanges(_NOW, size=1000)
    given = [before.take(prefix, _NOW) for prefix in ("6A", "6A", "CB")]
    after = NumberRanges(_NOW, size=1000)
    for made in given:
        after.remember(made, _NOW)
    again = [after.take(prefix, _NOW) for prefix in ("6A", "CB")]
    assert again == [before.take(prefix, _NOW) for prefix in ("6A", "CB")]


def test_code_128_packs_digits_in_pairs() -> None:
    values = symbols("6A12345678905")
    # Start B, 6, A, 1, to C, 23 45 67 89 05, check, stop.
    assert values[:-2] == [104, 22, 33, 17, 99, 23, 45, 67, 89, 5]
    total = 104 + 22 + 2 * 33 + 3 * 17 + 4 * 99 + 5 * 23 + 6 * 45 + 7 * 67 + 8 * 89 + 9 * 5
    assert values[-2:] == [total % 103, 106]
    assert modules(values) == 11 * 11 + 13


def test_code_128_begins_in_digits_and_ends_in_letters() -> None:
    values = symbols("0075015116A1234567890801250H")
    assert values[:6] == [105, 0, 75, 1, 51, 16]
    assert values[6:9] == [100, 33, 99]
    assert values[-4:-2] == [100, 40]


def test_every_symbol_is_eleven_modules_and_no_two_are_alike() -> None:
    drawn = [bars(value) for value in range(106)]
    assert len(set(drawn)) == 106
    assert all(len(d) == 3 and d[0][0] == 0 and d[2][0] + d[2][1] < 11 for d in drawn)
    assert bars(104) == ((0, 2), (3, 1), (6, 1))  # 211214, start B
    assert bars(106) == ((0, 2), (5, 3), (9, 1), (11, 2))  # 2331112, stop
