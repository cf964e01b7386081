"""Connections that know their deadline: urllib3's own, with every blocking call bounded."""

import http.client
import io
import logging
import socket
import ssl
import time
from typing import Any, ClassVar

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import NewConnectionError

from colisync.wire.addresses import open_socket
from colisync.wire.deadline import Stage, Watch, current_watch

# urllib3 logs whole URLs, and some remotes want their secrets there; our record is the Exchange.
for _name in ("urllib3.connection", "urllib3.connectionpool"):
    logging.getLogger(_name).addFilter(lambda _: False)

IDLE_SECONDS = 15.0
_PIECE = 65536


class _TimedReader(io.RawIOBase):
    """Reads of a socket, each bounded by what is left of the deadline.

    A time-out of the socket alone starts anew with every byte: an answer that drips would last
    for ever.
    """

    def __init__(self, inner: io.RawIOBase, sock: socket.socket, watch: Watch) -> None:
        self._inner = inner
        self._sock = sock
        self._watch = watch
        self.ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        patience = self._watch.patience()
        set_to = self._sock.gettimeout()
        if set_to is None or patience < set_to:
            self._sock.settimeout(patience)
        try:
            count = self._inner.readinto(buffer)
        except TimeoutError:
            self._watch.timed_out = True
            raise
        self.ended = count == 0
        return count

    def close(self) -> None:
        self._inner.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    """An answer whose status line, headers and body are all read in time."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        watch = current_watch.get()
        watch.stage = Stage.ANSWER
        plain: io.RawIOBase = self.fp.detach()
        self._reader = _TimedReader(plain, sock, watch)
        self.fp = io.BufferedReader(self._reader)

    def begin(self) -> None:
        """Returns with status and headers. Raises IncompleteRead where they break off: http.client
        takes the end of the connection for the end of the headers."""
        super().begin()
        if self._reader.ended:
            self.close()
            raise http.client.IncompleteRead(b"")


class _Timed(HTTPConnection):
    """What plain and TLS connections share. `idle_since` is set while in the pool."""

    response_class = _TimedResponse
    idle_since: float | None = None
    next_stage: ClassVar[Stage] = Stage.SEND

    def _new_conn(self) -> socket.socket:
        watch = current_watch.get()
        try:
            # A proxy is the operator's own choice, wherever it stands.
            local = watch.local or self.proxy is not None
            opened = open_socket(self._dns_host, self.port, watch, local=local)
        except OSError as error:
            watch.timed_out = watch.timed_out or isinstance(error, TimeoutError)
            raise NewConnectionError(self, str(error)) from error
        watch.stage = self.next_stage
        return opened

    def send(self, data: Any) -> None:
        """Returns when the kernel has all of `data`.

        Where the very first write fails nothing has left, and the try may be made again: `sent`
        stays false.
        """
        watch = current_watch.get()
        if self.sock is None:
            self.connect()
        sock: Any = self.sock
        watch.stage = Stage.SEND
        left = memoryview(data)
        while left:
            sock.settimeout(watch.patience())
            try:
                written = sock.send(left[:_PIECE])
            except TimeoutError:
                watch.timed_out = True
                raise
            watch.sent = True
            left = left[written:]

    def _tunnel(self) -> None:
        """Returns with a way through the proxy; what was said to it is not the request."""
        watch = current_watch.get()
        failed = True
        try:
            super()._tunnel()
            failed = False
        finally:
            watch.sent = False
            watch.stage = Stage.CONNECT if failed else Stage.TLS


class _PlainConnection(_Timed):
    pass


class _TlsConnection(_Timed, HTTPSConnection):
    next_stage = Stage.TLS


class _IdlePool(HTTPConnectionPool):
    """A pool that never hands out a connection which has been idle for long.

    Servers close idle connections without a word; a request written into one would be lost, and
    for a purchase that means an outcome unknown.
    """

    def _get_conn(self, timeout: float | None = None) -> Any:
        connection: Any = super()._get_conn(timeout)
        since = connection.idle_since
        if since is not None and time.monotonic() - since > IDLE_SECONDS:
            connection.close()
        current_watch.get().reused = not connection.is_closed
        return connection

    def _put_conn(self, conn: Any) -> None:
        if conn is not None:
            conn.idle_since = time.monotonic()
        super()._put_conn(conn)


class PlainPool(_IdlePool):
    """Plain HTTP connections to one remote."""

    ConnectionCls: type[Any] = _PlainConnection


class TlsPool(_IdlePool, HTTPSConnectionPool):
    """TLS connections to one remote, always verified."""

    ConnectionCls: type[Any] = _TlsConnection


def tls_context(*ca_files: str) -> ssl.SSLContext:
    """A verifying context: the system's authorities and those of `ca_files`. Raises OSError."""
    context = ssl.create_default_context()
    for ca_file in ca_files:
        context.load_verify_locations(cafile=ca_file)
    return context
