"""What a shop's webhook says, once its signature and its sender hold."""

from collections.abc import Mapping
from re import fullmatch

from colisync.errors import WebhookRejected
from colisync.ports.shop import ShopSignal, SignalKind
from colisync.wire.fields import loose, structure
from colisync.wire.home_address import same_place
from colisync.wire.signed_body import require_signature
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
    require_signature(body, signature, settings.webhook_secret, "woocommerce")
    source = low.get("x-wc-webhook-source", "")
    if not same_place(source, settings.url):
        raise WebhookRejected("woocommerce.webhook_source", params={"source": source})
    resource, _, event = low.get("x-wc-webhook-topic", "").partition(".")
    if resource != "order":
        return []
    data = structure(body.decode("utf-8", "replace"))
    if not isinstance(data, dict) or not loose(data.get("id")):
        raise WebhookRejected("woocommerce.webhook_unreadable")
    kind = SignalKind.ORDER_GONE if event == "deleted" else SignalKind.ORDER_CHANGED
    version = loose(data.get("date_modified_gmt"))
    return [ShopSignal(kind=kind, external_id=loose(data["id"]), version=version)]
