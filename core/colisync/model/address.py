"""Where a parcel goes, comes from or returns to."""

from colisync.model.noun import Noun
from colisync.model.units import CountryCode


class Address(Noun):
    """A postal address as the shop or the merchant wrote it: nothing cut, nothing normalised.

    `street` is the line with number and street; `street2` and `street3` hold what comes beside it
    (flat, building, place). `country` is empty where the shop gave none.
    """

    company: str = ""
    first_name: str = ""
    last_name: str = ""
    street: str = ""
    street2: str = ""
    street3: str = ""
    postcode: str = ""
    city: str = ""
    state: str = ""
    country: CountryCode = ""
    phone: str = ""
    email: str = ""
    door_code: str = ""
    instructions: str = ""

    @property
    def name(self) -> str:
        """First and last name, or the company where there is no person."""
        return " ".join(part for part in (self.first_name, self.last_name) if part) or self.company
