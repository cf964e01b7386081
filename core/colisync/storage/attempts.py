"""Attempts to buy: claims, leases, and what the carriers gave. Design §2.1–2.3.

Every step that follows a claim is conditional on (parcel, attempt, lease): a late winner is told
so and its label is kept as an orphan.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from colisync.model.attention import Attention
from colisync.model.label import DocumentKind, LabelRequest, Purchase
from colisync.model.parcel import Lease, ParcelState
from colisync.storage import documents, orphans
from colisync.storage.moments import to_text
from colisync.storage.parcels import Held
from colisync.storage.store import Connection


@dataclass(frozen=True, slots=True)
class Claim:
    """One attempt about to be made: the parcel as it was read, and what will be sent."""

    parcel_id: int
    attempt_was: int
    contract_key: str
    request: LabelRequest
    specimen: bool = False

    @property
    def attempt(self) -> int:
        """The number of the attempt that this claim opens."""
        return self.attempt_was + 1


@dataclass(frozen=True, slots=True)
class Wanted:
    """The claims of one shipment, as it was read."""

    shipment_id: int
    version: int
    claims: Sequence[Claim]


@dataclass(frozen=True, slots=True)
class Bought:
    """What an attempt gave, and the lease under which it was made."""

    attempt: Claim | Held
    lease: Lease
    purchase: Purchase


_LOCK_SHIPMENT = text(
    "UPDATE shipments SET updated_at = :now"
    " WHERE id = :shipment AND workspace = :workspace AND version = :version"
    " AND decision = 'ready'"
)
_CLAIM = text(
    "UPDATE parcels SET state = 'buying', attempt = :attempt, reference = :reference,"
    " request = :request, specimen = :specimen, contract_key = :contract, method = :method,"
    " postcode = :postcode, country = :country, lease_host = :host, lease_pid = :pid,"
    " lease_process = :process, lease_until = :until"
    " WHERE id = :parcel AND workspace = :workspace AND shipment_id = :shipment"
    " AND state = 'pending' AND attempt = :attempt_was"
)
_OPEN_ATTEMPT = text(
    "INSERT INTO attempts (workspace, parcel_id, attempt, reference, contract_key, started_at)"
    " VALUES (:workspace, :parcel, :attempt, :reference, :contract, :now)"
)
_CLOSE_ATTEMPT = text(
    "UPDATE attempts SET ended_at = :now, outcome = :outcome, error = :error"
    " WHERE workspace = :workspace AND parcel_id = :parcel AND attempt = :attempt"
)
_IS_MINE = (
    " WHERE id = :parcel AND workspace = :workspace AND attempt = :attempt"
    " AND lease_host = :host AND lease_pid = :pid AND lease_process = :process"
)
_STORE = text(
    "UPDATE parcels SET state = :state, number = :number, partner_number = :partner,"
    " label_url = :url, warnings = :warnings, labelled_at = :labelled, track_next_at = :track,"
    " tracking_status = NULL, tracking_reason = NULL, tracking_at = NULL, printed_at = NULL,"
    " lease_host = '', lease_pid = NULL, lease_process = '', lease_until = NULL"
    + _IS_MINE
    + " AND state IN ('buying', 'uncertain')"
)
_STORED_BEFORE = text(
    "SELECT id FROM parcels WHERE id = :parcel AND workspace = :workspace"
    " AND attempt = :attempt AND number = :number"
)
_PUT_BACK = text(
    "UPDATE parcels SET state = 'pending', lease_host = '', lease_pid = NULL, lease_process = '',"
    " lease_until = NULL" + _IS_MINE + " AND state = 'buying'"
)
_DOUBT = text("UPDATE parcels SET state = 'uncertain'" + _IS_MINE + " AND state = 'buying'")
_DOUBT_DEAD = text(
    "UPDATE parcels SET state = 'uncertain' WHERE id = :parcel AND workspace = :workspace"
    " AND attempt = :attempt AND state = 'buying'"
)
_NEXT_ATTEMPT = text(
    "UPDATE parcels SET state = 'pending', lease_host = '', lease_pid = NULL, lease_process = '',"
    " lease_until = NULL WHERE id = :parcel AND workspace = :workspace AND attempt = :attempt"
    " AND state = 'uncertain'"
)
_LOST = text(
    "SELECT COUNT(*) FROM attempts WHERE workspace = :workspace AND parcel_id = :parcel"
    " AND outcome = 'superseded'"
)
_ADOPT = text(
    "UPDATE parcels SET lease_host = :host, lease_pid = :pid, lease_process = :process,"
    " lease_until = :until WHERE id = :parcel AND workspace = :workspace"
    " AND attempt = :attempt AND state = 'uncertain'"
)
_VOID = text(
    "UPDATE parcels SET state = 'void', changed_after_label = '', lease_host = '',"
    " lease_pid = NULL, lease_process = '', lease_until = NULL"
    " WHERE id = :parcel AND workspace = :workspace AND attempt = :attempt AND state = :seen"
    " AND state IN ('announced', 'labelled', 'uncertain') RETURNING reference, number"
)
_RENEW = text(  # the old number stays until the new one takes its place: the order was labelled
    "UPDATE parcels SET state = 'pending', label_url = '', printed_at = NULL,"
    " tracking_status = NULL, tracking_reason = NULL, tracking_at = NULL, track_next_at = NULL,"
    " track_failures = 0, track_problem = ''"
    " WHERE id = :parcel AND workspace = :workspace AND attempt = :attempt AND state = 'void'"
)
_ATTACH = text(
    "UPDATE parcels SET state = 'labelled' WHERE id = :parcel AND workspace = :workspace"
    " AND attempt = :attempt AND state = 'announced'"
)


def claim(
    connection: Connection,
    workspace: str,
    wanted: Sequence[Wanted],
    lease: Lease,
    now: datetime,
) -> list[Claim]:
    """The claims that are ours now: `buying`, with reference, attempt and lease.

    None of a shipment that changed since its version was read; none that another process took.
    """
    moment = to_text(now)
    ours: list[Claim] = []
    rows: list[dict[str, Any]] = []
    for one in wanted:
        values = {"workspace": workspace, "shipment": one.shipment_id, "now": moment}
        lock = {**values, "version": one.version}
        if connection.execute(_LOCK_SHIPMENT, lock).rowcount != 1:
            continue
        for each in one.claims:
            row = values | _claimed(each, lease)
            if connection.execute(_CLAIM, row).rowcount == 1:
                ours.append(each)
                rows.append(row)
    if rows:
        connection.execute(_OPEN_ATTEMPT, rows)
    return ours


def _claimed(one: Claim, lease: Lease) -> dict[str, Any]:
    request = one.request
    return {
        **_holder(lease),
        "until": to_text(lease.until),
        "parcel": one.parcel_id,
        "attempt": one.attempt,
        "attempt_was": one.attempt_was,
        "reference": request.reference,
        "request": request.model_dump_json(),
        "contract": one.contract_key,
        "specimen": one.specimen,
        "method": request.method,
        "postcode": request.recipient.postcode,
        "country": request.recipient.country,
    }


def _holder(lease: Lease) -> dict[str, Any]:
    return {"host": lease.host, "pid": lease.pid, "process": lease.process_started}


def store_purchases(
    connection: Connection,
    workspace: str,
    bought: Sequence[Bought],
    now: datetime,
    track_at: datetime,
) -> frozenset[int]:
    """The parcels whose attempt was not ours any more, once every number and label is stored.

    What such a late winner got is kept as an orphan, never dropped. Storing the same purchase
    again, after a commit whose answer was lost, changes nothing.
    """
    stored, rows, late = [], [], []
    moments = {"now": to_text(now), "labelled": to_text(now), "track": to_text(track_at)}
    for one in bought:
        row = {"workspace": workspace, **moments, **_purchased(one)}
        if connection.execute(_STORE, row).rowcount == 1:
            stored.append(one)
            rows.append(row)
        elif connection.execute(_STORED_BEFORE, row).first() is None:
            late.append(one.attempt.parcel_id)
            _keep_late(connection, workspace, one.attempt, one.purchase, now)
    documents.keep(
        connection,
        workspace,
        [(one.attempt.parcel_id, one.attempt.attempt, one.purchase) for one in stored],
        now,
    )
    if rows:
        connection.execute(_CLOSE_ATTEMPT, rows)
    return frozenset(late)


def _purchased(one: Bought) -> dict[str, Any]:
    purchase = one.purchase
    labelled = any(document.kind is DocumentKind.LABEL for document in purchase.documents)
    state = ParcelState.LABELLED if labelled else ParcelState.ANNOUNCED
    return {
        **_holder(one.lease),
        "parcel": one.attempt.parcel_id,
        "attempt": one.attempt.attempt,
        "state": state.value,
        "number": purchase.number,
        "partner": purchase.partner_number,
        "url": purchase.label_url,
        "warnings": json.dumps(purchase.warnings, ensure_ascii=False),
        "outcome": "bought" if labelled else "announced",
        "error": "",
    }


def _keep_late(
    connection: Connection, workspace: str, one: Claim | Held, purchase: Purchase, now: datetime
) -> None:
    content = purchase.documents[0].content if purchase.documents else None
    orphans.list_orphan(
        connection,
        workspace,
        one.parcel_id,
        one.attempt,
        one.request.reference,
        now,
        number=purchase.number,
        possible=False,
        reason="late",
        content=content,
    )
    close_attempt(connection, workspace, one.parcel_id, one.attempt, "late", now)


def close_attempt(
    connection: Connection,
    workspace: str,
    parcel_id: int,
    attempt: int,
    outcome: str,
    now: datetime,
    problem: Attention | None = None,
) -> None:
    """The attempt is over, and how."""
    connection.execute(
        _CLOSE_ATTEMPT,
        {
            "workspace": workspace,
            "parcel": parcel_id,
            "attempt": attempt,
            "outcome": outcome,
            "error": problem.model_dump_json() if problem else "",
            "now": to_text(now),
        },
    )


def put_back(
    connection: Connection,
    workspace: str,
    one: Claim,
    lease: Lease,
    outcome: str,
    now: datetime,
    problem: Attention | None = None,
) -> bool:
    """True where the parcel is `pending` again: it is certain that no label was made."""
    return _step(connection, workspace, one, lease, _PUT_BACK, outcome, now, problem)


def doubt(
    connection: Connection,
    workspace: str,
    one: Claim,
    lease: Lease,
    now: datetime,
    problem: Attention,
) -> bool:
    """True where the parcel is `uncertain` now: sent, no answer."""
    return _step(connection, workspace, one, lease, _DOUBT, "uncertain", now, problem)


def _step(
    connection: Connection,
    workspace: str,
    one: Claim,
    lease: Lease,
    statement: Any,
    outcome: str,
    now: datetime,
    problem: Attention | None,
) -> bool:
    values = {
        **_holder(lease),
        "workspace": workspace,
        "parcel": one.parcel_id,
        "attempt": one.attempt,
    }
    if connection.execute(statement, values).rowcount != 1:
        return False
    close_attempt(connection, workspace, one.parcel_id, one.attempt, outcome, now, problem)
    return True


def doubt_dead(connection: Connection, workspace: str, one: Held, now: datetime) -> bool:
    """True where a `buying` parcel whose holder is dead is `uncertain` now, never ready."""
    values = {"workspace": workspace, "parcel": one.parcel_id, "attempt": one.attempt}
    if connection.execute(_DOUBT_DEAD, values).rowcount != 1:
        return False
    close_attempt(connection, workspace, one.parcel_id, one.attempt, "uncertain", now)
    return True


def open_next_attempt(connection: Connection, workspace: str, one: Held, now: datetime) -> bool:
    """True where an `uncertain` parcel is `pending` again, for its next attempt."""
    values = {"workspace": workspace, "parcel": one.parcel_id, "attempt": one.attempt}
    if connection.execute(_NEXT_ATTEMPT, values).rowcount != 1:
        return False
    close_attempt(connection, workspace, one.parcel_id, one.attempt, "superseded", now)
    return True


def count_lost(connection: Connection, workspace: str, parcel_id: int) -> int:
    """How many attempts of the parcel ended without an answer and were given up for a next one."""
    values = {"workspace": workspace, "parcel": parcel_id}
    return int(connection.execute(_LOST, values).scalar_one())


def take_uncertain(connection: Connection, workspace: str, one: Held, lease: Lease) -> bool:
    """True where the lease of an `uncertain` parcel is ours, so that its outcome may be stored."""
    values = {
        **_holder(lease),
        "until": to_text(lease.until),
        "workspace": workspace,
        "parcel": one.parcel_id,
        "attempt": one.attempt,
    }
    return connection.execute(_ADOPT, values).rowcount == 1


def attach_documents(
    connection: Connection, workspace: str, one: Held, purchase: Purchase, now: datetime
) -> bool:
    """True where an `announced` parcel has its label now."""
    values = {"workspace": workspace, "parcel": one.parcel_id, "attempt": one.attempt}
    if connection.execute(_ATTACH, values).rowcount != 1:
        return False
    documents.keep(connection, workspace, [(one.parcel_id, one.attempt, purchase)], now)
    close_attempt(connection, workspace, one.parcel_id, one.attempt, "bought", now)
    return True


def void(
    connection: Connection,
    workspace: str,
    parcel_id: int,
    attempt: int,
    seen: ParcelState,
    now: datetime,
) -> bool:
    """True where the parcel is `void` now: its label, if there was one, stays listed as an orphan.

    Only from the state in which it was `seen`: a label that came meanwhile must be cancelled at
    its carrier first. A parcel that was handed over, or whose label is being bought, cannot be.
    """
    values = {"workspace": workspace, "parcel": parcel_id, "attempt": attempt, "seen": seen.value}
    found = connection.execute(_VOID, values).first()
    if found is None:
        return False
    orphans.list_orphan(
        connection,
        workspace,
        parcel_id,
        attempt,
        found.reference or "",
        now,
        number="" if seen is ParcelState.UNCERTAIN else found.number,
        possible=seen is ParcelState.UNCERTAIN,
        reason="voided",
    )
    return True


def renew(connection: Connection, workspace: str, parcel_id: int, attempt: int) -> bool:
    """True where a `void` parcel is `pending` again, for its next attempt."""
    values = {"workspace": workspace, "parcel": parcel_id, "attempt": attempt}
    return connection.execute(_RENEW, values).rowcount == 1
