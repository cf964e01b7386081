"""Questions, and where their answers come from: a file, the command line, a person."""

import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import typer

from colisync.errors import ColisyncError, ConfigurationError
from colisync.interfaces.cli.console import Console
from colisync.rendering.message import explain
from colisync.services.config_file import nearest

Check = Callable[[str], str]
"""The answer as it is kept. Raises ConfigurationError saying what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to ask. `name` is its name in an answers file; `text` what a person reads, `where`
    where the answer is found. None as `default`: it must be answered."""

    name: str
    text: str
    where: str = ""
    default: str | None = None
    secret: bool = False
    choices: Sequence[tuple[str, str]] = ()
    check: Check = field(default=lambda text: text)


class Answers:
    """Asks each question once. What was given beforehand is not asked; where nobody is there to
    ask (`scripted`), what is missing is its default or an error."""

    def __init__(self, given: Mapping[str, str], console: Console, *, scripted: bool) -> None:
        self._given = dict(given)
        self._console = console
        self.scripted = scripted

    def ask(self, question: Question) -> str:
        """The answer, checked. Raises ConfigurationError where a script gave a wrong one or none.

        A wrong one that a person typed is told, and asked for again.
        """
        if question.name in self._given:
            try:
                return question.check(self._given[question.name])
            except ConfigurationError as error:
                self.refuse(error, [question.name])
        elif self.scripted:
            if question.default is None:
                params = {"answer": question.name}
                raise ConfigurationError("init.missing", params=params)
            return question.default
        return self._typed(question)

    def ask_for(self, name: str, **about: Any) -> str:
        """`ask`, in the catalogue's words for `name`."""
        field_name = name.rpartition(".")[2]
        return self.ask(Question(name=name, text=self.words(f"init.ask.{field_name}"), **about))

    def words(self, key: str, otherwise: str = "") -> str:
        """The catalogue's text of `key`; `otherwise`, else the key's last part, where it has
        none."""
        text = self._console.catalogue.text(key)
        return text if text != key else otherwise or key.rpartition(".")[2]

    def quietly(self, name: str, default: str) -> str:
        """What was given beforehand; nobody is asked."""
        return self._given.get(name, default)

    def confirm(self, name: str, key: str, *, default: bool) -> bool:
        """Yes or no; `key` is the question's catalogue entry. A script gives true or false."""
        if name in self._given:
            return self._given[name].lower() in ("true", "yes", "oui", "1")
        if self.scripted:
            return default
        return self._console.confirm(key, default=default)

    def given(self, group: str) -> dict[str, str]:
        """The answers given beforehand whose names begin with `group` and a dot, without it."""
        start = f"{group}."
        return {
            name.removeprefix(start): text
            for name, text in self._given.items()
            if name.startswith(start)
        }

    def refuse(self, error: ColisyncError, names: Collection[str]) -> None:
        """Says what is wrong; these answers are asked for again. A script ends here."""
        if self.scripted:
            raise error
        text, remedy = explain(error, self._console.catalogue)
        self._console.print(f"! {text}")
        if remedy:
            self._console.print(f"  {remedy}")
        for name in names:
            self._given.pop(name, None)

    def _typed(self, question: Question) -> str:
        if question.where:
            self._console.print(f"  ({question.where})")
        for number, (_, label) in enumerate(question.choices, start=1):
            self._console.print(f"  {number}. {label}")
        while True:
            try:
                return question.check(_chosen(question, self._prompt(question)))
            except ConfigurationError as error:
                self.refuse(error, ())

    def _prompt(self, question: Question) -> str:
        default = question.default
        if default is not None and question.choices:
            values = [value for value, _ in question.choices]
            default = str(values.index(default) + 1)
        text: str = typer.prompt(
            question.text,
            default=default,
            hide_input=question.secret,
            show_default=bool(default),
        )
        return text.strip()


def _chosen(question: Question, typed: str) -> str:
    """The value that the typed number, or the value itself, stands for."""
    values = [value for value, _ in question.choices]
    if not values or typed in values:
        return typed
    if typed.isdecimal() and 1 <= int(typed) <= len(values):
        return values[int(typed) - 1]
    raise ConfigurationError("init.not_a_choice", params={"count": len(values)})


def read_answers(file: Path | None, pairs: Iterable[str], known: Collection[str]) -> dict[str, str]:
    """The answers of a TOML file and of `NAME=VALUE` pairs, which win, flat ("shop.url").

    `env:NAME` and `file:PATH` stand for what they hold. Raises ConfigurationError naming the file,
    or the nearest of the `known` names; a group stands there as "rules.*".
    """
    answers = dict(_flat(_parsed(file), "")) if file else {}
    for pair in pairs:
        name, mark, value = pair.partition("=")
        if not mark:
            raise ConfigurationError("init.bad_pair", params={"pair": name})
        answers[name.strip()] = value
    groups = {name.partition(".")[0] for name in known if name.endswith(".*")}
    for name in answers:
        if name not in known and name.partition(".")[0] not in groups:
            params = {"name": name, "nearest": nearest(name, sorted(known))}
            raise ConfigurationError("init.unknown_answer", params=params)
    base = file.resolve().parent if file else Path.cwd()
    return {name: _value(name, text, base) for name, text in answers.items()}


def _parsed(file: Path) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        params = {"file": str(file), "detail": str(error)}
        raise ConfigurationError("init.unreadable_answers", params=params) from None


def _flat(content: Mapping[str, Any], prefix: str) -> Iterable[tuple[str, str]]:
    for name, value in content.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        elif isinstance(value, bool):
            yield prefix + name, str(value).lower()
        else:
            yield prefix + name, str(value)


def _value(name: str, text: str, base: Path) -> str:
    source, _, place = text.partition(":")
    if source == "env" and place:
        if place not in os.environ:
            raise ConfigurationError("config.no_variable", params={"name": place, "key": name})
        return os.environ[place].strip()
    if source == "file" and place:
        try:
            return (base / place).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            params = {"file": place, "key": name}
            raise ConfigurationError("config.no_secret_file", params=params) from None
    return text.strip()
