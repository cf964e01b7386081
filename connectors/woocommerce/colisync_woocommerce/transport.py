"""The `woocommerce` package over our own HTTP session, with its defects mended.

`woocommerce.API` 3.0.0 (March 2021, its last release) keeps its addresses, its versions and the
frame of its OAuth 1. Its one private seam, `__request`, is ours: pooled connections, time-outs,
no redirect followed, and every value signed and written as WooCommerce itself reads it.
"""

import secrets
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from json import dumps
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from woocommerce import API
from woocommerce.oauth import OAuth

from colisync.errors import OutcomeUnknown, Unreachable
from colisync.ports.context import BackendContext
from colisync.ports.http import HttpAnswer
from colisync_woocommerce.answers import Sender, data_of, is_no_api, is_unseen_key
from colisync_woocommerce.settings import WooCommerceSettings

Param = str | int | bool | Iterable[str | int] | None
_PAUSES = (0.5, 1.5, 0.0)
_BUSY = frozenset({502, 503, 504})


@dataclass(frozen=True, slots=True)
class Reply:
    """What the shop said. `total` is None outside lists; `date` is the store's own clock."""

    data: Any
    total: int | None
    date: datetime


class SignedUrl(OAuth):
    """OAuth 1.0a: the package leaves slashes alone and unquotes percent signs before signing."""

    @staticmethod
    def normalize_parameters(params: Mapping[str, object]) -> dict[str, str]:
        return {_twice(key): _twice(str(value)) for key, value in params.items()}

    @staticmethod
    def generate_nonce() -> str:
        return secrets.token_hex(16)


