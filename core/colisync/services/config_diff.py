"""What is set up, what a file wants, and the difference, block by block. Pure."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel

from colisync.model.noun import Noun
from colisync.model.workspace import Contract, Sender, ShippingRule, Shop, Workspace

RULES = "rules"
WORKSPACE = "workspace"
_NOT_SHOWN = {"workspace", "key", "sealed", "id", "paused"}

Fields = Mapping[str, str]
"""A block's content, flat: field → value as shown and compared."""


@dataclass(frozen=True, slots=True)
class Setup:
    """Everything set up for a workspace. `workspace` is None where there is none yet."""

    workspace: Workspace | None = None
    senders: Mapping[str, Sender] = field(default_factory=dict)
    shops: Mapping[str, Shop] = field(default_factory=dict)
    contracts: Mapping[str, Contract] = field(default_factory=dict)
    rules: tuple[ShippingRule, ...] = ()

    def nouns(self) -> dict[str, tuple[BaseModel, ...]]:
        """Every block's nouns by its name: "workspace", "shop:boutique", … "rules" last."""
        found: dict[str, tuple[BaseModel, ...]] = {}
        if self.workspace is not None:
            found[WORKSPACE] = (self.workspace,)
        found |= {f"sender:{key}": (noun,) for key, noun in self.senders.items()}
        found |= {f"shop:{key}": (noun,) for key, noun in self.shops.items()}
        found |= {f"contract:{key}": (noun,) for key, noun in self.contracts.items()}
        return {**found, RULES: self.rules} if self.rules else found

    def blocks(self) -> dict[str, Fields]:
        """Every block's content as shown."""
        return {
            name: dict(_rule_fields(self.rules)) if name == RULES else _fields(nouns[0])
            for name, nouns in self.nouns().items()
        }

    def digests(self) -> dict[str, str]:
        """What tells one content of each block from another; fields at their default do not count,
        so that a new version's new fields change nothing."""
        return {name: _digest(nouns) for name, nouns in self.nouns().items()}


class Change(Noun):
    """One line of a diff: "+ shop boutique", "~ shop boutique.write_back: at_label → never".

    `conflict`: the console has changed the block since `apply` last wrote it.
    """

    sign: Literal["+", "~", "-"]
    block: str
    field: str = ""
    before: str = ""
    after: str = ""
    conflict: bool = False

    def __str__(self) -> str:
        name = self.block.replace(":", " ", 1)
        if self.sign != "~":
            return f"{self.sign} {name}" + (f" {self.field}: {self.after}" if self.field else "")
        if self.field == "credentials":
            return f"~ {name}.credentials: changed"
        return f"~ {name}.{self.field}: {self.before} → {self.after}"


class Diff(Noun):
    """What `apply` would do to one workspace."""

    workspace: str
    changes: tuple[Change, ...] = ()

    @property
    def lines(self) -> list[str]:
        """The diff as shown; secrets only as "changed"."""
        return [str(change) for change in self.changes]

    @property
    def conflicts(self) -> tuple[Change, ...]:
        """The changes that would undo what somebody did in the console."""
        return tuple(change for change in self.changes if change.conflict)

    @property
    def touched(self) -> dict[str, str]:
        """Each block that changes, with "+", "~" or "-"."""
        signs: dict[str, str] = {}
        for change in self.changes:
            whole = change.sign if not change.field else "~"
            signs.setdefault(change.block, whole)
        return signs


def compare(
    workspace: str, now: Setup, wanted: Setup, applied: Mapping[str, str], *, prune: bool
) -> Diff:
    """The difference between what is and what the file wants.

    `applied` are the digests that `apply` wrote last. Blocks that only exist now go with `prune`.
    """
    present, asked, digests = now.blocks(), wanted.blocks(), now.digests()
    changes: list[Change] = []
    for block in [*present, *(name for name in asked if name not in present)]:
        lines = _changes(block, present.get(block), asked.get(block), prune=prune)
        conflict = applied.get(block) != digests.get(block)
        changes += [line.model_copy(update={"conflict": conflict}) for line in lines]
    return Diff(workspace=workspace, changes=tuple(changes))


def _digest(nouns: tuple[BaseModel, ...]) -> str:
    summary = hashlib.sha256()
    for noun in nouns:
        content = noun.model_dump(mode="json", exclude=_NOT_SHOWN, exclude_defaults=True)
        content["sealed"] = getattr(noun, "sealed", "")
        summary.update(json.dumps(content, sort_keys=True).encode())
    return summary.hexdigest()


def _changes(block: str, now: Fields | None, asked: Fields | None, *, prune: bool) -> list[Change]:
    if asked is None:
        return [Change(sign="-", block=block)] if prune and block != WORKSPACE else []
    if now is None:
        return [Change(sign="+", block=block)]
    return [
        _change(block, name, now.get(name), asked.get(name))
        for name in [*now, *(name for name in asked if name not in now)]
        if now.get(name) != asked.get(name)
    ]


def _change(block: str, name: str, before: str | None, after: str | None) -> Change:
    return Change(sign="~", block=block, field=name, before=before or "–", after=after or "–")


def _fields(noun: BaseModel) -> Fields:
    """The noun's content, flat; of its credentials only what tells that they changed."""
    content = _flat(noun.model_dump(mode="json", exclude=_NOT_SHOWN), "")
    flat = {name.removeprefix("address."): value for name, value in content}
    sealed = getattr(noun, "sealed", "")
    if sealed:
        flat["credentials"] = hashlib.sha256(sealed.encode()).hexdigest()
    return flat


def _rule_fields(rules: tuple[ShippingRule, ...]) -> Iterator[tuple[str, str]]:
    for position, rule in enumerate(rules, start=1):
        content = rule.model_dump(mode="json", exclude_defaults=True)
        when = _phrase(content.get("when", {})) or "*"
        yield str(position), f"{when} ⇒ {_phrase(content['use'])}"


def _phrase(content: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in _flat(content, ""))


def _flat(content: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    for name, value in content.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        elif isinstance(value, list):
            yield prefix + name, " | ".join(_shown(one) for one in value)
        elif value is not None and value != "":
            yield prefix + name, _shown(value)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
