"""Units of the domain: weights in grams, lengths in millimetres, money with its currency."""

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
