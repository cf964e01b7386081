"""What a method may ask of Colissimo beyond the common fields."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from colisync.carriers.colissimo.refusals import invalid


class ColissimoOptions(BaseModel):
    """Typed options of one label; unknown names are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    non_machinable: bool = Field(
        default=False, description="Bulky, round or unstable: costs more; never to a point."
    )


_NONE = ColissimoOptions()


def read_options(raw: Mapping[str, Any]) -> ColissimoOptions:
    """The options as typed. Raises InvalidShipment naming the first option at fault."""
    if not raw:
        return _NONE
    try:
        return ColissimoOptions.model_validate(raw)
    except ValidationError as error:
        name = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise invalid("colissimo.option_wrong", f"options.{name}", option=name) from error
