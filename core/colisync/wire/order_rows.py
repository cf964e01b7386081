"""Rows of orders, decoded one by one: one that does not read stops no other."""

from collections.abc import Callable, Iterable

from pydantic import ValidationError

from colisync.errors import UnreadableAnswer
from colisync.model.order import Order
from colisync.ports.shop import UnreadableOrder
from colisync.wire.fields import Row, first_of, loose


def order_of(row: Row, translate: Callable[[Row], Row], remote: str) -> Order:
    """The order that `translate` makes of a row.

    Raises UnreadableAnswer, in the words of `remote`, naming the field that does not read.
    """
    try:
        return Order.model_validate(translate(row))
    except ValidationError as error:
        field = ".".join(str(part) for part in error.errors()[0]["loc"][:3])
        cause: Exception = error
    except UnreadableAnswer as error:
        field, cause = str(error.params.get("field", "")), error
    params = {"order": first_of(row, ("number", "id")), "field": field}
    raise UnreadableAnswer(f"{remote}.order_unreadable", params=params) from cause


def decode_each(
    rows: Iterable[Row], decode: Callable[[Row], Order]
) -> tuple[tuple[Order, ...], tuple[UnreadableOrder, ...]]:
    """The orders, and what does not read. `decode` raises UnreadableAnswer."""
    orders, unreadable = [], []
    for row in rows:
        try:
            orders.append(decode(row))
        except UnreadableAnswer as error:
            external_id = loose(row.get("id"))
            told = UnreadableOrder(external_id=external_id, key=error.key, params=error.params)
            unreadable.append(told)
    return tuple(orders), tuple(unreadable)
