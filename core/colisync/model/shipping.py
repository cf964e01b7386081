"""What a buyer can pick, what a carrier sells."""

from colisync.model.noun import Noun
from colisync.model.units import Money


class ShippingChoice(Noun):
    """One thing a buyer can pick in the shop. `id` is the shop's own and matches
    `PickedChoice.id`; `countries` is empty for the rest of the world."""

    id: str
    title: str
    zone: str = ""
    countries: tuple[str, ...] = ()
    price: Money | None = None
    pickup: bool = False


class ShippingMethod(Noun):
    """One method of a carrier's closed list. `needs_pickup_point` where a point must be chosen."""

    key: str
    name_key: str
    needs_pickup_point: bool = False
    is_return: bool = False


class Offer(Noun):
    """Whether `method` is sold to a destination. `sold` false comes with the methods that are, and
    a catalogue `reason`."""

    method: str
    sold: bool
    reason: str = ""
    sold_instead: tuple[str, ...] = ()
