"""The one way out over HTTP: one session per remote, and a verdict on every failure."""

import random
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from http.client import HTTPException
from importlib.metadata import version
from typing import Any

from requests import PreparedRequest, RequestException, Response
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH, get_environ_proxies, select_proxy
from urllib3 import HTTPConnectionPool
from urllib3.exceptions import HTTPError
from urllib3.util import parse_url

from colisync.errors import (
    ConfigurationError,
    Exchange,
    OutcomeUnknown,
    RemoteError,
    Scalar,
    Unreachable,
    UnreadableAnswer,
)
from colisync.ports.clock import Clock
from colisync.ports.http import HttpAnswer
from colisync.wire.addresses import refuse_literal
from colisync.wire.clock import SystemClock
from colisync.wire.connection import PlainPool, TlsPool, tls_context
from colisync.wire.deadline import Deadline, Watch, current_watch
from colisync.wire.judge import retry_after
from colisync.wire.limits import BadEncoding, Incomplete, TooLarge, read_body
from colisync.wire.redact import Call, Recorder, Redactor
from colisync.wire.target import BaseAddress, merged_headers
from colisync.wire.verdict import is_hopeless, verdict

_AGAIN = frozenset({429, 502, 503, 504})
_CONNECTION_TRIES = 4
_KEPT = 50
_BROKEN = (RequestException, HTTPError, HTTPException, OSError, Incomplete)
_dice = random.SystemRandom()


class RemoteSession:
    """Implements `ports.http.HttpSession` for one remote, safely for many threads.

    `exchanges` holds the last failures, oldest first. `HTTPS_PROXY` and `NO_PROXY` are read once,
    here, and only for an https remote that is not `local`; nothing else of the environment counts
    (no netrc, no cookies). Behind a proxy it is the proxy that resolves names, so only a literal
    private address is refused.
    """

    def __init__(
        self,
        base_url: str,
        *,
        clock: Clock | None = None,
        local: bool = False,
        connect_timeout: float = 5.0,
        read_timeout: float = 30.0,
        deadline: float = 60.0,
        max_bytes: int = 32 * 2**20,
        concurrency: int = 4,
        ca_file: str | None = None,
        user_agent: str | None = None,
        on_failure: Callable[[Exchange], None] | None = None,
        secrets: Sequence[str] = (),
    ) -> None:
        self._base = BaseAddress(base_url)
        self._clock = clock or SystemClock()
        self._local = local
        self._connect_timeout = connect_timeout
        self._read_timeout = read_timeout
        self._deadline = deadline
        self._max_bytes = max_bytes
        self._slots = threading.BoundedSemaphore(concurrency)
        self._on_failure = on_failure
        self._redactor = Redactor(secrets)
        self._headers = {
            "User-Agent": user_agent or _user_agent(),
            "Accept": "*/*",
            "Accept-Encoding": "gzip",
        }
        self._adapter = _Adapter(_pool(self._base, concurrency, ca_file=ca_file, local=local))
        self.exchanges: deque[Exchange] = deque(maxlen=_KEPT)

    def close(self) -> None:
        """Closes every pooled connection."""
        self._adapter.close()

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        body: bytes | None = None,
        repeatable: bool = False,
        deadline: float | None = None,
    ) -> HttpAnswer:
        """The complete answer, whatever its status; see `ports.http.HttpSession`.

        `url` is relative to the base address or absolute on the same origin. A repeatable request
        to a remote that cannot be reached at all is tried four times, to a name that does not
        exist or a certificate that does not hold once: whoever waits learns it in seconds.
        """
        request = self._prepare(method, url, headers, params, body)
        budget = Deadline(self._deadline if deadline is None else deadline)
        tries = 0
        while True:
            tries += 1
            watch = self._watch(budget)
            try:
                answer = self._try(request, watch, repeatable=repeatable)
            except Unreachable:
                wait = 0.0 if watch.reused else _pause(tries)
                spent = watch.hopeless or (not watch.sent and tries >= _CONNECTION_TRIES)
                if not repeatable or spent or wait >= budget.remaining():
                    raise
            else:
                if not repeatable or answer.status not in _AGAIN:
                    return answer
                wait = max(_pause(tries), retry_after(answer, self._clock.now()) or 0.0)
                if wait >= budget.remaining():
                    return answer
            budget.sleep(self._clock, wait)

    def _watch(self, budget: Deadline) -> Watch:
        return Watch(
            budget,
            connect_seconds=self._connect_timeout,
            silence=self._read_timeout,
            local=self._local,
        )

    def _prepare(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        params: Mapping[str, str] | None,
        body: bytes | None,
    ) -> "_Request":
        path = self._base.path(url, params)
        merged = merged_headers(self._headers, headers) if headers else dict(self._headers)
        if body is not None:
            merged["Content-Length"] = str(len(body))
        return _Request(method, self._base.origin, path, merged, body)

    def _try(self, request: "_Request", watch: Watch, *, repeatable: bool) -> HttpAnswer:
        """One try, once there is a free slot; the waiting counts."""
        call = request.call(self._clock, self._redactor)
        if not self._slots.acquire(timeout=watch.remaining()):
            exchange = self._note(call.record(None, {}, b""))
            raise Unreachable("wire.too_busy", params=self._params(), exchange=exchange)
        token = current_watch.set(watch)
        try:
            return self._exchange(request, call, watch, repeatable=repeatable)
        finally:
            current_watch.reset(token)
            self._slots.release()

    def _exchange(
        self, request: "_Request", call: Call, watch: Watch, *, repeatable: bool
    ) -> HttpAnswer:
        """The request sent and its answer read whole. Only a whole answer comes back; what came of
        a broken one is in the exchange, for it may hold a parcel's number."""
        status = 0
        headers: dict[str, str] = {}
        pieces: list[bytes] = []
        raw: Any = None
        try:
            timeout = (watch.connect_seconds, watch.patience())
            raw = self._adapter.send(request, stream=True, timeout=timeout).raw
            status, headers = raw.status, {n.lower(): v for n, v in raw.headers.items()}
            body = read_body(raw, headers, self._max_bytes, pieces)
        except (TooLarge, BadEncoding) as error:
            exchange = self._note(call.record(status or None, headers, b"".join(pieces)))
            raise self._unreadable(error, exchange) from error
        except _BROKEN as error:
            exchange = self._note(call.record(status or None, headers, b"".join(pieces)))
            watch.hopeless = is_hopeless(watch, error)
            failure = self._verdict(watch, error, exchange, repeatable=repeatable)
            if isinstance(failure, OutcomeUnknown):
                failure.partial = b"".join(pieces)
            raise failure from error
        finally:
            if raw is not None:
                raw.close()
                raw.release_conn()
        return self._answer(call, status, headers, body)

    def _answer(
        self, call: Call, status: int, headers: Mapping[str, str], body: bytes
    ) -> HttpAnswer:
        url = self._redactor.text(call.url) if "?" in call.url else call.url
        recorder = Recorder(call, call.elapsed_ms())
        answer = HttpAnswer(status, headers, body, url, recorder, self._redactor.text)
        if status >= 400:
            self._note(answer.exchange())
        return answer

    def _verdict(
        self, watch: Watch, error: BaseException, exchange: Exchange, *, repeatable: bool
    ) -> RemoteError:
        return verdict(
            watch, error, repeatable=repeatable, params=self._params(), exchange=exchange
        )

    def _unreadable(self, error: TooLarge | BadEncoding, exchange: Exchange) -> UnreadableAnswer:
        params = self._params()
        if isinstance(error, TooLarge):
            params["limit"] = self._max_bytes
            return UnreadableAnswer("wire.too_large", params=params, exchange=exchange)
        params["encoding"] = str(error)
        return UnreadableAnswer("wire.bad_encoding", params=params, exchange=exchange)

    def _params(self) -> dict[str, Scalar]:
        return {"host": self._base.host}

    def _note(self, exchange: Exchange) -> Exchange:
        self.exchanges.append(exchange)
        if self._on_failure is not None:
            self._on_failure(exchange)
        return exchange


