"""Which shipment holds how many of each order line. Pure."""

from collections.abc import Mapping, Sequence

Quantities = Mapping[str, int]


def allocate(
    wanted: Quantities, sent: Sequence[Quantities], still_open: Sequence[Quantities]
) -> list[dict[str, int]]:
    """The quantities by line id of each open shipment of an order, in the order given.

    What is in a parcel already (`sent`) stays there. An open shipment keeps what it holds as far as
    the order still wants it; what nobody holds goes to the first. Without an open shipment, nothing
    is given: a person decides.
    """
    left = dict(wanted)
    for parcel in sent:
        for line_id, quantity in parcel.items():
            left[line_id] = left.get(line_id, 0) - quantity
    given = []
    for held in still_open:
        kept = {line_id: min(quantity, left.get(line_id, 0)) for line_id, quantity in held.items()}
        kept = {line_id: quantity for line_id, quantity in kept.items() if quantity > 0}
        for line_id, quantity in kept.items():
            left[line_id] -= quantity
        given.append(kept)
    if given:
        for line_id, quantity in left.items():
            if quantity > 0:
                given[0][line_id] = given[0].get(line_id, 0) + quantity
    return given


def total(parts: Sequence[Quantities]) -> dict[str, int]:
    """The sum of quantities, by line id."""
    summed: dict[str, int] = {}
    for part in parts:
        for line_id, quantity in part.items():
            summed[line_id] = summed.get(line_id, 0) + quantity
    return summed
