"""What the shop says of itself: options, system status, currency, and the indexes of its API."""

from typing import Any

from colisync.sandbox.woocommerce.call import Answer, Call
from colisync.sandbox.woocommerce.errors import Refusal
from colisync.sandbox.woocommerce.fields import field_tree, select, select_answer
from colisync.sandbox.woocommerce.order_store import links
from colisync.sandbox.woocommerce.php import HOME, JsonObject, number
from colisync.sandbox.woocommerce.routing import Route
from colisync.sandbox.woocommerce.settings import WooCommerceSettings
from colisync.sandbox.woocommerce.state import ShopState

_NAMESPACES = ("oembed/1.0", "wc/v3", "wc/v1", "wc-admin", "wc/store", "wc/v2", "wp/v2")
_AST_NAMESPACES = ("wc-ast/v3",)
_OPTION_METHODS = ("GET", "POST", "PUT", "PATCH")
_GROUPS = {"general": "General", "products": "Products", "shipping": "Shipping", "tax": "Tax"}
_UNITS = {
    "weight": ("Weight unit", ("kg", "g", "lbs", "oz")),
    "dimension": ("Dimensions unit", ("m", "cm", "mm", "in", "yd")),
}


def namespaces(settings: WooCommerceSettings) -> list[str]:
    """The namespaces of the API: they tell of plug-ins."""
    plugin = ("wc-shipment-tracking/v3",) if settings.has_tracking else ()
    return [*_NAMESPACES, *plugin, *(_AST_NAMESPACES if settings.ast else ())]


def _options(state: ShopState) -> dict[str, dict[str, JsonObject]]:
    """Group → option id → option."""
    shop = state.settings
    general = {
        "woocommerce_store_address": ("Address line 1", shop.store_address),
        "woocommerce_store_address_2": ("Address line 2", ""),
        "woocommerce_store_city": ("City", shop.store_city),
        "woocommerce_default_country": ("Country / State", shop.country),
        "woocommerce_store_postcode": ("Postcode / ZIP", shop.store_postcode),
        "woocommerce_currency": ("Currency", shop.currency),
    }
    products = {
        f"woocommerce_{name}_unit": (label, getattr(shop, f"{name}_unit"))
        for name, (label, _) in _UNITS.items()
    }
    groups = {"general": general, "products": products, "shipping": {}, "tax": {}}
    return {
        group: {name: _option(state, group, name, *shown) for name, shown in named.items()}
        for group, named in groups.items()
    }


def _option(state: ShopState, group: str, name: str, label: str, value: str) -> JsonObject:
    unit = _UNITS.get(name.removeprefix("woocommerce_").removesuffix("_unit"))
    choices: JsonObject = {"options": {word: word for word in unit[1]}} if unit else {}
    base = f"/settings/{group}"
    return {
        "id": name,
        "label": label,
        "description": "",
        "type": "select" if unit else "text",
        "default": "",
        **choices,
        "tip": "",
        "value": state.options.get(name, value),
        "group_id": group,
        "_links": links(f"{base}/{name}", base, methods=_OPTION_METHODS),
    }


def list_groups(state: ShopState, call: Call, params: Any) -> Answer:
    """The groups of options."""
    href = f"{HOME}/wp-json/wc/v3/settings"
    shape = {"description": "", "parent_id": "", "sub_groups": []}
    shown = [
        {"id": g, "label": label, **shape, "_links": {"options": [{"href": f"{href}/{g}"}]}}
        for g, label in _GROUPS.items()
    ]
    return Answer(shown)


def list_options(state: ShopState, call: Call, params: Any, group: str) -> Answer:
    """The options of a group."""
    tree = field_tree(call.query.get("_fields"))
    shown = [
        {name: value for name, value in option.items() if name != "group_id"}
        for option in _group(state, group).values()
    ]
    return Answer([select(option, tree) for option in shown])


def _group(state: ShopState, group: str) -> dict[str, JsonObject]:
    found = _options(state).get(group)
    if found is None:
        raise Refusal(404, "rest_setting_setting_group_invalid", "Invalid setting group.")
    return found


def get_option(state: ShopState, call: Call, params: Any, group: str, name: str) -> Answer:
    """One option."""
    option = _group(state, group).get(name)
    if option is None:
        raise Refusal(404, "rest_setting_setting_invalid", "Invalid setting.")
    kept = select(option, field_tree(call.query.get("_fields")))
    return Answer({**(kept or {}), "_links": option["_links"]})


def change_option(state: ShopState, call: Call, params: Any, group: str, name: str) -> Answer:
    """The option with its new value."""
    get_option(state, call, params, group, name)
    state.options[name] = str(call.fields.get("value", ""))
    return get_option(state, call, params, group, name)


def system_status(state: ShopState, call: Call, params: Any) -> Answer:
    """Versions, active plug-ins, and where orders are kept."""
    shop = state.settings
    environment = {
        "home_url": HOME,
        "site_url": HOME,
        "version": shop.version,
        "wp_version": shop.wordpress_version,
        "wp_multisite": False,
        "wp_cron": False,
        "language": "fr_FR",
        "server_info": "nginx/1.22.1",
        "php_version": "8.2.36",
        "php_max_execution_time": 120,
        "secure_connection": call.tls,
    }
    plugins = {"woocommerce/woocommerce.php": "WooCommerce", **shop.plugins}
    shape = {"url": "", "author_name": "", "author_url": "", "network_activated": False}
    active = [
        {"plugin": f, "name": n, "version": "1.0.0", "version_latest": "1.0.0", **shape}
        for f, n in plugins.items()
    ]
    active[0] |= {"version": shop.version, "version_latest": shop.version}
    settings = {
        "api_enabled": False,
        "force_ssl": False,
        "currency": state.options.get("woocommerce_currency", shop.currency),
        "number_of_decimals": 2,
        "HPOS_enabled": shop.uses_hpos,
        "HPOS_sync_enabled": False,
        "enabled_features": ["fulfillments"] if shop.has_fulfillments else [],
    }
    whole = {"environment": environment, "active_plugins": active, "settings": settings}
    return Answer(select_answer(whole, field_tree(call.query.get("_fields"))))


def currency(state: ShopState, call: Call, params: Any) -> Answer:
    """The shop's own currency."""
    code = state.options.get("woocommerce_currency", state.settings.currency)
    made = links(f"/data/currencies/{code}", "/data/currencies", methods=("GET",))
    return Answer({"code": code, "name": code, "symbol": code, "_links": made})


def site_index(state: ShopState, routes: dict[str, JsonObject]) -> JsonObject:
    """The index of the whole site; it needs no key, so it proves nothing about them."""
    offset = state.time().astimezone(state.settings.zone).utcoffset()
    approve = f"{HOME}/wp-admin/authorize-application.php"
    passwords = {"application-passwords": {"endpoints": {"authorization": approve}}}
    return {
        "name": state.settings.name,
        "description": "",
        "url": HOME,
        "home": HOME,
        "gmt_offset": number(offset.total_seconds() / 3600 if offset else 0),
        "timezone_string": state.settings.timezone,
        "namespaces": namespaces(state.settings),
        "authentication": passwords,
        "routes": routes,
        "_links": {"help": [{"href": "https://developer.wordpress.org/rest-api/"}]},
    }


ROUTES = (
    Route("/settings", get=list_groups, noun="list"),
    Route("/settings/<group:text>", get=list_options, noun="list"),
    Route("/settings/<group:text>/<name:text>", get=get_option, edit=change_option, noun="list"),
    Route("/system_status", get=system_status, noun="list"),
    Route("/data/currencies/current", get=currency, namespaces=("wc/v3",)),
)
