"""Plays recorded requests against the emulator and compares what comes back."""

import base64
import hashlib
import hmac
import http.client
import json
import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import pytest

from colisync.sandbox.server import Server
from colisync.sandbox.woocommerce import ApiKey, WooCommerceSettings, WooCommerceShop

HERE = Path(__file__).parent
HTTPS_HOME, HTTP_HOME = "https://127.0.0.1:8443", "http://127.0.0.1:8081"
AUTHOR = ApiKey(key="ck_author", secret="cs_author", role="author")
WRITER = ApiKey(key="ck_writer", secret="cs_writer", permissions="write")
_UNCHECKED = {
    *("date", "server", "content-length", "connection", "x-robots-tag", "x-content-type-options"),
    *("access-control-expose-headers", "access-control-allow-headers"),
}
_DATE = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d")
_SECRET_QUERY = re.compile(r"(oauth_\w+|consumer_(?:key|secret))=[^&>]*&?")


class Replayer:
    """One shop, served; `play` sends a recorded request and checks the answer."""

    def __init__(self, settings: WooCommerceSettings) -> None:
        self.settings = settings
        self.now = datetime(2026, 11, 21, 21, 0, tzinfo=UTC)
        self.shop = WooCommerceShop(settings, clock=lambda: self.now)
        self.server = Server(self.shop.app)

    def play(
        self, family: str, name: str, *, exact: bool = True, totals: bool = True
    ) -> dict[str, Any]:
        """The recorded exchange, once the emulator's answer was found to be like it."""
        exchange: dict[str, Any] = json.loads((HERE / family / f"{name}.json").read_text("utf-8"))
        recorded = exchange["response"]
        self.now = parsedate_to_datetime(dict(recorded["headers"])["Date"])
        status, headers, body = self.send(name, exchange["request"])
        assert status == recorded["status"], body[:500]
        assert _headers(headers, totals) == _headers(recorded["headers"], totals)
        if recorded["body"] is not None:
            made = json.loads(body)
            if recorded.get("trimmed"):
                made = made[: len(recorded["body"])]
            elif exact:
                assert len(body) == recorded["bytes"], body
            _check(made, recorded["body"], name, exact=exact)
        return exchange

    def send(self, name: str, request: dict[str, Any]) -> tuple[int, list[tuple[str, str]], bytes]:
        """Status, headers and body of the emulator's answer to a recorded request."""
        method, target, _ = request["line"].split(" ")
        headers = {**request["headers"], **self._authorization(name, request)}
        target = self._target(name, method, target)
        body = request["body"]
        data = body if isinstance(body, str) or body is None else json.dumps(body)
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=10)
        connection.request(method, target, data.encode() if data else None, headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, answer.getheaders(), content

    def _pair(self, name: str) -> tuple[str, str]:
        shop = self.settings
        if "readonly" in name:
            return shop.readonly_key, shop.readonly_secret
        for word, pair in (("role_author", AUTHOR), ("role_write_only", WRITER)):
            if name.startswith(word):
                return pair.key, pair.secret
        key = "ck_" + "0" * 40 if "bad_key" in name else shop.consumer_key
        return key, "cs_" + "0" * 40 if "bad_secret" in name else shop.consumer_secret

    def _authorization(self, name: str, request: dict[str, Any]) -> dict[str, str]:
        if "Authorization" not in request["headers"]:
            return {}
        token = base64.b64encode(":".join(self._pair(name)).encode()).decode()
        return {"Authorization": f"Basic {token}"}

    def _target(self, name: str, method: str, target: str) -> str:
        key, secret = self._pair(name)
        if "oauth_signature=" in target:
            return self._signed(name, method, target)
        return target.replace("ck_REDACTED", key).replace("cs_REDACTED", secret)

    def _signed(self, name: str, method: str, target: str) -> str:
        """The target signed anew, as a client that knows OAuth and nothing of WooCommerce does."""
        key, secret = self._pair(name)
        parts = urlsplit(target)
        pairs = dict(parse_qsl(parts.query, keep_blank_values=True))
        del pairs["oauth_signature"]
        late = 1000 if "old_timestamp" in name else 0
        pairs |= {"oauth_consumer_key": key, "oauth_timestamp": str(int(time.time()) - late)}
        pairs["oauth_nonce"] = secrets.token_hex(16)
        home = "http://other.example" if "wrong_host" in name else self.settings.home
        joined = "&".join(sorted(f"{_quoted(k)}={_quoted(v)}" for k, v in pairs.items()))
        text = f"{method}&{_quoted(home + parts.path)}&{_quoted(joined)}"
        digest = hashlib.sha1 if pairs["oauth_signature_method"] == "HMAC-SHA1" else hashlib.sha256
        made = hmac.new(f"{secret}&".encode(), text.encode(), digest).digest()
        pairs["oauth_signature"] = base64.b64encode(made).decode()
        return f"{parts.path}?" + "&".join(f"{k}={_quoted(v)}" for k, v in pairs.items())


def _quoted(text: str) -> str:
    return quote(text, safe="~")


def _headers(headers: list[Any], totals: bool) -> dict[str, str]:
    kept = {name.lower(): value for name, value in headers if name.lower() not in _UNCHECKED}
    if "link" in kept:
        kept["link"] = _SECRET_QUERY.sub("", kept["link"])
    if not totals:
        kept |= dict.fromkeys(kept.keys() & {"x-wp-total", "x-wp-totalpages"}, "any")
    return kept


def _check(made: Any, recorded: Any, where: str, *, exact: bool) -> None:
    """Same members and types everywhere, same values if `exact`; dates within two seconds."""
    if isinstance(recorded, dict):
        assert isinstance(made, dict), where
        assert sorted(map(str, made)) == sorted(map(str, recorded)), where
        for name, value in recorded.items():
            _check(made[name], value, f"{where}.{name}", exact=exact)
    elif isinstance(recorded, list):
        assert isinstance(made, list), where
        if exact:
            assert len(made) == len(recorded), where
        for index, value in enumerate(recorded[: len(made)]):
            _check(made[index], value, f"{where}[{index}]", exact=exact)
    elif exact:
        assert _near(made, recorded), f"{where}: {made!r} is not {recorded!r}"
    elif made is not None and recorded is not None and not where.endswith(".image.id"):
        kinds = [float if type(x) is int else type(x) for x in (made, recorded)]
        assert kinds[0] is kinds[1], f"{where}: {made!r} is not like {recorded!r}"


def _near(made: Any, recorded: Any) -> bool:
    if made == recorded and type(made) is type(recorded):
        return True
    both = isinstance(made, str) and isinstance(recorded, str)
    if not (both and _DATE.fullmatch(made) and _DATE.fullmatch(recorded)):
        return False
    gap = datetime.fromisoformat(made) - datetime.fromisoformat(recorded)
    return abs(gap) <= timedelta(seconds=2)


Factory = Callable[..., Replayer]


@pytest.fixture(scope="module")
def replayer() -> Iterator[Factory]:
    """Makes shops set up by keyword, each served until the module is done."""
    with ExitStack() as stack:

        def make(**settings: Any) -> Replayer:
            given = {"home": HTTPS_HOME, "behind_tls": True, "keys": [AUTHOR, WRITER], **settings}
            made = Replayer(WooCommerceSettings(**given))
            stack.enter_context(made.server)
            return made

        yield make
