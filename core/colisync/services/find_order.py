"""What people mean by `ORDER`: "shop/number", the number alone if unique, and "#2" behind it for an
order's second shipment."""

import re
from collections.abc import Sequence

from colisync.errors import ConfigurationError
from colisync.model.label import Direction
from colisync.model.parcel import WITH_LABEL
from colisync.model.shipment import Shipment
from colisync.services.workbench import Workbench
from colisync.storage import orders, shipments
from colisync.storage.orders import StoredOrder
from colisync.storage.store import Connection

_NTH = re.compile(r"^(?P<order>.+)#(?P<nth>\d+)$")


def find_order(connection: Connection, workspace: str, text: str) -> StoredOrder:
    """The order that `text` names.

    Raises ConfigurationError where there is none, or several: these are named.
    """
    found = _candidates(connection, workspace, text)
    match = _NTH.match(text)
    if not found and match:
        found = _candidates(connection, workspace, match["order"])
    if not found:
        raise ConfigurationError("order.not_found", params={"order": text})
    if len(found) > 1:
        names = ", ".join(one.name for one in found)
        raise ConfigurationError("order.ambiguous", params={"order": text, "candidates": names})
    return found[0]


def find_orders(connection: Connection, workspace: str, texts: Sequence[str]) -> list[StoredOrder]:
    """The orders that `texts` name, in their order, each once. Raises as `find_order` does."""
    found = [find_order(connection, workspace, text) for text in texts]
    return list({one.id: one for one in found}.values())


def order_ids(bench: Workbench, workspace: str, texts: Sequence[str]) -> list[int]:
    """The ids of the orders that `texts` name."""
    with bench.store.read() as connection:
        return [one.id for one in find_orders(connection, workspace, texts)]


def find_shipments(
    connection: Connection, workspace: str, text: str, *, lock: bool = False
) -> list[Shipment]:
    """The outward shipments of the order that `text` names, the oldest first; with "#2" behind it,
    the second one only. Raises as `find_order` does, or where there is no such shipment."""
    order = find_order(connection, workspace, text)
    served = shipments.shipments_of(connection, workspace, [order.id], lock=lock)
    found = [one for one in served if one.direction is Direction.OUTWARD]
    match = _NTH.match(text)
    if match is None or order.order.number == text.rpartition("/")[2]:
        return found
    nth = int(match["nth"])
    if not 1 <= nth <= len(found):
        raise ConfigurationError(
            "order.no_such_shipment",
            params={"order": order.name, "nth": nth, "count": len(found)},
        )
    return [found[nth - 1]]


def shipment_name(
    connection: Connection, workspace: str, shipment: Shipment, order: StoredOrder
) -> str:
    """What names this very shipment of the order: "shop/number", with "#2" behind it where the
    order has several."""
    served = shipments.shipments_of(connection, workspace, [order.id])
    ids = [one.id for one in served if one.direction is Direction.OUTWARD]
    if len(ids) < 2 or shipment.id not in ids:
        return order.name
    return f"{order.name}#{1 + ids.index(shipment.id)}"


def labelled_parcels(connection: Connection, workspace: str, text: str) -> list[int]:
    """The ids of the order's parcels that have a label, box by box."""
    found = find_shipments(connection, workspace, text)
    return [
        parcel.id for shipment in found for parcel in shipment.parcels if parcel.state in WITH_LABEL
    ]


def _candidates(connection: Connection, workspace: str, text: str) -> list[StoredOrder]:
    shop_key, slash, number = text.partition("/")
    if slash:
        found = orders.orders_numbered(connection, workspace, number, shop_key)
        if found:
            return found
    return orders.orders_numbered(connection, workspace, text)
