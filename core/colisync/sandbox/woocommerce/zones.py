"""Shipping zones, their places and their methods. Source: `shipping_*` recordings (2026-11-21)."""

from typing import Any

from colisync.sandbox.woocommerce.call import Answer, Call, truthy
from colisync.sandbox.woocommerce.errors import Refusal, no_trash
from colisync.sandbox.woocommerce.fields import field_tree, select
from colisync.sandbox.woocommerce.order_store import links
from colisync.sandbox.woocommerce.php import HOME, JsonObject
from colisync.sandbox.woocommerce.routing import Route
from colisync.sandbox.woocommerce.samples import sample
from colisync.sandbox.woocommerce.state import ShopState, empty_zone

_ZONES = "/shipping/zones"


def add_zone(
    state: ShopState, name: str, locations: list[Any], methods: list[JsonObject | str]
) -> int:
    """The id of a new zone. A place is `FR` or `{code, type}`; a method is an id of a method or
    `{method_id, title, cost, enabled, instance_id}`."""
    zone_id = state.numbers("zone")
    zone = empty_zone(zone_id, name)
    zone["locations"] = [_place(place) for place in locations]
    state.zones[zone_id] = zone
    for method in methods:
        add_method(state, zone, {"method_id": method} if isinstance(method, str) else method)
    return zone_id


def _place(given: Any) -> JsonObject:
    place = {"code": given} if isinstance(given, str) else given
    return {"code": str(place["code"]), "type": str(place.get("type", "country"))}


def add_method(state: ShopState, zone: JsonObject, given: JsonObject) -> JsonObject:
    """A new method in a zone; a plug-in's method id is taken as it is."""
    instance = state.numbers("instance", int(given.get("instance_id") or 0))
    method: JsonObject = {
        "instance_id": instance,
        "method_id": given["method_id"],
        "enabled": given.get("enabled", True),
        "order": len(zone["methods"]) + 1,
        "settings": {k: str(given[k]) for k in ("title", "cost") if k in given},
    }
    zone["methods"][instance] = method
    return method


def _shown(zone: JsonObject) -> JsonObject:
    own = f"{_ZONES}/{zone['id']}"
    made = links(own, _ZONES, describedby=f"{own}/locations")
    return {"id": zone["id"], "name": zone["name"], "order": zone["order"], "_links": made}


def _kinds() -> dict[str, JsonObject]:
    return {kind["id"]: kind for kind in sample("shipping_methods")["methods"]}


def _method_shown(zone: JsonObject, method: JsonObject, *, title: str = "") -> JsonObject:
    kinds = _kinds()
    plugin = {"title": method["method_id"], "description": "", "settings": ["title", "cost"]}
    kind = kinds.get(method["method_id"], plugin)
    base = f"{_ZONES}/{zone['id']}"
    own = f"{base}/methods/{method['instance_id']}"
    settings = {name: _setting(name, method["settings"], kind) for name in kind["settings"]}
    return {
        "id": method["instance_id"],
        "instance_id": method["instance_id"],
        "title": title or settings["title"]["value"],
        "order": method["order"],
        "enabled": method["enabled"],
        "method_id": method["method_id"],
        "method_title": kind["title"],
        "method_description": f"<p>{kind['description']}</p>\n",
        "settings": settings,
        "_links": links(own, f"{base}/methods", describes=base),
    }


def _setting(name: str, values: JsonObject, kind: JsonObject) -> JsonObject:
    known = sample("shipping_methods")["settings"][name]
    default = kind["title"] if name == "title" else known["default"]
    words = {"id": name, "description": "", "tip": "", "placeholder": ""}
    return {**known, **words, "value": values.get(name, default), "default": default}


def _zone(state: ShopState, zone_id: int) -> JsonObject:
    zone = state.zones.get(zone_id)
    if zone is None:
        raise Refusal(404, "woocommerce_rest_shipping_zone_invalid", "Resource does not exist.")
    return zone


def _listed(call: Call, found: list[JsonObject]) -> Answer:
    tree = field_tree(call.query.get("_fields"))
    count = len(found)
    return Answer([select(item, tree) for item in found], total=count, pages=min(count, 1))


def list_zones(state: ShopState, call: Call, params: Any) -> Answer:
    """All the zones, the rest of the world first."""
    return _listed(call, [_shown(zone) for zone in state.zones.values()])


def create_zone(state: ShopState, call: Call, params: Any) -> Answer:
    """A new zone without places or methods."""
    zone_id = add_zone(state, str(call.fields.get("name", "Zone")), [], [])
    place = ("Location", f"{HOME}/wp-json{call.route}/{zone_id}")
    return Answer(_shown(state.zones[zone_id]), 201, [place])


