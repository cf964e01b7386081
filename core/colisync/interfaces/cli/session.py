"""One command's work: the opened application, the workspaces it is for, and its console."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

# Imported late: `--help` and completion must not wait for a database and a web client.
if TYPE_CHECKING:
    from colisync.app import App
    from colisync.interfaces.cli.console import Console
    from colisync.model.attention import Outcome
    from colisync.services.workbench import Workbench

WorkspaceOption = Annotated[
    str | None, typer.Option("--workspace", "-w", help="Client / workspace key.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]

Verb = Callable[["Workbench", str], "Outcome"]


@dataclass(frozen=True, slots=True)
class Session:
    """What a command works with."""

    app: "App"
    console: "Console"
    keys: tuple[str, ...]

    @property
    def bench(self) -> "Workbench":
        """The services' workbench."""
        return self.app.bench

    @property
    def key(self) -> str:
        """The one workspace this command is for. Raises as `require_one` does."""
        self.require_one()
        return self.keys[0]

    def require_one(self) -> None:
        """Returns where it is known whose orders are meant. Raises ConfigurationError where there
        are several workspaces and none was named, or none at all."""
        from colisync.errors import ConfigurationError

        self.require_some()
        if len(self.keys) != 1:
            known = ", ".join(self.keys)
            raise ConfigurationError("cli.which_workspace", params={"known": known})

    def each(self, *verbs: Verb) -> "Outcome":
        """Every verb, on every workspace this command is for."""
        from colisync.services.report import Report

        self.require_some()
        report = Report()
        for key in self.keys:
            for verb in verbs:
                report.add(verb(self.bench, key))
        return report.outcome()

    def require_some(self) -> None:
        """Returns where anything is set up. Raises ConfigurationError saying how to begin."""
        from colisync.errors import ConfigurationError

        if not self.keys:
            raise ConfigurationError("cli.nothing_set_up")

    def finish(self, outcome: "Outcome") -> NoReturn:
        """Prints the outcome and ends the process."""
        self.console.finish(outcome)


@contextmanager
def session(workspace: str | None, *, as_json: bool) -> Iterator[Session]:
    """The session of a command. An error that ends the command is printed, with its exit code."""
    with speaking(as_json=as_json) as console:
        from colisync.app import open_app
        from colisync.interfaces.sandbox_carriers import SandboxCarriers
        from colisync.settings import Settings

        settings = Settings.from_environment()
        stand_ins = SandboxCarriers(settings.data)
        app = open_app(settings, sandbox=stand_ins, progress=console.bars)
        try:
            yield Session(app, console, _keys(app, workspace))
        finally:
            app.close()
            stand_ins.close()


@contextmanager
def speaking(*, as_json: bool) -> Iterator["Console"]:
    """A console in the terminal's language. An error that ends the command is printed there."""
    from colisync.app import catalogue_directories
    from colisync.errors import ColisyncError
    from colisync.interfaces.cli.console import Console
    from colisync.rendering.message import Catalogue

    console = Console(Catalogue(language(), catalogue_directories()), as_json=as_json)
    try:
        yield console
    except ColisyncError as error:
        console.fail(error)


def language() -> str:
    """The language of the terminal: English where the locale says so, else French."""
    chosen = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG", "")
    return "en" if chosen.lower().startswith("en") else "fr"


def _keys(app: "App", workspace: str | None) -> tuple[str, ...]:
    from colisync.errors import ConfigurationError
    from colisync.storage import workspaces

    with app.bench.store.read() as connection:
        known = tuple(workspaces.workspaces(connection))
    if workspace is None:
        return known
    if workspace not in known:
        names = ", ".join(known)
        raise ConfigurationError(
            "storage.unknown_workspace", params={"key": workspace, "known": names}
        )
    return (workspace,)


def author() -> str:
    """Who types: kept with each correction."""
    return os.environ.get("SUDO_USER") or os.environ.get("USER") or "cli"
