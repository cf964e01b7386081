"""The shapes of the shop's resources, complete with every member, from the files in `data/`."""

import json
from functools import cache
from importlib import resources
from typing import Any

from colisync.sandbox.woocommerce.php import JsonObject


@cache
def _text(name: str) -> str:
    return resources.files(__package__).joinpath("data", f"{name}.json").read_text("utf-8")


def sample(name: str) -> Any:
    """A fresh copy of `data/<name>.json`."""
    return json.loads(_text(name))


def completed(name: str, given: JsonObject) -> JsonObject:
    """`data/<name>.json` with the members of `given` in their places.

    Raises ValueError for a member that the shop does not have.
    """
    data: JsonObject = sample(name)
    unknown = sorted(set(given) - set(data))
    if unknown:
        raise ValueError(f"no such member in {name}: {', '.join(unknown)}")
    for member, value in given.items():
        known = data[member]
        merges = isinstance(known, dict) and isinstance(value, dict)
        data[member] = {**known, **value} if merges else value
    return data
