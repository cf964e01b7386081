"""What the Colissimo emulator refuses, with which code, and in which order."""

import copy
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from colisync.sandbox.colissimo.books import Books
from colisync.sandbox.colissimo.clock import SandboxClock
from colisync.sandbox.colissimo.labelling import LabelService
from colisync.sandbox.colissimo.messages import texts
from colisync.sandbox.colissimo.multipart import Answer
from colisync.sandbox.colissimo.numbers import NumberRanges
from colisync.sandbox.colissimo.settings import ColissimoSettings

_NOW = datetime(2026, 3, 2, 22, 30, tzinfo=UTC)  # 23:30 in Paris
_KEY = {"apikey": "sandbox-colissimo-key"}
_ABSENT = object()

_HD = {
    "letter.service.productCode": "HD",
    "letter.service.commercialName": "Atelier",
    "letter.parcel.pickupLocationId": "012345",
    "letter.addressee.address.mobileNumber": "0612345679",
    "letter.addressee.address.email": "zoe@example.org",
}
_ARTICLE = {
    "description": "Mug",
    "quantity": 2,
    "weight": 0.3,
    "value": 12.5,
    "hsCode": "691110",
    "originCountry": "FR",
}
_SWISS = {
    "letter.service.productCode": "DOS",
    "letter.service.totalAmount": 900,
    "letter.addressee.address.countryCode": "CH",
    "letter.addressee.address.zipCode": "8001",
    "letter.addressee.address.city": "ZURICH",
    "letter.customsDeclarations": {
        "includeCustomsDeclarations": True,
        "contents": {"article": [_ARTICLE], "category": {"value": 3}},
    },
}
_BELGIAN = {
    "letter.addressee.address.countryCode": "BE",
    "letter.addressee.address.zipCode": "1000",
    "letter.addressee.address.city": "BRUXELLES",
    "letter.addressee.address.mobileNumber": "+32470123456",
}
_ADDRESS = "letter.addressee.address"
_SENDER = "letter.sender.address"


