"""A shipment computed from its orders: what the shop says, with the corrections on it."""

from collections.abc import Sequence
from datetime import datetime

from colisync.model.attention import ShipmentState
from colisync.model.shipment import Shipment
from colisync.services import corrections
from colisync.services.order_facts import joint_fingerprint
from colisync.storage import orders, shipments
from colisync.storage.orders import StoredOrder
from colisync.storage.store import Connection


def contents_of(shipment: Shipment, served: Sequence[StoredOrder]) -> int | None:
    """Grams of what the shipment holds, as the shop weighs it; None where the shop does not."""
    return corrections.contents_g(shipment.lines, {one.id: one.order for one in served})


def computed(shipment: Shipment, served: Sequence[StoredOrder]) -> Shipment:
    """The shipment as its orders, the first one first, now want it. Pure; decides nothing."""
    first = served[0].order
    weight = corrections.value(shipment.corrections, corrections.WEIGHT)
    return shipment.model_copy(
        update={
            "recipient": corrections.recipient(first, shipment.corrections),
            "pickup_point": corrections.pickup_point(first, shipment.corrections),
            "weight_g": contents_of(shipment, served) if weight is None else weight,
            "order_fingerprint": joint_fingerprint(one.fingerprint for one in served),
        }
    )


def redraft(
    connection: Connection, workspace: str, shipment_id: int, now: datetime, *, hold: bool = False
) -> None:
    """The shipment is computed from what it holds now, and to be chosen again; one that a person
    holds, or `hold`, stays held."""
    (shipment,) = shipments.shipments(connection, workspace, [shipment_id], lock=True)
    served = orders.orders(connection, workspace, shipment.order_ids)
    held = hold or shipment.decision is ShipmentState.HELD
    draft = computed(shipment, [served[one] for one in shipment.order_ids]).model_copy(
        update={
            "decision": ShipmentState.HELD if held else ShipmentState.DRAFT,
            "attention": None,
        }
    )
    shipments.save(connection, workspace, [draft], now)
