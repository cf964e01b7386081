"""What is to be told to the shops: one row per effect, parcel, attempt and order.

Planning, stopping, withdrawing and showing. The telling itself is in `write_back_claims`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import bindparam, func, select, text

from colisync.model.attention import Attention
from colisync.model.workspace import STAND_IN, Mode, Shop, Workspace
from colisync.model.writeback import Effect, EffectState
from colisync.ports.shop import ShopIdentity
from colisync.storage import tables
from colisync.storage.moments import to_text
from colisync.storage.store import Connection

_rows = tables.write_backs


@dataclass(frozen=True, slots=True)
class Target:
    """One order to be told of one parcel, and how its shop wants it."""

    parcel_id: int
    order_id: int
    shop: Shop
    identity: ShopIdentity | None
    specimen: bool


@dataclass(frozen=True, slots=True)
class PlannedEffect:
    """A row to be. `due_at` is None while it waits for the first scan."""

    parcel_id: int
    attempt: int
    order_id: int
    effect: Effect
    due_at: datetime | None
    status_wanted: str = ""


@dataclass(frozen=True, slots=True)
class EffectStanding:
    """Where one effect stands, for people."""

    order_id: int
    parcel_id: int
    attempt: int
    effect: Effect
    state: EffectState
    withdraw: bool
    status_wanted: str
    tries: int
    due_at: datetime | None
    done_at: datetime | None
    problem: Attention | None


# One statement and two caches: planning is on the hot path of every label bought.
_TARGETS = text(
    "SELECT p.id, so.order_id, h.id AS shop_id, h.key, h.platform, h.content, h.identity,"
    " w.content AS client, c.content AS contract FROM parcels p"
    " JOIN shipments s ON s.id = p.shipment_id AND s.direction = 'outward'"
    " JOIN shipment_orders so ON so.shipment_id = p.shipment_id"
    " JOIN orders o ON o.id = so.order_id"
    " JOIN shops h ON h.id = o.shop_id"
    " JOIN workspaces w ON w.key = p.workspace"
    " LEFT JOIN contracts c ON c.workspace = p.workspace AND c.key = p.contract_key"
    " WHERE p.workspace = :workspace AND p.id IN :parcels"
).bindparams(bindparam("parcels", expanding=True))


def targets(connection: Connection, workspace: str, parcel_ids: Sequence[int]) -> list[Target]:
    """Every order that waits for news of these outward parcels, with its shop."""
    found = connection.execute(_TARGETS, {"workspace": workspace, "parcels": list(parcel_ids)})
    return [
        Target(
            parcel_id=row.id,
            order_id=row.order_id,
            shop=_shop(workspace, row.shop_id, row.key, row.platform, row.content),
            identity=_identity(row.identity),
            specimen=_specimen(workspace, row.client, row.contract or ""),
        )
        for row in found
    ]


@lru_cache(maxsize=256)
def _shop(workspace: str, shop_id: int, key: str, platform: str, content: str) -> Shop:
    own = {"workspace": workspace, "id": shop_id, "key": key, "platform": platform}
    return Shop.model_validate({**json.loads(content), **own})


@lru_cache(maxsize=256)
def _identity(content: str) -> ShopIdentity | None:
    return ShopIdentity.model_validate_json(content) if content else None


@lru_cache(maxsize=256)
def _specimen(workspace: str, client: str, contract: str) -> bool:
    mode = Workspace.model_validate({**json.loads(client), "key": workspace}).mode
    stands_in = bool(contract) and json.loads(contract).get("base_url") == STAND_IN
    return mode is Mode.REHEARSAL or stands_in


_PLAN = text(
    "INSERT INTO write_backs"
    " (workspace, shop_id, order_id, parcel_id, attempt, effect, withdraw, status_wanted, due_at)"
    " SELECT p.workspace, o.shop_id, o.id, p.id, CAST(:attempt AS INTEGER), :effect, FALSE,"
    " :status, :due FROM parcels p JOIN orders o ON o.id = :order AND o.workspace = p.workspace"
    " WHERE p.id = :parcel AND p.workspace = :workspace"
    " ON CONFLICT (parcel_id, attempt, order_id, effect, withdraw) DO NOTHING"
)


def plan(connection: Connection, workspace: str, effects: Sequence[PlannedEffect]) -> int:
    """How many effects were planned; those planned before stay as they are."""
    if effects:
        connection.execute(_PLAN, [_planned(workspace, effect) for effect in effects])
    return len(effects)


def _planned(workspace: str, effect: PlannedEffect) -> dict[str, object]:
    return {
        "workspace": workspace,
        "parcel": effect.parcel_id,
        "attempt": effect.attempt,
        "order": effect.order_id,
        "effect": effect.effect.value,
        "status": effect.status_wanted,
        "due": None if effect.due_at is None else to_text(effect.due_at),
    }


# The order's other parcels may still wait to say an earlier status: this one overtakes it.
_OVERTAKE = text(
    "UPDATE write_backs SET state = 'skipped', done_at = :now, problem = '', due_at = NULL"
    " WHERE workspace = :workspace AND order_id = :order AND effect = 'status'"
    " AND withdraw = FALSE AND parcel_id <> :parcel AND state IN ('waiting', 'failed')"
)
_WANT_STATUS = text(
    "UPDATE write_backs SET status_wanted = :status, due_at = :now, done_at = NULL,"
    " problem = '', state = CASE WHEN state IN ('sent', 'stopped') THEN state ELSE 'waiting' END"
    " WHERE workspace = :workspace AND order_id = :order AND effect = 'status'"
    " AND withdraw = FALSE AND parcel_id = :parcel AND attempt = :attempt"
    " AND status_wanted <> :status"
)


def plan_status(
    connection: Connection,
    workspace: str,
    parcel_id: int,
    attempt: int,
    order_id: int,
    status: str,
    now: datetime,
) -> None:
    """The order is to get `status` by this parcel's news; an earlier status still unsaid is not
    said any more. One that is being said just now is followed by the new one."""
    values = {
        "workspace": workspace,
        "parcel": parcel_id,
        "attempt": attempt,
        "order": order_id,
        "effect": Effect.STATUS.value,
        "status": status,
        "due": to_text(now),
        "now": to_text(now),
    }
    connection.execute(_OVERTAKE, values)
    connection.execute(_WANT_STATUS, values)
    connection.execute(_PLAN, values)


_MAKE_DUE = text(
    "UPDATE write_backs SET due_at = :now WHERE workspace = :workspace AND parcel_id IN :parcels"
    " AND due_at IS NULL AND tries = 0 AND withdraw = FALSE AND state IN ('waiting', 'stopped')"
).bindparams(bindparam("parcels", expanding=True))


def make_due(
    connection: Connection, workspace: str, parcel_ids: Sequence[int], now: datetime
) -> int:
    """How many effects waited for the first scan of these parcels and are due now."""
    values = {"workspace": workspace, "parcels": list(parcel_ids), "now": to_text(now)}
    return connection.execute(_MAKE_DUE, values).rowcount


_STOP = text(
    "UPDATE write_backs SET state = 'stopped' WHERE workspace = :workspace"
    " AND parcel_id = :parcel AND withdraw = FALSE AND state IN ('waiting', 'failed')"
)
# A row that was never due waits for its first scan again; one that failed is tried anew.
_RESUME = text(
    "UPDATE write_backs SET state = 'waiting', problem = '',"
    " due_at = CASE WHEN due_at IS NULL AND tries = 0 THEN NULL ELSE :now END"
    " WHERE workspace = :workspace AND parcel_id = :parcel AND state = 'stopped'"
    " AND attempt = (SELECT p.attempt FROM parcels p WHERE p.id = :parcel"
    " AND p.workspace = :workspace AND p.state <> 'void')"
)


def stop_for_parcel(connection: Connection, workspace: str, parcel_id: int) -> int:
    """How many effects of the parcel will not be told until `resume_for_parcel`.

    What is being told just now ends as it ends.
    """
    values = {"workspace": workspace, "parcel": parcel_id}
    return connection.execute(_STOP, values).rowcount


def resume_for_parcel(connection: Connection, workspace: str, parcel_id: int, now: datetime) -> int:
    """How many stopped effects of the parcel's current label are told after all."""
    values = {"workspace": workspace, "parcel": parcel_id, "now": to_text(now)}
    return connection.execute(_RESUME, values).rowcount


