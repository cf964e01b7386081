"""Orders, and a store with a workspace set up and shipments at every stage."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import update

from colisync.model.address import Address
from colisync.model.attention import ShipmentState
from colisync.model.order import Order, OrderLine, PickedChoice, Standing
from colisync.model.parcel import ParcelState
from colisync.model.shipment import Shipment
from colisync.model.units import Money
from colisync.model.workspace import (
    Contract,
    RuleUse,
    RuleWhen,
    Sender,
    ShippingRule,
    Shop,
    Statuses,
    Workspace,
)
from colisync.services.order_facts import fingerprint
from colisync.services.workbench import Workbench
from colisync.storage import new_shipments, orders, shipments, tables, workspaces
from colisync.storage.new_shipments import NewShipment
from colisync.storage.orders import OrderRow, StoredOrder
from colisync.storage.store import Store
from colisync.testing.doubles import FakeBackends, FakeCarrier, FakeShop, FixedClock

CREATED = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
WORKSPACE, SHOP, CONTRACT, SENDER = "atelier", "boutique", "colissimo", "atelier"


def make_address(**fields: Any) -> Address:
    """A complete French home address, with `fields` changed."""
    usual = {
        "first_name": "Camille",
        "last_name": "Martin",
        "street": "12 rue des Lilas",
        "postcode": "69003",
        "city": "Lyon",
        "country": "FR",
        "phone": "+33612345678",
        "email": "camille@example.org",
    }
    return Address(**usual | fields)


def make_line(number: int = 1, **fields: Any) -> OrderLine:
    """A line of one candle of 250 g; `quantity` sets what was ordered, too."""
    usual: dict[str, Any] = {
        "external_id": f"l{number}",
        "sku": f"BOUGIE-{number}",
        "name": f"Bougie {number}",
        "quantity": 1,
        "weight_g": 250,
        "product_id": str(100 + number),
    }
    usual |= fields
    return OrderLine(**{"ordered_quantity": usual["quantity"], **usual})


def make_order(number: int | str = 1, **fields: Any) -> Order:
    """A paid order of one line, with `fields` changed; its id in the shop is 9000 + number."""
    moved = timedelta(minutes=int(number)) if str(number).isdigit() else timedelta()
    usual: dict[str, Any] = {
        "external_id": f"9{number:0>3}",
        "number": str(number),
        "status": "processing",
        "created_at": CREATED + moved,
        "modified_at": CREATED + moved,
        "paid_at": CREATED + moved,
        "total": Money(amount="29.90", currency="EUR"),
        "recipient": make_address(),
        "buyer_email": "camille@example.org",
        "choice": PickedChoice(id="flat_rate:1", title="Livraison à domicile"),
        "lines": (make_line(),),
        "raw": {"id": str(number)},
    }
    return Order(**usual | fields)


def order_row(order: Order, standing: Standing = Standing.TO_SHIP) -> OrderRow:
    """The order ready to be stored, without going through the import."""
    return OrderRow(
        external_id=order.external_id,
        number=order.number,
        status=order.status,
        modified_at=order.modified_at,
        fingerprint=fingerprint(order),
        standing=standing,
        content=order.model_dump_json(),
    )


class Seed:
    """A store with a workspace, a sender, a shop, a contract and a rule, and doubles behind them.

    `bench` is what services take; `shop`, `carrier` and `clock` are the doubles in it.
    """

    def __init__(
        self,
        store: Store,
        *,
        workspace: str = WORKSPACE,
        shop: dict[str, Any] | None = None,
        contract: dict[str, Any] | None = None,
        client: dict[str, Any] | None = None,
        rules: Sequence[ShippingRule] | None = None,
    ) -> None:
        self.store = store
        self.workspace = workspace
        self.clock = FixedClock()
        self.shop = FakeShop()
        self.carrier = FakeCarrier()
        self.backends = FakeBackends({SHOP: self.shop}, {CONTRACT: self.carrier})
        self.bench = Workbench(store=store, backends=self.backends, clock=self.clock)
        self._set_up(shop or {}, contract or {}, client or {})
        self.put_rules(*(usual_rules() if rules is None else rules))

    def _set_up(
        self, shop: dict[str, Any], contract: dict[str, Any], client: dict[str, Any]
    ) -> None:
        key = self.workspace
        usual_shop: dict[str, Any] = {
            "name": "Boutique Lumière",
            "url": "https://boutique.example",
            "ship_statuses": ("processing",),
            "statuses": Statuses(labelled="completed"),
        }
        noun = Workspace(**{"key": key, "name": "Atelier Lumière", **client})
        sender = Sender(key=SENDER, default=True, address=make_sender())
        with self.store.write() as connection:
            workspaces.put_workspace(connection, key, noun, CREATED)
            workspaces.put_sender(connection, key, sender)
            self.shop_id = workspaces.put_shop(
                connection,
                key,
                Shop(**{"workspace": key, "key": SHOP, "platform": "fake", **usual_shop, **shop}),
            )
            workspaces.put_contract(
                connection,
                key,
                Contract(**{"workspace": key, "key": CONTRACT, "carrier": "fake", **contract}),
            )

    def put_rules(self, *rules: ShippingRule) -> None:
        """The workspace has these rules."""
        with self.store.write() as connection:
            workspaces.put_rules(connection, self.workspace, rules)

    def orders(self, *made: Order, standing: Standing = Standing.TO_SHIP) -> list[int]:
        """The ids of orders stored as they are, without shipments."""
        with self.store.write() as connection:
            rows = [order_row(one, standing) for one in made]
            ids = orders.upsert_orders(
                connection, self.workspace, self.shop_id, rows, self.clock.now()
            )
        return [ids[one.external_id] for one in made]

    def draft(self, order: Order | None = None, *, parcels: int = 1, **fields: Any) -> Shipment:
        """A draft shipment of a new order (a default one where None is given)."""
        order = order or make_order()
        (order_id,) = self.orders(order)
        new = NewShipment(
            order_id=order_id,
            recipient=order.recipient,
            pickup_point=order.pickup_point,
            weight_g=order.weight_g,
            lines=tuple((one.external_id, one.quantity) for one in order.lines if one.quantity),
            order_fingerprint=order_row(order).fingerprint,
            parcels=parcels,
            **fields,
        )
        with self.store.write() as connection:
            (shipment_id,) = new_shipments.create_shipments(
                connection, self.workspace, [new], self.clock.now()
            )
        if shipment_id is None:
            raise ValueError(f"order {order.number} has a shipment already")
        return self.shipment(shipment_id)

    def ready(
        self, order: Order | None = None, *, parcels: int = 1, method: str = "home"
    ) -> Shipment:
        """A shipment of a new order that is ready to be labelled."""
        draft = self.draft(order, parcels=parcels)
        changed = draft.model_copy(
            update={
                "decision": ShipmentState.READY,
                "contract_key": CONTRACT,
                "method": method,
                "sender_key": SENDER,
            }
        )
        with self.store.write() as connection:
            shipments.save(connection, self.workspace, [changed], self.clock.now())
        return self.shipment(draft.id)

    def labelled(
        self,
        order: Order | None = None,
        *,
        parcels: int = 1,
        state: ParcelState = ParcelState.LABELLED,
    ) -> Shipment:
        """A shipment whose parcels have a number and are in `state`; no attempt is on record."""
        made = self.ready(order, parcels=parcels)
        for parcel in made.parcels:
            self.put_parcel(
                parcel.id,
                state=state,
                attempt=1,
                reference=f"REF{parcel.id:09d}",
                number=f"6A{parcel.id:011d}",
                contract_key=CONTRACT,
                method=made.method,
                postcode=made.recipient.postcode,
                country=made.recipient.country,
                labelled_at=self.clock.now(),
                track_next_at=self.clock.now(),
            )
        return self.shipment(made.id)

    def put_parcel(self, parcel_id: int, **values: Any) -> None:
        """The parcel's row holds `values`."""
        with self.store.write() as connection:
            table = tables.parcels
            statement = update(table).where(table.c.id == parcel_id).values(**values)
            connection.execute(statement)

    def shipment(self, shipment_id: int) -> Shipment:
        """The shipment as stored."""
        with self.store.read() as connection:
            found = shipments.shipment(connection, self.workspace, shipment_id)
        if found is None:
            raise LookupError(shipment_id)
        return found

    def shipments_of(self, number: int | str) -> list[Shipment]:
        """Every shipment of the order of that number, as stored."""
        with self.store.read() as connection:
            found = orders.orders_numbered(connection, self.workspace, str(number))
            return shipments.shipments_of(connection, self.workspace, [one.id for one in found])

    def stored(self, number: int | str) -> StoredOrder:
        """The order of that number, as stored."""
        with self.store.read() as connection:
            (found,) = orders.orders_numbered(connection, self.workspace, str(number))
        return found


def make_sender(**fields: Any) -> Address:
    """The workshop's address."""
    usual = {
        "company": "Atelier Lumière",
        "street": "3 quai Rambaud",
        "postcode": "69002",
        "city": "Lyon",
        "country": "FR",
        "phone": "+33400000000",
        "email": "expedition@example.org",
    }
    return Address(**usual | fields)


def usual_rules() -> tuple[ShippingRule, ...]:
    """Pick-up for those who chose a point, home for the others."""
    pickup = RuleUse(contract=CONTRACT, method="pickup")
    return (
        ShippingRule(when=RuleWhen(pickup_point=True), use=pickup),
        ShippingRule(use=RuleUse(contract=CONTRACT, method="home")),
    )
