"""`colisync doctor`: is this installation sound?"""

import typer

from colisync.interfaces.cli.session import JsonOption, speaking

_MARKS = {"ok": "✓", "note": "·", "warning": "!", "error": "✗"}


def register(app: typer.Typer) -> None:
    """Adds this command to `app`."""
    app.command()(doctor)


def doctor(as_json: JsonOption = False) -> None:
    """Looks at the machine, the key, the database and the clocks, and says what is wrong."""
    from colisync.model.attention import Attention
    from colisync.services.diagnose import diagnose
    from colisync.services.report import Report
    from colisync.settings import Settings
    from colisync.wire.clock import SystemClock

    with speaking(as_json=as_json) as console:
        report = Report()
        for finding in diagnose(Settings.from_environment(), SystemClock()):
            told = Attention(code=finding.key, params=finding.params)
            report.count(f"doctor_{finding.level}")
            console.finding(_MARKS[finding.level], told, wrong=finding.level != "ok")
            if finding.level in ("warning", "error"):
                report.attend(told)
        console.finish(report.outcome(), quiet=True)
