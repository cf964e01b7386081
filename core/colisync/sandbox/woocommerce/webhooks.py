"""Webhooks as resources. Source: `webhook_*` recordings (2026-11-21)."""

import secrets
from typing import Any
from urllib.parse import urlsplit

from colisync.sandbox.woocommerce.call import Answer, Call
from colisync.sandbox.woocommerce.errors import Refusal, no_trash
from colisync.sandbox.woocommerce.fields import field_tree, select
from colisync.sandbox.woocommerce.listing import PAGING, page_of, paging
from colisync.sandbox.woocommerce.order_form import stamp
from colisync.sandbox.woocommerce.order_store import links
from colisync.sandbox.woocommerce.parameters import Parameter, Parameters
from colisync.sandbox.woocommerce.php import HOME, JsonObject
from colisync.sandbox.woocommerce.routing import Route
from colisync.sandbox.woocommerce.settings import WooCommerceSettings
from colisync.sandbox.woocommerce.state import ShopState

_HOOKS = {
    "order.created": ["woocommerce_new_order"],
    "order.updated": ["woocommerce_update_order", "woocommerce_order_refunded"],
    "order.deleted": ["wp_trash_post", "woocommerce_trash_order"],
    "order.restored": ["untrashed_post", "woocommerce_untrash_order"],
}
_RESOURCES = ("order", "product", "customer", "coupon")
_EVENTS = ("created", "updated", "deleted", "restored")
_HIDDEN = ("secret", "failures")  # never in an answer
_STATUSES = ("active", "paused", "disabled")


def _shown(hook: JsonObject) -> JsonObject:
    kept = {name: value for name, value in hook.items() if name not in _HIDDEN}
    return {**kept, "_links": links(f"/webhooks/{hook['id']}", "/webhooks")}


def _check_topic(topic: str) -> None:
    resource, _, event = topic.partition(".")
    fits = resource == "action" and bool(event)
    if not fits and (resource not in _RESOURCES or event not in _EVENTS):
        code = "woocommerce_rest_shop_webhook_invalid_topic"
        raise Refusal(400, code, "Webhook topic is required and must be valid.")


def _check_url(url: str) -> None:
    if urlsplit(url).scheme not in ("http", "https"):
        code = "woocommerce_rest_shop_webhook_invalid_delivery_url"
        message = "Webhook delivery URL must be a valid URL starting with http:// or https://."
        raise Refusal(400, code, message)


def _set_topic(hook: JsonObject, topic: str) -> None:
    resource, _, event = topic.partition(".")
    hooks = [event] if resource == "action" else _HOOKS.get(topic, [])
    hook |= {"topic": topic, "resource": resource, "event": event, "hooks": hooks}


def create_webhook(state: ShopState, call: Call, params: JsonObject) -> Answer:
    """A new webhook; its ping is sent after the answer, and may fail without harm."""
    topic, url = str(params.get("topic", "")), str(params.get("delivery_url", ""))
    _check_topic(topic)
    _check_url(url)
    hook: JsonObject = {"id": state.numbers("webhook")}
    name = params.get("name") or f"Webhook created on {state.time():%b %d, %Y}"
    hook |= {"name": name, "status": params.get("status", "active")}
    _set_topic(hook, topic)
    hook["delivery_url"] = url
    stamp(hook, "date_created", state.now(), state.settings)
    stamp(hook, "date_modified", None, state.settings)
    hook |= {"secret": params.get("secret") or secrets.token_hex(25), "failures": 0}
    state.webhooks[hook["id"]] = hook
    shown = _shown(hook)
    stamp(hook, "date_modified", state.now(), state.settings)  # after the answer was made
    state.pings.append(hook["id"])
    return Answer(shown, 201, [("Location", f"{HOME}/wp-json{call.route}/{hook['id']}")])


def _find(state: ShopState, webhook_id: int) -> JsonObject:
    found = state.webhooks.get(webhook_id)
    if found is None:
        raise Refusal(404, "woocommerce_rest_shop_webhook_invalid_id", "Invalid ID.")
    return found


def get_webhook(state: ShopState, call: Call, params: Any, webhook_id: int) -> Answer:
    """One webhook, without its secret and its count of failures."""
    return Answer(_shown(_find(state, webhook_id)))


def list_webhooks(state: ShopState, call: Call, params: JsonObject) -> Answer:
    """A page of webhooks."""
    wanted = params.get("status", "all")
    found = [h for h in state.webhooks.values() if wanted in ("all", h["status"])]
    total, pages, link = paging(call, params, len(found), {})
    tree = field_tree(call.query.get("_fields"))
    page = [state.webhooks[n] for n in page_of([h["id"] for h in found], params)]
    body = [select(_shown(hook), tree) for hook in page]
    return Answer(body, total=total, pages=pages, link=link)


def change_webhook(state: ShopState, call: Call, params: JsonObject, webhook_id: int) -> Answer:
    """The webhook after a PUT. Its count of failures stays; a new address is pinged."""
    hook = _find(state, webhook_id)
    if "topic" in params:
        _check_topic(params["topic"])
        _set_topic(hook, params["topic"])
    if "delivery_url" in params:
        _check_url(params["delivery_url"])
        if hook["delivery_url"] != params["delivery_url"]:
            hook["delivery_url"] = params["delivery_url"]
            state.pings.append(webhook_id)
    hook |= {name: params[name] for name in ("name", "status", "secret") if name in params}
    stamp(hook, "date_modified", state.now(), state.settings)
    return Answer(_shown(hook))


def delete_webhook(state: ShopState, call: Call, params: Any, webhook_id: int) -> Answer:
    """The webhook that is no more; only with `force`."""
    hook = _find(state, webhook_id)
    if not call.flag("force"):
        raise no_trash()
    del state.webhooks[webhook_id]
    return Answer(_shown(hook))


def _list_parameters(_: WooCommerceSettings) -> Parameters:
    return {**PAGING, "status": Parameter(values=("all", *_STATUSES))}


def _body_parameters(_: WooCommerceSettings) -> Parameters:
    texts = {name: Parameter() for name in ("name", "topic", "delivery_url", "secret")}
    return {**texts, "status": Parameter(values=_STATUSES)}


ROUTES = (
    Route(
        "/webhooks",
        get=list_webhooks,
        post=create_webhook,
        noun="list",
        query=_list_parameters,
        body=_body_parameters,
    ),
    Route(
        "/webhooks/<webhook_id>",
        get=get_webhook,
        edit=change_webhook,
        delete=delete_webhook,
        body=_body_parameters,
    ),
)
