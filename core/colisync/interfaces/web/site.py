"""Every page of `colisync serve`, and the server that holds it."""

import signal
from collections.abc import Callable
from types import FrameType

import uvicorn
from fastapi import FastAPI

from colisync.app import App
from colisync.interfaces.web import health, label_link

_CONNECTIONS_SECONDS = 3


def site(app: App) -> FastAPI:
    """The pages, over `app`."""
    pages = FastAPI(title="Colisync", openapi_url=None, docs_url=None, redoc_url=None)
    pages.include_router(health.routes(app))
    pages.include_router(label_link.routes(app))
    return pages


class WebServer(uvicorn.Server):
    """Serves until a signal comes; `on_stop` is called as soon as it does."""

    def __init__(self, app: App, host: str, port: int, on_stop: Callable[[], None]) -> None:
        self._on_stop = on_stop
        super().__init__(
            uvicorn.Config(
                site(app),
                host=host,
                port=port,
                log_config=None,
                access_log=False,  # a link's token is a secret
                server_header=False,
                lifespan="off",
                timeout_graceful_shutdown=_CONNECTIONS_SECONDS,
            )
        )

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The end has come: nothing new is begun anywhere."""
        self._on_stop()
        super().handle_exit(sig, frame)


def catch_signals(on_stop: Callable[[], None]) -> None:
    """SIGTERM and SIGINT call `on_stop` and end nothing by themselves. uvicorn raises the signal
    that stopped it once more at its end: without this the process would die there."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: on_stop())
