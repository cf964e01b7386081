"""The catalogue as it changes: new products and variations, removals, and their REST writes."""

from typing import Any

from colisync.sandbox.woocommerce import dates
from colisync.sandbox.woocommerce.call import Answer, Call
from colisync.sandbox.woocommerce.errors import Refusal
from colisync.sandbox.woocommerce.order_form import meta_list, stamp
from colisync.sandbox.woocommerce.php import HOME, JsonObject
from colisync.sandbox.woocommerce.products import (
    all_variations,
    create_class,
    find,
    find_variation,
    get_product,
    get_variation,
    list_classes,
    list_products,
    list_variations,
    one,
    parameters,
)
from colisync.sandbox.woocommerce.routing import Route
from colisync.sandbox.woocommerce.samples import completed
from colisync.sandbox.woocommerce.state import ShopState


def add_product(state: ShopState, fields: JsonObject) -> int:
    """The id of a new product, complete."""
    given = dict(fields)
    stamps = _stamps(state, given)
    product = completed("product", given)
    product["id"] = state.numbers("post", int(given.get("id") or 0))
    product["price"] = given.get("price", product["regular_price"])
    product["slug"] = product["slug"] or f"article-{product['id']}"
    product["permalink"] = f"{HOME}/product/{product['slug']}/"
    product["meta_data"] = meta_list(product["meta_data"], state.numbers)
    product.update(stamps)
    state.products[product["id"]] = product
    return int(product["id"])


def add_variation(state: ShopState, product_id: int, fields: JsonObject) -> int:
    """The id of a new variation of a product, which becomes a variable one."""
    parent = state.products[product_id]
    name = (
        fields.get("name") or f"{parent['name']} - {fields.get('sku', len(parent['variations']))}"
    )
    given = {"price": parent["price"], **fields, "name": name}
    variation_id = add_product(state, given)
    variation = state.products[variation_id]
    variation |= {"type": "variation", "parent_id": product_id, "parent_name": parent["name"]}
    parent["type"] = "variable"
    parent["variations"].append(variation_id)
    return variation_id


def remove_product(state: ShopState, product_id: int, *, force: bool) -> None:
    """Trashes a product, or deletes it: the lines that sold it then forget its id and its SKU."""
    if not force:
        state.products[product_id]["status"] = "trash"
        return
    del state.products[product_id]
    for stored in list(state.orders):
        order = stored.load()
        lines = [
            x for x in order["line_items"] if product_id in (x["product_id"], x["variation_id"])
        ]
        for line in lines:
            line |= {"product_id": 0, "variation_id": 0, "sku": None, "global_unique_id": None}
            line["image"] = {"id": 0, "src": ""}
        if lines:
            state.save(order, bump=False, event="")


def _stamps(state: ShopState, given: JsonObject) -> JsonObject:
    made: JsonObject = {}
    for name in ("date_created", "date_modified"):
        text, value = given.pop(f"{name}_gmt", None), given.pop(name, None)
        epoch = dates.epoch_of_gmt(text) if text else state.now()
        if value and not text:
            epoch = dates.epoch_of(value, state.settings.zone)
        stamp(made, name, epoch, state.settings)
    return made


def create_product(state: ShopState, call: Call, params: Any) -> Answer:
    """A new product."""
    return _created(state, call, add_product(state, _known(call.fields)))


def create_variation(state: ShopState, call: Call, params: Any, product_id: int) -> Answer:
    """A new variation of a product."""
    find(state, product_id)
    return _created(state, call, add_variation(state, product_id, _known(call.fields)))


def _created(state: ShopState, call: Call, product_id: int) -> Answer:
    place = ("Location", f"{HOME}/wp-json{call.route}/{product_id}")
    answer = one(state, call, state.products[product_id])
    return Answer(answer.body, 201, [place])


def _known(given: JsonObject) -> JsonObject:
    """What of `given` a product has; the rest is ignored."""
    shape = completed("product", {})
    return {name: value for name, value in given.items() if name in shape and name != "id"}


def change_product(state: ShopState, call: Call, params: Any, product_id: int) -> Answer:
    """The product after a PUT."""
    return _changed(state, call, find(state, product_id))


def change_variation(
    state: ShopState, call: Call, params: Any, product_id: int, variation_id: int
) -> Answer:
    """The variation after a PUT."""
    return _changed(state, call, find_variation(state, product_id, variation_id))


def _changed(state: ShopState, call: Call, product: JsonObject) -> Answer:
    given = _known(call.fields)
    if "meta_data" in given:
        given["meta_data"] = meta_list(given["meta_data"], state.numbers)
    product |= given
    stamp(product, "date_modified", state.now(), state.settings)
    return one(state, call, product)


def delete_product(state: ShopState, call: Call, params: Any, product_id: int) -> Answer:
    """The product as it was before it went to the trash, or for good with `force`."""
    return _deleted(state, call, find(state, product_id))


def delete_variation(
    state: ShopState, call: Call, params: Any, product_id: int, variation_id: int
) -> Answer:
    """The variation as it was."""
    return _deleted(state, call, find_variation(state, product_id, variation_id))


def _deleted(state: ShopState, call: Call, product: JsonObject) -> Answer:
    force = call.flag("force")
    if not force and product["status"] == "trash":
        message = "The product has already been deleted."
        raise Refusal(410, "woocommerce_rest_already_trashed", message)
    answer = one(state, call, dict(product))
    remove_product(state, product["id"], force=force)
    return answer


_ITEM = "/products/<product_id>"
ROUTES = (
    Route("/products", get=list_products, post=create_product, noun="list", query=parameters),
    Route("/products/shipping_classes", get=list_classes, post=create_class, noun="list"),
    Route(_ITEM, get=get_product, edit=change_product, delete=delete_product),
    Route(
        f"{_ITEM}/variations",
        get=list_variations,
        post=create_variation,
        noun="list",
        query=parameters,
    ),
    Route(
        f"{_ITEM}/variations/<variation_id>",
        get=get_variation,
        edit=change_variation,
        delete=delete_variation,
    ),
    Route(
        "/variations",
        get=all_variations,
        noun="list",
        query=parameters,
        namespaces=("wc/v3",),
        exists=lambda shop: shop.at_least(10, 1),
    ),
)