_STOP_ATTEMPT = text(
    "UPDATE write_backs SET state = 'stopped', due_at = NULL WHERE workspace = :workspace"
    " AND parcel_id = :parcel AND attempt = :attempt AND withdraw = FALSE"
    " AND state IN ('waiting', 'failed')"
)
_WITHDRAW = text(
    "INSERT INTO write_backs"
    " (workspace, shop_id, order_id, parcel_id, attempt, effect, withdraw, due_at)"
    " SELECT t.workspace, t.shop_id, t.order_id, t.parcel_id, t.attempt, t.effect, TRUE,"
    " CAST(:now AS VARCHAR(27)) FROM write_backs t"
    " WHERE t.workspace = :workspace AND t.parcel_id = :parcel AND t.attempt = :attempt"
    " AND t.withdraw = FALSE AND t.effect IN ('meta', 'tracking_entry')"
    " AND (t.tries > 0 OR t.state = 'done')"
    " ON CONFLICT (parcel_id, attempt, order_id, effect, withdraw) DO NOTHING"
)


def withdraw(
    connection: Connection, workspace: str, parcel_id: int, attempt: int, now: datetime
) -> int:
    """How many effects are to be taken back: the shop knows, or may know, the number of a label
    that is void. What was not told yet never will be. Notes and statuses cannot be taken back."""
    values = {
        "workspace": workspace,
        "parcel": parcel_id,
        "attempt": attempt,
        "now": to_text(now),
    }
    connection.execute(_STOP_ATTEMPT, values)
    return connection.execute(_WITHDRAW, values).rowcount


