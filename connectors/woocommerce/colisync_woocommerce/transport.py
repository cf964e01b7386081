"""The `woocommerce` package over our own HTTP session, with its defects mended.

`woocommerce.API` 3.0.0 (March 2021, its last release) keeps its addresses, its versions and the
frame of its OAuth 1. Its one private seam, `__request`, is ours: pooled connections, time-outs,
no redirect followed, and every value signed and written as WooCommerce itself reads it.
"""

import secrets
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from json import dumps
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from woocommerce import API
from woocommerce.oauth import OAuth

from colisync.errors import NotFound
from colisync.ports.context import BackendContext
from colisync.ports.http import HttpAnswer
from colisync.wire.anew import read_anew
from colisync.wire.fields import Row, loose_list, objects, query_texts, record, text
from colisync.wire.json_answers import Reply, is_no_api, is_refusal
from colisync_woocommerce.answers import DIALECT, UNSEEN, bad_key
from colisync_woocommerce.settings import WooCommerceSettings

TRACKING_NAMESPACE = "wc-shipment-tracking/v3"
Param = str | int | bool | Iterable[str | int] | None


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
        self.printed, self.header_dropped, self.proven = "", False, False
        self._statuses: dict[str, str] = {}
        self._ctx, self._auto = ctx, settings.auth == "auto" and self.is_ssl
        self._basic = "Basic " + b64encode(f"{key}:{secret}".encode()).decode()

    def read(self, endpoint: str, namespace: str = "wc/v3", **params: Param) -> Reply:
        """The answer to a GET. Raises RemoteError, ConfigurationError."""
        reply = self._reply("GET", self.get(endpoint, params=params, namespace=namespace))
        self.proven = self.proven or bool(namespace)  # the index asks for no key
        return reply

    def rows(self, endpoint: str, namespace: str = "wc/v3", **params: Param) -> list[Row]:
        """The objects of a list. Raises as `read`, and UnreadableAnswer."""
        return objects(self.read(endpoint, namespace, **params).data, endpoint)

    def record(self, endpoint: str, namespace: str = "wc/v3", **params: Param) -> Row:
        """One object. Raises as `rows`."""
        return record({endpoint: self.read(endpoint, namespace, **params).data}, endpoint)

    def named(
        self, endpoint: str, ids: Sequence[str], *, fields: str = "", status: Sequence[str] = ()
    ) -> list[Row]:
        """The objects of these ids that a list has, asked a hundred at a time. Raises as `rows`."""
        rows: list[Row] = []
        for at in range(0, len(ids), 100):
            part = ids[at : at + 100]
            rows += self.rows(endpoint, include=part, per_page=100, _fields=fields, status=status)
        return rows

    def write(self, method: str, endpoint: str, data: Any = None, space: str = "wc/v3") -> Reply:
        """The answer to a write, sent once. Raises as `read`, and OutcomeUnknown."""
        return self._reply(method, self._API__request(method, endpoint, data, namespace=space))

    def statuses(self, *, anew: bool = False) -> dict[str, str]:
        """The shop's statuses with their names, read once."""
        if anew or not self._statuses:
            try:
                rows = self.rows("orders/statuses")
            except NotFound:  # before 9.6
                rows = self.rows("reports/orders/totals")
            self._statuses = {text(row, "slug"): text(row, "name") for row in rows}
        return self._statuses

    @cached_property
    def namespaces(self) -> frozenset[str]:
        """The namespaces of the shop's plug-ins, read once."""
        return frozenset(
            loose_list(self.record("", "", _fields="namespaces").get("namespaces"), "")
        )

    def orders(self, external_ids: Sequence[str]) -> dict[str, Row]:
        """Orders as the shop gives them now, by id; a list may leave out those in the trash."""
        listed = self.named("orders", external_ids, status=[*self.statuses(), "trash"])
        found = {text(row, "id"): row for row in listed}
        for external_id in [each for each in external_ids if each not in found]:
            with suppress(NotFound):
                found[external_id] = self.record(f"orders/{external_id}")
        return found

    def _reply(self, method: str, answer: HttpAnswer) -> Reply:
        reply = Reply.of(answer, self._ctx.clock.now(), count="x-wp-total")
        writes = method != "GET" and self.proven
        refused = bad_key(writes=writes, signed=self.signed, skew=reply.skew.seconds)
        reply.data, before = DIALECT.data_of(answer, refused)
        self.printed = before or self.printed
        return reply

    def _API__request(
        self, method: str, endpoint: str, data: Any, params: Any = None, **more: Any
    ) -> HttpAnswer:
        path, _, query = endpoint.lstrip("/").partition("?")
        namespace = more.get("namespace", "wc/v3")
        values = dict(parse_qsl(query)) | query_texts(params or {})
        if method == "GET":
            values["_"] = secrets.token_hex(4)  # LiteSpeed caches lists, unless each is new
        body = None if data is None else dumps(data, ensure_ascii=False).encode()

        def send() -> HttpAnswer:
            root = self._API__get_url(path).replace("/wp-json/wc/v3/", f"/wp-json/{namespace}/")
            url = root.rstrip("/") + ("" if path else "/")
            if self.signed and method == "GET":  # each try needs a nonce of its own
                return read_anew(lambda: self._send(method, url, values, body), self._ctx.clock)
            return self._send(method, url, values, body)

        answer = send()
        return answer if method != "GET" or self.proven else self._find_way(answer, send)

    def _send(
        self, method: str, url: str, values: dict[str, str], body: bytes | None
    ) -> HttpAnswer:
        headers = {"accept": "application/json"}
        if body is not None:
            headers["content-type"] = "application/json; charset=utf-8"
        if self.signed:
            url = self._sign(method, url, values)
        else:
            if self.query_string_auth:
                values = values | {"consumer_key": self.consumer_key}
                values["consumer_secret"] = self.consumer_secret
            else:
                headers["authorization"] = self._basic
            url = f"{url}?{urlencode(values, quote_via=quote, safe='')}" if values else url
        again = method == "GET" and not self.signed
        return self._ctx.http.request(method, url, headers=headers, body=body, repeatable=again)

    def _sign(self, method: str, url: str, values: dict[str, str]) -> str:
        url, now = f"{url}?{urlencode(values)}" if values else url, self._ctx.clock.now()
        how: dict[str, Any] = {"method": method, "oauth_timestamp": int(now.timestamp())}
        keys = self.consumer_key, self.consumer_secret
        return SignedUrl(url, *keys, version=self.version, **how).get_oauth_url()

    def _find_way(self, answer: HttpAnswer, send: Callable[[], HttpAnswer]) -> HttpAnswer:
        """With plain permalinks `/index.php/wp-json/` works where the server knows path-info; some
        servers drop the Authorization header, and over TLS the query carries the key too."""
        if is_no_api(answer) and not (home := self.url).endswith("/index.php"):
            self.url = f"{home}/index.php"
            second = send()
            worse = is_no_api(second) or second.status >= 500
            self.url, answer = (home, answer) if worse else (self.url, second)
        if self._auto and not self.query_string_auth and is_refusal(answer, 401, UNSEEN):
            self.query_string_auth = True
            second = send()
            self.header_dropped = self.query_string_auth = not is_refusal(second, 401, UNSEEN)
            answer = second if self.header_dropped else answer
        return answer


def _twice(text: str) -> str:
    return quote(quote(text, safe=""), safe="")
