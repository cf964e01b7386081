"""Who is alive: another container's process is not ours, and a hidden one is not dead."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from colisync.services import lease as leases

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LINUX = pytest.mark.skipif(not Path("/proc/self/ns/pid").exists(), reason="reads /proc")


@LINUX
def test_a_process_id_counts_in_its_own_namespace_only() -> None:
    """Containers on the host's network share its name and boot, and each has a process 1."""
    mine = leases.take(NOW)
    assert str(Path("/proc/self/ns/pid").readlink()).strip("pid:[]") in mine.host
    elsewhere = mine.model_copy(update={"host": mine.host + "0", "process_started": "1"})
    assert leases.is_live(elsewhere, NOW)
    assert not leases.is_live(elsewhere, NOW + leases.LEASE + timedelta(seconds=1))


@LINUX
def test_a_process_that_is_hidden_from_us_lives_as_long_as_its_lease(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def hidden(pid: int, signal: int) -> None:
        raise PermissionError

    lease = leases.take(NOW).model_copy(update={"pid": 9_999_999})
    assert not leases.is_live(lease, NOW)
    monkeypatch.setattr(os, "kill", hidden)
    assert leases.is_live(lease, NOW)
    assert not leases.is_live(lease, NOW + leases.LEASE + timedelta(seconds=1))


@LINUX
def test_a_process_id_used_again_is_another_process() -> None:
    lease = leases.take(NOW).model_copy(update={"process_started": "1"})
    assert not leases.is_live(lease, NOW)
