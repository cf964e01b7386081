"""Rules for the sender and the addressee, each with its own code (reference §7 and §9)."""

from collections.abc import Iterator

from pydantic.alias_generators import to_camel

from colisync.sandbox.colissimo.messages import refuse
from colisync.sandbox.colissimo.request import Address
from colisync.sandbox.colissimo.shipment import Shipment
from colisync.sandbox.colissimo.territories import (
    is_cedex,
    known,
    postcode_in_country,
    postcode_written_right,
)
from colisync.sandbox.colissimo.texts import check_characters, email_is_right, mobile_is_right

_LANGUAGES = frozenset({"FR", "EN", "DE", "ES", "IT", "NL"})
_PRINTED = (
    "company_name",
    "last_name",
    "first_name",
    "line0",
    "line1",
    "line2",
    "line3",
    "city",
    "door_code1",
    "door_code2",
    "intercom",
)
_WIRE_NAMES = {member: to_camel(member) for member in _PRINTED}
# The same fault has one code for the sender and another for the addressee.
_SENDER = {
    "last_name": "30065",
    "first_name": "30043",
    "street": "30100",
    "country": "30102",
    "country_wrong": "30103",
    "city": "30104",
    "postcode": "30106",
    "postcode_wrong": "30107",
    "postcode_elsewhere": "30108",
    "email_wrong": "30046",
    "language": "30022",
}
_ADDRESSEE = {
    "last_name": "30200",
    "first_name": "30202",
    "street": "30204",
    "country": "30206",
    "country_wrong": "30207",
    "city": "30208",
    "postcode": "30210",
    "postcode_wrong": "30211",
    "postcode_elsewhere": "30212",
    "email_wrong": "30223",
    "language": "30023",
}


def check_sender(shipment: Shipment) -> None:
    """Raises the sender's first fault; an absent sender is the contract's own address."""
    if not shipment.letter.sent("sender"):
        return
    address = shipment.letter.sender.address
    _check_address(address, _SENDER)
    for code, phone in (("30085", address.phone_number), ("30047", address.mobile_number)):
        if phone and not 10 <= len(phone) <= 15:
            raise refuse(code)
    reference = ("sender.senderParcelRef", shipment.letter.sender.sender_parcel_ref)
    check_characters(_texts("sender", address, reference))


def check_addressee(shipment: Shipment) -> None:
    """Raises the addressee's first fault."""
    addressee = shipment.letter.addressee
    address = addressee.address
    if shipment.product.returns and not address.company_name:
        raise refuse("30089")
    if addressee.sent("addressee_parcel_ref") and not (
        0 < len(addressee.addressee_parcel_ref) <= 15
    ):
        raise refuse("30090")
    _check_address(address, _ADDRESSEE, names=shipment.product.relay)
    _check_contact(shipment, address)
    reference = ("addressee.addresseeParcelRef", addressee.addressee_parcel_ref)
    check_characters(_texts("addressee", address, reference))


def _check_address(address: Address, codes: dict[str, str], *, names: bool = False) -> None:
    cedex = is_cedex(address.zip_code, address.city)
    if names or not (cedex or address.company_name.strip()):
        _check_names(address, codes)
    if not cedex and not address.line2.strip():
        raise refuse(codes["street"])
    if not address.country_code:
        raise refuse(codes["country"])
    if not known(address.country_code):
        raise refuse(codes["country_wrong"])
    if not cedex and not address.city.strip():
        raise refuse(codes["city"])
    _check_postcode(address, codes)
    if address.email and not email_is_right(address.email):
        raise refuse(codes["email_wrong"])
    if address.language and address.language not in _LANGUAGES:
        raise refuse(codes["language"])


def _check_names(address: Address, codes: dict[str, str]) -> None:
    for member in ("last_name", "first_name"):
        if not getattr(address, member).strip():
            raise refuse(codes[member])


def _check_postcode(address: Address, codes: dict[str, str]) -> None:
    if not address.zip_code:
        raise refuse(codes["postcode"])
    if not postcode_written_right(address.country_code, address.zip_code):
        raise refuse(codes["postcode_wrong"])
    if not postcode_in_country(address.country_code, address.zip_code):
        raise refuse(codes["postcode_elsewhere"])


def _check_contact(shipment: Shipment, address: Address) -> None:
    country = address.country_code
    relay = shipment.product.relay
    wanted = relay or shipment.letter.parcel.ddp or country in ("US", "BE")
    if wanted and not shipment.product.returns and not address.mobile_number:
        raise refuse("30220")
    if address.mobile_number and not mobile_is_right(address.mobile_number, country, relay=relay):
        raise refuse("30221")
    if relay and not address.email:
        raise refuse("30222")


def _texts(party: str, address: Address, reference: tuple[str, str]) -> Iterator[tuple[str, str]]:
    for member in _PRINTED:
        yield f"{party}.address.{_WIRE_NAMES[member]}", getattr(address, member)
    yield reference
