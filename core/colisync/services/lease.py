"""Who holds what: a lease names host, process and when that process started."""

import os
import socket
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from colisync.model.parcel import Lease

LEASE = timedelta(seconds=180)
"""Longer than any call's total deadline: a holder that lives has stored its answer by then."""


@cache
def _host() -> str:
    # Containers share host names, even boots; a process id means nothing outside its namespace.
    boot = Path("/proc/sys/kernel/random/boot_id")
    suffix = boot.read_text().strip()[:8] if boot.exists() else ""
    spaces = Path("/proc/self/ns/pid")
    space = spaces.readlink().name.strip("pid:[]") if spaces.is_symlink() else ""
    return f"{socket.gethostname()}/{suffix}/{space}"


def _process_started(pid: int) -> str:
    """Ticks since boot when `pid` started; empty where there is no such process, "?" where it is
    hidden from us (`hidepid`)."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return "?" if _exists(pid) else ""
    # The command's name may hold spaces and parentheses: count from the last one. Field 22.
    fields = stat.rsplit(")", 1)[1].split()
    return "" if fields[0] in ("Z", "X") else fields[19]


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True


def take(now: datetime) -> Lease:
    """A lease of this process, from `now`."""
    pid = os.getpid()
    return Lease(host=_host(), pid=pid, process_started=_process_started(pid), until=now + LEASE)


def is_live(lease: Lease, now: datetime) -> bool:
    """True while the holder may still store an answer.

    A dead process on this host is recognised at once; on another host, when the lease is over.
    """
    if lease.host == _host() and Path("/proc").is_dir():
        return _process_started(lease.pid) in (lease.process_started, "?") and lease.until > now
    return lease.until > now
