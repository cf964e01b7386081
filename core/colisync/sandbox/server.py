"""One emulator listening on loopback, in a thread of this process."""

import socket
import threading
from types import TracebackType
from typing import Self

import uvicorn
from starlette.types import ASGIApp

_START_SECONDS = 15.0


class Server:
    """`with Server(app) as server:` serves `app` at `server.url` until the block ends.

    Port 0 takes a free one. With `certfile` and `keyfile` it speaks TLS.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        port: int = 0,
        certfile: str | None = None,
        keyfile: str | None = None,
    ) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Accepted connections inherit it; without it each answer waits 40 ms to be acknowledged.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.bind(("127.0.0.1", port))
        scheme = "https" if certfile else "http"
        self.port: int = self._socket.getsockname()[1]
        self.url = f"{scheme}://127.0.0.1:{self.port}"
        config = uvicorn.Config(
            app,
            lifespan="off",
            log_level="critical",
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            ssl_certfile=certfile,
            ssl_keyfile=keyfile,
            timeout_graceful_shutdown=1,
            backlog=512,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._serve, name="emulator", daemon=True)

    def _serve(self) -> None:
        self._server.run(sockets=[self._socket])

    def start(self) -> Self:
        """Returns once the server answers."""
        self._thread.start()
        waiter = threading.Event()
        for _ in range(int(_START_SECONDS / 0.01)):
            if self._server.started:
                return self
            waiter.wait(0.01)
        raise RuntimeError(f"the emulator on port {self.port} did not start")

    def stop(self) -> None:
        """Ends the server and frees its port."""
        self._server.should_exit = True
        self._thread.join(timeout=5)
        self._socket.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
