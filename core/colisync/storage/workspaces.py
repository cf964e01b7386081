"""Workspaces and what is set up for each: senders, shops, contracts, rules.

Content is stored as the noun's JSON; what is searched or changed alone has a column of its own.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Connection, Row, Table, delete, insert, select, update
from sqlalchemy.sql.elements import ColumnElement

from colisync.errors import ConfigurationError
from colisync.model.workspace import Contract, Sender, ShippingRule, Shop, Workspace
from colisync.ports.carrier import CarrierIdentity
from colisync.ports.shop import ShopIdentity
from colisync.storage import tables as t
from colisync.storage.upsert import insert_or_update

_OWN_COLUMNS = {"workspace", "key", "platform", "carrier", "sealed", "id", "paused"}


def workspaces(connection: Connection) -> list[str]:
    """Every workspace's key, in alphabetical order."""
    keys = connection.execute(select(t.workspaces.c.key).order_by(t.workspaces.c.key)).scalars()
    return list(keys)


def workspace(connection: Connection, workspace: str) -> Workspace:
    """The workspace. Raises ConfigurationError naming those that exist where there is none."""
    query = select(t.workspaces.c.content).where(t.workspaces.c.key == workspace)
    content = connection.execute(query).scalar()
    if content is None:
        known = ", ".join(workspaces(connection))
        raise ConfigurationError(
            "storage.unknown_workspace", params={"key": workspace, "known": known}
        )
    return Workspace.model_validate({**json.loads(content), "key": workspace})


def put_workspace(connection: Connection, workspace: str, noun: Workspace, at: datetime) -> None:
    """The workspace is stored as `noun`; `at` is when, should it be new."""
    values = {"key": workspace, "content": _content(noun), "created_at": at}
    statement = insert_or_update(connection, t.workspaces, unique=["key"], update=["content"])
    connection.execute(statement, values)


def senders(connection: Connection, workspace: str) -> list[Sender]:
    """Every sender, in the order in which they were set up."""
    return [_sender(row) for row in _all(connection, t.senders, workspace)]


def sender(connection: Connection, workspace: str, key: str = "") -> Sender:
    """The sender of that key; for the empty key the default one, or the only one.

    Raises ConfigurationError where there is none.
    """
    found = senders(connection, workspace)
    wanted = [one for one in found if (one.key == key if key else one.default)]
    if not key and len(found) == 1:
        wanted = found
    if not wanted:
        known = ", ".join(one.key for one in found)
        name = "storage.unknown_sender" if key else "storage.no_default_sender"
        raise ConfigurationError(name, params={"key": key, "known": known})
    return wanted[0]


def put_sender(connection: Connection, workspace: str, sender: Sender) -> None:
    """The sender is stored; another default one stops being it."""
    if sender.default:
        for other in senders(connection, workspace):
            if other.default and other.key != sender.key:
                _put_sender(connection, workspace, other.model_copy(update={"default": False}))
    _put_sender(connection, workspace, sender)


def _put_sender(connection: Connection, workspace: str, sender: Sender) -> None:
    statement = insert_or_update(
        connection, t.senders, unique=["workspace", "key"], update=["content"]
    )
    values = {"workspace": workspace, "key": sender.key, "content": _content(sender)}
    connection.execute(statement, values)


def shops(connection: Connection, workspace: str) -> list[Shop]:
    """Every shop, in the order in which they were set up."""
    return [_shop(row) for row in _all(connection, t.shops, workspace)]


def shop(connection: Connection, workspace: str, key: str) -> Shop:
    """The shop of that key. Raises ConfigurationError naming the shops where there is none."""
    return _shop(_one(connection, t.shops, workspace, key, "storage.unknown_shop"))


def shop_by_id(connection: Connection, workspace: str, shop_id: int) -> Shop:
    """The shop of that row. Raises ConfigurationError where this workspace has none."""
    row = connection.execute(select(t.shops).where(_is(t.shops, workspace, shop_id))).first()
    if row is None:
        known = ", ".join(one.key for one in shops(connection, workspace))
        params = {"key": str(shop_id), "known": known}
        raise ConfigurationError("storage.unknown_shop", params=params)
    return _shop(row)


