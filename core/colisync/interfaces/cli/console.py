"""What a command prints: words and tables for people, one JSON object for programs."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import typer
from rich.console import Console as Terminal
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.table import Table
from rich.text import Text

from colisync.errors import ColisyncError, ConfigurationError
from colisync.model.attention import Attention, Outcome
from colisync.rendering.message import Catalogue
from colisync.services.show_status import OrderStatus

_YES, _NO = ("o", "oui", "y", "yes"), ("n", "non", "no")
DONE, ATTENTION, USAGE, CONFIGURATION = 0, 1, 2, 3


class Bars:
    """Progress bars on standard error: they never mix with what a program reads."""

    def __init__(self, catalogue: Catalogue, terminal: Terminal) -> None:
        self._catalogue = catalogue
        self._terminal = terminal
        self._bars: list[tuple[Progress, TaskID]] = []

    def begin(self, key: str, total: int | None) -> None:
        """A bar appears; nothing for work without steps."""
        progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            console=self._terminal,
            transient=True,
            disable=not self._terminal.is_terminal or total == 0,
        )
        progress.start()
        self._bars.append((progress, progress.add_task(self._catalogue.text(key, {}), total=total)))

    def advance(self, steps: int = 1) -> None:
        """The newest bar moves."""
        if self._bars:
            progress, task = self._bars[-1]
            progress.advance(task, steps)

    def end(self) -> None:
        """The newest bar goes."""
        if self._bars:
            progress, _ = self._bars.pop()
            progress.stop()


class Console:
    """Prints outcomes and errors in one language, and ends the process with the right code."""

    def __init__(self, catalogue: Catalogue, *, as_json: bool) -> None:
        self.catalogue = catalogue
        self.as_json = as_json
        self.out = Terminal(soft_wrap=True, highlight=False)
        self.err = Terminal(stderr=True, soft_wrap=True, highlight=False)
        self.bars = Bars(catalogue, self.err)

    def say(self, key: str, **params: Any) -> None:
        """A sentence of the catalogue, for people only."""
        if not self.as_json:
            self.out.print(Text(self.catalogue.text(key, params)))

    def confirm(self, key: str, *, default: bool) -> bool:
        """Yes or no to a sentence of the catalogue; `o`, `oui`, `y`, `yes`, `n`, `non`, `no`."""
        letters = self.catalogue.text("cli.yes_no" if default else "cli.no_yes")
        while True:
            typed = typer.prompt(f"{self.catalogue.text(key)} [{letters}]", "", show_default=False)
            word = typed.strip().lower()
            if not word:
                return default
            if word in _YES or word in _NO:
                return word in _YES

    def print(self, line: str) -> None:
        """A line that is nobody's language, for people only."""
        if not self.as_json:
            self.out.print(Text(line))

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """A table whose column heads are catalogue keys, for people only."""
        if self.as_json:
            return
        table = Table(*(self.catalogue.text(key, {}) for key in columns), box=None, pad_edge=False)
        for row in rows:
            table.add_row(*(Text(cell) for cell in row))
        self.out.print(table)

    def statuses(self, rows: Sequence[OrderStatus]) -> None:
        """One line an order: its state, what is wrong, its numbers, where its parcel is."""
        columns = ("column.order", "column.state", "column.numbers", "column.tracking")
        words = self.catalogue.text
        self.table(
            columns,
            [
                (
                    row.order,
                    words(f"state.{row.state}", {}),
                    " ".join(row.numbers),
                    words(f"tracking.{row.tracking}", {}) if row.tracking else "",
                )
                for row in rows
            ],
        )

    def finding(self, mark: str, told: Attention, *, wrong: bool) -> None:
        """A line that something was looked at; where it is `wrong`, what to do, for people only."""
        if self.as_json:
            return
        self.out.print(Text(f"{mark} {self.text(told)}"))
        remedy = self.remedy(told) if wrong else ""
        if remedy:
            self.out.print(Text(f"  {remedy}", style="dim"))

    def finish(self, outcome: Outcome, *, quiet: bool = False, **more: Any) -> NoReturn:
        """Prints the outcome, unless all was said (`quiet`); ends with 0 where everything asked
        was done, else 1."""
        if self.as_json:
            print(json.dumps({**self._document(outcome), **more}, ensure_ascii=False, default=str))
        elif not quiet:
            self._print(outcome)
        sys.exit(DONE if outcome.ok else ATTENTION)

    def fail(self, error: ColisyncError) -> NoReturn:
        """Prints an error that ended the command: 3 for a setting, else 1."""
        attention = Attention.of(error)
        if self.as_json:
            outcome = Outcome(attention=(attention,))
            print(json.dumps(self._document(outcome), ensure_ascii=False, default=str))
        else:
            self._print_attention(self.err, attention)
        sys.exit(CONFIGURATION if isinstance(error, ConfigurationError) else ATTENTION)

    def _document(self, outcome: Outcome) -> dict[str, Any]:
        attention = [self._entry(one) for one in outcome.attention]
        return {"ok": outcome.ok, "counts": outcome.counts, "attention": attention}

    def _entry(self, one: Attention) -> dict[str, Any]:
        return {
            "order": one.order,
            "parcel": one.parcel,
            "code": one.code,
            "field": one.field,
            "text": self.text(one),
            "remedy": self.remedy(one),
        }

    def text(self, one: Attention) -> str:
        """What happened; a reason that is an entry of the catalogue in its words."""
        params = dict(one.params)
        if isinstance(params.get("reason"), str):
            params["reason"] = self.catalogue.text(str(params["reason"]), params)
        return self.catalogue.text(one.code, params)

    def remedy(self, one: Attention) -> str:
        """The next step, and the command that takes it."""
        words = self.catalogue.remedy(one.code, one.params)
        return " ".join(part for part in (words, one.command and f"→ {one.command}") if part)

    def _print(self, outcome: Outcome) -> None:
        self._print_counts({name: n for name, n in outcome.counts.items() if n})
        for one in outcome.attention:
            self._print_attention(self.out, one)
        for one in outcome.notes:
            self.finding("·", one, wrong=True)

    def _print_counts(self, counts: Mapping[str, int]) -> None:
        for name, number in counts.items():
            self.out.print(Text(f"{number:>6}  {self._counted(name, number)}"))

    def _counted(self, name: str, number: int) -> str:
        many, one = f"count.{name}", f"count.{name}.one"
        alone = self.catalogue.text(one)
        return alone if number == 1 and alone != one else self.catalogue.text(many)

    def _print_attention(self, terminal: Terminal, one: Attention) -> None:
        subject = " · ".join(part for part in (one.order, one.parcel) if part)
        line = Text("! ", style="bold yellow")
        if subject:
            line.append(f"{subject} : ", style="bold")
        line.append(self.text(one))
        terminal.print(line)
        remedy = self.remedy(one)
        if remedy:
            terminal.print(Text(f"  {remedy}", style="dim"))
