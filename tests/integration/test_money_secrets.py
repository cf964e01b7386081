"""Failures are kept for people, without a secret, and without holding up or breaking a call."""

import io
import logging
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from colisync.app import App, open_app
from colisync.errors import ColisyncError, StorageUnavailable
from colisync.model.workspace import Contract, Workspace
from colisync.observability import configure_logging, log
from colisync.services.keep_failures import FailureBook
from colisync.settings import Settings
from colisync.storage import exchanges, workspaces
from colisync.storage.store import Store
from colisync.testing.contracts.carrier import label_request
from colisync.testing.factories import CREATED
from colisync.testing.raw_peer import RawPeer, always, answer

KEY = "a-key-of-Colissimo-9f8e7d"
MESSAGE = (
    b'{"messages":[{"id":"30999","type":"ERROR","messageContent":"key %s is odd"}],"apiKey":"%s"}'
)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def _app(directory: Path, stack: ExitStack, *, body: bytes) -> tuple[App, Contract]:
    """An application whose Colissimo answers `body` to everything, refusing."""
    peer = stack.enter_context(RawPeer(always(answer(body, status="400 Bad Request"))))
    app = open_app(Settings(data=directory))
    stack.callback(app.close)
    contract = Contract(
        workspace="atelier",
        key="colissimo",
        carrier="colissimo",
        base_url=peer.url,
        local=True,
        sealed=app.box.seal({"api_key": KEY}),
    )
    with app.bench.store.write() as connection:
        workspaces.put_workspace(connection, "atelier", Workspace(key="atelier"), CREATED)
        workspaces.put_contract(connection, "atelier", contract)
    return app, contract


def _kept(store: Store) -> str:
    with store.read() as connection:
        return repr(exchanges.last_exchanges(connection, "atelier", "contract:colissimo"))


def test_a_refused_call_is_kept_once_and_shows_no_key(tmp_path: Path, stack: ExitStack) -> None:
    body = MESSAGE % (KEY.encode(), KEY.encode())
    app, contract = _app(tmp_path, stack, body=body)
    carrier = app.bench.backends.carrier(contract)
    with pytest.raises(ColisyncError) as caught:
        carrier.buy_label(label_request())
    assert caught.value.params["code"] == "30999"
    shown = f"{caught.value!s} {caught.value.params} {caught.value.hint} {caught.value.exchange}"
    assert KEY not in shown
    assert _kept(app.bench.store) == "[]"  # nothing is written in the middle of a call
    app.failures.write()
    app.failures.write()
    kept = _kept(app.bench.store)
    assert kept.count("generateLabel") == 1
    assert KEY not in kept


def test_a_failure_that_cannot_be_written_is_put_off(tmp_path: Path, stack: ExitStack) -> None:
    app, contract = _app(tmp_path, stack, body=b"{}")
    with pytest.raises(ColisyncError):
        app.bench.backends.carrier(contract).buy_label(label_request())

    class Locked(Store):
        def write(self) -> None:  # type: ignore[override]
            raise StorageUnavailable("storage.locked")

    book = FailureBook(Locked(str(app.bench.store.engine.url)))
    (failure,) = app.failures._met.values()
    book.note("atelier", "contract:colissimo", failure[0])
    book.write()
    book._store = app.bench.store
    book.write()
    assert "generateLabel" in _kept(app.bench.store)


def test_a_remote_of_a_client_that_is_not_set_up_yet_is_no_error(
    tmp_path: Path, stack: ExitStack
) -> None:
    app, contract = _app(tmp_path, stack, body=b"{}")
    stranger = contract.model_copy(update={"workspace": "later"})
    with pytest.raises(ColisyncError):
        app.bench.backends.carrier(stranger).buy_label(label_request())
    app.failures.write()
    with app.bench.store.read() as connection:
        assert exchanges.last_exchanges(connection, "later", "contract:colissimo") == []


def test_no_log_of_a_worker_shows_a_credential(tmp_path: Path, stack: ExitStack) -> None:
    app, contract = _app(tmp_path, stack, body=b"{}")
    app.bench.backends.carrier(contract)
    app.handlers()
    told = io.StringIO()
    configure_logging(json=True)
    handler = logging.getLogger().handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(told)
    log.error("a.line", text=f"it was {KEY} all along")
    assert "a.line" in told.getvalue()
    assert KEY not in told.getvalue()


def test_a_pause_opens_no_second_session(tmp_path: Path, stack: ExitStack) -> None:
    app, contract = _app(tmp_path, stack, body=b"{}")
    paused = contract.model_copy(update={"paused": "colissimo.credentials"})
    assert app.bench.backends.carrier(contract) is app.bench.backends.carrier(paused)
    other = contract.model_copy(update={"sealed": app.box.seal({"api_key": KEY + "2"})})
    assert app.bench.backends.carrier(contract) is not app.bench.backends.carrier(other)
