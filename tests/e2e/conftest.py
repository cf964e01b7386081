"""An installation between an emulated shop and carrier, for each test a new one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from colisync.testing.scene import Scene
from colisync.wire.http import RemoteSession


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """A merchant's installation; nothing is configured yet."""
    with Scene(tmp_path) as scene:
        yield scene


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls of this process end after a second, not after a minute."""
    defaults = RemoteSession.__init__.__kwdefaults__ or {}
    assert {"deadline", "read_timeout"} <= set(defaults)
    monkeypatch.setitem(defaults, "deadline", 1.0)
    monkeypatch.setitem(defaults, "read_timeout", 0.5)
