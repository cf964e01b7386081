"""One request as the rules see it: the letter, its product, where it starts and where it goes."""

from dataclasses import dataclass
from datetime import date

from colisync.sandbox.colissimo.products import Product
from colisync.sandbox.colissimo.request import Fields, Letter, OutputFormat
from colisync.sandbox.colissimo.territories import declared, place


@dataclass(frozen=True, slots=True)
class Shipment:
    """Everything a rule may look at; `today` is the date in Paris."""

    letter: Letter
    product: Product
    output: OutputFormat
    fields: Fields
    today: date

    @property
    def sender_place(self) -> str:
        """The territory it starts from; the contract's own is mainland France."""
        address = self.letter.sender.address
        return place(address.country_code, address.zip_code) or "FR"

    @property
    def place(self) -> str:
        """The territory it goes to."""
        address = self.letter.addressee.address
        return place(address.country_code, address.zip_code)

    @property
    def declared(self) -> bool:
        """Whether it needs a CN23."""
        party = self.letter.sender if self.product.returns else self.letter.addressee
        return declared(self.sender_place, self.place, party.address.zip_code)
