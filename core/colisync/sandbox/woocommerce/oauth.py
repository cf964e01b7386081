"""OAuth 1.0a as WooCommerce checks it: the only way in over plain HTTP.

Source: reference/woocommerce.md §3, observed on 10.5.0 (2026-11-21).
"""

import base64
import hashlib
import hmac
import time
from urllib.parse import quote, unquote

from colisync.sandbox.woocommerce.call import Call
from colisync.sandbox.woocommerce.errors import Refusal, authentication
from colisync.sandbox.woocommerce.php import JsonObject
from colisync.sandbox.woocommerce.settings import ApiKey, WooCommerceSettings

_NAMES = (
    "oauth_consumer_key",
    "oauth_timestamp",
    "oauth_nonce",
    "oauth_signature",
    "oauth_signature_method",
)
_WINDOW_SECONDS = 15 * 60
_HASHES = {"HMAC-SHA1": hashlib.sha1, "HMAC-SHA256": hashlib.sha256}


class OAuth:
    """The shop's OAuth gate; it remembers the nonces of the last quarter of an hour.

    Its clock is the machine's, not the shop's settable one: clients sign with the real time.
    """

    def __init__(self, settings: WooCommerceSettings) -> None:
        self._settings = settings
        self._nonces: dict[tuple[str, str], float] = {}

    def authenticate(self, call: Call) -> ApiKey | None:
        """The pair that signed `call`; None if it carries no OAuth at all. Raises `Refusal`."""
        params = _parameters(call)
        missing = [name for name in _NAMES if not params.get(name)]
        if len(missing) == len(_NAMES):
            return None
        if missing:
            plural = "s" if len(missing) > 1 else ""
            raise Refusal(
                401,
                "woocommerce_rest_authentication_missing_parameter",
                f"Missing OAuth parameter{plural} {', '.join(missing)}",
            )
        pair = self._settings.find_key(params["oauth_consumer_key"])
        if pair is None:
            raise authentication("Consumer key is invalid.")
        _check_signature(call, params, pair)
        self._check_freshness(pair, params["oauth_timestamp"], params["oauth_nonce"])
        return pair

    def _check_freshness(self, pair: ApiKey, timestamp: str, nonce: str) -> None:
        now = time.time() + self._settings.clock_skew_seconds
        stamp = float(timestamp) if timestamp.isdigit() else 0.0
        if abs(now - stamp) > _WINDOW_SECONDS:
            raise authentication("Invalid timestamp.")
        self._nonces = {k: at for k, at in self._nonces.items() if now - at <= _WINDOW_SECONDS}
        if (pair.key, nonce) in self._nonces:
            raise authentication("Invalid nonce - nonce has already been used.")
        self._nonces[pair.key, nonce] = stamp


def _parameters(call: Call) -> JsonObject:
    header = call.headers.get("authorization", "")
    params = dict(call.query)
    if call.form and call.verb == "POST" and isinstance(call.body, dict):
        params |= call.body
    if header.lower().startswith("oauth "):
        for part in header[6:].split(","):
            name, _, value = part.strip().partition("=")
            if name != "realm":
                params[name] = unquote(value.strip('"'))
    return params


def _check_signature(call: Call, params: JsonObject, pair: ApiKey) -> None:
    given = unquote(str(params["oauth_signature"]).replace(" ", "+"))
    digest = _HASHES.get(params["oauth_signature_method"])
    if digest is None:
        raise authentication("Invalid signature - signature method is invalid.")
    text = _base_string(call, {k: v for k, v in params.items() if k != "oauth_signature"})
    made = hmac.new(f"{pair.secret}&".encode(), text.encode(), digest).digest()
    if not hmac.compare_digest(base64.b64encode(made), given.encode()):
        raise authentication("Invalid signature - provided signature does not match.")


def _base_string(call: Call, params: JsonObject) -> str:
    pairs: list[str] = []
    for name in sorted(params):
        pairs += _joined(_quoted(name), params[name])
    base = _quoted(call.home + call.path)
    return f"{call.verb}&{base}&" + "%26".join(pairs)


def _joined(name: str, value: object) -> list[str]:
    """`name=value`, quoted again; an array is written with its indexes, so `a[]` never matches."""
    if isinstance(value, dict):
        return [text for key, item in value.items() for text in _joined(f"{name}%5B{key}%5D", item)]
    return [_quoted(f"{name}={_quoted(str(value))}")]


def _quoted(text: str) -> str:
    return quote(text, safe="~")