class ShopApi(API):
    """One shop's REST API. Finds its root and how the key gets through at the first reading."""

    def __init__(self, settings: WooCommerceSettings, ctx: BackendContext) -> None:
        key = settings.consumer_key.get_secret_value()
        secret = settings.consumer_secret.get_secret_value()
        query = settings.auth == "query"
        super().__init__(settings.url, key, secret, version="wc/v3", query_string_auth=query)
        self.signed = not self.is_ssl or settings.auth == "oauth1"
        self.header_dropped = False
        self.printed = ""
        self.proven = False
        self._ctx = ctx
        self._auto = settings.auth == "auto" and self.is_ssl
        self._basic = "Basic " + b64encode(f"{key}:{secret}".encode()).decode()

    def read(self, endpoint: str, namespace: str = "wc/v3", **params: Param) -> Reply:
        """The answer to a GET. Raises RemoteError, ConfigurationError."""
        reply = self._reply("GET", self.get(endpoint, params=params, namespace=namespace))
        self.proven = self.proven or bool(namespace)  # the index asks for no key
        return reply

    def write(
        self, method: str, endpoint: str, data: object = None, namespace: str = "wc/v3"
    ) -> Reply:
        """The answer to a write, sent once. Raises OutcomeUnknown where no answer came, and as
        `read`."""
        return self._reply(method, self._API__request(method, endpoint, data, namespace=namespace))

    def _reply(self, method: str, answer: HttpAnswer) -> Reply:
        now = self._ctx.clock.now()
        date = _date(answer) or now
        sender = Sender(method, signed=self.signed, proven=self.proven, skew=(date - now).seconds)
        data, before = data_of(answer, sender)
        self.printed = before or self.printed
        total = answer.headers.get("x-wp-total", "")
        return Reply(data, int(total) if total.isdecimal() else None, date)

    def _API__request(
        self,
        method: str,
        endpoint: str,
        data: Any,
        params: dict[str, Any] | None = None,
        *,
        namespace: str = "wc/v3",
        **kwargs: Any,
    ) -> HttpAnswer:
        path, _, query = endpoint.lstrip("/").partition("?")
        values = dict(parse_qsl(query)) | flat(params or {})
        if method == "GET":
            values["_"] = secrets.token_hex(4)  # LiteSpeed caches lists, unless each is new
        body = None if data is None else dumps(data, ensure_ascii=False).encode()

        def send() -> HttpAnswer:
            place = self._API__get_url(path).replace("/wp-json/wc/v3/", f"/wp-json/{namespace}/")
            url = place.rstrip("/") if path else place.rstrip("/") + "/"
            if self.signed and method == "GET":
                return self._send_signed(url, values)
            return self._send(method, url, values, body)

        answer = send()
        if method != "GET" or self.proven:
            return answer
        return self._find_key(self._find_root(answer, send), send)

    def _send(
        self, method: str, url: str, values: dict[str, str], body: bytes | None
    ) -> HttpAnswer:
        headers = {"accept": "application/json"}
        if body is not None:
            headers["content-type"] = "application/json; charset=utf-8"
        if self.signed:
            return self._ctx.http.request(
                method, self._sign(method, url, values), headers=headers, body=body
            )
        if self.query_string_auth:
            keys = {"consumer_key": self.consumer_key, "consumer_secret": self.consumer_secret}
            values = values | keys
        else:
            headers["authorization"] = self._basic
        target = f"{url}?{urlencode(values, quote_via=quote, safe='')}" if values else url
        return self._ctx.http.request(
            method, target, headers=headers, body=body, repeatable=method == "GET"
        )

    def _sign(self, method: str, url: str, values: dict[str, str]) -> str:
        return SignedUrl(
            f"{url}?{urlencode(values)}" if values else url,
            self.consumer_key,
            self.consumer_secret,
            version=self.version,
            method=method,
            oauth_timestamp=int(self._ctx.clock.now().timestamp()),
        ).get_oauth_url()

    def _send_signed(self, url: str, values: dict[str, str]) -> HttpAnswer:
        """A signed reading, repeated here: each try needs a nonce of its own."""
        for pause in _PAUSES:
            last = not pause
            try:
                answer = self._send("GET", url, values, None)
            except OutcomeUnknown as error:
                if last or error.key == "wire.unknown_timeout":  # the deadline is over
                    key = error.key.replace("unknown_", "")
                    raise Unreachable(key, params=error.params, exchange=error.exchange) from error
            else:
                if last or answer.status not in _BUSY:
                    return answer
            self._ctx.clock.sleep(pause)
        raise AssertionError("the last try returns or raises")

    def _find_root(self, answer: HttpAnswer, again: Callable[[], HttpAnswer]) -> HttpAnswer:
        """Plain permalinks: `/index.php/wp-json/` works where the server knows path-info."""
        if self.url.endswith("/index.php") or not is_no_api(answer):
            return answer
        home, self.url = self.url, f"{self.url}/index.php"
        second = again()
        if is_no_api(second) or second.status >= 500:
            self.url = home
            return answer
        return second

    def _find_key(self, answer: HttpAnswer, again: Callable[[], HttpAnswer]) -> HttpAnswer:
        """Some servers drop the Authorization header; over TLS the query carries the key too."""
        if not self._auto or self.query_string_auth or not is_unseen_key(answer):
            return answer
        self.query_string_auth = True
        second = again()
        if is_unseen_key(second):
            self.query_string_auth = False
            return answer
        self.header_dropped = True
        return second


def flat(params: Mapping[str, Any]) -> dict[str, str]:
    """Every parameter as one text. Lists become commas: PHP keeps only the last of a repeated key,
    and `key[]` never validates under OAuth. Empty ones are left out."""
    texts: dict[str, str] = {}
    for key, value in params.items():
        if isinstance(value, bool):
            texts[key] = "true" if value else "false"
        elif value is None or isinstance(value, str | int):
            texts[key] = "" if value is None else str(value)
        else:
            texts[key] = ",".join(str(item) for item in value)
    return {key: text for key, text in texts.items() if text}


def _twice(text: str) -> str:
    return quote(quote(text, safe=""), safe="")


def _date(answer: HttpAnswer) -> datetime | None:
    try:
        return parsedate_to_datetime(answer.headers["date"]).astimezone(UTC)
    except (KeyError, ValueError):
        return None