def put_shop(connection: Connection, workspace: str, shop: Shop) -> int:
    """The row of the shop, now stored; its cursor, identity and pause stay as they were."""
    statement = insert_or_update(
        connection,
        t.shops,
        unique=["workspace", "key"],
        update=["platform", "content", "sealed"],
    ).returning(t.shops.c.id)
    values = {
        "workspace": workspace,
        "key": shop.key,
        "platform": shop.platform,
        "content": _content(shop),
        "sealed": shop.sealed,
    }
    return int(connection.execute(statement, values).scalar_one())


def contracts(connection: Connection, workspace: str) -> list[Contract]:
    """Every contract, in the order in which they were set up."""
    return [_contract(row) for row in _all(connection, t.contracts, workspace)]


def contract(connection: Connection, workspace: str, key: str) -> Contract:
    """The contract of that key. Raises ConfigurationError naming the contracts where there is
    none."""
    return _contract(_one(connection, t.contracts, workspace, key, "storage.unknown_contract"))


def put_contract(connection: Connection, workspace: str, contract: Contract) -> int:
    """The row of the contract, now stored; its identity and pause stay as they were."""
    statement = insert_or_update(
        connection,
        t.contracts,
        unique=["workspace", "key"],
        update=["carrier", "content", "sealed"],
    ).returning(t.contracts.c.id)
    values = {
        "workspace": workspace,
        "key": contract.key,
        "carrier": contract.carrier,
        "content": _content(contract),
        "sealed": contract.sealed,
    }
    return int(connection.execute(statement, values).scalar_one())


def rules(connection: Connection, workspace: str) -> list[ShippingRule]:
    """The rules, in the order in which they are tried."""
    query = (
        select(t.rules.c.content)
        .where(t.rules.c.workspace == workspace)
        .order_by(t.rules.c.position)
    )
    found = connection.execute(query).scalars()
    return [ShippingRule.model_validate_json(content) for content in found]


def put_rules(connection: Connection, workspace: str, rules: Sequence[ShippingRule]) -> None:
    """The workspace has these rules, in this order, and no others."""
    connection.execute(delete(t.rules).where(t.rules.c.workspace == workspace))
    rows = [
        {"workspace": workspace, "position": position, "content": _content(rule)}
        for position, rule in enumerate(rules, start=1)
    ]
    if rows:
        connection.execute(insert(t.rules), rows)


def cursor(connection: Connection, workspace: str, shop_id: int) -> str | None:
    """Where the connector stands in the shop's changes; None before the first page."""
    query = select(t.shops.c.cursor).where(_is(t.shops, workspace, shop_id))
    return connection.execute(query).scalar() or None


def move_cursor(
    connection: Connection, workspace: str, shop_id: int, cursor: str, at: datetime
) -> None:
    """The connector stands at `cursor`; the shop was in step at `at`."""
    statement = update(t.shops).where(_is(t.shops, workspace, shop_id))
    connection.execute(statement.values(cursor=cursor, synced_at=at))


def read_from_the_start(connection: Connection, workspace: str, shop_id: int) -> None:
    """The next import reads every order since `orders_since` once more."""
    connection.execute(update(t.shops).where(_is(t.shops, workspace, shop_id)).values(cursor=""))


def synced_at(connection: Connection, workspace: str, shop_id: int) -> datetime | None:
    """When the shop was last in step; None before the first page."""
    query = select(t.shops.c.synced_at).where(_is(t.shops, workspace, shop_id))
    return connection.execute(query).scalar()


def pause_shop(connection: Connection, workspace: str, key: str, reason_key: str) -> None:
    """The shop is left alone until someone settles `reason_key`, a catalogue key."""
    _set_paused(connection, t.shops, workspace, key, reason_key)


def resume_shop(connection: Connection, workspace: str, key: str) -> None:
    """The shop is worked for again."""
    _set_paused(connection, t.shops, workspace, key, "")


def pause_contract(connection: Connection, workspace: str, key: str, reason_key: str) -> None:
    """Nothing is asked of the contract until someone settles `reason_key`, a catalogue key."""
    _set_paused(connection, t.contracts, workspace, key, reason_key)


