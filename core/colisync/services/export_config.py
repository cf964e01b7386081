"""What is set up → a client file that `apply` takes back without a change."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from colisync.model.workspace import Contract, Sender, Shop
from colisync.services.apply_config import read_setup
from colisync.services.config_file import SEALED
from colisync.services.workbench import Workbench
from colisync.storage import workspaces

_STORED = {"workspace", "sealed", "id", "paused", "options"}


def export_config(bench: Workbench, workspace: str) -> str:
    """The workspace's file in TOML; credentials are only said to be sealed.

    Raises ConfigurationError where there is no such workspace.
    """
    with bench.store.read() as connection:
        noun = workspaces.workspace(connection, workspace)
        setup = read_setup(connection, workspace)
    parts = ["\n".join(_table("workspace", {"key": noun.key, **_content(noun)}))]
    parts += ["\n".join(_entry("senders", _sender(one))) for one in setup.senders.values()]
    parts += ["\n".join(_entry("shops", _backend(one))) for one in setup.shops.values()]
    parts += ["\n".join(_entry("contracts", _backend(one))) for one in setup.contracts.values()]
    parts += ["\n".join(_entry("rules", _content(rule))) for rule in setup.rules]
    return "\n\n".join(parts) + "\n"


def _content(noun: BaseModel) -> dict[str, Any]:
    """What is not at its default."""
    return noun.model_dump(mode="json", exclude=_STORED, exclude_defaults=True, exclude_none=True)


def _sender(sender: Sender) -> dict[str, Any]:
    content = _content(sender)
    address = content.pop("address", {})
    return {**content, **address}


def _backend(noun: Shop | Contract) -> dict[str, Any]:
    sealed = {"credentials": SEALED} if noun.sealed else {}
    return {**_content(noun), **noun.options, **sealed}


def _entry(name: str, content: Mapping[str, Any]) -> Iterator[str]:
    yield f"[[{name}]]"
    for key, value in content.items():
        if value is not None:
            yield f"{_key(key)} = {_value(value)}"


def _table(name: str, content: Mapping[str, Any]) -> Iterator[str]:
    yield f"[{name}]"
    for key, value in content.items():
        yield f"{_key(key)} = {_value(value)}"


def _key(name: str) -> str:
    plain = name.isascii() and name.replace("_", "").replace("-", "").isalnum()
    return name if plain else _value(name)


def _value(value: Any) -> str:
    """`value` in TOML; tables are written in line."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, Mapping):
        pairs = (f"{_key(key)} = {_value(one)}" for key, one in value.items() if one is not None)
        return "{ " + ", ".join(pairs) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(one) for one in value) + "]"
    if isinstance(value, str):  # JSON's escapes are TOML's; DEL alone is missing
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value)
