"""What a person corrects on a shipment: kept with author and time, never overwritten by a sync."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from colisync.errors import ConfigurationError, InvalidShipment
from colisync.model.address import Address
from colisync.model.attention import Attention, Outcome
from colisync.model.shipment import Correction, Shipment
from colisync.services import corrections
from colisync.services.after_label import is_bound
from colisync.services.choose_method import choose_for
from colisync.services.find_order import find_order, find_shipments
from colisync.services.recompute import contents_of, redraft
from colisync.services.report import Report
from colisync.services.way import Settings
from colisync.services.workbench import Workbench
from colisync.storage import orders, shipment_parts
from colisync.storage.store import Connection

_ALIASES = {"instructions": corrections.RECIPIENT + "instructions"}
_WHOLE = (corrections.WEIGHT, corrections.INSURANCE, corrections.PACKAGING)


def edit_shipment(
    bench: Workbench, workspace: str, order: str, changes: Mapping[str, str], author: str
) -> Outcome:
    """The order's shipments have these values, and are chosen and checked again.

    All changes or none. A shipment whose label is bought, or being bought, is refused with what
    to do instead. Raises ConfigurationError for a field that does not exist, InvalidShipment for a
    value that cannot be.
    """
    report = Report()
    with bench.store.write() as connection:
        values = _values(Settings.read(connection, workspace), changes)
        found = find_shipments(connection, workspace, order, lock=True)
        name = find_order(connection, workspace, order).name
        still_open = [one for one in found if not is_bound(one)]
        problem = _refusal(name, found, still_open, values)
        if problem is not None:
            report.attend(problem)
            return report.outcome()
        for shipment in still_open:
            _correct(connection, bench, shipment, values, author)
    report.count("edited", len(still_open))
    report.add(choose_for(bench, workspace, [one.id for one in still_open]))
    return report.outcome()


def _refusal(
    name: str, found: Sequence[Shipment], still_open: Sequence[Shipment], values: Mapping[str, Any]
) -> Attention | None:
    if not found:
        return Attention(code="shipment.none", order=name, command=f"colisync status {name}")
    if not still_open:
        return already_labelled(name)
    if len(still_open) > 1 and corrections.WEIGHT in values:
        return Attention(
            code="shipment.several_open",
            order=name,
            field=corrections.WEIGHT,
            params={"count": len(found)},
            command=f"colisync edit {name}#1 {corrections.WEIGHT}=…",
        )
    return None


def already_labelled(name: str) -> Attention:
    """The refusal to change what has its label."""
    command = f"colisync relabel {name}"
    return Attention(code="shipment.already_labelled", order=name, command=command)


def _correct(
    connection: Connection,
    bench: Workbench,
    shipment: Shipment,
    values: Mapping[str, Any],
    author: str,
) -> None:
    workspace, now = shipment.workspace, bench.clock.now()
    by_id = orders.orders(connection, workspace, shipment.order_ids)
    served = [by_id[one] for one in shipment.order_ids]
    contents = contents_of(shipment, served)
    new = [
        Correction(
            field=field,
            value=value,
            shop_value=corrections.shop_value(field, served[0].order, contents),
            author=author,
            at=now,
        )
        for field, value in values.items()
    ]
    shipment_parts.add_corrections(connection, workspace, shipment.id, new)
    redraft(connection, workspace, shipment.id, now)


def _values(settings: Settings, changes: Mapping[str, str]) -> dict[str, Any]:
    """The changes, checked and in their own types."""
    if not changes:
        raise ConfigurationError("edit.nothing", params={"known": ", ".join(_known())})
    values = {}
    for name, text in changes.items():
        field = _ALIASES.get(name, name)
        if not corrections.is_editable(field):
            nearest = get_close_matches(name, _known(), 1, 0.0)
            raise ConfigurationError(
                "edit.unknown_field", params={"field": name, "nearest": nearest[0]}
            )
        values[field] = _read(settings, field, text.strip())
    return values


def _known() -> list[str]:
    recipient = [corrections.RECIPIENT + name for name in Address.model_fields]
    others = (corrections.POINT, corrections.METHOD, corrections.SENDER)
    return [*recipient, *_WHOLE, *others, *_ALIASES]


def _read(settings: Settings, field: str, text: str) -> Any:
    if field in _WHOLE:
        return _whole(field, text)
    if field.startswith(corrections.RECIPIENT):
        return _address_part(field, text)
    if field == corrections.METHOD:
        contract, _, method = text.partition(":")
        settings.contract(contract)
        if not method:
            raise InvalidShipment("edit.method_form", field=field, params={"value": text})
    if field == corrections.SENDER:
        settings.sender(text)
    return text


def _whole(field: str, text: str) -> int:
    if not text.isdecimal() or (field == corrections.WEIGHT and int(text) == 0):
        raise InvalidShipment("edit.not_whole", field=field, params={"field": field, "value": text})
    return int(text)


def _address_part(field: str, text: str) -> str:
    name = field.removeprefix(corrections.RECIPIENT)
    value = text.upper() if name == "country" else text
    try:
        Address.model_validate({name: value})
    except ValidationError:
        raise InvalidShipment(
            "edit.bad_value", field=field, params={"field": field, "value": text}
        ) from None
    return value
