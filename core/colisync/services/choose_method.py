"""How each shipment goes: the first rule that matches, checked with the carrier. Design §1 and §4.

No match is for a person, never a guess.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from colisync.errors import ColisyncError, ConfigurationError, InvalidShipment
from colisync.model.attention import Attention, Outcome, ShipmentState
from colisync.model.parcel import ParcelState
from colisync.model.shipment import Shipment
from colisync.model.workspace import Contract, Mode, RuleUse, Workspace
from colisync.ports.carrier import Carrier
from colisync.services import corrections, rules
from colisync.services.adjust_shipments import conflict_attention
from colisync.services.find_order import order_ids
from colisync.services.label_request import RequestMaker
from colisync.services.report import Report
from colisync.services.workbench import Workbench
from colisync.storage import orders as stored_orders
from colisync.storage import shipments, workspaces
from colisync.storage.orders import StoredOrder

_CHUNK = 200
_CURED_BY_SETTINGS = frozenset(
    {
        "shipment.no_method",
        "shipment.no_weight",
        "storage.unknown_contract",
        "storage.unknown_sender",
        "storage.no_default_sender",
    }
)
"""Attentions that `colisync apply` can cure: looked at again each time."""

_DRAFT_REFERENCE = "AAAAAAAAAAAA"


def choose_method(
    bench: Workbench, workspace: str, *, orders: Sequence[str] | None = None
) -> Outcome:
    """Every draft becomes ready, is held, or waits for a person; only those of `orders` where
    given. What waited before and still does is told only where `orders` are named."""
    named = None if orders is None else order_ids(bench, workspace, orders)
    with bench.store.read() as connection:
        drafts = shipments.to_choose(connection, workspace, named)
        waiting = shipments.in_attention(connection, workspace, named)
    return _Choice(bench, workspace, tell_again=named is not None).run(drafts, waiting)


def choose_for(bench: Workbench, workspace: str, shipment_ids: Sequence[int]) -> Outcome:
    """The same for the drafts among these shipments."""
    return _Choice(bench, workspace, tell_again=True).run(shipment_ids, ())


@dataclass(frozen=True, slots=True)
class _Way:
    """What a rule and a person's corrections give a shipment."""

    contract_key: str
    method: str
    sender_key: str
    insurance_eur: int
    packaging_g: int
    weight_g: int | None
    hold: bool
    by_person: bool


class _Choice:
    """One run over drafts, with the settings as they are now."""

    def __init__(self, bench: Workbench, workspace: str, *, tell_again: bool) -> None:
        self._bench = bench
        self._report = Report()
        self._tell_again = tell_again
        with bench.store.read() as connection:
            self._client: Workspace = workspaces.workspace(connection, workspace)
            self._rules = workspaces.rules(connection, workspace)
            self._contracts = {
                one.key: one for one in workspaces.contracts(connection, workspace)
            }
            self._senders = {one.key: one for one in workspaces.senders(connection, workspace)}
        self._now = bench.clock.now()
        self._makers: dict[str, RequestMaker] = {}
        self._orders: dict[int, StoredOrder] = {}
