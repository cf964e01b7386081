"""Which rule an order falls under. Pure; design §4."""

from collections.abc import Callable, Collection, Sequence
from fnmatch import fnmatchcase

from colisync.model.address import Address
from colisync.model.order import Order
from colisync.model.workspace import RuleUse, RuleWhen, ShippingRule

Coverage = Callable[[str, Address], bool]
"""Whether a contract, by its key, serves an address."""


def match(
    order: Order,
    shop_key: str,
    rules: Sequence[ShippingRule],
    coverage: Coverage | None = None,
    *,
    weight_g: int | None = None,
) -> RuleUse | None:
    """What the first rule whose conditions all hold gives; None where no rule matches.

    `weight_g` is what is to be shipped, where it is not the order's whole. A rule that asks for a
    weight, a total or a coverage that is not known does not match.
    """
    weight = order.weight_g if weight_g is None else weight_g
    for rule in rules:
        if _holds(rule.when, order, shop_key, weight, coverage):
            return rule.use
    return None


def _holds(
    when: RuleWhen, order: Order, shop_key: str, weight_g: int | None, coverage: Coverage | None
) -> bool:
    return (
        _is_among(shop_key, when.shop)
        and _is_among(order.recipient.country, when.country)
        and (not when.postcode or _has_postcode(order.recipient.postcode, when.postcode))
        and (not when.choice or _chose(order, when.choice))
        and _is_within(when, order, weight_g)
        and _has_goods(when, order)
        and _is_as_asked(when, order)
        and (not when.served_by or _is_served(order.recipient, when.served_by, coverage))
    )


def _is_among(value: str, wanted: Collection[str]) -> bool:
    return not wanted or value.casefold() in {one.casefold() for one in wanted}


def _chose(order: Order, choices: Sequence[str]) -> bool:
    if order.choice is None:
        return False
    title = order.choice.title.casefold()
    return any(one == order.choice.id or fnmatchcase(title, one.casefold()) for one in choices)


def _has_postcode(postcode: str, wanted: Sequence[str]) -> bool:
    code = _compact(postcode)
    return bool(code) and any(_falls_in(code, one) for one in wanted)


def _falls_in(code: str, wanted: str) -> bool:
    """A prefix such as "69", or a range such as "20000-20999", both ends included."""
    first, dash, last = wanted.partition("-")
    first, last = _compact(first), _compact(last)
    if not dash:
        return code.startswith(first)
    return first <= code[: len(first)] and code[: len(last)] <= last


def _compact(postcode: str) -> str:
    return postcode.replace(" ", "").upper()


def _is_within(when: RuleWhen, order: Order, weight_g: int | None) -> bool:
    if when.weight_g is not None and (weight_g is None or not when.weight_g.hold(weight_g)):
        return False
    if when.total is None:
        return True
    return order.total is not None and when.total.hold(float(order.total.amount))


def _has_goods(when: RuleWhen, order: Order) -> bool:
    skus = {line.sku.casefold() for line in order.lines if line.quantity}
    tags = {tag.casefold() for tag in order.tags}
    return (not when.sku or any(one.casefold() in skus for one in when.sku)) and (
        not when.tag or any(one.casefold() in tags for one in when.tag)
    )


def _is_as_asked(when: RuleWhen, order: Order) -> bool:
    has_point, has_company = order.pickup_point is not None, bool(order.recipient.company)
    return when.pickup_point in (None, has_point) and when.company in (None, has_company)


def _is_served(address: Address, contracts: Sequence[str], coverage: Coverage | None) -> bool:
    return coverage is not None and any(coverage(one, address) for one in contracts)
