"""Rehearsal, doctor, and how quickly the command line is there."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from colisync.testing.command import Installation


def test_a_rehearsal_reads_the_shop_and_writes_nothing_there(tmp_path: Path) -> None:
    with Installation(tmp_path) as installed:
        order = installed.order()
        installed.run("apply", str(installed.file(mode="rehearsal")), COLISSIMO_KEY="not-yet")
        installed.run("sync")
        installed.run("ship", "--yes")
        installed.run("write-back")
        installed.run("run", "--yes")
        row = installed.run("status", order, "--json").json["orders"][0]
        assert row["state"] == "labelled"
        installed.run("label", order, "-o", "specimen.pdf")
        assert (tmp_path / "specimen.pdf").read_bytes().startswith(b"%PDF")
        books = installed.shop.books()
        assert [one for one in books["writes"] if one["order_id"]] == []
        assert (books["notes"], books["mails"]) == ({}, [])
        assert installed.labels() == [], "the sandbox made it, not the contract"
        doctor = installed.run("doctor")
        assert "répétition" in doctor.out


def test_doctor_says_what_is_wrong(tmp_path: Path) -> None:
    with Installation(tmp_path) as installed:
        fresh = installed.run("doctor").out
        assert "créée au premier démarrage" in fresh
        assert not (tmp_path / "data").exists(), "looking changes nothing"
        installed.run("apply", str(installed.file()))
        sound = installed.run("doctor", "--json").json
        assert sound["ok"] is True
        assert sound["counts"]["doctor_ok"] >= 6
        key = tmp_path / "data" / "secret.key"
        key.chmod(0o644)
        exposed = installed.run("doctor", "--json", code=1)
        assert "security.key_exposed" in exposed.codes
        assert installed.run("status", code=3).err.count("chmod 600")
        key.chmod(0o600)
        installed.shop_server.stop()
        assert "doctor.clock_unknown" in installed.run("doctor", "--json", code=1).codes


@pytest.mark.parametrize(
    ("arguments", "absent"),
    [
        (("--help",), ("sqlalchemy", "pydantic", "requests", "cryptography", "rich.table")),
        (("status",), ("fastapi", "uvicorn", "huey", "pikepdf", "alembic.command", "structlog")),
    ],
)
def test_commands_import_what_they_need(
    tmp_path: Path, arguments: tuple[str, ...], absent: tuple[str, ...]
) -> None:
    program = (
        "import sys, json, contextlib, io\n"
        "from colisync.interfaces.cli import build\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):"
        "\n    with contextlib.suppress(SystemExit):\n        build()(sys.argv[1:])\n"
        "print(json.dumps(sorted(sys.modules)))\n"
    )
    with Installation(tmp_path) as installed:
        installed.run("apply", str(installed.file()))
        done = subprocess.run(
            [sys.executable, "-c", program, *arguments],
            env=installed.environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
    assert set(absent) & set(json.loads(done.stdout)) == set()
