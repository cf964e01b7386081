"""What `status` walks over."""

from sqlalchemy import exists, select

from colisync.model.parcel import ParcelState
from colisync.storage import tables
from colisync.storage.store import Connection

_OVER = (ParcelState.DELIVERED.value, ParcelState.RETURNED.value, ParcelState.VOID.value)


def order_ids(connection: Connection, workspace: str) -> list[int]:
    """Every order of the workspace, in the order of their coming."""
    orders = tables.orders
    query = select(orders.c.id).where(orders.c.workspace == workspace).order_by(orders.c.id)
    return list(connection.execute(query).scalars())


def open_shipments(connection: Connection, workspace: str) -> list[int]:
    """Shipments with a parcel that is neither delivered, nor returned, nor void."""
    shipments, parcels = tables.shipments, tables.parcels
    goes_on = exists().where(parcels.c.shipment_id == shipments.c.id, parcels.c.state.not_in(_OVER))
    query = (
        select(shipments.c.id)
        .where(shipments.c.workspace == workspace, goes_on)
        .order_by(shipments.c.id)
    )
    return list(connection.execute(query).scalars())
