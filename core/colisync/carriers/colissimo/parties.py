"""Sender and recipient as the label service takes them: legible, complete, within its lengths."""

import re
from dataclasses import dataclass

from colisync.carriers.colissimo.address_lines import WIDTH, Lines, lay_out
from colisync.carriers.colissimo.lettering import cut, latin
from colisync.carriers.colissimo.phones import clean, is_made_up, is_mobile
from colisync.carriers.colissimo.refusals import invalid
from colisync.errors import Scalar
from colisync.model.address import Address

_FIRST_NAME = 29
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_CEDEX = re.compile(r"\bCEDEX\b", re.IGNORECASE)
_FRENCH_POSTCODE = re.compile(r"\d{5}")
_FRENCH = frozenset(
    ("FR", "MC", "GP", "MQ", "GF", "RE", "YT", "BL", "MF", "PM", "NC", "PF", "WF", "TF")
)
_DOOR_CODE = 8
_SHORTEST_PHONE = 10


Notes = list[tuple[str, dict[str, Scalar]]]
"""What the label does not carry as it was written: catalogue keys with their values."""


@dataclass(frozen=True, slots=True)
class Party:
    """One side of a shipment: the address, `who` it is in our field names, its territory's code.

    `named` asks for first and last name (points); `reachable` for a mobile number, `writable` for
    an e-mail address.
    """

    who: str
    address: Address
    country: str
    notes: Notes
    named: bool = False
    reachable: bool = False
    writable: bool = False


def encode_address(party: Party) -> dict[str, str]:
    """The service's address block; optional members are left out rather than sent empty.

    Raises InvalidShipment naming the field that is missing, illegible or too long.
    Source: reference §1.2, §9.
    """
    company, overflow = _company(party)
    body = _names(party, company)
    lines = _lines(party, overflow)
    for name, text in zip(Lines._fields, lines, strict=True):
        if text:
            body[name] = text
    body["countryCode"] = party.country
    body["city"] = _city(party)
    body["zipCode"] = _postcode(party)
    body.update(_phone(party))
    body.update(_email(party))
    return body


def _error(party: Party, key: str, name: str, **params: Scalar) -> Exception:
    """The merchant's own address has one error for all its fields: one place cures them."""
    key = "colissimo.sender_wrong" if party.who == "sender" else f"colissimo.{key}"
    return invalid(key, f"{party.who}.{name}", **params)


def legible(text: str, name: str, notes: Notes) -> str:
    """`text` in the letters that a label can carry; emoji are left out with a note.

    Raises InvalidShipment for letters of another script: nobody may guess a transcription.
    """
    lettering = latin(text)
    if lettering.foreign:
        raise invalid("colissimo.letters_unreadable", name, letters=lettering.foreign[:20])
    if lettering.dropped:
        notes.append(("colissimo.left_out", {"field": name, "text": lettering.dropped}))
    return lettering.text


def _text(party: Party, name: str) -> str:
    text: str = getattr(party.address, name)
    return legible(text, f"{party.who}.{name}", party.notes) if text else ""


def _company(party: Party) -> tuple[str, str]:
    """The company within its 35 characters, and the rest of it for the address lines."""
    return cut(_text(party, "company"), WIDTH)


def _names(party: Party, company: str) -> dict[str, str]:
    """Company or both names; a point wants both names. A first name over 29 lends its last words
    to the last name where they fit."""
    first, last = _text(party, "first_name"), _text(party, "last_name")
    needed = party.named or not (company or _is_cedex(party))
    if needed and not (first or last):
        raise _error(party, "name_missing", "last_name")
    if needed and not last:
        raise _error(party, "last_name_missing", "last_name")
    if needed and not first:
        raise _error(party, "first_name_missing", "first_name")
    first, moved = cut(first, _FIRST_NAME)
    last = f"{moved} {last}".strip()
    if len(last) > WIDTH:
        name = "first_name" if moved else "last_name"
        raise _error(party, "name_too_long", name, limit=WIDTH)
    named = {"companyName": company, "lastName": last, "firstName": first}
    return {name: text for name, text in named.items() if text}


def _lines(party: Party, overflow: str) -> Lines:
    street = _text(party, "street")
    above, below = [overflow, _text(party, "street2")], [_text(party, "street3")]
    if not street:
        street, above = _street_elsewhere(party, above)
    lines = lay_out(street, above, below, party.country)
    if lines is None:
        length = len(" ".join(text for text in (*above, street, *below) if text))
        raise _error(
            party, "address_too_long", "street", length=length, limit=WIDTH, country=party.country
        )
    return lines


def _street_elsewhere(party: Party, above: list[str]) -> tuple[str, list[str]]:
    """Buyers fill the second line alone: that is the street then. A Cedex needs none."""
    overflow, second = above
    if not second and not _is_cedex(party):
        raise _error(party, "street_missing", "street")
    return second, [overflow]


def _is_cedex(party: Party) -> bool:
    return _CEDEX.search(party.address.city) is not None


def _city(party: Party) -> str:
    city = _text(party, "city")
    if not city:
        raise _error(party, "city_missing", "city")
    if len(city) > WIDTH:
        raise _error(party, "city_too_long", "city", length=len(city), limit=WIDTH)
    return city


def _postcode(party: Party) -> str:
    """The postcode as the country writes it: no blank in French ones, no "L-" in Luxembourg's."""
    postcode = _text(party, "postcode")
    if party.country in _FRENCH:
        postcode = postcode.replace(" ", "")
        if postcode and not _FRENCH_POSTCODE.fullmatch(postcode):
            raise _error(party, "postcode_wrong", "postcode", postcode=postcode)
    if party.country == "LU":
        postcode = postcode.upper().removeprefix("L").lstrip("- ")
    if not postcode:
        raise _error(party, "postcode_missing", "postcode")
    return postcode


def _phone(party: Party) -> dict[str, str]:
    """The number as a mobile where the product or the country wants one, else as a telephone."""
    written = party.address.phone
    number = clean(written, party.country) if written else ""
    if party.reachable:
        return {"mobileNumber": _mobile(party, number)}
    if len(number) >= _SHORTEST_PHONE:
        return {"phoneNumber": number}
    if written:
        _leave_out(party, "phone", written)
    return {}


def _leave_out(party: Party, name: str, text: str) -> None:
    field = f"{party.who}.{name}"
    party.notes.append(("colissimo.left_out", {"field": field, "text": text}))


def _mobile(party: Party, number: str) -> str:
    written = party.address.phone
    if not written:
        raise _error(party, "mobile_missing", "phone")
    if is_made_up(number):
        raise _error(party, "mobile_made_up", "phone", phone=written)
    if len(number) < 9 or not is_mobile(number, party.country):
        raise _error(party, "mobile_wrong", "phone", phone=written)
    return number


def _email(party: Party) -> dict[str, str]:
    email = party.address.email.strip()
    if email.isascii() and 5 <= len(email) <= 80 and _EMAIL.fullmatch(email):
        return {"email": email}
    if party.writable:
        key = "email_wrong" if email else "email_missing"
        raise _error(party, key, "email", email=email)
    if email:
        _leave_out(party, "email", email)
    return {}


def door_code(address: Address, notes: Notes) -> tuple[dict[str, str], str]:
    """The member for the door code; or the code alone, too long for it, for the remark."""
    code = legible(address.door_code, "recipient.door_code", notes)
    return ({}, code) if len(code) > _DOOR_CODE else ({"doorCode1": code} if code else {}, "")
