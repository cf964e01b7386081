"""The last failures of each remote, redacted: what a person needs to see why it said no."""

from pydantic import TypeAdapter
from sqlalchemy import Connection, delete, insert, select

from colisync.errors import Exchange
from colisync.storage import tables as t

KEPT = 50
"""So many of each remote; older ones go."""

_EXCHANGE = TypeAdapter(Exchange)


def keep_exchange(connection: Connection, workspace: str, remote: str, exchange: Exchange) -> None:
    """The exchange is kept among the last of `remote` ("shop:boutique", "contract:colissimo")."""
    content = _EXCHANGE.dump_json(exchange).decode()
    row = {"workspace": workspace, "remote": remote, "content": content, "at": exchange.at}
    connection.execute(insert(t.exchanges), row)
    mine = (t.exchanges.c.workspace == workspace) & (t.exchanges.c.remote == remote)
    newest = select(t.exchanges.c.id).where(mine).order_by(t.exchanges.c.id.desc()).limit(KEPT)
    connection.execute(delete(t.exchanges).where(mine, t.exchanges.c.id.not_in(newest)))


def last_exchanges(connection: Connection, workspace: str, remote: str) -> list[Exchange]:
    """The last failures of `remote`, the newest first."""
    query = (
        select(t.exchanges.c.content)
        .where(t.exchanges.c.workspace == workspace, t.exchanges.c.remote == remote)
        .order_by(t.exchanges.c.id.desc())
    )
    return [_EXCHANGE.validate_json(content) for content in connection.execute(query).scalars()]
