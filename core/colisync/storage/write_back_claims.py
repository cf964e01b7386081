"""Telling the shops: effects claimed under a lease, and how each ended.

A claim marks its rows `sent` before the call, under a lease and a counted try. Storing the end is
conditional on that very try, so a late answer never overwrites a later one. One order is told by
one process at a time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, text

from colisync.model.attention import Attention
from colisync.model.parcel import WITH_LABEL, Lease, ParcelState
from colisync.model.writeback import Effect, EffectState
from colisync.storage import tables
from colisync.storage.moments import to_text
from colisync.storage.store import Connection


@dataclass(frozen=True, slots=True)
class ClaimedEffect:
    """One effect that is ours to tell, with what there is to tell.

    `tries` counts this one. `number` is of the label that the effect speaks of, void or not;
    `replaces` are the numbers of the parcel's earlier labels; `items` what this box carries, by
    the shop's line id.
    """

    id: int
    tries: int
    order_id: int
    external_id: str
    order_number: str
    parcel_id: int
    attempt: int
    effect: Effect
    withdraw: bool
    status_wanted: str
    number: str
    reference: str
    contract_key: str
    labelled_at: datetime
    replaces: tuple[str, ...]
    items: dict[str, int]

    @property
    def repeated(self) -> bool:
        """True where an earlier try may have reached the shop."""
        return self.tries > 1


@dataclass(frozen=True, slots=True)
class Ending:
    """How one claimed effect ended. `WAITING` and `FAILED` with `due_at` are tried again then."""

    id: int
    tries: int
    status_told: str
    state: EffectState
    due_at: datetime | None = None
    problem: Attention | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """What was claimed, and the last order looked at: None where there is no more."""

    effects: tuple[ClaimedEffect, ...]
    last_order: int | None


_OPEN_STATES = ("waiting", "failed", "sent")
_DUE_ORDERS = text(
    "SELECT DISTINCT t.order_id FROM write_backs t WHERE t.workspace = :workspace"
    " AND t.shop_id = :shop AND t.state IN ('waiting', 'failed', 'sent') AND t.due_at <= :now"
    " AND t.order_id > :after"
    " AND NOT EXISTS (SELECT 1 FROM write_backs b WHERE b.order_id = t.order_id"
    " AND b.state = 'sent' AND b.lease_until > :now)"
    " ORDER BY t.order_id LIMIT :orders"
)
_ROWS = text(
    "SELECT t.id, t.order_id, t.attempt, t.effect, t.withdraw, t.state, t.due_at,"
    " p.attempt AS attempt_now, p.state AS parcel_state, p.changed_after_label"
    " FROM write_backs t JOIN parcels p ON p.id = t.parcel_id"
    " WHERE t.workspace = :workspace AND t.order_id IN :orders ORDER BY t.id"
).bindparams(bindparam("orders", expanding=True))
_INCOMPLETE = text(
    "SELECT DISTINCT so.order_id FROM shipment_orders so"
    " JOIN shipments s ON s.id = so.shipment_id AND s.direction = 'outward'"
    " JOIN parcels p ON p.shipment_id = s.id"
    " WHERE so.workspace = :workspace AND so.order_id IN :orders AND p.state <> 'void'"
    " AND (p.state NOT IN :with_label OR p.changed_after_label <> '')"
).bindparams(bindparam("orders", expanding=True), bindparam("with_label", expanding=True))
_TAKE = text(
    "UPDATE write_backs SET state = 'sent', tries = tries + 1, lease_host = :host,"
    " lease_pid = :pid, lease_process = :process, lease_until = :until"
    " WHERE workspace = :workspace AND id IN :ids AND state IN ('waiting', 'failed', 'sent')"
    " AND (lease_until IS NULL OR lease_until <= :now) RETURNING id"
).bindparams(bindparam("ids", expanding=True))


def claim(
    connection: Connection,
    workspace: str,
    shop_id: int,
    lease: Lease,
    now: datetime,
    *,
    after_order: int = 0,
    orders: int = 50,
) -> Claim:
    """What is due for the next `orders` orders of the shop after `after_order`, now ours.

    A status is claimed only once every parcel of its order has a label that still fits the order,
    and together with, or after, everything else that the order is told.
    """
    _one_claimer(connection, workspace, shop_id)
    values = {"workspace": workspace, "shop": shop_id, "now": to_text(now), "orders": orders}
    due = connection.execute(_DUE_ORDERS, {**values, "after": after_order}).scalars().all()
    if not due:
        return Claim((), None)
    rows = connection.execute(_ROWS, {"workspace": workspace, "orders": due}).all()
    _stop_outdated(connection, workspace, rows, now)
    chosen = _chosen(rows, _incomplete(connection, workspace, due), to_text(now))
    taken = _take(connection, workspace, chosen, lease, now) if chosen else []
    return Claim(_with_facts(connection, workspace, taken), due[-1])


def _one_claimer(connection: Connection, workspace: str, shop_id: int) -> None:
    # SQLite has one writer anyway and drops FOR UPDATE; PostgreSQL waits here for the other one.
    shops = tables.shops
    query = select(shops.c.id).where(shops.c.workspace == workspace, shops.c.id == shop_id)
    connection.execute(query.with_for_update(key_share=True))


def _incomplete(connection: Connection, workspace: str, orders: Sequence[int]) -> set[int]:
    values = {
        "workspace": workspace,
        "orders": orders,
        "with_label": sorted(state.value for state in WITH_LABEL),
    }
    return set(connection.execute(_INCOMPLETE, values).scalars())


def _chosen(rows: Sequence[Any], incomplete: set[int], now: str) -> list[int]:
    """Rows to claim: everything due that still holds, then statuses that nothing holds back."""
    tellable = [row for row in rows if _still_holds(row) and _is_due(row, now)]
    chosen = {row.id for row in tellable if row.effect != Effect.STATUS.value}
    blocked = incomplete | {
        row.order_id for row in rows if row.id not in chosen and _holds_status_back(row)
    }
    statuses = (row for row in tellable if row.effect == Effect.STATUS.value)
    return [*chosen, *(row.id for row in statuses if row.order_id not in blocked)]


_STOP_OUTDATED = text(
    "UPDATE write_backs SET state = 'stopped', due_at = NULL"
    " WHERE workspace = :workspace AND id IN :ids AND state IN ('waiting', 'failed', 'sent')"
    " AND (lease_until IS NULL OR lease_until <= :now)"
).bindparams(bindparam("ids", expanding=True))


def _stop_outdated(
    connection: Connection, workspace: str, rows: Sequence[Any], now: datetime
) -> None:
    """News of a label that is void or replaced is never told: its number is taken out instead."""
    outdated = [
        row.id
        for row in rows
        if not row.withdraw
        and row.state in _OPEN_STATES
        and (row.attempt < row.attempt_now or row.parcel_state == ParcelState.VOID.value)
    ]
    if outdated:
        values = {"workspace": workspace, "ids": outdated, "now": to_text(now)}
        connection.execute(_STOP_OUTDATED, values)


def _still_holds(row: Any) -> bool:
    """False for news of a label that is void, replaced, or no longer fits its order."""
    if row.withdraw:
        return True
    labelled = ParcelState(row.parcel_state) in WITH_LABEL
    return labelled and row.attempt == row.attempt_now and not row.changed_after_label


def _is_due(row: Any, now: str) -> bool:
    return row.state in _OPEN_STATES and row.due_at is not None and row.due_at <= now


def _holds_status_back(row: Any) -> bool:
    is_current = row.attempt == row.attempt_now and row.parcel_state != ParcelState.VOID.value
    is_open = row.state in (*_OPEN_STATES, "stopped")
    return is_current and is_open and not row.withdraw and row.effect != Effect.STATUS.value


def _take(
    connection: Connection, workspace: str, ids: Sequence[int], lease: Lease, now: datetime
) -> list[int]:
    values = {
        "workspace": workspace,
        "ids": ids,
        "host": lease.host,
        "pid": lease.pid,
        "process": lease.process_started,
        "until": to_text(lease.until),
        "now": to_text(now),
    }
    return list(connection.execute(_TAKE, values).scalars())


_FACTS = text(
    "SELECT t.id, t.tries, t.order_id, t.parcel_id, t.attempt, t.effect, t.withdraw,"
    " t.status_wanted, o.external_id, o.number AS order_number, p.shipment_id, p.ordinal,"
    " CASE WHEN p.attempt = t.attempt THEN p.number END AS number,"
    " CASE WHEN p.attempt = t.attempt THEN p.labelled_at END AS labelled_at,"
    " p.reference AS reference_now, p.contract_key AS contract_now,"
    " a.reference, a.contract_key, a.started_at"
    " FROM write_backs t JOIN orders o ON o.id = t.order_id JOIN parcels p ON p.id = t.parcel_id"
    " LEFT JOIN attempts a ON a.parcel_id = t.parcel_id AND a.attempt = t.attempt"
    " WHERE t.workspace = :workspace AND t.id IN :ids ORDER BY t.order_id, t.parcel_id, t.id"
).bindparams(bindparam("ids", expanding=True))
_EARLIER = text(
    "SELECT parcel_id, attempt, number FROM orphans WHERE workspace = :workspace"
    " AND parcel_id IN :parcels AND number IS NOT NULL ORDER BY attempt"
).bindparams(bindparam("parcels", expanding=True))
# Nobody says which box holds what: the first box of a shipment stands for all of it.
_ITEMS = text(
    "SELECT l.order_id, l.line_id, l.quantity, p.id AS parcel_id FROM parcels p"
    " JOIN shipment_lines l ON l.shipment_id = p.shipment_id"
    " WHERE p.workspace = :workspace AND p.id IN :parcels AND p.ordinal ="
    " (SELECT MIN(b.ordinal) FROM parcels b WHERE b.shipment_id = p.shipment_id"
    " AND b.state <> 'void')"
).bindparams(bindparam("parcels", expanding=True))


def _with_facts(
    connection: Connection, workspace: str, ids: Sequence[int]
) -> tuple[ClaimedEffect, ...]:
    if not ids:
        return ()
    rows = connection.execute(_FACTS, {"workspace": workspace, "ids": ids}).all()
    of_parcels = {"workspace": workspace, "parcels": list({row.parcel_id for row in rows})}
    earlier = connection.execute(_EARLIER, of_parcels).all()
    items = connection.execute(_ITEMS, of_parcels).all()
    return tuple(_claimed(row, earlier, items) for row in rows)


def _claimed(row: Any, earlier: Iterable[Any], items: Iterable[Any]) -> ClaimedEffect:
    orphans = [(one.attempt, one.number) for one in earlier if one.parcel_id == row.parcel_id]
    own = row.number or next((number for at, number in orphans if at == row.attempt), "")
    before = [number for at, number in orphans if at < row.attempt and number != own]
    return ClaimedEffect(
        id=row.id,
        tries=row.tries,
        order_id=row.order_id,
        external_id=row.external_id,
        order_number=row.order_number,
        parcel_id=row.parcel_id,
        attempt=row.attempt,
        effect=Effect(row.effect),
        withdraw=bool(row.withdraw),
        status_wanted=row.status_wanted,
        number=own,
        reference=row.reference or row.reference_now or f"P{row.parcel_id}A{row.attempt}",
        contract_key=row.contract_key or row.contract_now,
        labelled_at=datetime.fromisoformat(row.labelled_at or row.started_at),
        replaces=tuple(dict.fromkeys(before)),
        items={
            one.line_id: one.quantity
            for one in items
            if (one.parcel_id, one.order_id) == (row.parcel_id, row.order_id)
        },
    )


# A status that changed its mind while an older one was being said is said next.
_FINISH = text(
    "UPDATE write_backs SET"
    " state = CASE WHEN status_wanted = :told THEN :state ELSE 'waiting' END,"
    " due_at = CASE WHEN status_wanted = :told THEN CAST(:due AS VARCHAR(27)) ELSE :now END,"
    " done_at = CASE WHEN status_wanted = :told THEN CAST(:done AS VARCHAR(27)) END,"
    " problem = :problem, lease_host = '', lease_pid = NULL, lease_process = '',"
    " lease_until = NULL"
    " WHERE workspace = :workspace AND id = :id AND state = 'sent' AND tries = :tries"
)
_OVER = (EffectState.DONE, EffectState.SKIPPED)


def finish(
    connection: Connection, workspace: str, endings: Sequence[Ending], now: datetime
) -> None:
    """Each effect has ended as told, where it is still at that very try."""
    if endings:
        connection.execute(_FINISH, [_ended(workspace, ending, now) for ending in endings])


def _ended(workspace: str, ending: Ending, now: datetime) -> dict[str, object]:
    return {
        "workspace": workspace,
        "id": ending.id,
        "tries": ending.tries,
        "told": ending.status_told,
        "state": ending.state.value,
        "due": None if ending.due_at is None else to_text(ending.due_at),
        "done": to_text(now) if ending.state in _OVER else None,
        "problem": ending.problem.model_dump_json() if ending.problem else "",
        "now": to_text(now),
    }


_HOLDERS = text(
    "SELECT DISTINCT lease_host, lease_pid, lease_process, lease_until FROM write_backs"
    " WHERE workspace = :workspace AND shop_id = :shop AND state = 'sent'"
    " AND lease_until IS NOT NULL"
)
_RELEASE = text(
    "UPDATE write_backs SET lease_host = '', lease_pid = NULL, lease_process = '',"
    " lease_until = NULL WHERE workspace = :workspace AND shop_id = :shop AND state = 'sent'"
    " AND lease_host = :host AND lease_pid = :pid AND lease_process = :process"
    " AND lease_until = :until"
)


def holders(connection: Connection, workspace: str, shop_id: int) -> list[Lease]:
    """Every lease under which something of the shop's is being told."""
    found = connection.execute(_HOLDERS, {"workspace": workspace, "shop": shop_id})
    return [
        Lease(
            host=row.lease_host,
            pid=row.lease_pid,
            process_started=row.lease_process,
            until=datetime.fromisoformat(row.lease_until),
        )
        for row in found
    ]


