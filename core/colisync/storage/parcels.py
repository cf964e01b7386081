"""Parcels as stored: which are to buy, which are under way, how many in each state."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, bindparam, func, select, text

from colisync.model.label import LabelRequest
from colisync.model.parcel import Lease, ParcelState
from colisync.storage import tables
from colisync.storage.store import Connection

_parcels = tables.parcels
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Held:
    """An attempt under way or lost: what was sent, and who held it."""

    parcel_id: int
    shipment_id: int
    attempt: int
    reference: str
    contract_key: str
    state: ParcelState
    request: LabelRequest
    lease: Lease | None
    number: str


@dataclass(frozen=True, slots=True)
class Ready:
    """A shipment whose labels may be bought, the shop of its first order, and its contract."""

    shipment_id: int
    shop_id: int
    contract_key: str


def ready_shipments(
    connection: Connection, workspace: str, order_ids: Sequence[int] | None = None
) -> list[Ready]:
    """Shipments that are ready with a parcel to buy, oldest first; only those of `order_ids` where
    given."""
    links, orders, shipments = tables.shipment_orders, tables.orders, tables.shipments
    query = (
        select(
            shipments.c.id, func.min(orders.c.shop_id).label("shop_id"), shipments.c.contract_key
        )
        .join(links, links.c.shipment_id == shipments.c.id)
        .join(orders, orders.c.id == links.c.order_id)
        .join(_parcels, _parcels.c.shipment_id == shipments.c.id)
        .where(
            shipments.c.workspace == workspace,
            shipments.c.decision == "ready",
            _parcels.c.state == ParcelState.PENDING.value,
        )
        .group_by(shipments.c.id, shipments.c.contract_key)
        .order_by(shipments.c.id)
    )
    if order_ids is not None:
        query = query.where(orders.c.id.in_(order_ids))
    return [Ready(row.id, row.shop_id, row.contract_key) for row in connection.execute(query)]


def held(connection: Connection, workspace: str, state: ParcelState) -> list[Held]:
    """Every parcel of that state with the attempt it is in; `BUYING`, `UNCERTAIN`, `ANNOUNCED`."""
    query = (
        select(_parcels)
        .where(and_(_parcels.c.workspace == workspace, _parcels.c.state == state.value))
        .order_by(_parcels.c.id)
    )
    return [_held(row) for row in connection.execute(query)]


def _held(row: Any) -> Held:
    lease = None
    if row.lease_until is not None:
        lease = Lease(
            host=row.lease_host,
            pid=row.lease_pid,
            process_started=row.lease_process,
            until=row.lease_until,
        )
    return Held(
        parcel_id=row.id,
        shipment_id=row.shipment_id,
        attempt=row.attempt,
        reference=row.reference,
        contract_key=row.contract_key,
        state=ParcelState(row.state),
        request=LabelRequest.model_validate_json(row.request),
        lease=lease,
        number=row.number or "",
    )


_RENEW_SPECIMENS = text(
    "UPDATE parcels SET state = 'pending', specimen = FALSE, number = NULL, partner_number = '',"
    " label_url = '', warnings = '[]', labelled_at = NULL, printed_at = NULL,"
    " handed_over_at = NULL, changed_after_label = '', tracking_status = NULL,"
    " tracking_reason = NULL, tracking_at = NULL, track_next_at = NULL, track_failures = 0,"
    " track_problem = '', lease_host = '', lease_pid = NULL, lease_process = '',"
    " lease_until = NULL WHERE workspace = :workspace AND specimen = TRUE"
    " AND contract_key IN :contracts AND state <> 'buying'"
).bindparams(bindparam("contracts", expanding=True))


def renew_specimens(connection: Connection, workspace: str, contract_keys: Sequence[str]) -> int:
    """How many parcels had a SPECIMEN label of these contracts, and are to be labelled again."""
    values = {"workspace": workspace, "contracts": list(contract_keys)}
    return connection.execute(_RENEW_SPECIMENS, values).rowcount if contract_keys else 0


def count_states(connection: Connection, workspace: str) -> dict[str, int]:
    """How many parcels are in each state."""
    query = (
        select(_parcels.c.state, func.count())
        .where(_parcels.c.workspace == workspace)
        .group_by(_parcels.c.state)
    )
    return {state: count for state, count in connection.execute(query)}  # noqa: C416 (typed rows)


def order_names(
    connection: Connection, workspace: str, shipment_ids: Sequence[int]
) -> dict[int, str]:
    """ "shop/number" of the first order of each shipment, as people name it."""
    links, orders, shops = tables.shipment_orders, tables.orders, tables.shops
    wanted = sorted(set(shipment_ids))
    names: dict[int, str] = {}
    for start in range(0, len(wanted), _CHUNK):
        ids = wanted[start : start + _CHUNK]
        query = (
            select(links.c.shipment_id, shops.c.key, orders.c.number)
            .join(orders, orders.c.id == links.c.order_id)
            .join(shops, shops.c.id == orders.c.shop_id)
            .where(links.c.workspace == workspace, links.c.shipment_id.in_(ids))
            .order_by(links.c.id.desc())
        )
        rows = connection.execute(query)
        names |= {row.shipment_id: f"{row.key}/{row.number}" for row in rows}
    return names
