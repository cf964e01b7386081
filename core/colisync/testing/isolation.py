"""A walk through every repository function with the wrong workspace.

Each table holds one row of the workspace `MINE`, whose id is 1, whose keys and numbers are `WORD`
and whose texts are `MARK`. Every function is called for `OTHER` with arguments that fit that row.
"""

import dataclasses
import importlib
import inspect
import pkgutil
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Boolean, Column, Connection, Integer, LargeBinary, Table, Text, select
from sqlalchemy import delete as sql_delete
from sqlalchemy.exc import DBAPIError, IntegrityError

from colisync import storage
from colisync.errors import ColisyncError
from colisync.storage.moments import Moment
from colisync.storage.store import Store
from colisync.storage.tables import metadata

MINE, OTHER, WORD, MARK = "mine", "other", "main", "MARK-OF-MINE"
PAST = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
_NOT_REPOSITORIES = {"bulk", "migrate", "migrations", "moments", "store", "tables", "upsert"}
_WITHOUT_WORKSPACE = {("workspaces", "workspaces")}  # the one that lists keys

Function = Callable[..., Any]
Variant = Mapping[str, str]
VARIANTS: tuple[Variant, ...] = tuple(
    dict(zip(("parcels", "shipments", "orders", "write_backs"), states.split(), strict=True))
    for states in (
        "pending ready to_ship waiting",
        "buying ready waiting sent",
        "labelled attention to_ship waiting",
        "labelled ready gone stopped",
        "uncertain draft unreadable failed",
        "pending draft to_ship done",
    )
)
_STATES = {
    "parcels": "state",
    "shipments": "decision",
    "orders": "standing",
    "write_backs": "state",
}
_CONSTRAINT = "a constraint refuses it"
_PROBLEMS = {"paused", "attention", "problem", "track_problem", "changed_after_label"}


@dataclass(frozen=True, slots=True)
class Seen:
    """What one call did: its result or error as text, and whose rows it changed."""

    text: str
    raised: bool
    changed: frozenset[str]