def release(connection: Connection, workspace: str, shop_id: int, lease: Lease) -> int:
    """How many effects a dead holder had: they are told again, the shop read before."""
    values = {
        "workspace": workspace,
        "shop": shop_id,
        "host": lease.host,
        "pid": lease.pid,
        "process": lease.process_started,
        "until": to_text(lease.until),
    }
    return connection.execute(_RELEASE, values).rowcount


_OPEN = text(
    "SELECT DISTINCT t.order_id FROM write_backs t JOIN parcels p ON p.id = t.parcel_id"
    " WHERE t.workspace = :workspace AND t.order_id IN :orders"
    " AND t.state IN ('waiting', 'sent', 'failed', 'stopped')"
    " AND (t.withdraw = TRUE OR (t.attempt = p.attempt AND p.state <> 'void'))"
).bindparams(bindparam("orders", expanding=True))
_COUNT_DUE = text(
    "SELECT COUNT(DISTINCT order_id) FROM write_backs WHERE workspace = :workspace"
    " AND shop_id = :shop AND state IN ('waiting', 'failed', 'sent') AND due_at <= :now"
)


def still_open(connection: Connection, workspace: str, order_ids: Iterable[int]) -> set[int]:
    """Those of these orders that are not told everything yet."""
    values = {"workspace": workspace, "orders": list(order_ids)}
    return set(connection.execute(_OPEN, values).scalars())


def count_due(connection: Connection, workspace: str, shop_id: int, now: datetime) -> int:
    """How many orders of the shop have something due."""
    values = {"workspace": workspace, "shop": shop_id, "now": to_text(now)}
    return int(connection.execute(_COUNT_DUE, values).scalar_one())
