"""What must be looked at, beside the shipments' own attention: raised once, settled once."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text

from colisync.errors import Scalar
from colisync.model.attention import Attention
from colisync.storage import tables
from colisync.storage.moments import to_text
from colisync.storage.store import Connection


@dataclass(frozen=True, slots=True)
class Alarm:
    """One thing to look at. `code` is a catalogue key, `subject` what it is about."""

    code: str
    subject: str
    params: Mapping[str, Scalar]
    raised_at: datetime

    def attention(self) -> Attention:
        """The alarm as commands list it."""
        params = dict(self.params)
        order, command = str(params.pop("order", "")), str(params.pop("command", ""))
        parcel = str(params.get("number", ""))
        return Attention(code=self.code, order=order, parcel=parcel, params=params, command=command)


_RAISE = text(
    "INSERT INTO alarms (workspace, code, subject, params, raised_at)"
    " VALUES (:workspace, :code, :subject, :params, :now)"
    " ON CONFLICT (workspace, code, subject) DO UPDATE SET params = excluded.params,"
    " raised_at = excluded.raised_at, settled_at = NULL WHERE alarms.settled_at IS NOT NULL"
)
_SETTLE = text(
    "UPDATE alarms SET settled_at = :now WHERE workspace = :workspace AND code = :code"
    " AND subject = :subject AND settled_at IS NULL"
)


def raise_alarm(
    connection: Connection,
    workspace: str,
    code: str,
    subject: str,
    params: Mapping[str, Scalar],
    now: datetime,
) -> bool:
    """True where the alarm is new, or was settled and comes back; False while it is open."""
    values = {
        "workspace": workspace,
        "code": code,
        "subject": subject,
        "params": json.dumps(dict(params), ensure_ascii=False),
        "now": to_text(now),
    }
    return connection.execute(_RAISE, values).rowcount == 1


def settle_alarm(
    connection: Connection, workspace: str, code: str, subject: str, now: datetime
) -> bool:
    """True where the alarm was open and is settled now."""
    values = {"workspace": workspace, "code": code, "subject": subject, "now": to_text(now)}
    return connection.execute(_SETTLE, values).rowcount == 1


def open_alarms(connection: Connection, workspace: str) -> list[Alarm]:
    """Every alarm that nobody has settled, oldest first."""
    alarms = tables.alarms
    query = (
        select(alarms)
        .where(alarms.c.workspace == workspace, alarms.c.settled_at.is_(None))
        .order_by(alarms.c.id)
    )
    return [
        Alarm(row.code, row.subject, json.loads(row.params), row.raised_at)
        for row in connection.execute(query)
    ]
