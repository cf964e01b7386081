"""How one shipment goes: contract, method, sender, weight, checked with the carrier."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from colisync.errors import ColisyncError, ConfigurationError, InvalidShipment
from colisync.model.attention import ShipmentState
from colisync.model.label import LabelRequest
from colisync.model.parcel import ParcelState
from colisync.model.shipment import Shipment
from colisync.model.workspace import (
    Contract,
    Mode,
    RuleUse,
    Sender,
    ShippingRule,
    Shop,
    Workspace,
)
from colisync.plugins import Backends
from colisync.ports.carrier import Carrier
from colisync.services import corrections, rules
from colisync.services.adjust_shipments import changed_under_correction
from colisync.services.label_request import build_request
from colisync.services.recompute import contents_of
from colisync.storage import workspaces
from colisync.storage.orders import StoredOrder
from colisync.storage.store import Connection

_DRAFT_REFERENCE = "AAAAAAAAAAAA"
_Set = TypeVar("_Set", Contract, Sender)


@dataclass(frozen=True, slots=True)
class Settings:
    """What is set up for a workspace."""

    client: Workspace
    rules: Sequence[ShippingRule]
    contracts: Mapping[str, Contract]
    senders: Mapping[str, Sender]
    shops: Mapping[int, Shop]

    @classmethod
    def read(cls, connection: Connection, workspace: str) -> "Settings":
        """As stored now."""
        return cls(
            client=workspaces.workspace(connection, workspace),
            rules=workspaces.rules(connection, workspace),
            contracts={one.key: one for one in workspaces.contracts(connection, workspace)},
            senders={one.key: one for one in workspaces.senders(connection, workspace)},
            shops={one.id: one for one in workspaces.shops(connection, workspace)},
        )

    def contract(self, key: str) -> Contract:
        """The contract of that key. Raises ConfigurationError naming those that exist."""
        return _one(self.contracts, key, "storage.unknown_contract")

    def sender(self, key: str) -> Sender:
        """The sender of that key; for the empty key the default one, or the only one."""
        if key:
            return _one(self.senders, key, "storage.unknown_sender")
        chosen = [one for one in self.senders.values() if one.default]
        if not chosen and len(self.senders) == 1:
            chosen = list(self.senders.values())
        if not chosen:
            raise ConfigurationError(
                "storage.no_default_sender", params={"known": ", ".join(self.senders)}
            )
        return chosen[0]


def _one(found: Mapping[str, _Set], key: str, error: str) -> _Set:
    if key not in found:
        raise ConfigurationError(error, params={"key": key, "known": ", ".join(found)})
    return found[key]


class ContractFailed(Exception):
    """The contract cannot be opened; nothing is wrong with the shipment. `first`: not yet told."""

    def __init__(self, contract_key: str, error: ColisyncError, *, first: bool) -> None:
        super().__init__(contract_key)
        self.contract_key = contract_key
        self.error = error
        self.first = first


class WayFinder:
    """Finds the way of shipments, with the settings as they were read."""

    def __init__(self, settings: Settings, backends: Backends) -> None:
        self._settings = settings
        self._backends = backends
        self._carriers: dict[str, Carrier] = {}
        self._failures: dict[str, ColisyncError] = {}

    def prepare(self, shipment: Shipment, served: Sequence[StoredOrder], now: datetime) -> Shipment:
        """The shipment with method, sender and weight: ready, or held by its rule.

        Raises ColisyncError saying what a person must settle; ContractFailed.
        """
        contents = contents_of(shipment, served)
        conflict = corrections.conflict(shipment.corrections, served[0].order, contents)
        if conflict is not None:
            raise changed_under_correction(conflict)
        use = self._use(shipment, served[0], contents)
        way = shipment.model_copy(
            update={
                "attention": None,
                "contract_key": use.contract,
                "method": use.method,
                "sender_key": self._settings.sender(use.sender).key,
                "insurance_eur": use.insurance,
                "packaging_g": use.packaging_g,
                "weight_g": self._weight(shipment, contents, use),
                "decision": ShipmentState.HELD if use.hold else ShipmentState.READY,
            }
        )
        return way if use.hold and not use.method else self._checked(way, served, now)

    def _use(self, shipment: Shipment, first: StoredOrder, contents: int | None) -> RuleUse:
        """What the first rule gives, with what a person decided on it."""
        found = self._match(shipment, first, contents)
        decided = corrections.decided(shipment.corrections)
        if found is None and "method" not in decided:
            choice = first.order.choice
            params = {
                "choice": choice.title or choice.id if choice else "",
                "country": shipment.recipient.country,
            }
            raise InvalidShipment("shipment.no_method", field="method", params=params)
        return (found or RuleUse()).model_copy(update=decided)

    def _match(
        self, shipment: Shipment, first: StoredOrder, contents: int | None
    ) -> RuleUse | None:
        fields = {"recipient": shipment.recipient, "pickup_point": shipment.pickup_point}
        weight = corrections.value(shipment.corrections, corrections.WEIGHT) or contents
        return rules.match(
            first.order.model_copy(update=fields),
            first.shop_key,
            self._settings.rules,
            weight_g=weight or self._settings.client.default_weight_g,
        )

    def _weight(self, shipment: Shipment, contents: int | None, use: RuleUse) -> int | None:
        """Grams of the contents: a person's word, the shop's, the rule's, the workspace's."""
        weighed = corrections.value(shipment.corrections, corrections.WEIGHT) or contents
        weight = weighed or use.weight_g or self._settings.client.default_weight_g
        boxes = [one for one in shipment.parcels if one.state is not ParcelState.VOID]
        if not weight and any(one.weight_g is None for one in boxes):
            raise InvalidShipment("shipment.no_weight", field="weight_g")
        return weight

    def _checked(self, way: Shipment, served: Sequence[StoredOrder], now: datetime) -> Shipment:
        contract = self._settings.contract(way.contract_key)
        carrier = self._carrier(contract)
        way = _pointed(way, carrier)
        sender = self._settings.sender(way.sender_key)
        for parcel in way.parcels:
            if parcel.state is ParcelState.PENDING:
                request = build_request(
                    way,
                    parcel,
                    served,
                    sender,
                    contract,
                    self._settings.client,
                    reference=_DRAFT_REFERENCE,
                    now=now,
                    shop=self._settings.shops.get(served[0].shop_id),
                )
                _validate(carrier, request)
        return way

    def _carrier(self, contract: Contract) -> Carrier:
        if contract.key in self._failures:
            raise ContractFailed(contract.key, self._failures[contract.key], first=False)
        if contract.key not in self._carriers:
            rehearsal = self._settings.client.mode is Mode.REHEARSAL
            try:
                opened = self._backends.carrier(contract, rehearsal=rehearsal)
            except ColisyncError as error:
                self._failures[contract.key] = error
                raise ContractFailed(contract.key, error, first=True) from error
            self._carriers[contract.key] = opened
        return self._carriers[contract.key]


def _pointed(way: Shipment, carrier: Carrier) -> Shipment:
    """The shipment with a pick-up point exactly where its method wants one."""
    method = carrier.methods.get(way.method)
    if method is None or method.needs_pickup_point == (way.pickup_point is not None):
        return way
    if method.needs_pickup_point:
        raise InvalidShipment("shipment.no_pickup_point", field=corrections.POINT)
    if corrections.value(way.corrections, corrections.METHOD) is not None:
        return way.model_copy(update={"pickup_point": None})  # a person chose to deliver at home
    point = way.pickup_point
    params = {"point": point.name or point.id if point else "", "method": way.method}
    raise InvalidShipment("shipment.unused_pickup_point", field="method", params=params)


def _validate(carrier: Carrier, request: LabelRequest) -> None:
    try:
        carrier.validate(request)
    except InvalidShipment as error:
        if error.field == "method":
            sold = [one.method for one in carrier.offers(request) if one.sold]
            error.params.setdefault("instead", ", ".join(sold))
        raise
