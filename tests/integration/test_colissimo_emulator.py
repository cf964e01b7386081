"""The Colissimo emulator over real HTTP: answers, access, faults, books, control."""

import copy
import io
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pikepdf
import pytest
import requests

from colisync.sandbox.colissimo import ColissimoCarrierEmulator, ColissimoSettings
from colisync.sandbox.faults import Fault
from colisync.sandbox.server import Server

_NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
_KEY = {"apiKey": "sandbox-colissimo-key"}
_SLS = "/sls-ws/SlsServiceWSRest/3.1/"
_TRACK = "/tracking-timeline-ws/rest/tracking/timelineCompany"
_ACCOUNT = "/api-ewe/v1/rest/additionalinformations"
_BODY: dict[str, Any] = {
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


def _body(**service: Any) -> dict[str, Any]:
    body = copy.deepcopy(_BODY)
    body["letter"]["service"].update(service)
    return body


class _Caller:
    """One emulator being served, and the calls a client makes."""

    def __init__(self, emulator: ColissimoCarrierEmulator, url: str) -> None:
        self.emulator = emulator
        self.url = url

    def post(self, path: str, body: Any, headers: dict[str, str] | None = None) -> Any:
        sent = _KEY if headers is None else headers
        return requests.post(self.url + path, json=body, headers=sent, timeout=10)

    def label(self, body: Any = None, headers: dict[str, str] | None = None) -> Any:
        return self.post(_SLS + "generateLabel", body or _body(), headers)

    def number(self, body: Any = None) -> str:
        return str(_parts(self.label(body))["jsonInfos"]["labelV31Response"]["parcelNumber"])

    def track(self, number: str) -> Any:
        asked = {"apiKey": "sandbox-colissimo-key", "parcelNumber": number}
        return self.post(_TRACK, asked).json()

    def control(self, path: str, body: Any) -> Any:
        return requests.post(f"{self.url}/_sandbox/{path}", json=body, timeout=10)


def _parts(answer: Any, end: bytes = b"\r\n") -> dict[str, Any]:
    """The parts by their Content-ID, split on the boundary's bytes; jsonInfos is read."""
    boundary = answer.headers["content-type"].split('boundary="')[1].split('"')[0].encode()
    head, *parts, tail = answer.content.split(b"--" + boundary)
    assert head == end
    assert tail == b"--"
    found: dict[str, Any] = {}
    for part in parts:
        headers, content = part.removeprefix(end).split(end * 2, 1)
        name = headers.split(b"Content-ID: <")[1].split(b">")[0].decode()
        assert b"Content-Transfer-Encoding: binary" in headers
        found[name] = content.removesuffix(end)
    found["jsonInfos"] = json.loads(found["jsonInfos"])
    return found


def _error(answer: Any) -> tuple[int, str]:
    message = answer.json()["messages"][0]
    assert message["type"] == "ERROR"
    return answer.status_code, message["id"]


@pytest.fixture
def serve() -> Iterator[Any]:
    """Serves an emulator made of these settings until the test ends."""
    servers = []

    def start(journal: Path | None = None, latency: float = 0.0, **settings: Any) -> _Caller:
        emulator = ColissimoCarrierEmulator(
            ColissimoSettings(**settings), clock=lambda: _NOW, latency=latency, journal=journal
        )
        servers.append(Server(emulator.app).start())
        return _Caller(emulator, servers[-1].url)

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def carrier(serve: Any) -> _Caller:
    return serve()  # type: ignore[no-any-return]


def test_a_label_comes_as_multipart_and_is_in_the_books(carrier: _Caller) -> None:
    answer = carrier.label()
    assert answer.status_code == 200
    kind = answer.headers["content-type"]
    assert kind.startswith('multipart/related; type="application/json"; boundary="uuid:')
    assert kind.endswith('; start="<jsonInfos>"')
    parts = _parts(answer)
    infos = parts["jsonInfos"]
    assert infos["messages"][0] == {
        "id": "0",
        "type": "INFOS",
        "messageContent": "La requête a été traitée avec succès",
        "replacementValues": [],
    }
    with pikepdf.open(io.BytesIO(parts["label"])) as file:
        assert len(file.pages) == 1
    assert carrier.emulator.books() == {
        "labels": [
            {
                "number": infos["labelV31Response"]["parcelNumber"],
                "reference": "ABCDEFGH2345",
                "order_number": "1042",
                "product": "DOM",
                "postcode": "75015",
                "country": "FR",
                "at": "2026-03-02T09:00:00+00:00",
            }
        ],
        "checks": 0,
        "trackings": 0,
        "requests": 1,
        "refusals": 0,
    }


def test_the_older_shape_of_the_answer(serve: Any) -> None:
    answer = serve(multipart="mixed", line_ends="lf").label()
    kind = answer.headers["content-type"]
    assert kind.startswith('multipart/mixed;boundary="uuid:')
    assert kind.endswith('";charset=UTF-8')
    parts = _parts(answer, b"\n")
    assert parts["label"].startswith(b"%PDF-1.4\n")
    assert parts["label"].endswith(b"%%EOF\n")


def test_errors_come_in_one_part_or_as_multipart(serve: Any) -> None:
    wrong = _body(depositDate="2020-01-01")
    assert _error(serve().label(wrong)) == (400, "30002")
    answer = serve(errors="multipart").label(wrong)
    assert answer.status_code == 400
    parts = _parts(answer)
    assert list(parts) == ["jsonInfos"]
    assert parts["jsonInfos"]["messages"][0]["id"] == "30002"
    assert parts["jsonInfos"]["labelV31Response"] is None


@pytest.mark.parametrize(
    ("headers", "login", "wanted"),
    [
        ({"apiKey": "wrong"}, {}, (403, "30000")),
        ({}, {}, (400, "30000")),
        ({}, {"contractNumber": "900001", "password": "wrong"}, (400, "30000")),
        ({"apiKey": "wrong"}, {"contractNumber": "900001", "password": "Sandbox1"}, (403, "30000")),
    ],
)
def test_wrong_credentials_make_nothing(
    carrier: _Caller, headers: dict[str, str], login: dict[str, str], wanted: tuple[int, str]
) -> None:
    assert _error(carrier.label({**_body(), **login}, headers)) == wanted
    assert carrier.emulator.books()["labels"] == []


def test_login_and_password_in_the_body_do_as_well(carrier: _Caller) -> None:
    body = {**_body(), "contractNumber": "900001", "password": "Sandbox1"}
    assert carrier.label(body, {}).status_code == 200


def test_an_inactive_contract_and_an_unknown_parent_are_forbidden(serve: Any) -> None:
    assert _error(serve(active=False).label()) == (403, "30007")
    carrier = serve(parent_account="800001")
    for account, status in (("900001", 200), ("800001", 200), ("700001", 403)):
        fields = {"field": [{"key": "ACCOUNT_NUMBER", "value": account}]}
        assert carrier.label({**_body(), "fields": fields}).status_code == status


def test_what_is_not_the_schema_is_unprocessable(carrier: _Caller) -> None:
    unknown = _body()
    unknown["letter"]["parcel"]["weightInGrams"] = 1250
    answer = carrier.label(unknown)
    assert _error(answer) == (422, "1")
    assert "letter.parcel.weightInGrams" in answer.json()["messages"][0]["messageContent"]
    for body in (b"{", b'{"letter": NaN}', b"\xff"):
        sent = {**_KEY, "Content-Type": "application/json"}
        raw = requests.post(
            carrier.url + _SLS + "generateLabel", data=body, headers=sent, timeout=10
        )
        assert raw.status_code == 422
    form = requests.post(
        carrier.url + _SLS + "generateLabel", data={"a": "b"}, headers=_KEY, timeout=10
    )
    assert form.status_code == 415


def test_a_check_makes_nothing_and_says_the_same(carrier: _Caller) -> None:
    body = _body()
    del body["outputFormat"]
    answer = carrier.post(_SLS + "checkGenerateLabel", body)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json;charset=UTF-8"
    assert answer.json()["messages"][0]["id"] == "0"
    refused = carrier.post(_SLS + "checkGenerateLabel", _body(productCode="NOPE"))
    assert _error(refused) == (400, "30109")
    books = carrier.emulator.books()
    assert (books["labels"], books["checks"], books["requests"]) == ([], 2, 2)
    assert requests.get(f"{carrier.url}/_sandbox/bodies?of=checks", timeout=10).json()[0] == body


def test_a_label_can_be_fetched_again_in_another_format(carrier: _Caller) -> None:
    number = carrier.number()
    path = _SLS + "getLabel"
    asked = {"parcelNumber": number, "outputPrintingType": "ZPL_10x15_203dpi"}
    parts = _parts(carrier.post(path, asked))
    assert parts["label"].startswith(b"^XA")
    assert number.encode() in parts["label"]
    login = {"login": "900001", "password": "Sandbox1"}
    assert carrier.post(path, asked, login).status_code == 200
    assert _error(carrier.post(path, asked, {**login, "password": "x"})) == (400, "30000")
    assert _error(carrier.post(path, asked, {**_KEY, "accountNumber": "1"})) == (403, "30007")
    unknown = {**asked, "parcelNumber": "6A00000000000"}
    assert _error(carrier.post(path, unknown)) == (400, "30321")
    assert _error(carrier.post(path, {**asked, "outputPrintingType": "PNG"})) == (400, "30026")
    assert len(carrier.emulator.books()["labels"]) == 1


def test_only_the_two_versions_and_three_methods_are_there(carrier: _Caller) -> None:
    old = carrier.post("/sls-ws/SlsServiceWSRest/2.0/generateLabel", _body())
    assert _parts(old)["jsonInfos"]["labelV2Response"]["parcelNumber"].startswith("6A")
    assert carrier.post("/sls-ws/SlsServiceWSRest/1.0/generateLabel", _body()).status_code == 404
    assert carrier.post(_SLS + "generateToken", _body()).status_code == 404
    assert requests.get(carrier.url + _SLS + "generateLabel", timeout=10).status_code == 405


def test_a_reference_used_twice_is_two_labels(carrier: _Caller) -> None:
    numbers = {carrier.number(), carrier.number()}
    labels = carrier.emulator.books()["labels"]
    assert {entry["number"] for entry in labels} == numbers
    assert [entry["reference"] for entry in labels] == ["ABCDEFGH2345"] * 2


def test_many_at_once_get_a_number_each(carrier: _Caller) -> None:
    with ThreadPoolExecutor(16) as pool:
        numbers = list(pool.map(lambda _: carrier.number(), range(64)))
    assert len(set(numbers)) == 64
    assert len(carrier.emulator.books()["labels"]) == 64


def test_a_time_out_after_the_label_was_made_leaves_it_in_the_books(carrier: _Caller) -> None:
    carrier.emulator.app.add(Fault(kind="hang", path="generateLabel", seconds=2))
    with pytest.raises(requests.ReadTimeout):
        requests.post(carrier.url + _SLS + "generateLabel", json=_body(), headers=_KEY, timeout=0.5)
    carrier.emulator.app.add(Fault(kind="lost_answer", path="generateLabel"))
    with pytest.raises(requests.ConnectionError):
        carrier.label()
    carrier.emulator.app.add(Fault(kind="status", path="generateLabel", status=503))
    assert carrier.label().status_code == 503
    assert len(carrier.emulator.books()["labels"]) == 2


def test_the_journal_has_the_label_before_the_answer(serve: Any, tmp_path: Path) -> None:
    journal = tmp_path / "labels.jsonl"
    carrier = serve(journal=journal)
    carrier.emulator.app.add(Fault(kind="lost_answer", path="generateLabel"))
    with pytest.raises(requests.ConnectionError):
        carrier.label()
    second = carrier.number(_body(orderNumber="1043"))
    lines = [json.loads(line) for line in journal.read_text("utf-8").splitlines()]
    assert [line["order_number"] for line in lines] == ["1042", "1043"]
    assert lines[1]["number"] == second
    assert lines[1]["body"]["letter"]["parcel"]["weight"] == 1.25


def test_an_emulator_goes_on_from_its_journal(serve: Any, tmp_path: Path) -> None:
    journal = tmp_path / "labels.jsonl"
    first = serve(journal=journal).number()
    with journal.open("ab") as file:
        file.write(b'{"number": "6A')  # killed while writing: never answered
    carrier = serve(journal=journal)
    assert [entry["number"] for entry in carrier.emulator.books()["labels"]] == [first]
    assert carrier.track(first)["parcel"]["customerParcelReference"] == "1042"
    second = carrier.number()
    assert second != first
    assert [entry["number"] for entry in serve(journal=journal).emulator.books()["labels"]] == [
        first,
        second,
    ]


def test_tracking_is_always_200_and_counted(carrier: _Caller) -> None:
    number = carrier.number()
    found = carrier.track(number)
    assert found["status"] == [{"code": "0", "message": "Code retour OK"}]
    assert found["parcel"]["consigneeInformation"]["name"] == "Martin"
    assert carrier.track("6A99999999999")["status"][0]["code"] == "105"
    denied = carrier.post(_TRACK, {"apiKey": "wrong", "parcelNumber": number})
    assert (denied.status_code, denied.json()["status"][0]["code"]) == (200, "201")
    assert carrier.emulator.books()["trackings"] == 3


def test_a_life_can_be_given_from_inside_and_outside(carrier: _Caller) -> None:
    number = carrier.number()
    carrier.emulator.live(number, ["PCHCFM", "LIVCFM"])
    parcel = carrier.track(number)["parcel"]
    assert {event["code"] for event in parcel["event"]} == {"PCHCFM", "LIVCFM"}
    assert parcel["statusDelivery"] is True
    lived = carrier.control(f"parcels/{number}/live", {"codes": ["PCHCFM"]}).json()
    assert [event["code"] for event in lived] == ["PCHCFM"]
    carrier.control(f"parcels/{number}/events", {"code": "QQQQQQ"})
    past = {"code": "AECCFM", "at": "2026-03-02T09:30:00+01:00"}
    carrier.control(f"parcels/{number}/events", past)
    codes = {event["code"] for event in carrier.track(number)["parcel"]["event"]}
    assert codes == {"PCHCFM", "QQQQQQ", "AECCFM"}


def test_a_number_made_elsewhere_can_be_followed_too(carrier: _Caller) -> None:
    carrier.emulator.live("6C00000000019", ["LIVCFM"])
    assert carrier.track("6C00000000019")["parcel"]["event"]["code"] == "LIVCFM"


def test_time_moves_parcels_on(serve: Any) -> None:
    carrier = serve(fates="delivered")
    number = carrier.number()
    assert carrier.track(number)["parcel"]["event"]["code"] == "COMCFM"
    moved = carrier.control("time", {"advance_seconds": 10 * 86400}).json()
    assert moved["now"] == "2026-03-12T09:00:00+00:00"
    assert carrier.track(number)["parcel"]["statusDelivery"] is True
    assert _error(carrier.label()) == (400, "30002")
    carrier.control("time", {"now": "2026-03-02T10:00:00Z"})
    assert carrier.label().status_code == 200


def test_the_carrier_refuses_whom_it_is_told_to(carrier: _Caller) -> None:
    told = {"order_number": "1042", "code": "30318", "message": "Le partenaire X", "times": 1}
    assert carrier.control("refuse", told).status_code == 200
    check = carrier.post(_SLS + "checkGenerateLabel", _body())
    assert _error(check) == (400, "30318")
    assert carrier.label(_body(orderNumber="1043")).status_code == 200
    refused = carrier.label()
    assert _error(refused) == (400, "30318")
    assert refused.json()["messages"][0]["messageContent"] == "Le partenaire X"
    assert carrier.label().status_code == 200
    for member, value in (("postcode", "75015"), ("reference", "ABCDEFGH2345")):
        carrier.control("refuse", {member: value, "times": 5})
        assert _error(carrier.label()) == (400, "30318")
        requests.delete(f"{carrier.url}/_sandbox/refuse", timeout=10)
        assert carrier.label().status_code == 200


def test_control_refuses_what_it_does_not_know(carrier: _Caller) -> None:
    assert carrier.control("refuse", {"city": "Paris"}).status_code == 400
    assert carrier.control("time", {"now": "tomorrow"}).status_code == 400


def test_books_and_bodies_can_be_read_from_outside(carrier: _Caller) -> None:
    carrier.label()
    assert requests.get(f"{carrier.url}/_sandbox/books", timeout=10).json() == (
        carrier.emulator.books()
    )
    assert requests.get(f"{carrier.url}/_sandbox/bodies", timeout=10).json() == [_body()]
    assert carrier.emulator.books()["requests"] == 1


def test_the_account_says_what_the_contract_may(serve: Any) -> None:
    carrier = serve(contract_type="PRIVILEGE", blocking_code=True)
    key = {"credential": {"apiKey": "sandbox-colissimo-key"}, "tagInfoPartner": "WOOCOMMERCE"}
    found = carrier.post(_ACCOUNT, key).json()
    assert (found["contractType"], found["cgv"], found["messageErreur"]) == (
        "PRIVILEGE",
        {"accepted": True},
        None,
    )
    assert found["statutCodeBloquant"] is True
    login = {"credential": {"login": "900001", "password": "Sandbox1"}}
    assert carrier.post(_ACCOUNT, login).json()["messageErreur"] is None
    wrong = carrier.post(_ACCOUNT, {"credential": {"apiKey": "wrong"}})
    assert wrong.status_code == 200
    assert wrong.json()["messageErreur"]
    assert wrong.json()["contractType"] is None
    assert carrier.post(_ACCOUNT, {"credentials": {}}).status_code == 422


def test_the_work_is_done_before_a_late_answer(serve: Any) -> None:
    carrier = serve(latency=0.6)
    caller = threading.Thread(target=carrier.label)
    caller.start()
    caller.join(0.3)
    assert caller.is_alive()
    assert len(carrier.emulator.books()["labels"]) == 1
    caller.join()
