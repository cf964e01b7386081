"""Products and variations, for their weights. Source: `product*`, `variation*` recordings."""

from collections.abc import Callable
from typing import Any

from colisync.sandbox.woocommerce import dates
from colisync.sandbox.woocommerce.call import Answer, Call
from colisync.sandbox.woocommerce.errors import Refusal
from colisync.sandbox.woocommerce.fields import field_tree, select
from colisync.sandbox.woocommerce.listing import DATES, ORDERBY, PAGING, page_of, paging
from colisync.sandbox.woocommerce.order_store import links
from colisync.sandbox.woocommerce.parameters import Parameter, Parameters
from colisync.sandbox.woocommerce.php import JsonObject
from colisync.sandbox.woocommerce.settings import WooCommerceSettings
from colisync.sandbox.woocommerce.state import ShopState


def shown(state: ShopState, product: JsonObject) -> JsonObject:
    """A product as it answers: a variation without weight shows its parent's."""
    parent = state.products.get(product["parent_id"])
    base = f"/products/{product['id']}"
    if not parent:
        return {**product, "_links": links(base, "/products")}
    weight = product["weight"] or parent["weight"]
    kept = {name: value for name, value in product.items() if name != "parent_name"}
    made = links(base, "/products", up=f"/products/{parent['id']}")
    return {**kept, "weight": weight, "_links": made}


def _page(
    state: ShopState, call: Call, params: JsonObject, keep: Callable[[JsonObject], bool]
) -> Answer:
    found = [p for p in state.products.values() if keep(p) and _wanted(state, p, params)]
    column = "date_modified_gmt" if params.get("orderby") == "modified" else "date_created_gmt"
    found.sort(key=lambda p: (p[column], p["id"]), reverse=params.get("order") != "asc")
    total, pages, link = paging(call, params, len(found), {})
    tree = field_tree(call.query.get("_fields"))
    page = [state.products[n] for n in page_of([p["id"] for p in found], params)]
    body = [select(shown(state, product), tree) for product in page]
    return Answer(body, total=total, pages=pages, link=link)


def _wanted(state: ShopState, product: JsonObject, params: JsonObject) -> bool:
    status = params.get("status", "any")
    if product["status"] == "trash" if status == "any" else product["status"] != status:
        return False
    include, exclude = params.get("include"), params.get("exclude")
    if (include and product["id"] not in include) or (exclude and product["id"] in exclude):
        return False
    if params.get("sku"):
        return product["sku"] in str(params["sku"]).split(",")
    if params.get("search") and params["search"].lower() not in product["name"].lower():
        return False
    return _within(state, product, params)


def _within(state: ShopState, product: JsonObject, params: JsonObject) -> bool:
    gmt, zone = bool(params.get("dates_are_gmt")), state.settings.zone
    for prefix, column in (("", "date_created_gmt"), ("modified_", "date_modified_gmt")):
        epoch = dates.epoch_of_gmt(product[column])
        after, before = params.get(f"{prefix}after"), params.get(f"{prefix}before")
        if after and epoch <= dates.bound(after, gmt=gmt, zone=zone):
            return False
        if before and epoch >= dates.bound(before, gmt=gmt, zone=zone):
            return False
    return True


def list_products(state: ShopState, call: Call, params: JsonObject) -> Answer:
    """A page of products; a variation is only found by its SKU."""
    by_sku = bool(params.get("sku"))
    return _page(state, call, params, lambda p: by_sku or p["type"] != "variation")


def list_variations(state: ShopState, call: Call, params: JsonObject, product_id: int) -> Answer:
    """A page of a product's variations."""
    find(state, product_id)
    return _page(state, call, params, lambda p: p["parent_id"] == product_id)


def all_variations(state: ShopState, call: Call, params: JsonObject) -> Answer:
    """A page of all the variations."""
    return _page(state, call, params, lambda p: p["type"] == "variation")


def find(state: ShopState, product_id: int) -> JsonObject:
    """The product or variation of that id. Raises `Refusal`."""
    found = state.products.get(product_id)
    if found is None:
        raise Refusal(404, "woocommerce_rest_product_invalid_id", "Invalid ID.")
    return found


def find_variation(state: ShopState, product_id: int, variation_id: int) -> JsonObject:
    """The variation of that id of that product. Raises `Refusal`."""
    found = state.products.get(variation_id)
    if found is None or found["parent_id"] != product_id:
        raise Refusal(404, "woocommerce_rest_product_variation_invalid_id", "Invalid ID.")
    return found


def get_product(state: ShopState, call: Call, params: Any, product_id: int) -> Answer:
    """One product, or a variation by its own id."""
    return one(state, call, find(state, product_id))


def get_variation(
    state: ShopState, call: Call, params: Any, product_id: int, variation_id: int
) -> Answer:
    """One variation of a product."""
    return one(state, call, find_variation(state, product_id, variation_id))


def one(state: ShopState, call: Call, product: JsonObject) -> Answer:
    """One product as an answer: `_links` is there whatever `_fields` says."""
    whole = shown(state, product)
    kept = select(whole, field_tree(call.query.get("_fields")))
    return Answer({**(kept or {}), "_links": whole["_links"]})


def parameters(settings: WooCommerceSettings) -> Parameters:
    """What `GET /products` takes in this shop's version."""
    since = settings.at_least(5, 8)
    kept = {n: p for n, p in DATES.items() if since or n in ("after", "before")}
    statuses = ("any", "future", "trash", "draft", "pending", "private", "publish")
    sorts = (*ORDERBY, "price", "popularity", "rating", "menu_order")
    return {
        **PAGING,
        **kept,
        "orderby": Parameter(values=sorts),
        "status": Parameter(values=statuses),
        "sku": Parameter(),
    }


def list_classes(state: ShopState, call: Call, params: JsonObject) -> Answer:
    """The shipping classes."""
    found = [{"id": number, "name": name} for number, name in state.classes.items()]
    return Answer(found, total=len(found), pages=min(len(found), 1))


def create_class(state: ShopState, call: Call, params: JsonObject) -> Answer:
    """A new shipping class."""
    number = state.numbers("class")
    state.classes[number] = str(call.fields.get("name", "Classe"))
    return Answer({"id": number, "name": state.classes[number]}, 201)
