"""One Colissimo contract: its credentials and where the service is."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator


class ColissimoSettings(BaseModel):
    """An application key, or the contract's number and password: one of both.

    Source: reference §0.1; login mode is announced for removal during 2026.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_url: str = Field(
        default="https://ws.colissimo.fr",
        description="Address of the service. Change it for the sandbox or a proxy only.",
    )
    local: bool = Field(
        default=False, description="Allows a loopback or private address (the sandbox)."
    )
    api_key: SecretStr | None = Field(
        default=None,
        description="Application key: Colissimo Box › Gestion des utilisateurs › Clés.",
    )
    contract_number: str = Field(
        default="",
        pattern=r"^(\d{6})?$",
        description="Contract number, six digits: Colissimo Box › home page, or any invoice.",
    )
    password: SecretStr | None = Field(
        default=None,
        description="Password of that contract in Colissimo Box; not needed with a key.",
    )
    parent_account: str = Field(
        default="",
        pattern=r"^\d*$",
        description="Parent account, where La Poste gave one: Colissimo Box › Mes contrats.",
    )

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        by_key = self.api_key is not None and self.api_key.get_secret_value() != ""
        by_login = self.password is not None and self.password.get_secret_value() != ""
        if by_key == by_login:
            raise ValueError("give api_key, or contract_number with password: one of both")
        if by_login and not self.contract_number:
            raise ValueError("password needs contract_number")
        return self
