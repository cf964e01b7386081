"""What `apply` last wrote of each block, and taking blocks out again.

A block is named "workspace", "sender:atelier", "shop:boutique", "contract:colissimo" or "rules".
Nothing that orders or labels hang on is ever deleted.
"""

from datetime import datetime

from sqlalchemy import Connection, Table, delete, exists, select, update
from sqlalchemy.sql.elements import ColumnElement

from colisync.storage import tables as t
from colisync.storage.upsert import insert_or_update

PRUNED = "config.pruned"
"""Why a shop or contract pauses that `apply --prune` took out while orders hang on it."""


def applied_blocks(connection: Connection, workspace: str) -> dict[str, str]:
    """The digest of each block as `apply` last wrote it."""
    blocks = t.applied_blocks.c
    query = select(blocks.block, blocks.digest).where(blocks.workspace == workspace)
    return {row.block: row.digest for row in connection.execute(query)}


def put_applied_block(
    connection: Connection, workspace: str, block: str, digest: str, at: datetime
) -> None:
    """`apply` has written the block."""
    statement = insert_or_update(
        connection,
        t.applied_blocks,
        unique=["workspace", "block"],
        update=["digest", "applied_at"],
    )
    values = {"workspace": workspace, "block": block, "digest": digest, "applied_at": at}
    connection.execute(statement, values)


def forget_applied_block(connection: Connection, workspace: str, block: str) -> None:
    """`apply` has taken the block out."""
    blocks = t.applied_blocks
    mine = (blocks.c.workspace == workspace) & (blocks.c.block == block)
    connection.execute(delete(blocks).where(mine))


def remove_sender(connection: Connection, workspace: str, key: str) -> bool:
    """True where the sender is gone; False where shipments name it, and it stays."""
    used = _names(t.shipments, workspace, "sender_key", key)
    return _remove(connection, t.senders, workspace, key, used=[used])


def remove_shop(connection: Connection, workspace: str, key: str) -> bool:
    """True where the shop is gone; False where it has orders: it stays, paused, without its
    credentials."""
    shop_id = select(t.shops.c.id).where(_is(t.shops, workspace, key)).scalar_subquery()
    orders = t.orders.c
    used = exists().where(orders.workspace == workspace, orders.shop_id == shop_id)
    if _remove(connection, t.shops, workspace, key, used=[used]):
        return True
    _retire(connection, t.shops, workspace, key)
    return False


def remove_contract(connection: Connection, workspace: str, key: str) -> bool:
    """True where the contract is gone; False where labels or shipments name it: it stays, paused,
    without its credentials."""
    used = [
        _names(t.shipments, workspace, "contract_key", key),
        _names(t.attempts, workspace, "contract_key", key),
    ]
    if _remove(connection, t.contracts, workspace, key, used=used):
        return True
    _retire(connection, t.contracts, workspace, key)
    return False


def _is(table: Table, workspace: str, key: str) -> ColumnElement[bool]:
    return (table.c.workspace == workspace) & (table.c.key == key)


def _names(table: Table, workspace: str, column: str, key: str) -> ColumnElement[bool]:
    return exists().where(table.c.workspace == workspace, table.c[column] == key)


def _remove(
    connection: Connection,
    table: Table,
    workspace: str,
    key: str,
    *,
    used: list[ColumnElement[bool]],
) -> bool:
    if any(connection.execute(select(question)).scalar() for question in used):
        return False
    connection.execute(delete(table).where(_is(table, workspace, key)))
    return True


def _retire(connection: Connection, table: Table, workspace: str, key: str) -> None:
    statement = update(table).where(_is(table, workspace, key))
    connection.execute(statement.values(paused=PRUNED, sealed=""))
