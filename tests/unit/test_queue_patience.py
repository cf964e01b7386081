"""How long a failed job waits depends on whose turn it is."""

import pytest

from colisync.errors import (
    ColisyncError,
    ConfigurationError,
    OutcomeUnknown,
    RateLimited,
    RemoteUnavailable,
    StorageUnavailable,
)
from colisync.queue.patience import wait_seconds


@pytest.mark.parametrize(
    ("error", "tries", "wait"),
    [
        (RateLimited("x", retry_after=120), 9, 120.0),
        (RateLimited("x", retry_after=0), 1, 1.0),
        (RateLimited("x"), 1, 30.0),
        (RemoteUnavailable("x"), 2, 60.0),
        (RemoteUnavailable("x"), 500, 900.0),
        (StorageUnavailable("x"), 1, 5.0),
        (ConfigurationError("x"), 1, None),
        (OutcomeUnknown("x"), 1, None),
    ],
)
def test_wait(error: ColisyncError, tries: int, wait: float | None) -> None:
    assert wait_seconds(error, tries) == wait