def resume_contract(connection: Connection, workspace: str, key: str) -> None:
    """The contract is used again."""
    _set_paused(connection, t.contracts, workspace, key, "")


def identity(connection: Connection, workspace: str, shop_id: int) -> ShopIdentity | None:
    """Who answered at the shop's last check; None before the first."""
    query = select(t.shops.c.identity).where(_is(t.shops, workspace, shop_id))
    text = connection.execute(query).scalar()
    return ShopIdentity.model_validate_json(text) if text else None


def put_identity(
    connection: Connection, workspace: str, shop_id: int, identity: ShopIdentity
) -> None:
    """The shop's identity is kept for those who plan its write-back."""
    statement = update(t.shops).where(_is(t.shops, workspace, shop_id))
    connection.execute(statement.values(identity=identity.model_dump_json()))


def contract_identity(
    connection: Connection, workspace: str, contract_id: int
) -> CarrierIdentity | None:
    """Which account answered at the contract's last check; None before the first."""
    query = select(t.contracts.c.identity).where(_is(t.contracts, workspace, contract_id))
    text = connection.execute(query).scalar()
    return CarrierIdentity.model_validate_json(text) if text else None


def put_contract_identity(
    connection: Connection, workspace: str, contract_id: int, identity: CarrierIdentity
) -> None:
    """The contract's identity is kept."""
    statement = update(t.contracts).where(_is(t.contracts, workspace, contract_id))
    connection.execute(statement.values(identity=identity.model_dump_json()))


def confirm_first_batch(connection: Connection, workspace: str, shop_id: int, at: datetime) -> None:
    """A person has agreed to the shop's first labels; the first agreement's time stays."""
    confirmed = t.shops.c.first_batch_confirmed_at
    statement = update(t.shops).where(_is(t.shops, workspace, shop_id), confirmed.is_(None))
    connection.execute(statement.values(first_batch_confirmed_at=at))


def ask_first_batch_again(connection: Connection, workspace: str) -> None:
    """The next batch of every shop is its first: only counted until it is confirmed."""
    connection.execute(
        update(t.shops)
        .where(t.shops.c.workspace == workspace)
        .values(first_batch_confirmed_at=None)
    )


def first_batch_confirmed(connection: Connection, workspace: str, shop_id: int) -> bool:
    """True once a person has agreed to the shop's first labels."""
    query = select(t.shops.c.first_batch_confirmed_at).where(_is(t.shops, workspace, shop_id))
    return connection.execute(query).scalar() is not None


def _content(noun: BaseModel) -> str:
    return noun.model_dump_json(exclude=_OWN_COLUMNS)


def _all(connection: Connection, table: Table, workspace: str) -> Sequence[Row[Any]]:
    query = select(table).where(table.c.workspace == workspace).order_by(table.c.id)
    return connection.execute(query).all()


def _one(
    connection: Connection, table: Table, workspace: str, key: str, error_key: str
) -> Row[Any]:
    query = select(table).where(table.c.workspace == workspace, table.c.key == key)
    row = connection.execute(query).first()
    if row is None:
        known = ", ".join(one.key for one in _all(connection, table, workspace))
        raise ConfigurationError(error_key, params={"key": key, "known": known})
    return row


def _is(table: Table, workspace: str, row_id: int) -> ColumnElement[bool]:
    return (table.c.workspace == workspace) & (table.c.id == row_id)


def _set_paused(
    connection: Connection, table: Table, workspace: str, key: str, reason_key: str
) -> None:
    statement = update(table).where(table.c.workspace == workspace, table.c.key == key)
    connection.execute(statement.values(paused=reason_key))


def _sender(row: Row[Any]) -> Sender:
    return Sender.model_validate({**json.loads(row.content), "key": row.key})


def _shop(row: Row[Any]) -> Shop:
    own = {name: getattr(row, name) for name in ("workspace", "key", "platform", "sealed")}
    own |= {"id": row.id, "paused": row.paused}
    return Shop.model_validate({**json.loads(row.content), **own})


def _contract(row: Row[Any]) -> Contract:
    own = {name: getattr(row, name) for name in ("workspace", "key", "carrier", "sealed")}
    own |= {"id": row.id, "paused": row.paused}
    return Contract.model_validate({**json.loads(row.content), **own})
