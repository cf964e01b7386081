"""How long to wait before a job is tried again. Pure."""

from colisync.errors import ColisyncError, RateLimited, StorageUnavailable

_LONGEST = 900.0
_MACHINE, _REMOTE = 5.0, 30.0


def wait_seconds(error: ColisyncError, tries: int) -> float | None:
    """Seconds until the next try after `tries` that failed; None where trying again cures nothing.

    A remote that says how long is obeyed; our own disk comes back sooner than somebody's server.
    """
    if not error.retryable:
        return None
    if isinstance(error, RateLimited) and error.retry_after is not None:
        return max(error.retry_after, 1.0)
    first = _MACHINE if isinstance(error, StorageUnavailable) else _REMOTE
    return float(min(first * 2 ** min(tries - 1, 16), _LONGEST))
