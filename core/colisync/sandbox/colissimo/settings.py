"""What the emulated contract is, and which of the remote's habits it shows."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class ColissimoSettings(BaseModel):
    """One Colissimo contract and the way its services answer.

    `step_seconds` is the time between two events of a parcel's fast life; `fates="delivered"`
    gives every parcel an uneventful life; `range_size` is how many numbers a range holds before it
    begins again; `refused_products` are products the contract does not include.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    api_key: str = "sandbox-colissimo-key"
    contract_number: str = "900001"
    password: str = "Sandbox1"  # noqa: S105  the sandbox's own, printed by the demo
    parent_account: str | None = None
    active: bool = True
    multipart: Literal["related", "mixed"] = "related"
    line_ends: Literal["crlf", "lf"] = "crlf"
    errors: Literal["single", "multipart"] = "single"
    life: Literal["normal", "fast"] = "normal"
    step_seconds: float = 2.0
    fates: Literal["varied", "delivered"] = "varied"
    contract_type: str = "FACILITE"
    conditions_accepted: bool = True
    blocking_code: bool = False
    range_size: int = 1_000_000
    refused_products: frozenset[str] = frozenset()
