"""Everything that a person may be told has a text in French and in English, and a next step.

The sources of the core, the carriers and the connectors are read, not imported: each key that an
error, an attention or a finding is made with must be in a catalogue.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from colisync import errors
from colisync.rendering.message import LANGUAGES, Catalogue

ROOT = Path(__file__).parents[2]
KEY = re.compile(r"[a-z][a-z0-9_]*\.[a-z0-9_]+")
ERRORS = {
    name
    for name, value in vars(errors).items()
    if isinstance(value, type) and issubclass(value, errors.ColisyncError)
}
TOLD = {"Attention": "code", "Finding": "key", "EffectResult": "key", "TrackingFailure": "key"}
NO_KEYS = {"shop.url", "queue.db"}
"""An answer of `init` and a file: the only constants that look like keys and are none."""
PLACES = re.compile(r"%\((\w+)\)")


class Keys(NamedTuple):
    """Keys by prefix: which are told, which of them as an error or attention, and the patterns of
    those that are put together."""

    told: dict[str, set[str]]
    remedied: set[str]
    patterns: set[str]


def sources() -> Iterator[ast.Module]:
    for top in ("core/colisync", "connectors"):
        for path in sorted((ROOT / top).rglob("*.py")):
            if not {"testing", "sandbox"} & set(path.relative_to(ROOT).parts):
                yield ast.parse(path.read_text(encoding="utf-8"))


def locales() -> list[Path]:
    return sorted(path for top in ("core", "connectors") for path in (ROOT / top).rglob("locale"))


def said(node: ast.Call) -> ast.expr | None:
    """What stands for the key in a call that tells a person something."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    name = node.func.id if isinstance(node.func, ast.Name) else name
    if name in ERRORS:
        named = [k.value for k in node.keywords if k.arg == "key"]
        return next(iter((*node.args, *named)), None)
    return next((k.value for k in node.keywords if k.arg == TOLD.get(name, "-")), None)


def constants(node: ast.AST | None) -> Iterator[str]:
    if node is not None:
        for part in ast.walk(node):
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                yield part.value


def pattern(node: ast.JoinedStr) -> str:
    return "".join(
        re.escape(str(part.value)) if isinstance(part, ast.Constant) else "[a-z0-9_]+"
        for part in node.values
    )


def prefix(key: str) -> str:
    return key.partition(".")[0]


@cache
def collected() -> Keys:
    told: dict[str, set[str]] = defaultdict(set)
    remedied: set[str] = set()
    patterns: set[str] = set()
    calls = [n for tree in sources() for n in ast.walk(tree) if isinstance(n, ast.Call)]
    for call in calls:
        key = said(call)
        if isinstance(key, ast.JoinedStr):
            patterns.add(pattern(key))
            continue
        for text in filter(KEY.fullmatch, constants(key)):
            told[prefix(text)].add(text)
            if getattr(call.func, "id", "") not in TOLD.keys() - {"Attention"}:
                remedied.add(text)
    for text, raised in elsewhere():
        if prefix(text) in told:
            told[prefix(text)].add(text)
            remedied |= {text} if raised else set()
    return Keys(dict(told), remedied, patterns)


def elsewhere() -> Iterator[tuple[str, bool]]:
    """Keys in tables or handed to a function that makes the error; and whether in a `raise`."""
    for tree in sources():
        raised = {
            text
            for node in ast.walk(tree)
            if isinstance(node, ast.Raise)
            for text in constants(node.exc)
        }
        for text in set(filter(KEY.fullmatch, constants(tree))) - NO_KEYS - logged(tree):
            yield text, text in raised


def logged(tree: ast.Module) -> set[str]:
    """The events of the log, which nobody is told."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {
        text
        for call in calls
        if isinstance(call.func, ast.Attribute) and getattr(call.func.value, "id", "") == "log"
        for argument in call.args[:1]
        for text in constants(argument)
    }


@cache
def texts(language: str) -> dict[str, str]:
    from babel.messages.pofile import read_po

    found: dict[str, str] = {}
    for locale in locales():
        for path in sorted((locale / language).glob("*.po")):
            with path.open("rb") as file:
                found |= {str(m.id): str(m.string) for m in read_po(file) if m.id and m.string}
    return found


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("area", sorted(collected().told))
def test_every_key_has_its_text_and_its_next_step(area: str, language: str) -> None:
    keys = collected()
    wanted = keys.told[area] | {f"{key}.remedy" for key in keys.told[area] & keys.remedied}
    assert sorted(wanted - texts(language).keys()) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_keys_that_are_put_together_have_texts(language: str) -> None:
    silent = {
        pattern
        for pattern in collected().patterns
        if not any(re.fullmatch(pattern, key) for key in texts(language))
    }
    assert silent == set()


def test_both_languages_say_the_same_things() -> None:
    french, english = texts("fr"), texts("en")
    assert french.keys() == english.keys()
    differing = {
        key
        for key in french
        if set(PLACES.findall(french[key])) != set(PLACES.findall(english[key]))
    }
    assert differing == set()


def test_every_text_can_be_filled_in() -> None:
    for language in LANGUAGES:
        catalogue = Catalogue(language, locales())
        broken = [key for key in texts(language) if PLACES.search(catalogue.text(key))]
        assert broken == []


def test_the_sources_were_read() -> None:
    keys = collected()
    assert "wire.private_address" in keys.told["wire"]
    assert "wire.unknown_host" in keys.told["wire"]
    assert "security.key_exposed" in keys.remedied
