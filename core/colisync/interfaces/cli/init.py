"""`colisync init`: a conversation at whose end a client is set up, tried and sealed.

Nothing is kept before the end: every answer is tried in a throw-away installation first.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from colisync.errors import ConfigurationError
from colisync.interfaces.cli.console import Console
from colisync.interfaces.cli.init_backends import Desk
from colisync.interfaces.cli.init_checks import not_empty, slug
from colisync.interfaces.cli.init_conversation import ANSWERS, converse
from colisync.interfaces.cli.init_questions import Answers, read_answers
from colisync.interfaces.cli.init_trial import Trial, trial
from colisync.interfaces.cli.session import Session, language, session, speaking
from colisync.model.attention import Outcome
from colisync.model.workspace import Workspace
from colisync.services.apply_config import apply_config
from colisync.services.config_file import Document
from colisync.settings import Settings


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line says: where answers come from and where the file goes."""

    output: Path
    answers: Path | None = None
    pairs: Sequence[str] = ()
    scripted: bool = False
    force: bool = False


def ask_and_apply(wish: Wish) -> None:
    """Asks, tries, and only then writes the file and sets everything up. Ends the process."""
    with speaking(as_json=False) as console:
        if wish.output.exists() and not wish.force:
            raise ConfigurationError("init.file_exists", params={"file": str(wish.output)})
        given = read_answers(wish.answers, wish.pairs, ANSWERS)
        answers = Answers(given, console, scripted=wish.scripted)
        with trial(Settings.from_environment().public_url) as tried:
            console.say("init.welcome")
            name = answers.ask_for("name", check=not_empty)
            desk = Desk(answers, console, tried, Workspace(key=slug(name), name=name))
            document = converse(desk, name, language())
            outcome, text = _tried(document, tried, console)
            if not answers.confirm("save", "init.save", default=True):
                raise ConfigurationError("init.not_saved")
    with session(None, as_json=False) as work:
        head = work.console.catalogue.text("init.file_head", {"file": wish.output.name})
        _save(work, document, f"# {head}\n\n{text}", answers, wish)
        work.console.say("init.done", file=str(wish.output), workspace=document.key)
        work.finish(_findings(outcome))


def _tried(document: Document, tried: Trial, console: Console) -> tuple[Outcome, str]:
    """What `check` says, told once the rest is; an error that keeps it from being saved ends it."""
    console.say("init.trying")
    outcome, text = tried.whole(document)
    console.say("init.tried", findings=len(outcome.attention))
    return outcome, text


def _findings(checked: Outcome) -> Outcome:
    """What is left to do once it is saved. Warnings are worth knowing: everything was done."""
    if len(checked.attention) > checked.counts.get("warnings", 0):
        return Outcome(attention=checked.attention, notes=checked.notes)
    return Outcome(notes=(*checked.attention, *checked.notes))


def _save(work: Session, document: Document, text: str, answers: Answers, wish: Wish) -> None:
    """The file appears and the setup is stored, or neither."""
    known = document.key in work.keys
    if known and not wish.force and not answers.confirm("replace", "init.replace", default=False):
        raise ConfigurationError("init.exists", params={"workspace": document.key})
    draft = wish.output.with_name(f".{wish.output.name}.{os.getpid()}.draft")
    try:
        _write(draft, text)
        outcome = apply_config(work.bench, work.app.box, [document], take_file=True)
        if not outcome.ok:
            work.finish(outcome)
        draft.replace(wish.output)
    finally:
        draft.unlink(missing_ok=True)


def _write(path: Path, text: str) -> None:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        params = {"file": str(path), "detail": error.strerror or ""}
        raise ConfigurationError("print.not_written", params=params) from error
