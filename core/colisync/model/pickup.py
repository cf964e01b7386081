"""A place where the buyer fetches the parcel."""

from colisync.model.noun import Noun
from colisync.model.units import CountryCode


class PickupPoint(Noun):
    """The point that the buyer chose in the shop, as left there by the shop's picker.

    `network` is the carrier's name of the network or type of point, where known; `source` says
    which picker left it ("colissimo", "sendcloud", …).
    """

    id: str
    name: str = ""
    network: str = ""
    street: str = ""
    postcode: str = ""
    city: str = ""
    country: CountryCode = ""
    source: str = ""
