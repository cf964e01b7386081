"""Over-long text: accepted, cut on the right and reported (reference §1.6).

The reference gives no code for that warning; `WARNING_ID` is this emulator's own.
"""

from typing import TypeVar

from pydantic import BaseModel
from pydantic.alias_generators import to_camel

from colisync.sandbox.colissimo.messages import Message
from colisync.sandbox.colissimo.request import (
    Address,
    Addressee,
    Article,
    CheckRequest,
    CustomsDeclarations,
    Letter,
    Parcel,
    Sender,
    Service,
)

WARNING_ID = "30601"
_M = TypeVar("_M", bound=BaseModel)

# Members that are refused when too long (phones, e-mail, language, country, postcode, point,
# recipient's reference) are not here: `rules` reports them with their own code.
_LIMITS: dict[type[BaseModel], dict[str, int]] = {
    Address: {
        "company_name": 35,
        "last_name": 35,
        "first_name": 29,
        "line0": 35,
        "line1": 35,
        "line2": 35,
        "line3": 35,
        "city": 35,
        "door_code1": 8,
        "door_code2": 8,
        "intercom": 30,
    },
    Service: {"order_number": 30, "commercial_name": 35},
    Parcel: {"instructions": 35},
    Sender: {"sender_parcel_ref": 17},
    Article: {"description": 64, "artref": 35},
    CustomsDeclarations: {
        "importers_reference": 35,
        "importers_contact": 35,
        "office_origin": 35,
        "description": 64,
        "invoice_number": 35,
        "licence_number": 35,
        "certificat_number": 35,
    },
}


def shorten(request: CheckRequest) -> tuple[Letter, list[Message]]:
    """The letter as the service keeps it, and one WARNING for each text it had to cut."""
    warnings: list[Message] = []
    letter = request.letter
    letter = _with(letter, "service", _cut(letter.service, "service", warnings))
    letter = _with(letter, "parcel", _cut(letter.parcel, "parcel", warnings))
    letter = _with(letter, "sender", _party(letter.sender, "sender", warnings))
    letter = _with(letter, "addressee", _party(letter.addressee, "addressee", warnings))
    customs = letter.customs_declarations
    if letter.sent("customs_declarations"):
        letter = _with(letter, "customs_declarations", _customs(customs, warnings))
    return letter, warnings


def _party(party: Sender | Addressee, where: str, warnings: list[Message]) -> Sender | Addressee:
    address = _cut(party.address, f"{where}.address", warnings)
    return _with(_cut(party, where, warnings), "address", address)


def _customs(customs: CustomsDeclarations, warnings: list[Message]) -> CustomsDeclarations:
    articles = tuple(_cut(a, "article", warnings) for a in customs.contents.article)
    contents = customs.contents
    if any(new is not old for new, old in zip(articles, contents.article, strict=True)):
        contents = contents.model_copy(update={"article": articles})
    return _with(_cut(customs, "customsDeclarations", warnings), "contents", contents)


def _with(model: _M, member: str, value: BaseModel) -> _M:
    if getattr(model, member) is value:
        return model
    return model.model_copy(update={member: value})


def _cut(model: _M, where: str, warnings: list[Message]) -> _M:
    cut: dict[str, str] = {}
    for member, limit in _LIMITS.get(type(model), {}).items():
        text = getattr(model, member)
        if len(text) > limit:
            cut[member] = text[:limit]
            warnings.append(_warning(f"{where}.{to_camel(member)}", cut[member]))
    return model.model_copy(update=cut) if cut else model


def _warning(member: str, kept: str) -> Message:
    return Message(WARNING_ID, "WARNING", values=(("field", member), ("value", kept)))
