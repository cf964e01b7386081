"""The last failed exchanges of each remote, kept for whoever must see why it said no."""

from collections import defaultdict, deque
from functools import partial
from threading import Lock

from colisync.errors import Exchange, StorageUnavailable
from colisync.storage import exchanges, workspaces
from colisync.storage.exchanges import KEPT
from colisync.storage.store import Store

_Remote = tuple[str, str]


class FailureBook:
    """Failures as they are met, on any thread; written down when nothing else is going on.

    A call never waits for it, and none fails because of it: what cannot be written is tried again
    with the next ones.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._met: defaultdict[_Remote, deque[Exchange]] = defaultdict(
            partial(deque[Exchange], maxlen=KEPT)
        )
        self._lock = Lock()

    def note(self, workspace: str, remote: str, exchange: Exchange) -> None:
        """The failure is remembered until `write`; `remote` is "shop:boutique", "contract:…"."""
        with self._lock:
            self._met[workspace, remote].append(exchange)

    def write(self) -> None:
        """Returns once what was met is stored, in short transactions, or put off."""
        with self._lock:
            met = {remote: list(found) for remote, found in self._met.items()}
            self._met.clear()
        for remote, found in met.items():
            try:
                self._keep(remote, found)
            except StorageUnavailable:
                self._put_off(remote, found)

    def _keep(self, remote: _Remote, found: list[Exchange]) -> None:
        with self._store.write() as connection:
            # While a client is being set up, its remotes are tried before it is stored.
            if remote[0] not in workspaces.workspaces(connection):
                return
            known = exchanges.last_exchanges(connection, *remote)
            for exchange in found:
                if exchange not in known:
                    exchanges.keep_exchange(connection, *remote, exchange)

    def _put_off(self, remote: _Remote, found: list[Exchange]) -> None:
        with self._lock:
            later = self._met[remote]
            later.extendleft(reversed(found[: KEPT - len(later)]))
