"""The printing types of reference §1.5, read into language, size and resolution."""

from dataclasses import dataclass
from functools import cache
from typing import Literal

Language = Literal["PDF", "ZPL", "DPL"]
Size = Literal["10x15", "10x12", "10x10", "A4"]
_SIZES: tuple[Size, ...] = ("10x15", "10x12", "10x10")
_HEIGHTS_MM: dict[Size, float] = {"10x15": 150, "10x12": 120, "10x10": 100, "A4": 150}
_THERMAL: tuple[Language, ...] = ("ZPL", "DPL")


@dataclass(frozen=True, slots=True)
class Format:
    """How a label is drawn; on A4 it is a 10×15 one in the corner of the sheet."""

    language: Language
    size: Size
    dpi: int = 300

    @property
    def height_mm(self) -> float:
        """Height of the label itself; all are 100 mm wide."""
        return _HEIGHTS_MM[self.size]


@cache
def label_formats() -> dict[str, Format]:
    """Every printing type of a label. `_UL` (label and CN23 on one sheet) is drawn as the label."""
    found = {f"PDF_{size}_300dpi": Format("PDF", size) for size in (*_SIZES, "A4")}
    for language in _THERMAL:
        for size in _SIZES:
            for dpi in (203, 300):
                found[f"{language}_{size}_{dpi}dpi"] = Format(language, size, dpi)
    together = {
        f"{name}_UL": form
        for name, form in found.items()
        if form.size == "A4" or form.size == "10x15"
    }
    return found | together


@cache
def cn23_formats() -> frozenset[str]:
    """Every printing type of a CN23."""
    thermal = {f"{lang}_10x12_{dpi}dpi" for lang in _THERMAL for dpi in (203, 300)}
    together = {name for name in label_formats() if name.endswith("_UL")}
    return frozenset({"PDF_A4_300dpi", "PDF_10x12_300dpi"} | thermal | together)
