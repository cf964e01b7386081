"""What needs a person, and what a command did."""

from enum import StrEnum

from pydantic import Field

from colisync.errors import ColisyncError, InvalidShipment, Scalar
from colisync.model.noun import Noun


class Attention(Noun):
    """One thing that a person must settle. `code` is a catalogue key; `code` + ".remedy" the next
    step; `command` the Colisync command that cures it. `order` is "shop/number"."""

    code: str
    order: str = ""
    parcel: str = ""
    field: str = ""
    params: dict[str, Scalar] = Field(default_factory=dict)
    command: str = ""

    @classmethod
    def of(
        cls, error: ColisyncError, *, order: str = "", parcel: str = "", command: str = ""
    ) -> "Attention":
        """The attention that `error` asks for."""
        field = error.field if isinstance(error, InvalidShipment) else ""
        return cls(
            code=error.key,
            order=order,
            parcel=parcel,
            field=field,
            params=error.params,
            command=command,
        )


class Outcome(Noun):
    """What a command did: counts by name, and what it touched that needs a person. `notes` are
    worth knowing and ask for nothing."""

    counts: dict[str, int] = Field(default_factory=dict)
    attention: tuple[Attention, ...] = ()
    notes: tuple[Attention, ...] = ()

    @property
    def ok(self) -> bool:
        """True where everything asked was done."""
        return not self.attention


class ShipmentState(StrEnum):
    """Derived, plus what people decide: design §1. After `READY` the parcels' states take over."""

    DRAFT = "draft"
    READY = "ready"
    HELD = "held"
    ATTENTION = "attention"
