"""One merchant's day gone wrong: commands in this process, and a judge who compares all books."""

import json
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from colisync.interfaces.cli import build
from colisync.sandbox.faults import Fault, FaultKind
from colisync.sandbox.server import Server
from colisync.testing.command import Done, Installation

_RUNNER = CliRunner()
_COMMAND = "from colisync.interfaces.cli import main; main()"
_NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that needs attention, as `--json` prints it."""

    order: str
    parcel: str
    code: str
    field: str
    text: str
    remedy: str


class Scene(Installation):
    """An installation whose commands also run in this process: quicker, and open to patches.

    Labels are automatic, and the first batch is confirmed by `--yes` or by `confirm()`.
    """

    def __init__(self, directory: Path, *, latency: float = 0.0) -> None:
        super().__init__(directory, latency=latency)
        self.changes: dict[str, str] = {}

    def file(self, *, mode: str = "live", labels: str = "automatic") -> Path:
        """The client's file with this scene's `changes` (text → text) made."""
        path = super().file(mode=mode, labels=labels)
        text = path.read_text("utf-8")
        for old, new in self.changes.items():
            assert old in text, old
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8")
        return path

    def apply(
        self, changes: Mapping[str, str] = _NOTHING, *, env: Mapping[str, str] = _NOTHING
    ) -> Done:
        """The file, with `changes` made in it, applied."""
        self.changes |= changes
        return self.here("apply", str(self.file()), env=env)

    def here(
        self, *arguments: str, code: int | None = 0, env: Mapping[str, str] = _NOTHING
    ) -> Done:
        """One command in this process. Raises AssertionError where it does not end with `code`."""
        result = _RUNNER.invoke(
            build(), arguments, env={**self.environment, **env}, catch_exceptions=False
        )
        done = Done(result.exit_code, result.stdout, result.stderr)
        said = f"colisync {' '.join(arguments)}: {done.code}\n{done.out}\n{done.err}"
        assert code is None or done.code == code, said
        return done

    def told(self, *arguments: str, code: int = 1) -> list[Told]:
        """What a command says needs attention; every entry has words and, in them, a next step."""
        done = self.here(*arguments, "--json", code=code)
        found = [Told(**entry) for entry in done.json["attention"]]
        for one in found:
            assert one.text, one
            assert one.text != one.code, one
            assert one.remedy, one
        return found

    def begin_with(self, patch: str, *arguments: str) -> "subprocess.Popen[str]":
        """One command under way in a process of its own, in which `patch` ran first."""
        return subprocess.Popen(  # noqa: S603  our own command
            [sys.executable, "-c", f"{patch}\n{_COMMAND}", *arguments],
            cwd=self.directory,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
        )

    def counts(self, *arguments: str, code: int = 0) -> dict[str, int]:
        """What a command counts."""
        counts: dict[str, int] = self.here(*arguments, "--json", code=code).json["counts"]
        return counts

    def break_shop(self, kind: FaultKind, path: str = "/wp-json/", **fields: Any) -> None:
        """The shop's next answers are broken."""
        self.shop.app.add(Fault(kind=kind, path=path, **fields))

    def break_carrier(self, kind: FaultKind, order: str = "", **fields: Any) -> None:
        """The carrier's next answers, about `order` where it is named, are broken."""
        text = f'"{number(order)}"' if order else ""
        self.carrier.app.add(Fault(kind=kind, path="generateLabel", text=text, **fields))

    def reopen_shop(self, port: int) -> None:
        """The shop answers again, at the port it had."""
        self.shop_server = Server(self.shop.app, port=port).start()

    def reopen_carrier(self, port: int) -> None:
        """The carrier answers again, at the port it had."""
        self.carrier_server = Server(self.carrier.app, port=port).start()

    def query(self, statement: str) -> list[Any]:
        """Rows of the database."""
        with closing(sqlite3.connect(self.directory / "data" / "colisync.db")) as connection:
            return connection.execute(statement).fetchall()

    def states(self) -> dict[str, str]:
        """What `status` says of every order."""
        rows = self.here("status", "--all", "--json", code=None).json["orders"]
        return {row["order"]: row["state"] for row in rows}

    def later(self) -> None:
        """The pauses between tries to tell the shop are over."""
        path = self.directory / "data" / "colisync.db"
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(
                "UPDATE write_backs SET due_at = '2026-01-01 00:00:00.000000' WHERE due_at > ''"
            )

    def finish(self, shipped: Iterable[str]) -> None:
        """Runs until nothing moves any more, then judges that exactly `shipped` went out."""
        for _ in range(3):
            self.later()
            self.here("run", "--yes", code=None)
        self.judge(shipped)

    def judge(self, shipped: Iterable[str]) -> None:
        """Compares database, shop and carrier: nothing lost, nothing doubled, no orphan unlisted.

        Raises AssertionError with what is wrong.
        """
        wanted = {number(order) for order in shipped}
        stored = self.query(
            "SELECT o.number, p.number, p.reference,"
            " (SELECT COUNT(*) FROM documents d WHERE d.parcel_id = p.id AND d.kind = 'label')"
            " FROM parcels p JOIN shipment_orders l ON l.shipment_id = p.shipment_id"
            " JOIN orders o ON o.id = l.order_id"
            " WHERE p.number <> '' AND p.state NOT IN ('void', 'pending')"
        )
        orphans = {row[0] for row in self.query("SELECT reference FROM orphans")}
        made = {(one["number"], one["reference"]) for one in self.labels()}
        kept = {(parcel, reference) for _, parcel, reference, _ in stored}
        by_order = Counter(order for order, *_ in stored)
        assert {*by_order} == wanted, f"labelled: {sorted(by_order)}, wanted: {sorted(wanted)}"
        assert max(by_order.values(), default=0) <= 1, f"doubled: {by_order}"
        assert all(documents for *_, documents in stored), f"without a label: {stored}"
        assert kept <= made, f"not in the carrier's books: {kept - made}"
        unlisted = [one for one in made - kept if one[1] not in orphans]
        assert not unlisted, f"orphans unlisted: {unlisted}"
        self._judge_shop({order: parcel for order, parcel, *_ in stored})

    def _judge_shop(self, numbers: dict[str, str]) -> None:
        books = self.shop.books()
        every = {one["number"] for one in self.labels()}
        for order_id, order in books["orders"].items():
            own = numbers.get(str(order_id), "")
            told = {one for one in every if one in json.dumps(order)}
            assert told == ({own} if own else set()), f"order {order_id}: {told}, not {own!r}"
            notes = [note for note in books["notes"].get(order_id, []) if own in note["note"]]
            assert not own or len(notes) == 1, f"order {order_id}: {len(notes)} notes"
        mails = Counter((mail["order_id"], mail["kind"]) for mail in books["mails"])
        assert max(mails.values(), default=0) <= 1, f"mails: {mails}"


def number(order: str) -> str:
    """ "boutique/1042" without its shop."""
    return order.rpartition("/")[2]