_RETRY = text(
    "UPDATE write_backs SET state = 'waiting', due_at = :now WHERE workspace = :workspace"
    " AND order_id IN :orders AND state = 'failed'"
).bindparams(bindparam("orders", expanding=True))


def retry(connection: Connection, workspace: str, order_ids: Sequence[int], now: datetime) -> int:
    """How many failed effects of these orders are due again: a person asked for it."""
    values = {"workspace": workspace, "orders": list(order_ids), "now": to_text(now)}
    return connection.execute(_RETRY, values).rowcount


_HURRY = text(
    "UPDATE write_backs SET due_at = :now WHERE workspace = :workspace"
    " AND state IN ('waiting', 'failed') AND due_at > :now"
)
_UNTOLD = text(
    "SELECT COUNT(*) FROM write_backs WHERE workspace = :workspace"
    " AND (state IN ('waiting', 'sent') OR (state = 'failed' AND due_at IS NOT NULL))"
)


def hurry(connection: Connection, workspace: str, now: datetime) -> int:
    """How many effects that waited for their next try are due now."""
    return connection.execute(_HURRY, {"workspace": workspace, "now": to_text(now)}).rowcount


def count_untold(connection: Connection, workspace: str) -> int:
    """How many effects are still to be told, today or later."""
    return int(connection.execute(_UNTOLD, {"workspace": workspace}).scalar_one())


def summary(connection: Connection, workspace: str) -> dict[EffectState, int]:
    """How many effects are in each state; states without any are left out."""
    query = (
        select(_rows.c.state, func.count())
        .where(_rows.c.workspace == workspace)
        .group_by(_rows.c.state)
    )
    return {EffectState(state): count for state, count in connection.execute(query)}


def of_orders(
    connection: Connection, workspace: str, order_ids: Sequence[int]
) -> dict[int, list[EffectStanding]]:
    """Where the effects of each of these orders stand; orders without any are left out."""
    query = (
        select(_rows)
        .where(_rows.c.workspace == workspace, _rows.c.order_id.in_(order_ids))
        .order_by(_rows.c.id)
    )
    found: dict[int, list[EffectStanding]] = {}
    for row in connection.execute(query):
        standing = EffectStanding(
            order_id=row.order_id,
            parcel_id=row.parcel_id,
            attempt=row.attempt,
            effect=Effect(row.effect),
            state=EffectState(row.state),
            withdraw=row.withdraw,
            status_wanted=row.status_wanted,
            tries=row.tries,
            due_at=row.due_at,
            done_at=row.done_at,
            problem=Attention.model_validate_json(row.problem) if row.problem else None,
        )
        found.setdefault(row.order_id, []).append(standing)
    return found


def problems(connection: Connection, workspace: str) -> list[Attention]:
    """What the shops refused, or were not told at the last try, each once, oldest first."""
    query = (
        select(_rows.c.problem)
        .where(
            _rows.c.workspace == workspace,
            _rows.c.state.in_((EffectState.FAILED.value, EffectState.WAITING.value)),
            _rows.c.problem != "",
        )
        .order_by(_rows.c.id)
    )
    found = dict.fromkeys(connection.execute(query).scalars())
    return [Attention.model_validate_json(problem) for problem in found]
