"""The frozen model that every noun inherits."""

from pydantic import BaseModel, ConfigDict


class Noun(BaseModel):
    """A value of the domain: frozen, compared by content, unknown fields refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")
