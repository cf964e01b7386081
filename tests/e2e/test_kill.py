"""`kill -9` at random moments: a short showing of `bench/kill.py`."""

import json
import re
import subprocess
import sys
from pathlib import Path

_BENCH = Path(__file__).parents[2] / "bench" / "kill.py"
_SECONDS = 180


def test_a_process_killed_at_any_moment_loses_and_doubles_nothing() -> None:
    done = subprocess.run(
        [sys.executable, str(_BENCH), "--runs", "10", "--orders", "12", "--aim"],
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "bench": "kill",
        "runs": 10,
        "lost": 0,
        "doubled": 0,
        "orphans_unlisted": 0,
    }
    hits = re.search(r"^(\d+) of 10 kills left a parcel in buying$", done.stderr, re.MULTILINE)
    assert hits is not None, said
    assert int(hits[1]) >= 1, "no kill fell between a purchase and its storing"
