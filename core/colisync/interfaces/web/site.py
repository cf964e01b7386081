"""Every page of `colisync serve`, and the server that holds it."""

import socket
from collections.abc import Callable
from types import FrameType

import uvicorn
from fastapi import FastAPI

from colisync.app import App
from colisync.errors import ConfigurationError, Scalar
from colisync.interfaces.web import health, label_link

_CONNECTIONS_SECONDS = 3
_BACKLOG = 512


def site(app: App) -> FastAPI:
    """The pages, over `app`."""
    pages = FastAPI(title="Colisync", openapi_url=None, docs_url=None, redoc_url=None)
    pages.include_router(health.routes(app))
    pages.include_router(label_link.routes(app))
    return pages


class WebServer(uvicorn.Server):
    """Serves until a signal comes; `on_stop` is called as soon as it does. Port 0 takes a free one.

    Raises ConfigurationError where the address cannot be had.
    """

    def __init__(self, app: App, host: str, port: int, on_stop: Callable[[], None]) -> None:
        self._on_stop = on_stop
        self._socket = _bound(host, port)
        super().__init__(
            uvicorn.Config(
                site(app),
                log_config=None,
                access_log=False,  # a link's token is a secret
                server_header=False,
                lifespan="off",
                timeout_graceful_shutdown=_CONNECTIONS_SECONDS,
            )
        )

    @property
    def url(self) -> str:
        """Where it listens."""
        host, port = self._socket.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def serve_until_stopped(self) -> None:
        """Returns when the last connection is closed."""
        self.run(sockets=[self._socket])

    def stop_soon(self) -> None:
        """Nothing new is begun, the server's end included. Returns at once."""
        self._on_stop()
        self.should_exit = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The end has come: nothing new is begun anywhere."""
        self._on_stop()
        super().handle_exit(sig, frame)


def _bound(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind, protocol)
        try:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(address)
            bound.listen(_BACKLOG)  # from here on callers wait instead of being turned away
        except OSError:
            bound.close()
            raise
    except OSError as error:
        params: dict[str, Scalar] = {"host": host, "port": port, "detail": error.strerror or ""}
        raise ConfigurationError("serve.no_address", params=params) from error
    return bound
