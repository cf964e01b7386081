"""What is printed on a label, whatever the language it is printed in."""

import unicodedata
from dataclasses import dataclass
from functools import cached_property

from colisync.sandbox.colissimo.products import Product
from colisync.sandbox.colissimo.request import Address, Letter

_HIDDEN_LINES = {"CH": ("line0", "line1", "line3"), "BE": ("line1", "line3")}
_ASCII = str.maketrans(
    {"Œ": "OE", "œ": "oe", "Æ": "AE", "æ": "ae", "Ø": "O", "ø": "o", "ß": "ss", "Đ": "D", "đ": "d"}
    | {"Ł": "L", "ł": "l", "·": "-", "–": "-", "—": "-", "’": "'", "€": "EUR"}
)
_LINES = ("line0", "line1", "line2", "line3")


@dataclass(frozen=True)
class LabelFacts:
    """One parcel's label in words."""

    number: str
    routing: str
    product: Product
    letter: Letter
    contract: str

    @cached_property
    def spaced_number(self) -> str:
        """The number as a person reads it: 6A 12345 67890 5."""
        made = self.number
        if made[:2].isalpha():
            return f"{made[:2]} {made[2:5]} {made[5:8]} {made[8:11]} {made[11:]}"
        return f"{made[:2]} {made[2:7]} {made[7:12]} {made[12:]}"

    @cached_property
    def sender(self) -> list[str]:
        """The sender's lines, without the empty ones."""
        return address_lines(self.letter.sender.address)

    @cached_property
    def recipient(self) -> list[str]:
        """The recipient's lines, without the empty ones and those the country does not print."""
        return address_lines(self.letter.addressee.address)

    @cached_property
    def service(self) -> list[str]:
        """Weight, date, contract, reference and options, one fact a line."""
        parcel, service = self.letter.parcel, self.letter.service
        year, month, day = service.deposit_date[:10].split("-")
        return [
            f"Poids : {parcel.weight:.2f} kg".replace(".", ","),
            f"Dépôt : {day}/{month}/{year}",
            f"Contrat : {self.contract}",
            f"Réf. : {self.letter.sender.sender_parcel_ref}",
            self._options(),
        ]

    def _options(self) -> str:
        parcel = self.letter.parcel
        options = [
            f"Assuré {parcel.insurance_value // 100} €" if parcel.insurance_value else "",
            "Hors gabarit" if parcel.non_machinable else "",
            f"Point {parcel.pickup_location_id}" if parcel.pickup_location_id else "",
        ]
        return " · ".join(option for option in options if option)

    @cached_property
    def contact(self) -> str:
        """The recipient's telephone, and what the carrier is told."""
        address = self.letter.addressee.address
        phone = address.mobile_number or address.phone_number
        return f"Tél. {phone}" if phone else ""

    @property
    def instructions(self) -> str:
        """What the carrier is told."""
        return self.letter.parcel.instructions


def address_lines(address: Address) -> list[str]:
    """Company, person, lines 0 to 3, postcode and city, country: capitals, no empty line."""
    hidden = _HIDDEN_LINES.get(address.country_code, ())
    person = f"{address.first_name} {address.last_name}"
    lines = [
        address.company_name,
        person,
        *(getattr(address, line) for line in _LINES if line not in hidden),
        f"{address.zip_code} {address.city}",
        "" if address.country_code == "FR" else address.country_code,
    ]
    return [line.strip().upper() for line in lines if line.strip()]


def plain(text: str) -> str:
    """The text in ASCII: accents off, what has no plain letter replaced by `?`."""
    if text.isascii():
        return text
    bare = unicodedata.normalize("NFKD", text.translate(_ASCII))
    letters = "".join(c for c in bare if not unicodedata.combining(c))
    return letters.encode("ascii", "replace").decode()
