"""Sealing: credentials are readable only with a key that is not in the database."""

from collections.abc import Mapping
from typing import Protocol


class SecretBox(Protocol):
    """Seals and opens small sets of credentials."""

    def seal(self, values: Mapping[str, str]) -> str:
        """`values` as a text that only the process's key opens."""
        ...

    def open(self, sealed: str) -> dict[str, str]:
        """What was sealed. Raises ConfigurationError when the key does not fit."""
        ...
