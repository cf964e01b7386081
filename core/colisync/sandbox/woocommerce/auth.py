"""Who is calling: keys by Basic, by query or by OAuth, or a WordPress application password."""

import base64
import binascii
import hmac

from colisync.sandbox.woocommerce.call import Call
from colisync.sandbox.woocommerce.errors import Refusal, authentication
from colisync.sandbox.woocommerce.oauth import OAuth
from colisync.sandbox.woocommerce.settings import ApiKey, WooCommerceSettings


class Gate:
    """The shop's door. `open(call)` gives the caller's key, or None for an anonymous visitor."""

    def __init__(self, settings: WooCommerceSettings) -> None:
        self._settings = settings
        self._oauth = OAuth(settings)

    def open(self, call: Call) -> ApiKey | None:
        """The pair behind `call`. Raises `Refusal` where keys were read and found wrong.

        Over plain HTTP, Basic and query keys are ignored, not refused.
        """
        user = self._application_user(call)
        if user is not None:
            return user
        if not _concerns_woocommerce(call):
            return None
        pair = self._by_secret(call) if call.tls else None
        return pair or self._oauth.authenticate(call)

    def _by_secret(self, call: Call) -> ApiKey | None:
        key, secret = _given_secret(call)
        pair = self._settings.find_key(key)
        if pair is None or not secret:
            return None
        if not hmac.compare_digest(pair.secret.encode(), secret.encode()):
            raise authentication("Consumer secret is invalid.")
        return pair

    def _application_user(self, call: Call) -> ApiKey | None:
        name, password = _basic(call)
        if not call.tls or name != self._settings.application_user:
            return None
        if password.replace(" ", "") == self._settings.application_password.replace(" ", ""):
            return ApiKey(key=name, secret=password)
        message = "The provided password is an invalid application password."
        raise Refusal(401, "incorrect_password", message)


def check_scope(pair: ApiKey | None, method: str) -> None:
    """Raises `Refusal` if the key may not do `method`: 401, though the user is known."""
    if pair is not None and not pair.allows(method):
        scope = "read" if method in ("GET", "HEAD") else "write"
        raise authentication(f"The API key provided does not have {scope} permissions.")


def _concerns_woocommerce(call: Call) -> bool:
    """WooCommerce looks at its keys only when the raw address names its API (plain permalinks)."""
    target = f"{call.path}?{call.raw_query}"
    return "wp-json/wc/" in target or "wp-json/wc-" in target


def _given_secret(call: Call) -> tuple[str, str]:
    """Key and secret of the query or, if it lacks one of them, of the Basic header."""
    key, secret = call.query.get("consumer_key"), call.query.get("consumer_secret")
    return (str(key), str(secret)) if key and secret else _basic(call)


def _basic(call: Call) -> tuple[str, str]:
    kind, _, token = call.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return "", ""
    try:
        key, _, secret = base64.b64decode(token).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return key, secret
