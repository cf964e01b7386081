"""Units of the domain: weights in grams, lengths in millimetres, money with its currency."""

import math
from decimal import Decimal
from typing import Annotated

from pydantic import Field, StringConstraints

from colisync.model.noun import Noun

Grams = Annotated[int, Field(ge=0)]
Millimetres = Annotated[int, Field(ge=0)]
CountryCode = Annotated[str, StringConstraints(pattern=r"^([A-Z]{2})?$")]
"""ISO 3166 alpha-2, or empty where the shop gave none."""
CurrencyCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


class Money(Noun):
    """An amount in its currency."""

    amount: Decimal
    currency: CurrencyCode


class Dimensions(Noun):
    """Outer size of a box, in millimetres."""

    length_mm: Millimetres
    width_mm: Millimetres
    height_mm: Millimetres


GRAMS = {"kg": 1000.0, "g": 1.0, "lbs": 453.59237, "lb": 453.59237, "oz": 28.349523125}
"""Grams in one unit of weight, by the names that shops give it."""


def grams(value: object, factor: float) -> int | None:
    """The weight in grams, None where the field is empty, zero or no number.

    `factor` is how many grams one unit has. A shop's text may have a decimal comma.
    """
    if not isinstance(value, str | int | float) or isinstance(value, bool) or not value:
        return None
    try:
        weight = float(str(value).replace(",", ".")) * factor
    except ValueError:
        return None
    return max(1, round(weight)) if math.isfinite(weight) and weight > 0 else None


def is_plausible(unit: str, weight: float) -> bool:
    """False for a parcel's usual weight that fits another unit: grams below 5 (they are kilograms)
    and kilograms or pounds above 100 (grams)."""
    return weight >= 5 if unit == "g" else unit == "oz" or weight <= 100
