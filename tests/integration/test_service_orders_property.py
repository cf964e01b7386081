"""Whatever shops and people do, in whatever order, every article is in exactly one shipment."""

import shutil
import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from colisync.errors import ConfigurationError
from colisync.model.attention import ShipmentState
from colisync.model.order import Standing
from colisync.model.parcel import ParcelState
from colisync.model.shipment import Shipment
from colisync.services.after_label import is_bound
from colisync.services.choose_method import choose_method
from colisync.services.edit_shipment import edit_shipment
from colisync.services.hold_shipment import hold, release, retry
from colisync.services.import_orders import import_orders
from colisync.services.merge_shipments import merge_shipments
from colisync.services.order_facts import same_place, to_send
from colisync.services.split_shipment import split_shipment
from colisync.storage import orders, shipments
from colisync.storage.orders import StoredOrder
from colisync.storage.store import Store
from colisync.storage.tables import metadata
from colisync.testing.factories import Seed, make_address, make_line, make_order

NUMBERS = st.integers(1, 4)
QUANTITIES = st.lists(st.integers(0, 3), min_size=1, max_size=3)
STATUSES = st.sampled_from(["processing", "processing", "cancelled", "on-hold", "completed"])
CITIES = st.sampled_from(["Lyon", "Lyon", "Bron"])


class Workshop(RuleBasedStateMachine):
    """A shop whose orders change, and people who decide about them."""

    def __init__(self) -> None:
        super().__init__()
        self.place = Path(tempfile.mkdtemp(prefix="colisync-"))
        self.store = Store(f"sqlite:///{self.place}/test.db")
        metadata.create_all(self.store.engine)
        self.seed = Seed(self.store)
        self.bench, self.workspace = self.seed.bench, self.seed.workspace

    def teardown(self) -> None:
        self.store.close()
        shutil.rmtree(self.place)

    # -- the shop ----------------------------------------------------------------------------

    @initialize()
    def open(self) -> None:
        both = (make_line(1, quantity=2), make_line(2, quantity=3))
        self.seed.shop.put(*[make_order(number, lines=both) for number in range(1, 5)])
        import_orders(self.bench, self.workspace)
        choose_method(self.bench, self.workspace)

    @rule(number=NUMBERS, quantities=QUANTITIES, told=st.booleans())
    def change_lines(self, number: int, quantities: list[int], told: bool) -> None:
        lines = tuple(
            make_line(position, quantity=quantity, ordered_quantity=3)
            for position, quantity in enumerate(quantities, start=1)
        )
        self.change(number, told, lines=lines)

    @rule(number=NUMBERS, status=STATUSES, told=st.booleans())
    def change_status(self, number: int, status: str, told: bool) -> None:
        self.change(number, told, status=status)

    @rule(number=NUMBERS, city=CITIES, told=st.booleans())
    def change_address(self, number: int, city: str, told: bool) -> None:
        self.change(number, told, recipient=make_address(city=city))

    def change(self, number: int, told: bool, **fields: object) -> None:
        self.seed.shop.change(f"900{number}", **fields)
        if told:
            import_orders(self.bench, self.workspace)

    # -- people ------------------------------------------------------------------------------

    def _try(self, verb: object, *given: object, **named: object) -> None:
        try:
            verb(self.bench, self.workspace, *given, **named)  # type: ignore[operator]
        except ConfigurationError:
            return

    @rule()
    def choose(self) -> None:
        choose_method(self.bench, self.workspace)

    @rule(number=NUMBERS, city=CITIES)
    def edit(self, number: int, city: str) -> None:
        self._try(edit_shipment, str(number), {"recipient.city": city}, "marie")

    @rule(numbers=st.lists(NUMBERS, min_size=1, max_size=3, unique=True))
    def merge(self, numbers: list[int]) -> None:
        self._try(merge_shipments, [str(one) for one in numbers])

    @rule(number=NUMBERS, line=st.integers(1, 3), quantity=st.integers(1, 2))
    def split_lines(self, number: int, line: int, quantity: int) -> None:
        self._try(split_shipment, str(number), lines={f"l{line}": quantity})

    @rule(number=NUMBERS, parcels=st.integers(1, 3))
    def split_boxes(self, number: int, parcels: int) -> None:
        self._try(split_shipment, str(number), parcels=parcels)

    @rule(number=NUMBERS)
    def part(self, number: int) -> None:
        self._try(split_shipment, str(number))

    @rule(number=NUMBERS, verb=st.sampled_from([hold, release, retry]))
    def decide(self, number: int, verb: object) -> None:
        self._try(verb, str(number))

    @rule(number=NUMBERS)
    @precondition(lambda self: any(one.decision is ShipmentState.READY for one in self.every()))
    def buy(self, number: int) -> None:
        for shipment in self.every():
            if shipment.decision is ShipmentState.READY and shipment.id % 4 == number % 4:
                for parcel in shipment.parcels:
                    if parcel.state is ParcelState.PENDING:
                        self.seed.put_parcel(parcel.id, state="labelled", attempt=1)

    # -- what always holds -------------------------------------------------------------------

    def every(self) -> list[Shipment]:
        with self.store.read() as connection:
            return shipments.shipments(connection, self.workspace, range(1, 500))

    def stored(self) -> dict[int, StoredOrder]:
        with self.store.read() as connection:
            return orders.orders(connection, self.workspace, range(1, 10))

    @invariant()
    def every_article_to_ship_is_in_exactly_one_shipment(self) -> None:
        found = self.every()
        for order_id, stored in self.stored().items():
            if stored.standing is not Standing.TO_SHIP:
                continue
            packed = Counter[str]()
            mine = [one for one in found if order_id in one.order_ids]
            for shipment in mine:
                assert shipment.order_ids.count(order_id) == 1
                for line in shipment.lines:
                    if line.order_id == order_id:
                        packed[line.line_id] += line.quantity
            if packed != Counter(to_send(stored.order)):
                marked = [one.changed_after_label for s in mine for one in s.parcels]
                assert any(mark is not None for mark in marked) or self.was_released(mine)

    @staticmethod
    def was_released(mine: list[Shipment]) -> bool:
        """A person may have let a label go on as it is, whatever the shop wants since."""
        return any(is_bound(one) for one in mine)

    @invariant()
    def what_is_ready_may_leave(self) -> None:
        stored = self.stored()
        for shipment in self.every():
            if shipment.decision is not ShipmentState.READY or is_bound(shipment):
                continue
            served = [stored[one] for one in shipment.order_ids]
            if not served:
                assert all(one.state is not ParcelState.PENDING for one in shipment.parcels)
                continue
            assert {one.standing for one in served} == {Standing.TO_SHIP}
            assert shipment.method
            assert shipment.weight_g
            assert shipment.lines
            assert any(one.state is ParcelState.PENDING for one in shipment.parcels)

    @invariant()
    def lines_and_orders_of_a_shipment_agree(self) -> None:
        for shipment in self.every():
            assert {line.order_id for line in shipment.lines} <= set(shipment.order_ids)
            if shipment.order_ids and not is_bound(shipment):
                assert shipment.parcels

    @invariant()
    def nobody_s_parcel_goes_to_another_place_unseen(self) -> None:
        stored = self.stored()
        for shipment in self.every():
            if shipment.corrections or is_bound(shipment) or len(shipment.order_ids) != 1:
                continue
            if shipment.decision is ShipmentState.READY:
                order = stored[shipment.order_ids[0]].order
                assert same_place(shipment.recipient, order.recipient)


Workshop.TestCase.settings = settings(
    max_examples=15,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestWorkshop = Workshop.TestCase
