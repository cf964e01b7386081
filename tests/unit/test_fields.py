"""Fields of loose JSON are read for what they mean, or named."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colisync.errors import UnreadableAnswer
from colisync.wire import fields

ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)
STRICT: list[Callable[[fields.Row, str], Any]] = [
    fields.text, fields.reference, fields.record, fields.records, fields.moment, fields.units,
]  # fmt: skip


@given(st.sampled_from(STRICT), ANY)
def test_a_strict_field_reads_or_is_named(read: Callable[..., Any], value: Any) -> None:
    try:
        read({"f": value}, "f")
    except UnreadableAnswer as error:
        named = error.params
    else:
        named = {"field": "f"}
    assert named == {"field": "f"}


@given(ANY)
def test_what_anybody_may_have_written_never_stops_a_reading(value: Any) -> None:
    assert isinstance(fields.loose(value), str)
    assert isinstance(fields.structure(value), dict | list)
    assert isinstance(fields.loose_list(value, "f"), list)
    assert set(fields.loose_texts(value, {"ours": "theirs"})) == {"ours"}
    assert isinstance(fields.dig(value, "a", "b"), str)
    assert isinstance(fields.column(value, "a"), list)
    fields.money({"f": value}, "f", "EUR")


def test_texts_and_ids() -> None:
    row = {"a": "x", "b": 5, "c": None, "d": True, "e": 0}
    assert [fields.text(row, key) for key in "abcdf"] == ["x", "5", "", "", ""]
    assert [fields.reference(row, key) for key in "abce"] == ["x", "5", "", ""]
    assert fields.texts(row, {"one": "a", "two": "b"}) == {"one": "x", "two": "5"}
    assert fields.first_of(row, ("c", "f", "b")) == "5"


def test_lists_and_objects_as_php_writes_them() -> None:
    assert fields.record({"a": []}, "a") == {}
    assert fields.records({"a": {"0": {"x": 1}, "2": {"x": 2}}}, "a") == [{"x": 1}, {"x": 2}]
    assert fields.records({"a": None}, "a") == []
    with pytest.raises(UnreadableAnswer):
        fields.objects([{}, 1], "a")


def test_moments() -> None:
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    for value in ("2026-11-23T12:00:00", "2026-11-23T13:00:00+01:00", "2026-11-23T12:00:00Z"):
        assert fields.moment({"a": value}, "a") == noon
    assert fields.moment({"a": ""}, "a") is None
    with pytest.raises(UnreadableAnswer):
        fields.moment({"a": "0001-01-01T00:00:00+09:00"}, "a")


def test_amounts_and_units() -> None:
    row = {"a": "5.20", "b": 25, "c": "x", "d": float("nan"), "e": -1.5, "f": ""}
    found = [fields.money(row, key, "EUR") for key in "abcdf"]
    assert found[0] == {"amount": "5.20", "currency": "EUR"}
    assert found[1] == {"amount": "25", "currency": "EUR"}
    assert found[2:] == [None, None, None]
    assert (fields.units(row, "b"), fields.units(row, "e")) == (25, 2)


def test_loose_places() -> None:
    assert fields.loose_texts('{"nom": " A ", "x": []}', {"name": "nom", "y": "x"}) == {
        "name": "A",
        "y": "",
    }
    assert fields.loose_list([{"n": "1"}, "2", {"m": "3"}, ""], "n") == ["1", "2"]
    assert fields.dig({"a": {"b": 5}}, "a", "b") == "5"
    assert fields.column([{"a": 1}, 2, {}], "a") == ["1", ""]


def test_parameters_as_php_reads_them() -> None:
    assert fields.query_texts({"a": [1, 2], "b": True, "c": None, "d": "", "e": 0}) == {
        "a": "1,2", "b": "true", "e": "0"}  # fmt: skip
