"""What a backend is given when it is opened."""

from dataclasses import dataclass

from colisync.ports.clock import Clock
from colisync.ports.http import HttpSession


@dataclass(frozen=True, slots=True)
class BackendContext:
    """The tools of one opened backend: its HTTP session and the clock.

    `public_url` is empty where Colisync has none. `concurrency` bounds requests in flight.
    """

    http: HttpSession
    clock: Clock
    public_url: str = ""
    concurrency: int = 4
