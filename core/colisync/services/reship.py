"""A second parcel for an order that already had one: lost, damaged, incomplete."""

from colisync.errors import ConfigurationError
from colisync.model.attention import Outcome
from colisync.model.label import Direction
from colisync.services.after_label import was_labelled
from colisync.services.find_order import find_orders
from colisync.services.report import Report
from colisync.services.workbench import Workbench
from colisync.storage import new_shipments, shipment_parts, shipments
from colisync.storage.new_shipments import NewShipment


def reship(bench: Workbench, workspace: str, order: str, reason: str) -> Outcome:
    """A second shipment for `order`, with a reason, ready to choose and buy; the first one stays
    as it is."""
    if not reason.strip():
        raise ConfigurationError("reship.no_reason", params={"order": order})
    report = Report()
    now = bench.clock.now()
    with bench.store.write() as connection:
        stored = find_orders(connection, workspace, [order])[0]
        earlier = [
            one
            for one in shipments.shipments_of(connection, workspace, [stored.id], lock=True)
            if one.direction is Direction.OUTWARD and was_labelled(one)
        ]
        if not earlier:
            raise ConfigurationError("reship.never_shipped", params={"order": order})
        first = earlier[0]
        new = NewShipment(
            order_id=stored.id,
            recipient=first.recipient,
            lines=tuple(
                (line.line_id, line.quantity) for line in first.lines if line.order_id == stored.id
            ),
            order_fingerprint=stored.fingerprint,
            pickup_point=first.pickup_point,
            weight_g=first.weight_g,
            ordinal=shipment_parts.next_ordinal(connection, workspace, stored.id),
            sender_key=first.sender_key,
            contract_key=first.contract_key,
            method=first.method,
            reason=reason,
        )
        (made,) = new_shipments.create_shipments(connection, workspace, [new], now)
        if made is None:
            raise ConfigurationError("split.met_another", params={"order": order})
        shipment_parts.add_corrections(connection, workspace, made, first.corrections)
    report.count("reshipped")
    return report.outcome()
