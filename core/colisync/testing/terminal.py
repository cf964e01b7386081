"""`colisync` on a terminal of its own, and somebody who reads and types."""

import contextlib
import os
import pty
import select
import signal
import subprocess
import sys
import time
from typing import Self

from colisync.testing.command import Installation

_IN_A_TERMINAL = """\
import os, signal, sys
os.setsid()
signal.signal(signal.SIGINT, signal.SIG_DFL)  # ignored in what a shell runs in the background
terminal = os.open(sys.argv[1], os.O_RDWR)
for number in (0, 1, 2):
    os.dup2(terminal, number)
os.execv(sys.executable, [sys.executable, "-m", "colisync", *sys.argv[2:]])
"""


class Terminal:
    """One command on a terminal; ended with the block."""

    def __init__(self, installed: Installation, *arguments: str) -> None:
        self.seen, self._read = "", 0
        self._screen, keyboard = pty.openpty()
        self.process = subprocess.Popen(  # noqa: S603  our own command
            [sys.executable, "-c", _IN_A_TERMINAL, os.ttyname(keyboard), *arguments],
            cwd=installed.directory,
            env=installed.environment,
            stdin=subprocess.DEVNULL,
        )
        os.close(keyboard)

    def answer(self, prompt: str, typed: str) -> None:
        """Types once `prompt` has come up since the last answer."""
        self.wait_for(prompt)
        self._read = len(self.seen)
        os.write(self._screen, f"{typed}\n".encode())

    def wait_for(self, prompt: str) -> None:
        """Returns once `prompt` has come up since the last answer."""
        end = time.monotonic() + 30
        while prompt not in self.seen[self._read :]:
            assert time.monotonic() < end, f"{prompt!r} never came:\n{self.seen}"
            self._more()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait(20)
        os.close(self._screen)

    def break_off(self, how: signal.Signals | None) -> int:
        """The exit code after Ctrl-C (None) or a signal.

        Again after some seconds: a signal that falls between a prompt and the reading of its
        answer is noticed only with the next one, as a person at a keyboard knows.
        """
        for _ in range(5):
            if how is None:
                os.write(self._screen, b"\x03")
            else:
                self.process.send_signal(how)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(5)
                break
        return self.end()

    def end(self) -> int:
        """The exit code, once everything is read."""
        while self._more():
            pass
        return self.process.wait(20)

    def _more(self) -> bool:
        if not select.select([self._screen], [], [], 20)[0]:
            raise AssertionError(f"silence:\n{self.seen}")
        try:
            part = os.read(self._screen, 65536)
        except OSError:  # the other side is closed
            return False
        self.seen += part.decode("utf-8", "replace").replace("\r\n", "\n")
        return bool(part)