def get_zone(state: ShopState, call: Call, params: Any, zone_id: int) -> Answer:
    """One zone."""
    return Answer(_shown(_zone(state, zone_id)))


def change_zone(state: ShopState, call: Call, params: Any, zone_id: int) -> Answer:
    """The zone with its new name or order."""
    zone = _zone(state, zone_id)
    zone |= {name: call.fields[name] for name in ("name", "order") if name in call.fields}
    return Answer(_shown(zone))


def delete_zone(state: ShopState, call: Call, params: Any, zone_id: int) -> Answer:
    """The zone that is no more; only with `force`."""
    zone = _zone(state, zone_id)
    if not call.flag("force"):
        raise no_trash("Shipping zones")
    del state.zones[zone_id]
    return Answer(_shown(zone))


def list_locations(state: ShopState, call: Call, params: Any, zone_id: int) -> Answer:
    """The places of a zone."""
    base = f"{HOME}/wp-json/wc/v3{_ZONES}/{zone_id}"
    made = {"collection": [{"href": f"{base}/locations"}], "describes": [{"href": base}]}
    return _listed(call, [{**p, "_links": made} for p in _zone(state, zone_id)["locations"]])


def change_locations(state: ShopState, call: Call, params: Any, zone_id: int) -> Answer:
    """The places of a zone, replaced."""
    given = call.body if isinstance(call.body, list) else []
    _zone(state, zone_id)["locations"] = [_place(place) for place in given]
    return list_locations(state, call, params, zone_id)


def list_methods(state: ShopState, call: Call, params: Any, zone_id: int) -> Answer:
    """The methods of a zone."""
    zone = _zone(state, zone_id)
    return _listed(call, [_method_shown(zone, m) for m in zone["methods"].values()])


def create_method(state: ShopState, call: Call, params: Any, zone_id: int) -> Answer:
    """A new method; it answers 200 with the method's default title, though the title is kept."""
    zone = _zone(state, zone_id)
    kind = _kinds().get(str(call.fields.get("method_id")))
    if kind is None:
        message = "Resource cannot be created."
        raise Refusal(500, "woocommerce_rest_shipping_zone_not_created", message)
    given = {**call.fields.get("settings", {}), "method_id": kind["id"]}
    method = add_method(state, zone, given)
    return Answer(_method_shown(zone, method, title=kind["title"]))


def _method(state: ShopState, zone_id: int, instance_id: int) -> tuple[JsonObject, JsonObject]:
    zone = _zone(state, zone_id)
    if instance_id not in zone["methods"]:
        code = "woocommerce_rest_shipping_zone_method_invalid"
        raise Refusal(404, code, "Resource does not exist.")
    return zone, zone["methods"][instance_id]


def get_method(state: ShopState, call: Call, params: Any, zone_id: int, instance_id: int) -> Answer:
    """One method of a zone."""
    return Answer(_method_shown(*_method(state, zone_id, instance_id)))


def change_method(
    state: ShopState, call: Call, params: Any, zone_id: int, instance_id: int
) -> Answer:
    """The method with its new settings."""
    zone, method = _method(state, zone_id, instance_id)
    method["settings"] |= {k: str(v) for k, v in call.fields.get("settings", {}).items()}
    if "enabled" in call.fields:
        method["enabled"] = truthy(call.fields["enabled"])
    return Answer(_method_shown(zone, method))


def delete_method(
    state: ShopState, call: Call, params: Any, zone_id: int, instance_id: int
) -> Answer:
    """The method that is no more; only with `force`."""
    zone, method = _method(state, zone_id, instance_id)
    if not call.flag("force"):
        raise no_trash("Shipping methods")
    del zone["methods"][instance_id]
    return Answer(_method_shown(zone, method))


def list_kinds(state: ShopState, call: Call, params: Any) -> Answer:
    """The kinds of methods the shop knows."""
    shown = []
    for kind in _kinds().values():
        made = links(f"/shipping_methods/{kind['id']}", "/shipping_methods", methods=("GET",))
        named = {name: kind[name] for name in ("id", "title", "description")}
        shown.append({**named, "_links": made})
    return _listed(call, shown)


ROUTES = (
    Route(_ZONES, get=list_zones, post=create_zone, noun="list"),
    Route(f"{_ZONES}/<zone_id>", get=get_zone, edit=change_zone, delete=delete_zone),
    Route(f"{_ZONES}/<zone_id>/locations", get=list_locations, edit=change_locations, noun="list"),
    Route(f"{_ZONES}/<zone_id>/methods", get=list_methods, post=create_method, noun="list"),
    Route(
        f"{_ZONES}/<zone_id>/methods/<instance_id>",
        get=get_method,
        edit=change_method,
        delete=delete_method,
    ),
    Route("/shipping_methods", get=list_kinds, noun="list"),
)