class _Request(PreparedRequest):
    """A request ready for the adapter: everything is checked and encoded already."""

    def __init__(
        self, method: str, origin: str, path: str, headers: dict[str, str], body: bytes | None
    ) -> None:
        super().__init__()
        self.method = method
        self.url = origin + path
        self.headers = headers  # type: ignore[assignment]  # the adapter asks for a mapping only
        self.body = body
        self.target = path
        self._sent = (method, self.url, headers, body)

    def call(self, clock: Clock, redactor: Redactor) -> Call:
        """The record of sending it now."""
        return Call(*self._sent, clock.now(), time.monotonic(), redactor)


class _Adapter(HTTPAdapter):
    """requests' transport over our one pool: no proxy or certificate is looked up per request,
    no cookie is kept, no redirect followed, nothing repeated."""

    def __init__(self, pool: HTTPConnectionPool) -> None:
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)
        self._pool = pool

    def get_connection_with_tls_context(self, *_: Any, **__: Any) -> HTTPConnectionPool:
        return self._pool

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """The pool's TLS context verifies."""

    def request_url(self, request: PreparedRequest, proxies: Any) -> str:
        return request.target if isinstance(request, _Request) else request.path_url

    def build_response(self, req: PreparedRequest, resp: Any) -> Response:
        response = Response()
        response.raw = resp
        return response

    def close(self) -> None:
        self._pool.close()
        super().close()


def _pool(
    base: BaseAddress, concurrency: int, *, ca_file: str | None, local: bool
) -> HTTPConnectionPool:
    """The pool of one remote with a TLS context of its own. Raises ConfigurationError."""
    if base.scheme == "http":
        return PlainPool(base.host, base.port, maxsize=concurrency)
    try:
        context = tls_context(DEFAULT_CA_BUNDLE_PATH, *([ca_file] if ca_file else []))
    except OSError as error:
        raise ConfigurationError("wire.ca_file", params={"file": ca_file or ""}) from error
    options: dict[str, Any] = {"maxsize": concurrency, "ssl_context": context}
    proxy = None if local else select_proxy(base.origin, get_environ_proxies(base.origin))
    if proxy:
        refuse_literal(base.host)
        options["_proxy"] = parse_url(proxy if "://" in proxy else f"http://{proxy}")
    return TlsPool(base.host, base.port, **options)


def _pause(tries: int) -> float:
    """Seconds before the next try: doubling up to eight, with jitter."""
    return _dice.uniform(0.5, 1.0) * min(8.0, 0.25 * 2.0**tries)


@cache
def _user_agent() -> str:
    return f"Colisync/{version('colisync')}"
