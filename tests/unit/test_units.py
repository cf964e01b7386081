"""Weights of any shop in grams."""

from typing import Any

import pytest

from colisync.model.units import GRAMS, grams, is_plausible


@pytest.mark.parametrize(
    ("value", "factor", "wanted"),
    [
        ("0.25", 1000.0, 250), ("1,5", 1000.0, 1500), ("12", 1.0, 12), ("1", 453.59237, 454),
        ("0.0001", 1000.0, 1), ("", 1000.0, None), ("0", 1000.0, None), (None, 1000.0, None),
        ("x", 1.0, None), ("nan", 1.0, None), ("-3", 1.0, None), ("1e999", 1.0, None),
    ],
)  # fmt: skip
def test_weights(value: Any, factor: float, wanted: int | None) -> None:
    assert grams(value, factor) == wanted


def test_numbers_are_weights_too() -> None:
    assert grams(1.5, GRAMS["kg"]) == 1500
    assert grams(2, GRAMS["lbs"]) == 907
    assert grams(True, GRAMS["kg"]) is None
    assert grams("9" * 5000, GRAMS["kg"]) is None


@pytest.mark.parametrize(
    ("unit", "weight", "wanted"),
    [("g", 0.25, False), ("g", 250, True), ("kg", 0.25, True), ("kg", 250, False),
     ("lbs", 101, False), ("oz", 250, True)],
)  # fmt: skip
def test_a_weight_that_fits_another_unit_is_doubted(unit: str, weight: float, wanted: bool) -> None:
    assert is_plausible(unit, weight) is wanted