def _body(changes: dict[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = {
        "outputFormat": {"x": 0, "y": 0, "outputPrintingType": "PDF_10x15_300dpi"},
        "letter": {
            "service": {"productCode": "DOM", "depositDate": "2026-03-03", "orderNumber": "1042"},
            "parcel": {"weight": 1.25},
            "sender": {
                "senderParcelRef": "ABCDEFGH2345",
                "address": {
                    "companyName": "Atelier",
                    "line2": "12 rue des Lilas",
                    "countryCode": "FR",
                    "city": "Lyon",
                    "zipCode": "69003",
                },
            },
            "addressee": {
                "address": {
                    "lastName": "Martin",
                    "firstName": "Zoé",
                    "line2": "3 place du Test",
                    "countryCode": "FR",
                    "city": "Paris",
                    "zipCode": "75015",
                }
            },
        },
    }
    for path, value in changes.items():
        *steps, last = path.split(".")
        place = body
        for step in steps:
            place = place.setdefault(step, {})
        if value is _ABSENT:
            place.pop(last, None)
        else:
            place[last] = copy.deepcopy(value)
    return body


def _service(settings: ColissimoSettings | None = None) -> LabelService:
    settings = settings or ColissimoSettings()
    clock = SandboxClock(lambda: _NOW)
    return LabelService(settings, clock, Books(), NumberRanges(_NOW, settings.range_size))


def _infos(answer: Answer) -> dict[str, Any]:
    text = answer.body
    if answer.content_type.startswith("multipart"):
        text = answer.body.split(b"\r\n\r\n", 1)[1].split(b"\r\n--", 1)[0]
    infos: dict[str, Any] = json.loads(text)
    return infos


def _label(changes: dict[str, Any], service: LabelService | None = None) -> Answer:
    service = service or _service()
    return service.generate("3.1", _KEY, json.dumps(_body(changes)).encode())


def _code(changes: dict[str, Any], service: LabelService | None = None) -> str:
    answer = _label(changes, service)
    infos = _infos(answer)
    code = infos["messages"][0]["id"]
    assert (answer.status == 200) is (code == "0")
    assert (infos["labelV31Response"] is None) is (code != "0")
    return str(code)


_REFUSED: list[tuple[str, dict[str, Any]]] = [
    # product, date, output
    ("30014", {"letter.service.productCode": ""}),
    ("30109", {"letter.service.productCode": "NOPE"}),
    ("30010", {"letter.service.depositDate": _ABSENT}),
    ("30002", {"letter.service.depositDate": "2026-03-01"}),
    ("30025", {"outputFormat.outputPrintingType": ""}),
    ("30026", {"outputFormat.outputPrintingType": "PDF_10x16_300dpi"}),
    ("30324", {"letter.service.returnTypeChoice": 1}),
    ("30807", {"letter.service.mailBoxPicking": True}),
    ("30809", {"letter.service.mailBoxPickingDate": "2026-03-04"}),
    # sender
    ("30065", {f"{_SENDER}.companyName": ""}),
    ("30043", {f"{_SENDER}.companyName": "", f"{_SENDER}.lastName": "Durand"}),
    ("30100", {f"{_SENDER}.line2": " "}),
    ("30102", {f"{_SENDER}.countryCode": _ABSENT}),
    ("30103", {f"{_SENDER}.countryCode": "QQ"}),
    ("30104", {f"{_SENDER}.city": _ABSENT}),
    ("30106", {f"{_SENDER}.zipCode": _ABSENT}),
    ("30107", {f"{_SENDER}.zipCode": "6900"}),
    ("30108", {f"{_SENDER}.countryCode": "GP"}),
    ("30109", {f"{_SENDER}.countryCode": "DE", f"{_SENDER}.zipCode": "10115"}),
    ("30109", {f"{_SENDER}.zipCode": "97110"}),
    ("30046", {f"{_SENDER}.email": "nobody"}),
    ("30022", {f"{_SENDER}.language": "PL"}),
    ("30085", {f"{_SENDER}.phoneNumber": "0102"}),
    ("30047", {f"{_SENDER}.mobileNumber": "06123456791234567"}),
    # addressee
    ("30200", {f"{_ADDRESS}.lastName": ""}),
    ("30202", {f"{_ADDRESS}.firstName": _ABSENT}),
    ("30204", {f"{_ADDRESS}.line2": _ABSENT}),
    ("30206", {f"{_ADDRESS}.countryCode": _ABSENT}),
    ("30207", {f"{_ADDRESS}.countryCode": "QQ"}),
    ("30208", {f"{_ADDRESS}.city": ""}),
    ("30210", {f"{_ADDRESS}.zipCode": ""}),
    ("30211", {f"{_ADDRESS}.zipCode": "7501"}),
    ("30211", {f"{_ADDRESS}.zipCode": "96000"}),
    ("30212", {f"{_ADDRESS}.countryCode": "GP"}),
    ("30213", {f"{_ADDRESS}.zipCode": "97110"}),
    ("30213", {f"{_ADDRESS}.countryCode": "DE", f"{_ADDRESS}.zipCode": "10115"}),
    ("30213", {**_HD, f"{_ADDRESS}.countryCode": "GR", f"{_ADDRESS}.zipCode": "10431"}),
    ("30211", {**_SWISS, f"{_ADDRESS}.zipCode": "80012"}),
    ("30223", {f"{_ADDRESS}.email": "a@b"}),
    ("30223", {f"{_ADDRESS}.email": "a" * 80 + "@example.org"}),
    ("30023", {f"{_ADDRESS}.language": "JP"}),
    ("30090", {"letter.addressee.addresseeParcelRef": "A" * 16}),
    ("30090", {"letter.addressee.addresseeParcelRef": ""}),
    ("30600", {f"{_ADDRESS}.lastName": "Мартин"}),
    ("30600", {f"{_ADDRESS}.line2": "3 place 🎁"}),
    ("30600", {"letter.parcel.instructions": "門"}),
    ("30221", {f"{_ADDRESS}.mobileNumber": "06 12 34 56 79"}),
    ("30221", {f"{_ADDRESS}.mobileNumber": "0612345678"}),
    ("30221", {f"{_ADDRESS}.mobileNumber": "+336123456791234"}),
    ("30220", {**_BELGIAN, f"{_ADDRESS}.mobileNumber": _ABSENT}),
    ("30221", {**_BELGIAN, f"{_ADDRESS}.mobileNumber": "0470123456"}),
    ("30221", {**_BELGIAN, f"{_ADDRESS}.mobileNumber": "+3247012345"}),
    # pick-up
    ("30018", {**_HD, "letter.service.commercialName": _ABSENT}),
    ("30200", {**_HD, f"{_ADDRESS}.lastName": "", f"{_ADDRESS}.companyName": "Atelier"}),
    ("30202", {**_HD, f"{_ADDRESS}.firstName": ""}),
    ("30220", {**_HD, f"{_ADDRESS}.mobileNumber": _ABSENT}),
    ("30221", {**_HD, f"{_ADDRESS}.mobileNumber": "0412345679"}),
    ("30221", {**_HD, f"{_ADDRESS}.mobileNumber": "0033412345679"}),
    ("30222", {**_HD, f"{_ADDRESS}.email": _ABSENT}),
    ("30303", {**_HD, "letter.parcel.nonMachinable": True}),
    ("30400", {**_HD, "letter.parcel.pickupLocationId": _ABSENT}),
    ("30401", {**_HD, "letter.parcel.pickupLocationId": "12345"}),
    ("30401", {**_HD, "letter.parcel.pickupLocationId": "000000"}),
    ("30401", {"letter.parcel.pickupLocationId": "012345"}),
    ("30301", {**_HD, "letter.parcel.weight": 20.01, "letter.parcel.pickupLocationId": "012344"}),
    # parcel
    ("30300", {"letter.parcel.weight": _ABSENT}),
    ("30301", {"letter.parcel.weight": 0}),
    ("30301", {"letter.parcel.weight": 30.01}),
    ("30301", {"letter.parcel.weight": 1.255}),
    ("30301", {"letter.parcel.weight": 1.2501}),
    ("30309", {"letter.parcel.insuranceValue": 15000}),
    ("30309", {"letter.service.productCode": "DOS", "letter.parcel.insuranceValue": 500001}),
    ("30309", {**_HD, "letter.parcel.insuranceValue": 100001}),
    ("30309", {"letter.service.productCode": "DOS", "letter.parcel.insuranceValue": -1}),
    ("30306", {"letter.parcel.recommendationLevel": "R1"}),
    ("14040", {"letter.parcel.recommendationLevel": "R1", "letter.parcel.insuranceValue": 15000}),
    ("30325", {"letter.parcel.returnReceipt": True}),
    ("30326", {"letter.parcel.ftd": True}),
    ("30017", {"letter.parcel.cod": True, "letter.parcel.codamount": 1000}),
    ("30017", {"letter.service.productCode": "DOS", "letter.parcel.cod": True}),
    ("30317", {"letter.service.productCode": "DOS", "letter.parcel.ddp": True,
               f"{_ADDRESS}.mobileNumber": "0612345679"}),
    ("30317", {"letter.parcel.hazmatFlag": True}),
    ("30317", {"fields": {"field": [{"key": "TYPE_MULTI_PARCEL", "value": "MASTER"},
                                    {"key": "TOTAL_NUMBER_PARCEL", "value": "6"}]}}),
    ("30321", {"fields": {"field": [{"key": "LIST_FOLLOWER_PARCEL", "value": "8Q00000000016"}]}}),
    # customs
    ("30500", {**_SWISS, "letter.customsDeclarations": _ABSENT}),
    ("30020", {**_SWISS, "letter.service.totalAmount": _ABSENT}),
    ("30503", {**_SWISS, "letter.customsDeclarations.contents": {"article": [_ARTICLE]}}),
    ("30504", {**_SWISS, "letter.customsDeclarations.contents": {"category": {"value": 7}}}),
    ("30505", {**_SWISS, "letter.customsDeclarations.contents": {"category": {"value": 3}}}),
]  # fmt: skip
_BAD_ARTICLES: list[tuple[str, dict[str, Any]]] = [
    ("30510", {"description": ""}),
    ("30513", {"quantity": 0}),
    ("30515", {"weight": 0}),
    ("30517", {"value": 0}),
    ("30518", {"hsCode": ""}),
    ("30519", {"hsCode": "12345"}),
    ("30520", {"originCountry": ""}),
    ("30521", {"originCountry": "France"}),
    ("30544", {"currency": "XXX"}),
    ("30507", {"quantity": 5}),
]
_SPECIAL_ZONES = [
    ("ES", "35001", "LAS PALMAS"),
    ("DE", "78266", "BUESINGEN"),
    ("IT", "23030", "LIVIGNO"),
    ("AD", "AD500", "ANDORRA LA VELLA"),
]


@pytest.mark.parametrize(("code", "changes"), _REFUSED)
def test_refused_with_the_code_of_the_reference(code: str, changes: dict[str, Any]) -> None:
    service = _service()
    assert _code(changes, service) == code
    assert service.books.entries == []
    assert service.books.refusals == 1


def test_every_refusal_has_its_own_words() -> None:
    assert {code for code, _ in _REFUSED} | {code for code, _ in _BAD_ARTICLES} <= texts().keys()


@pytest.mark.parametrize(("code", "changes"), _BAD_ARTICLES)
def test_an_article_is_refused(code: str, changes: dict[str, Any]) -> None:
    contents = {"article": [{**_ARTICLE, **changes}], "category": {"value": 3}}
    assert _code({**_SWISS, "letter.customsDeclarations.contents": contents}) == code


def test_articles_agree_in_currency_and_origin() -> None:
    for code, changes in (("30537", {"currency": "CHF"}), ("30538", {"originCountry": "CN"})):
        contents = {"article": [_ARTICLE, {**_ARTICLE, **changes}], "category": {"value": 3}}
        assert _code({**_SWISS, "letter.customsDeclarations.contents": contents}) == code


@pytest.mark.parametrize(("country", "postcode", "city"), _SPECIAL_ZONES)
def test_special_zones_need_a_declaration(country: str, postcode: str, city: str) -> None:
    changes = {
        "letter.service.productCode": "DOS",
        f"{_ADDRESS}.countryCode": country,
        f"{_ADDRESS}.zipCode": postcode,
        f"{_ADDRESS}.city": city,
    }
    assert _code(changes) == "30500"


@pytest.mark.parametrize(
    ("changes", "prefix"),
    [
        ({}, "6A"),
        ({"letter.service.productCode": "DOS", "letter.parcel.insuranceValue": 500000}, "6C"),
        ({"letter.service.depositDate": "2026-03-02"}, "6A"),
        ({"letter.service.depositDate": "2026-03-03T00:00:00.000Z"}, "6A"),
        ({"letter.sender": _ABSENT}, "6A"),
        ({f"{_ADDRESS}.lastName": "", f"{_ADDRESS}.companyName": "Atelier"}, "6A"),
        ({f"{_ADDRESS}.lastName": "O’Œuvré—Żółć", f"{_ADDRESS}.firstName": "Ștefan"}, "6A"),
        ({f"{_ADDRESS}.line2": "", f"{_ADDRESS}.city": "PARIS CEDEX 15"}, "6A"),
        ({f"{_ADDRESS}.line2": "", f"{_ADDRESS}.city": "", f"{_ADDRESS}.zipCode": "75700"}, "6A"),
        ({f"{_ADDRESS}.countryCode": "MC", f"{_ADDRESS}.zipCode": "98000"}, "6A"),
        ({"letter.parcel.weight": 30}, "6A"),
        ({"letter.parcel.weight": 0.01}, "6A"),
        (_BELGIAN, "CA"),
        (_SWISS, "CB"),
        ({**_SWISS, "letter.service.productCode": "DOM"}, "CA"),
        ({"letter.service.productCode": "DOS", f"{_ADDRESS}.countryCode": "DE",
          f"{_ADDRESS}.zipCode": "10115"}, "CB"),
        (_HD, "6H"),
        ({**_HD, "letter.parcel.pickupLocationId": "012344"}, "6M"),
        ({**_HD, "letter.parcel.weight": 30}, "6H"),
        ({**_HD, f"{_ADDRESS}.mobileNumber": "+4915112345679"}, "6H"),
        ({**_HD, "letter.parcel.pickupLocationId": "000001", **_BELGIAN}, "CM"),
        ({**_HD, "letter.parcel.pickupLocationId": "000009", f"{_ADDRESS}.countryCode": "DE",
          f"{_ADDRESS}.zipCode": "10115"}, "CG"),
        ({**_SWISS, "letter.service.productCode": "COM", f"{_ADDRESS}.countryCode": "RE",
          f"{_ADDRESS}.zipCode": "97400", "letter.parcel.ftd": True}, "8Q"),
        ({**_SWISS, "letter.service.productCode": "CDS", f"{_ADDRESS}.zipCode": "97110",
          f"{_ADDRESS}.countryCode": "FR"}, "7Q"),
        ({"letter.service.productCode": "COLD", f"{_ADDRESS}.zipCode": "97110",
          f"{_ADDRESS}.countryCode": "GP", f"{_SENDER}.countryCode": "GP",
          f"{_SENDER}.zipCode": "97100"}, "9L"),
        ({"letter.service.productCode": "CORE", f"{_ADDRESS}.companyName": "Atelier"}, "8R"),
    ],
)  # fmt: skip
def test_accepted_and_numbered_by_product_and_place(changes: dict[str, Any], prefix: str) -> None:
    service = _service()
    infos = _infos(_label(changes, service))
    assert [(m["id"], m["type"]) for m in infos["messages"]] == [("0", "INFOS")]
    assert infos["labelV31Response"]["parcelNumber"].startswith(prefix)
    assert infos["labelV2Response"] is None
    assert len(infos["labelV31Response"]["parcelNumberPartner"]) == 28


def test_the_first_fault_is_the_answer_in_the_order_of_the_reference() -> None:
    changes: dict[str, Any] = {
        **_HD,
        "letter.service.depositDate": "2020-01-01",
        f"{_SENDER}.city": "",
        f"{_ADDRESS}.city": "",
        "letter.parcel.weight": 0,
        "letter.parcel.pickupLocationId": "",
    }
    cures: list[tuple[str, str, Any]] = [
        ("30002", "letter.service.depositDate", "2026-03-03"),
        ("30104", f"{_SENDER}.city", "Lyon"),
        ("30208", f"{_ADDRESS}.city", "Paris"),
        ("30301", "letter.parcel.weight", 1.5),
        ("30400", "letter.parcel.pickupLocationId", "012345"),
    ]
    for code, path, cure in cures:
        assert _code(changes) == code
        changes[path] = cure
    assert _code(changes) == "0"


def test_today_is_the_date_in_paris() -> None:
    service = _service()
    service.clock.advance(3600)  # half past midnight in Paris, still 2 March in UTC
    assert _code({"letter.service.depositDate": "2026-03-02"}, service) == "30002"


def test_over_long_text_is_cut_and_reported() -> None:
    service = _service()
    changes = {
        f"{_ADDRESS}.line2": "3 place du Test " * 4,
        "letter.service.orderNumber": "1" * 31,
        "letter.sender.senderParcelRef": "R" * 20,
    }
    infos = _infos(_label(changes, service))
    success, *warnings = infos["messages"]
    assert success["id"] == "0"
    assert {w["type"] for w in warnings} == {"WARNING"}
    cut = {w["replacementValues"][0]["value"]: w["replacementValues"][1]["value"] for w in warnings}
    assert cut == {
        "addressee.address.line2": ("3 place du Test " * 4)[:35],
        "service.orderNumber": "1" * 30,
        "sender.senderParcelRef": "R" * 17,
    }
    assert service.books.to_json()["labels"][0]["reference"] == "R" * 17


def test_a_foreign_character_is_named() -> None:
    message = _infos(_label({f"{_ADDRESS}.firstName": "Zoé☃"}))["messages"][0]
    assert "addressee.address.firstName" in message["messageContent"]
    assert "☃" in message["messageContent"]


def test_a_product_outside_the_contract_is_refused() -> None:
    service = _service(ColissimoSettings(refused_products=frozenset({"DOM"})))
    assert _code({}, service) == "30700"


def test_an_exhausted_range_is_told() -> None:
    service = _service(ColissimoSettings(range_size=1))
    assert _code({}, service) == "0"
    assert _code({}, service) == "40014"
    assert len(service.books.entries) == 1


def test_a_master_may_list_the_followers_made_before() -> None:
    service = _service()
    follower = {
        "fields": {
            "field": [
                {"key": "TYPE_MULTI_PARCEL", "value": "FOLLOWER"},
                {"key": "PARCEL_ITERATION_NUMBER", "value": "1"},
                {"key": "TOTAL_NUMBER_PARCEL", "value": "2"},
            ]
        }
    }
    number = _infos(_label(follower, service))["labelV31Response"]["parcelNumber"]
    master = {
        "fields": {
            "field": [
                {"key": "TYPE_MULTI_PARCEL", "value": "MASTER"},
                {"key": "TOTAL_NUMBER_PARCEL", "value": "2"},
                {"key": "LIST_FOLLOWER_PARCEL", "value": number},
            ]
        }
    }
    assert _code(master, service) == "0"


def test_the_older_version_knows_no_hazmat_and_answers_under_its_own_name() -> None:
    service = _service()
    hazmat = _body({"letter.parcel.hazmatFlag": True, "letter.parcel.hazmatCategory": "A"})
    assert service.generate("3.1", _KEY, json.dumps(hazmat).encode()).status == 200
    assert service.generate("2.0", _KEY, json.dumps(hazmat).encode()).status == 422
    infos = _infos(service.generate("2.0", _KEY, json.dumps(_body({})).encode()))
    assert infos["labelV2Response"]["parcelNumber"].startswith("6A")
    assert "labelV31Response" not in infos


def test_a_cn23_comes_only_where_it_is_needed_and_asked() -> None:
    assert b"<cn23>" in _label(_SWISS).body
    assert b"<cn23>" not in _label({}).body
    unasked = {**_SWISS, "letter.customsDeclarations.includeCustomsDeclarations": False}
    assert b"<cn23>" not in _label(unasked).body