def repository_functions() -> Iterator[tuple[str, Function]]:
    """Every public function of every repository module that takes a connection, by its name.

    Raises AssertionError where one does not take the workspace next.
    """
    for module_info in pkgutil.iter_modules(storage.__path__):
        if module_info.name in _NOT_REPOSITORIES:
            continue
        module = importlib.import_module(f"{storage.__name__}.{module_info.name}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            taken = list(inspect.signature(function).parameters)
            own = function.__module__ == module.__name__ and not name.startswith("_")
            if not own or taken[:1] != ["connection"]:
                continue
            if (module_info.name, name) in _WITHOUT_WORKSPACE:
                continue
            assert taken[1:2] == ["workspace"], f"{module_info.name}.{name}: workspace first"
            yield f"{module_info.name}.{name}", function


def populate(store: Store, variant: Variant, *, open_ends: bool) -> None:
    """One row of `MINE` in every table, and the empty workspace `OTHER`.

    With `open_ends`, times and problems that may be absent are; else times lie in the past.
    """
    with store.write() as connection:
        for table in metadata.sorted_tables:
            row = {
                column.name: _cell(column, open_ends=open_ends)
                for column in table.columns
                if column.name != "id"
            }
            if table.name in _STATES:
                row[_STATES[table.name]] = variant[table.name]
            if table.name == "workspaces":
                connection.execute(table.insert(), {**row, "key": OTHER, "content": "{}"})
                row["key"] = MINE
            connection.execute(table.insert(), row)


def _cell(column: Column[Any], *, open_ends: bool) -> Any:
    if column.name == "workspace":
        return MINE
    if isinstance(column.type, Moment):
        return None if column.nullable and open_ends else PAST
    if isinstance(column.type, Boolean):
        return False
    if isinstance(column.type, LargeBinary):
        return MARK.encode()
    if column.foreign_keys or isinstance(column.type, Integer):
        return 1
    if column.name in _PROBLEMS and open_ends:
        return ""
    if column.name == "effect":
        return "status"
    asked_for = column.name.endswith("_key") or column.name.startswith("lease_")
    return MARK if isinstance(column.type, Text) and not asked_for else WORD


def call(store: Store, function: Function, workspace: str) -> Seen:
    """What `function` does for `workspace`, undone afterwards.

    Raises what is neither an error of ours nor a broken constraint.
    """
    with store.engine.connect() as connection, connection.begin() as transaction:
        before = _rows(connection)
        text, raised = _run(connection, function, workspace)
        if text == _CONSTRAINT:
            return Seen(text, raised=True, changed=frozenset())
        after = _rows(connection)
        transaction.rollback()
    return Seen(text, raised, frozenset(owner for owner in before if before[owner] != after[owner]))


def _call_alone(store: Store, function: Function) -> str:
    """What `function` gives `OTHER` where `MINE` does not exist."""
    with store.engine.connect() as connection, connection.begin() as transaction:
        for table in reversed(metadata.sorted_tables):
            connection.execute(sql_delete(table).where(_owner(table) == MINE))
        text, _ = _run(connection, function, OTHER)
        transaction.rollback()
    return text


def _run(connection: Connection, function: Function, workspace: str) -> tuple[str, bool]:
    try:
        result = function(connection, workspace, **arguments(function))
        return repr(list(result) if isinstance(result, Iterator) else result), False
    except (ColisyncError, LookupError) as error:
        return str(error), True
    except IntegrityError:
        return _CONSTRAINT, True


def fault_of(store: Store, function: Function) -> str:
    """What is wrong with a call for `OTHER`: it changes `MINE`, or gives something of it, or fails.

    Empty where all is well.
    """
    try:
        seen = call(store, function, OTHER)
    except (DBAPIError, ValueError, TypeError, AttributeError) as error:
        return f"fails: {error}"[:200]
    if MINE in seen.changed:
        return "changes it"
    if MARK in seen.text:
        return "shows it"
    writes_its_own = seen.raised or seen.changed
    if writes_its_own or _call_alone(store, function) == seen.text:
        return ""
    return f"counts it: {seen.text}"[:200]


def has_teeth(store: Store, function: Function) -> bool:
    """True where a call for `MINE` itself ends otherwise than one for `OTHER`."""
    try:
        return call(store, function, MINE) != call(store, function, OTHER)
    except (ValueError, DBAPIError):  # it has read what is not JSON: it saw the row
        return True


def _rows(connection: Connection) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {MINE: [], OTHER: []}
    for table in metadata.sorted_tables:
        owner = _owner(table).name
        for row in connection.execute(select(table).order_by(*table.primary_key)).mappings():
            found[row[owner]].append(repr(row))
    return found


def _owner(table: Table) -> Column[Any]:
    return table.c.key if table.name == "workspaces" else table.c.workspace


def arguments(function: Function) -> dict[str, Any]:
    """Arguments that fit the row of `MINE`, for all but connection and workspace."""
    hints = typing.get_type_hints(function)
    names = list(inspect.signature(function).parameters)[2:]
    return {name: _made(hints[name], name) for name in names}


_SIMPLE: dict[Any, Any] = {
    str: WORD,
    int: 1,
    float: 1.0,
    bool: True,
    bytes: b"",
    Decimal: Decimal(1),
    datetime: NOW,
    date: NOW.date(),
    time: time(16, 30),
    Any: WORD,
    object: WORD,
}


def _made(hint: Any, name: str) -> Any:
    """A value of the type `hint`."""
    if hint in _SIMPLE:
        return _SIMPLE[hint]
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return _made(next(one for one in inner if one is not type(None)), name)
    if origin is typing.Annotated:
        return _made(inner[0], name)
    if origin is typing.Literal:
        return inner[0]
    if origin is not None:
        return _container(origin, inner, name)
    if isinstance(hint, type):
        return _object(hint)
    raise TypeError(f"{name}: teach the walk to make {hint!r}")


def _container(origin: Any, inner: tuple[Any, ...], name: str) -> Any:
    if issubclass(origin, Mapping):
        return {_made(inner[0], name): _made(inner[1], name)}
    if origin is tuple:
        kinds = inner[:1] if inner[-1] is Ellipsis else inner
        return tuple(_made(one, name) for one in kinds)
    one = [_made(inner[0], name)]
    return frozenset(one) if issubclass(origin, set | frozenset) else one


def _object(kind: type[Any]) -> Any:
    if issubclass(kind, Enum):
        return next(iter(kind))
    hints = typing.get_type_hints(kind)
    if issubclass(kind, BaseModel):
        fields = {name: _made(hints[name], name) for name in kind.model_fields}
        return kind.model_construct(**fields)
    if dataclasses.is_dataclass(kind):
        return kind(
            **{one.name: _made(hints[one.name], one.name) for one in dataclasses.fields(kind)}
        )
    raise TypeError(f"teach the walk to make {kind!r}")
