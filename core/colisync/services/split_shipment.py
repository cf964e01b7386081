"""An order in several boxes, in a second shipment, or on its own again after a merge."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from colisync.errors import ConfigurationError
from colisync.model.attention import Outcome, ShipmentState
from colisync.model.parcel import ParcelState
from colisync.model.shipment import Shipment
from colisync.services import corrections
from colisync.services.adjust_shipments import new_shipment
from colisync.services.after_label import is_bound
from colisync.services.choose_method import choose_for
from colisync.services.edit_shipment import already_labelled
from colisync.services.find_order import find_order, find_shipments
from colisync.services.recompute import redraft
from colisync.services.report import Report
from colisync.services.workbench import Workbench
from colisync.storage import new_shipments, shipment_parts
from colisync.storage.orders import StoredOrder
from colisync.storage.store import Connection

MOST_PARCELS = 99


def split_shipment(
    bench: Workbench,
    workspace: str,
    order: str,
    *,
    parcels: int | None = None,
    weights: Sequence[int] | None = None,
    lines: Mapping[str, int] | None = None,
) -> Outcome:
    """The order goes in `parcels` boxes of equal weight, or in boxes of `weights` grams; or `lines`
    (quantities by line id or SKU) go in a second shipment. Without any of these, an order that was
    merged with others goes on its own again. Then everything is chosen and checked again.

    Before the label only. Raises ConfigurationError for what cannot be split so.
    """
    report = Report()
    with bench.store.write() as connection:
        stored = find_order(connection, workspace, order)
        found = find_shipments(connection, workspace, order, lock=True)
        still_open = [one for one in found if not is_bound(one) and not one.reason]
        if not still_open:
            report.attend(already_labelled(stored.name))
            return report.outcome()
        split = _Split(connection, bench, stored, still_open[0])
        if lines:
            split.move(lines)
        elif parcels is not None or weights:
            split.box(parcels, weights)
        else:
            split.part()
    report.count("split")
    report.add(choose_for(bench, workspace, split.touched))
    return report.outcome()


class _Split:
    """One shipment being split, in one transaction."""

    def __init__(
        self, connection: Connection, bench: Workbench, stored: StoredOrder, shipment: Shipment
    ) -> None:
        self._connection = connection
        self._now = bench.clock.now()
        self._workspace = shipment.workspace
        self._stored = stored
        self._shipment = shipment
        self.touched = [shipment.id]

    def box(self, parcels: int | None, weights: Sequence[int] | None) -> None:
        """The shipment has so many boxes, or one of each weight."""
        count = len(weights) if weights else parcels or 0
        if not 1 <= count <= MOST_PARCELS or any(weight < 1 for weight in weights or ()):
            raise ConfigurationError("split.parcels", params={"most": MOST_PARCELS})
        unsent = [one for one in self._shipment.parcels if one.state is ParcelState.PENDING]
        kept, surplus = unsent[:count], unsent[count:]
        wanted: list[int | None] = list(weights) if weights else [None] * count
        connection, workspace = self._connection, self._workspace
        shipment_parts.remove_parcels(connection, workspace, [one.id for one in surplus])
        by_id = {one.id: weight for one, weight in zip(kept, wanted, strict=False)}
        shipment_parts.weigh_parcels(connection, workspace, by_id)
        first = 1 + max((one.ordinal for one in self._shipment.parcels), default=0)
        added = dict(enumerate(wanted[len(kept) :], start=first))
        shipment_parts.add_parcels(connection, workspace, self._shipment.id, added)
        self._redraft()

    def move(self, lines: Mapping[str, int]) -> None:
        """These quantities go in a second shipment."""
        held = self._held()
        moved = self._chosen(lines, held)
        left = {line_id: quantity - moved.get(line_id, 0) for line_id, quantity in held.items()}
        if not any(left.values()):
            raise ConfigurationError("split.nothing_left", params={"order": self._stored.name})
        shipment_parts.put_lines(
            self._connection, self._workspace, self._shipment.id, self._stored.id, left
        )
        self._redraft()
        self._create(moved)

    def part(self) -> None:
        """The order leaves the shipment that it shares."""
        if len(self._shipment.order_ids) < 2:
            raise ConfigurationError("split.not_merged", params={"order": self._stored.name})
        held = self._held()
        shipment_parts.remove_order(
            self._connection, self._workspace, self._shipment.id, self._stored.id
        )
        self._redraft()
        self._create(held)

    def _held(self) -> dict[str, int]:
        return {
            line.line_id: line.quantity
            for line in self._shipment.lines
            if line.order_id == self._stored.id
        }

    def _chosen(self, lines: Mapping[str, int], held: Mapping[str, int]) -> dict[str, int]:
        by_sku = {line.sku: line.external_id for line in self._stored.order.lines if line.sku}
        chosen: dict[str, int] = {}
        for name, quantity in lines.items():
            line_id = name if name in held else by_sku.get(name, "")
            if not 1 <= quantity <= held.get(line_id, 0):
                raise ConfigurationError(
                    "split.no_such_line",
                    params={
                        "line": name,
                        "quantity": quantity,
                        "known": ", ".join(f"{one}={left}" for one, left in held.items()),
                    },
                )
            chosen[line_id] = quantity
        return chosen

    def _create(self, lines: Mapping[str, int]) -> None:
        """A shipment of the order with these lines; address corrections go along."""
        stored, connection, workspace = self._stored, self._connection, self._workspace
        ordinal = shipment_parts.next_ordinal(connection, workspace, stored.id)
        new = replace(
            new_shipment(stored.id, stored.order, stored.fingerprint, ordinal),
            lines=tuple(lines.items()),
        )
        (made,) = new_shipments.create_shipments(connection, workspace, [new], self._now)
        if made is None:
            raise ConfigurationError("split.met_another", params={"order": stored.name})
        kept = [one for one in self._shipment.corrections if one.field != corrections.WEIGHT]
        shipment_parts.add_corrections(connection, workspace, made, kept)
        hold = self._shipment.decision is ShipmentState.HELD
        redraft(connection, workspace, made, self._now, hold=hold)
        self.touched.append(made)

    def _redraft(self) -> None:
        redraft(self._connection, self._workspace, self._shipment.id, self._now)
