"""The label service: read, examine, number, print, write down, answer."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from colisync.sandbox.colissimo.access import check_account, check_header, check_login
from colisync.sandbox.colissimo.books import Books, Entry
from colisync.sandbox.colissimo.clock import SandboxClock
from colisync.sandbox.colissimo.cn23 import cn23
from colisync.sandbox.colissimo.facts import LabelFacts
from colisync.sandbox.colissimo.formats import label_formats
from colisync.sandbox.colissimo.label import label
from colisync.sandbox.colissimo.lengths import shorten
from colisync.sandbox.colissimo.messages import SUCCESS, Message, Refused, refuse
from colisync.sandbox.colissimo.multipart import Answer, several, single
from colisync.sandbox.colissimo.numbers import NumberRanges, RangeExhausted, routing_code
from colisync.sandbox.colissimo.products import prefix, products
from colisync.sandbox.colissimo.request import (
    CheckRequest,
    LabelRequest,
    Letter,
    OutputFormat,
    ReprintRequest,
)
from colisync.sandbox.colissimo.rules import examine
from colisync.sandbox.colissimo.settings import ColissimoSettings
from colisync.sandbox.colissimo.shipment import Shipment
from colisync.sandbox.colissimo.territories import place, table

_NEWEST = "3.1"
_UNREADABLE = 422
_B = TypeVar("_B", bound=BaseModel)


class Refusal(BaseModel):
    """What the carrier will refuse, whatever the rules say: all the given members must match."""

    model_config = ConfigDict(extra="forbid")

    postcode: str = ""
    reference: str = ""
    order_number: str = ""
    code: str = "30318"
    message: str = ""
    times: int = 1

    def concerns(self, letter: Letter) -> bool:
        """Whether this letter is one of those."""
        wanted = (
            (self.postcode, letter.addressee.address.zip_code),
            (self.reference, letter.sender.sender_parcel_ref),
            (self.order_number, letter.service.order_number),
        )
        asked = [(one, other) for one, other in wanted if one]
        return bool(asked) and all(one == other for one, other in asked)


@dataclass
class LabelService:
    """One contract's label service over its books."""

    settings: ColissimoSettings
    clock: SandboxClock
    books: Books
    ranges: NumberRanges
    refusals: list[Refusal] = field(default_factory=list)

    def generate(self, version: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """The answer to `generateLabel`; when it is a success the label is in the books."""
        try:
            with self.books.lock:
                request = self._read(LabelRequest, version, headers, body)
                shipment, warnings = self._examine(request)
                self._meet_refusal(shipment.letter, spend=True)
                entry = self._make(shipment, body)
        except Refused as refused:
            return self._refusal(refused, version)
        documents = [("label", label(entry.facts, request.output_format))]
        if _wants_cn23(shipment):
            documents.append(("cn23", cn23(entry.facts)))
        messages = [SUCCESS, *warnings]
        return several(_infos(messages, version, _response(entry)), documents, self.settings)

    def check(self, version: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """The answer to `checkGenerateLabel`: the same rules, nothing made."""
        try:
            with self.books.lock:
                self.books.checks.append(body)
                request = self._read(CheckRequest, version, headers, body)
                shipment, warnings = self._examine(request)
                self._meet_refusal(shipment.letter, spend=False)
        except Refused as refused:
            self.books.refusals += 1
            return single(_infos([refused.message], version), refused.status)
        return single(_infos([SUCCESS, *warnings], version))

    def reprint(self, version: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """The answer to `getLabel`: the document of a parcel made before."""
        try:
            if not check_header(self.settings, headers):
                login, password = headers.get("login", ""), headers.get("password", "")
                check_login(self.settings, login, password)
            check_account(self.settings, headers.get("accountnumber", ""))
            entry, output = self._find(_parse(ReprintRequest, body))
        except Refused as refused:
            return self._refusal(refused, version)
        documents = [("label", label(entry.facts, output))]
        return several(_infos([SUCCESS], version, _response(entry)), documents, self.settings)

    def restore(self, number: str, at: datetime, body: bytes) -> None:
        """Puts a label of the journal back into the books."""
        letter, _ = shorten(LabelRequest.model_validate_json(body))
        self.ranges.remember(number, at)
        self.books.restore(Entry(self._facts(number, letter), at, body))

    def _read(
        self, kind: type[CheckRequest], version: str, headers: Mapping[str, str], body: bytes
    ) -> CheckRequest:
        keyed = check_header(self.settings, headers)
        request = _parse(kind, body)
        if not keyed:
            check_login(self.settings, request.contract_number, request.password)
        check_account(self.settings, request.fields.get("ACCOUNT_NUMBER"))
        if version != _NEWEST and request.newer_members:
            raise _unreadable(f"letter.parcel: {', '.join(sorted(request.newer_members))}")
        return request

    def _examine(self, request: CheckRequest) -> tuple[Shipment, list[Message]]:
        letter, warnings = shorten(request)
        refused = self.settings.refused_products
        shipment = examine(request, letter, self.clock.today(), refused)
        self._check_followers(request)
        return shipment, warnings

    def _check_followers(self, request: CheckRequest) -> None:
        followers = request.fields.get("LIST_FOLLOWER_PARCEL")
        if any(self.books.find(number) is None for number in followers.split("/") if number):
            raise refuse("30321")

    def _meet_refusal(self, letter: Letter, *, spend: bool) -> None:
        for refusal in self.refusals:
            if refusal.concerns(letter):
                if spend:
                    refusal.times -= 1
                    if refusal.times <= 0:
                        self.refusals.remove(refusal)
                raise Refused(Message(refusal.code, text=refusal.message))

    def _make(self, shipment: Shipment, body: bytes) -> Entry:
        now = self.clock.now()
        point = shipment.letter.parcel.pickup_location_id
        start = prefix(shipment.product, shipment.sender_place, shipment.place, point)
        try:
            number = self.ranges.take(start, now)
        except RangeExhausted as exhausted:
            raise refuse("40014") from exhausted
        entry = Entry(self._facts(number, shipment.letter), now, body)
        self.books.add(entry)
        return entry

    def _facts(self, number: str, letter: Letter) -> LabelFacts:
        product = products()[letter.service.product_code]
        address = letter.addressee.address
        country = place(address.country_code, address.zip_code)
        routing = routing_code(number, address.zip_code, product.service, country)
        return LabelFacts(number, routing, product, letter, self.settings.contract_number)

    def _find(self, request: ReprintRequest) -> tuple[Entry, OutputFormat]:
        if not request.parcel_number:
            raise refuse("30327")
        entry = self.books.find(request.parcel_number)
        if entry is None:
            raise refuse("30321")
        if request.output_printing_type not in label_formats():
            raise refuse("30026" if request.output_printing_type else "30025")
        printing = {"x": 0, "y": 0, "outputPrintingType": request.output_printing_type}
        return entry, OutputFormat.model_validate(printing)

    def _refusal(self, refused: Refused, version: str) -> Answer:
        self.books.refusals += 1
        infos = _infos([refused.message], version)
        if self.settings.errors == "multipart" and refused.status == Refused.FUNCTIONAL:
            return several(infos, [], self.settings, refused.status)
        return single(infos, refused.status)


def _parse(kind: type[_B], body: bytes) -> _B:
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise _unreadable(f"{where}: {first['msg']}") from error


def _unreadable(reason: str) -> Refused:
    return Refused(Message("1", text=f"La requête a échouée : {reason}"), _UNREADABLE)


def _wants_cn23(shipment: Shipment) -> bool:
    asked = shipment.letter.customs_declarations.include_customs_declarations
    return asked and shipment.declared and not shipment.product.returns


def _infos(
    messages: list[Message], version: str, response: dict[str, Any] | None = None
) -> dict[str, Any]:
    newest = version == _NEWEST
    infos: dict[str, Any] = {
        "messages": [message.to_json() for message in messages],
        "labelXmlV2Reponse": None,  # sic
        "labelV2Response": None if newest else response,
    }
    if newest:
        infos["labelV31Response"] = response
    return infos


def _response(entry: Entry) -> dict[str, Any]:
    address = entry.facts.letter.addressee.address
    fields = [{"key": "CN23_THERMIQUE", "value": "N"}]
    network = table().networks.get(address.country_code)
    if network:
        fields += [
            {"key": "NETWORK_NAME", "value": network[0]},
            {"key": "PARTNER_NAME", "value": network[1]},
            {"key": "PARTNER_CAB", "value": entry.number},
        ]
    return {
        "parcelNumber": entry.number,
        "parcelNumberPartner": entry.facts.routing,
        "pdfUrl": None,
        "fields": {"field": fields, "customField": fields},
    }


def bodies(books: Books, *, checks: bool) -> list[Any]:
    """The request bodies of the labels made, or of the checks that were readable JSON."""
    raw = books.checks if checks else [entry.body for entry in books.entries]
    found = []
    for body in raw:
        try:
            found.append(json.loads(body))
        except ValueError:
            continue
    return found
