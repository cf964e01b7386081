"""Webhook deliveries and pings: real POSTs, signed as the shop signs them.

Nothing is delivered in the request that caused it: a shop does it when WP-Cron runs.
Source: reference/woocommerce.md §7, `webhook_delivery_*` recordings (2026-11-21).
"""

import base64
import hashlib
import hmac
import http.client
from dataclasses import dataclass
from urllib.parse import urlsplit

from colisync.sandbox.woocommerce.order_form import stamp
from colisync.sandbox.woocommerce.php import JsonObject, encode, with_home
from colisync.sandbox.woocommerce.state import ShopState

_SECONDS = 10.0
_MAX_FAILURES = 5  # one more is counted, the next disables
_SUCCESS = range(200, 303)


@dataclass(frozen=True, slots=True)
class Post:
    """One POST to send, made while the shop was locked."""

    webhook: int
    url: str
    headers: dict[str, str]
    body: bytes
    ping: bool = False


def prepared(state: ShopState, *, pings_only: bool = False) -> list[Post]:
    """The pings and deliveries that are due, and no longer waiting.

    The payload is made now: several edits of one order are one delivery of its last state.
    """
    with state.lock:
        posts = [_ping(state, hook_id) for hook_id in state.pings if hook_id in state.webhooks]
        state.pings.clear()
        jobs = [] if pings_only else list(state.pending.values())
        if not pings_only:
            state.pending.clear()
        for job in jobs:
            hook = state.webhooks.get(job["webhook"])
            if hook and hook["status"] == "active":
                posts.append(_delivery(state, hook, job))
    return posts


def send(state: ShopState, posts: list[Post]) -> list[JsonObject]:
    """What came back for each: `{"webhook", "ping", "status"}`; status 0 for no answer.

    A webhook already disabled by an earlier failure of the same run is not called.
    """
    outcomes = []
    for post in posts:
        hook = state.webhooks.get(post.webhook)
        if hook is None or (not post.ping and hook["status"] != "active"):
            continue
        status = _post(post)
        if not post.ping:
            _judge(state, hook, status)
        outcomes.append({"webhook": post.webhook, "ping": post.ping, "status": status})
    return outcomes


def _agent(state: ShopState) -> dict[str, str]:
    shop = state.settings
    agent = f"WooCommerce/{shop.version} Hookshot (WordPress/{shop.wordpress_version})"
    return {"User-Agent": agent, "Accept": "*/*", "Connection": "close"}


def _ping(state: ShopState, webhook_id: int) -> Post:
    """Form-encoded and unsigned."""
    headers = {**_agent(state), "Content-Type": "application/x-www-form-urlencoded"}
    url = state.webhooks[webhook_id]["delivery_url"]
    return Post(webhook_id, url, headers, f"webhook_id={webhook_id}".encode(), ping=True)


def _delivery(state: ShopState, hook: JsonObject, job: JsonObject) -> Post:
    body = _payload(state, hook, job)
    signature = hmac.new(hook["secret"].encode(), body, hashlib.sha256).digest()
    # Webhook and second only: two deliveries of one second share it.
    seed = f"{hook['id']}{state.now()}".encode()
    headers = {
        **_agent(state),
        "Content-Type": "application/json",
        "X-WC-Webhook-Source": f"{state.home}/",
        "X-WC-Webhook-Topic": hook["topic"],
        "X-WC-Webhook-Resource": hook["resource"],
        "X-WC-Webhook-Event": hook["event"],
        "X-WC-Webhook-Signature": base64.b64encode(signature).decode(),
        "X-WC-Webhook-ID": str(hook["id"]),
        "X-WC-Webhook-Delivery-ID": hashlib.md5(seed, usedforsecurity=False).hexdigest(),
    }
    return Post(hook["id"], hook["delivery_url"], headers, body)


def _payload(state: ShopState, hook: JsonObject, job: JsonObject) -> bytes:
    if hook["resource"] == "action":
        return encode({"action": hook["event"], "arg": job["id"]})
    order = state.orders.get(job["id"])
    if hook["event"] == "deleted" or order is None:
        return encode({"id": job["id"]})
    return with_home(order.text(), state.home, state.settings.permalinks)


def _post(post: Post) -> int:
    parts = urlsplit(post.url)
    secure = parts.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=_SECONDS)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", path, body=post.body, headers=post.headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def _judge(state: ShopState, hook: JsonObject, status: int) -> None:
    """Counts failures in a row; the 7th disables, silently. A redirect counts as success."""
    with state.lock:
        stamp(hook, "date_modified", state.now(), state.settings)
        if status in _SUCCESS:
            hook["failures"] = 0
        elif hook["failures"] > _MAX_FAILURES:
            hook["status"] = "disabled"
        else:
            hook["failures"] += 1
