"""What a connector's suite works with: a driver of the shop, drafts of orders, updates."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Protocol

from pydantic import BaseModel

from colisync.model.order import Order
from colisync.model.writeback import (
    Effect,
    EffectState,
    OrderUpdate,
    ParcelNews,
    WriteBackReceipt,
)
from colisync.ports.context import BackendContext
from colisync.ports.shop import ShopConnector
from colisync.sandbox.faults import FaultyApp
from colisync.wire.clock import SystemClock
from colisync.wire.http import RemoteSession

MET_AND_STATUS = frozenset({Effect.META, Effect.STATUS})


@dataclass(frozen=True)
class Draft:
    """An order to place in the shop. `lines` are (grams of one unit or None, quantity)."""

    lines: tuple[tuple[int | None, int], ...] = ((250, 2),)
    country: str = "FR"
    postcode: str = "69003"
    street: str = "5 rue des Acacias"
    shipping_empty: bool = False
    note: str = ""
    to_ship: bool = True
    placed_on: date | None = None
    shipped_by_other: str = ""


class ShopDriver(Protocol):
    """What the merchant, the buyer and another tool do in the shop, and what they see there."""

    app: FaultyApp
    to_ship: str
    done: str

    def add_order(self, draft: Draft) -> str: ...
    def change_street(self, external_id: str, street: str) -> None: ...
    def set_status(self, external_id: str, status: str) -> None: ...
    def refund(self, external_id: str, quantity: int) -> None: ...
    def trash(self, external_id: str) -> None: ...
    def delete(self, external_id: str) -> None: ...
    def add_choice(self) -> str: ...
    def wait(self) -> None: ...
    def status(self, external_id: str) -> str: ...
    def entries(self, external_id: str) -> list[str]: ...
    def notes(self, external_id: str) -> list[tuple[str, bool]]: ...
    def mails(self, external_id: str) -> int: ...
    def requests(self) -> int: ...
    def writes(self) -> int: ...
    def webhook(self, external_id: str) -> tuple[dict[str, str], bytes]: ...


@dataclass
class ShopRig:
    """One connector beside its emulated shop.

    `wrong` and `read_only` are settings that the shop refuses, to any call and to writes;
    `list_path` and `write_path` are parts of the paths that carry orders in and news out.
    """

    backend: type[ShopConnector]
    settings: BaseModel
    wrong: BaseModel
    read_only: BaseModel
    shop: ShopDriver
    url: str
    list_path: str
    write_path: str
    secrets: tuple[str, ...]
    _sessions: list[RemoteSession] = field(default_factory=list)

    def open(self, settings: BaseModel | None = None, **changes: Any) -> ShopConnector:
        """A new connector with a session of its own."""
        chosen = (settings or self.settings).model_copy(update=changes)
        session = RemoteSession(self.url, local=True, deadline=3.0, read_timeout=2.0)
        self._sessions.append(session)
        return self.backend.open(chosen, BackendContext(http=session, clock=SystemClock()))

    def close(self) -> None:
        """Closes every session."""
        for session in self._sessions:
            session.close()


def update(external_id: str, number: str, **fields: Any) -> OrderUpdate:
    """News of one parcel, number and status, with `fields` changed."""
    news = {"number": number, "carrier": "colissimo", "carrier_name": "Colissimo"}
    news |= {"tracking_url": f"https://follow.example/{number}"}
    parcel = ParcelNews.model_validate(
        {**news, "labelled_at": datetime.now(UTC), "replaces": fields.pop("replaces", ())}
    )
    usual: dict[str, Any] = {"effects": MET_AND_STATUS, "note": f"Colis {number}"}
    return OrderUpdate(
        key=f"{external_id}/{number}/{'out' if fields.get('withdraw') else 'in'}",
        external_id=external_id,
        parcel=parcel,
        **usual | fields,
    )


def read_all(shop: ShopConnector, cursor: str | None = None) -> tuple[list[Order], str | None]:
    """Every order of one reading, and the last cursor."""
    orders: list[Order] = []
    for page in shop.changed_orders(cursor):
        orders += page.orders
        cursor = page.cursor
    return orders, cursor


def ids(orders: list[Order]) -> set[str]:
    """Their external ids."""
    return {order.external_id for order in orders}


def states(receipt: WriteBackReceipt) -> dict[Effect, EffectState]:
    """How each effect ended."""
    return {effect: result.state for effect, result in receipt.results.items()}
