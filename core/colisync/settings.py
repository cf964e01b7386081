"""The process's environment: where its data lives and how it is reached. Shops are not set here."""

import os
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from colisync.errors import ConfigurationError, Scalar

_PREFIX = "COLISYNC_"


class Settings(BaseModel):
    """What `COLISYNC_*` variables say.

    Addresses that can hold a password (`database_url`, `queue_url`, `smtp_url`) stay out of
    `repr`. `database_url` is SQLite in the data directory where none is given, and an empty
    `queue_url` means the same for the queue.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    data: Path = Field(default=Path("colisync-data"), validate_default=True)
    database_url: str = Field(default="", validate_default=True, repr=False)
    queue_url: str = Field(default="", repr=False)
    secret_key: SecretStr | None = None
    public_url: str = ""
    smtp_url: str = Field(default="", repr=False)
    mail_from: str = ""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Self:
        """The settings in `environ`, the process's own where None; an empty value is no value.

        Raises ConfigurationError for an unknown `COLISYNC_*` name, with the nearest known one, and
        for a value that cannot be.
        """
        environ = os.environ if environ is None else environ
        known = {_PREFIX + field.upper(): field for field in cls.model_fields}
        given = {name: value for name, value in environ.items() if name.startswith(_PREFIX)}
        for name in sorted(given.keys() - known.keys()):
            raise _unknown(name, list(known))
        values = {known[name]: value for name, value in given.items() if value.strip()}
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise _invalid(error) from None

    @field_validator("data")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @field_validator("database_url")
    @classmethod
    def _beside_the_data(cls, value: str, info: ValidationInfo) -> str:
        return value or f"sqlite:///{info.data['data'] / 'colisync.db'}"

    @field_validator("public_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in ("http", "https") or not parts.hostname):
            raise ValueError("not an http or https address")
        return value.rstrip("/")

    @field_validator("smtp_url")
    @classmethod
    def _mail_server(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in ("smtp", "smtps") or not parts.hostname):
            raise ValueError("not an smtp or smtps address")
        return value

    @field_validator("mail_from")
    @classmethod
    def _mail_address(cls, value: str) -> str:
        if value and ("@" not in value or not value.isprintable()):
            raise ValueError("not a mail address")
        return value

    @property
    def key_file(self) -> Path:
        """Where the secret key is kept when it is not in the environment."""
        return self.data / "secret.key"


def _unknown(name: str, known: list[str]) -> ConfigurationError:
    nearest = get_close_matches(name, known, n=1, cutoff=0.0)[0]
    params: dict[str, Scalar] = {"name": name, "nearest": nearest}
    return ConfigurationError("settings.unknown_variable", params=params)


def _invalid(error: ValidationError) -> ConfigurationError:
    first = error.errors(include_input=False, include_url=False)[0]
    params: dict[str, Scalar] = {
        "name": _PREFIX + str(first["loc"][0]).upper(),
        "detail": str(first["msg"]).removeprefix("Value error, "),
    }
    return ConfigurationError("settings.invalid_variable", params=params)
