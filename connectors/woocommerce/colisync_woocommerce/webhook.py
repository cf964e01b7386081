"""What a shop's webhook says, once its signature and its sender hold."""

import hmac
import json
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from re import fullmatch
from urllib.parse import urlsplit

from colisync.errors import WebhookRejected
from colisync.ports.shop import ShopSignal, SignalKind
from colisync_woocommerce.decode import loose
from colisync_woocommerce.settings import WooCommerceSettings


def read_webhook(
    settings: WooCommerceSettings, headers: Mapping[str, str], body: bytes
) -> list[ShopSignal]:
    """The signals in one delivery; none for a topic that is not an order's.

    The ping at creation is a form, unsigned: it says nothing and is let through.
    Raises WebhookRejected: no secret set, wrong signature, a cloned shop, not JSON.
    """
    low = {name.lower(): value for name, value in headers.items()}
    signature = low.get("x-wc-webhook-signature", "")
    if not signature and fullmatch(rb"webhook_id=\d+", body.strip()):
        return [ShopSignal(kind=SignalKind.PING)]
    if settings.webhook_secret is None:
        raise WebhookRejected("woocommerce.webhook_no_secret")
    secret = settings.webhook_secret.get_secret_value().encode()
    right = b64encode(hmac.new(secret, body, sha256).digest())
    if not hmac.compare_digest(right, signature.encode()):
        raise WebhookRejected("woocommerce.webhook_signature")
    source = low.get("x-wc-webhook-source", "")
    if _place(source) != _place(settings.url):
        raise WebhookRejected("woocommerce.webhook_source", params={"source": source})
    return _signals(low.get("x-wc-webhook-topic", ""), body)


def _signals(topic: str, body: bytes) -> list[ShopSignal]:
    if not topic.startswith("order."):
        return []
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise WebhookRejected("woocommerce.webhook_unreadable") from error
    if not isinstance(data, dict) or not loose(data.get("id")):
        raise WebhookRejected("woocommerce.webhook_unreadable")
    gone = topic == "order.deleted"
    return [
        ShopSignal(
            kind=SignalKind.ORDER_GONE if gone else SignalKind.ORDER_CHANGED,
            external_id=loose(data.get("id")),
            version=loose(data.get("date_modified_gmt")),
        )
    ]


def _place(url: str) -> tuple[str, str]:
    """Host and path: the scheme, and with it the port, may differ from ours."""
    parts = urlsplit(url)
    return (parts.hostname or "").removeprefix("www."), parts.path.rstrip("/")
