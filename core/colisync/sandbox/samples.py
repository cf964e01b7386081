"""The demo's orders, from a listed data file, each with the end it must come to."""

from importlib.resources import files
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class _Listed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Expectation(_Listed):
    """How a sample must end. What is None is not asked."""

    state: str
    code: str = ""
    labels: int = 0
    told: bool | None = None
    tracking: str | None = None
    orphans: int = 0
    same_parcel_as: str = ""


class Sample(_Listed):
    """One order of the emulated shop and what happens to it on its way.

    Commands (`before` the label, `cure` after a first try, `after` the label) may name `{order}`,
    `{next}` (the order listed after it) and `{line2}` (its second line's id).
    """

    name: str
    kind: str
    order: dict[str, Any]
    refund: dict[int, int] = Field(default_factory=dict)
    before: tuple[tuple[str, ...], ...] = ()
    before_shop: dict[str, Any] = Field(default_factory=dict)
    refuse: dict[str, Any] = Field(default_factory=dict)
    carrier_fault: dict[str, Any] = Field(default_factory=dict)
    cure: tuple[tuple[str, ...], ...] = ()
    after: tuple[tuple[str, ...], ...] = ()
    after_label: dict[str, Any] = Field(default_factory=dict)
    life: tuple[str, ...] = ()
    expect: Expectation

    @property
    def number(self) -> str:
        """The order's number in the shop."""
        return str(self.order["id"])


class Listing(_Listed):
    """The whole file."""

    about: str
    products: tuple[dict[str, Any], ...]
    zones: tuple[dict[str, Any], ...]
    samples: tuple[Sample, ...]


def listing() -> Listing:
    """What the demo plays."""
    path = files("colisync.sandbox") / "data" / "samples.json"
    return Listing.model_validate_json(path.read_bytes())
