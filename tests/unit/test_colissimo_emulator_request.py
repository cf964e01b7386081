"""The strict models of the Colissimo emulator against themselves and the published schema."""

import copy
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from colisync.sandbox.colissimo.request import CheckRequest, LabelRequest

# The reference's example (§1.7) with JSON's own types.
_EXAMPLE: dict[str, Any] = {
    "outputFormat": {"x": 0, "y": 0, "outputPrintingType": "ZPL_10x15_203dpi"},
    "letter": {
        "service": {
            "productCode": "HD",
            "depositDate": "2026-03-02",
            "orderNumber": "CMD-1042",
            "commercialName": "Atelier Demo",
            "returnTypeChoice": 3,
        },
        "parcel": {
            "weight": 1.25,
            "pickupLocationId": "012345",
            "nonMachinable": False,
            "insuranceValue": 15000,
        },
        "sender": {
            "senderParcelRef": "CMD-1042",
            "address": {
                "companyName": "ATELIER DEMO",
                "line2": "12 rue des Essais",
                "countryCode": "FR",
                "city": "NANTES",
                "zipCode": "44000",
                "email": "expe@example.org",
            },
        },
        "addressee": {
            "addresseeParcelRef": "CMD-1042",
            "address": {
                "lastName": "MARTIN",
                "firstName": "Zoe",
                "line2": "3 place du Test",
                "countryCode": "FR",
                "city": "PARIS",
                "zipCode": "75015",
                "mobileNumber": "0612345679",
                "email": "zoe@example.org",
            },
        },
    },
    "fields": {"field": [{"key": "CUSER_INFO_TEXT", "value": "MYAPP;1.0"}]},
}
# Members whose text is more than a string: a date, one of a list.
_SPECIAL = {
    "depositDate": "2026-03-02",
    "mailBoxPickingDate": "2026-03-02T00:00:00Z",
    "originalInvoiceDate": "2026-03-02",
    "reseauPostal": "1",
    "disabledDeliveryBlockingCode": "0",
    "returnType": "SendPDFByMail",
    "numberOfCopies": 1,
}
_WRONG = {"string": 7, "integer": "7", "number": "1.5", "boolean": "true", "array": {}}


def _parse(body: Any) -> LabelRequest:
    return LabelRequest.model_validate_json(json.dumps(body))


def _set(body: dict[str, Any], path: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(body)
    place: Any = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return changed


def _objects(body: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if isinstance(body, dict):
        yield path
    for key, value in body.items() if isinstance(body, dict) else enumerate(body):
        if isinstance(value, dict | list):
            yield from _objects(value, (*path, key))


def _shared() -> Path:
    root = Path(__file__).parents[2]
    return Path(os.environ.get("COLISYNC_SHARED", root.parent / "shared"))


@pytest.fixture(scope="module")
def schemas() -> dict[str, Any]:
    path = _shared() / "reference" / "openapi" / "colissimo-shipping.json"
    if not path.exists():
        pytest.skip("the published schema is not there (COLISYNC_SHARED)")
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))["components"]["schemas"]
    return found


def _faults(schema: dict[str, Any], value: Any, schemas: dict[str, Any], at: str) -> Iterator[str]:
    """What the published schema holds against a value; unknown members are faults."""
    if "$ref" in schema:
        yield from _faults(schemas[schema["$ref"].rsplit("/", 1)[1]], value, schemas, at)
        return
    kinds: dict[str, Any] = {
        "string": str,
        "integer": int,
        "number": (int, float),
        "boolean": bool,
        "array": list,
        "object": dict,
    }
    kind = schema["type"]
    if not isinstance(value, kinds[kind]) or (isinstance(value, bool) and kind != "boolean"):
        yield f"{at}: not {kind}"
    elif kind == "array":
        for index, item in enumerate(value):
            yield from _faults(schema["items"], item, schemas, f"{at}[{index}]")
    elif kind == "object":
        known = schema.get("properties", {})
        yield from (
            f"{at}.{name}: missing" for name in schema.get("required", ()) if name not in value
        )
        yield from (f"{at}.{name}: unknown" for name in value if name not in known)
        for name in value.keys() & known.keys():
            yield from _faults(known[name], value[name], schemas, f"{at}.{name}")


def _filled(schema: dict[str, Any], schemas: dict[str, Any], name: str = "") -> Any:
    """A value with every member the published schema knows."""
    if "$ref" in schema:
        return _filled(schemas[schema["$ref"].rsplit("/", 1)[1]], schemas)
    if name in _SPECIAL:
        return _SPECIAL[name]
    if schema["type"] == "array":
        return [_filled(schema["items"], schemas)]
    if schema["type"] == "object":
        return {key: _filled(sub, schemas, key) for key, sub in schema["properties"].items()}
    return {"string": "A", "integer": 1, "number": 1.5, "boolean": True}[schema["type"]]


def _wrongly_typed(
    schema: dict[str, Any], schemas: dict[str, Any], path: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    if "$ref" in schema:
        yield from _wrongly_typed(schemas[schema["$ref"].rsplit("/", 1)[1]], schemas, path)
        return
    if schema["type"] in _WRONG:
        yield path, _WRONG[schema["type"]]
        yield path, None
    if schema["type"] == "array":
        yield from _wrongly_typed(schema["items"], schemas, (*path, 0))
    for key, sub in schema.get("properties", {}).items():
        yield from _wrongly_typed(sub, schemas, (*path, key))


def test_the_example_of_the_reference_is_accepted() -> None:
    request = _parse(_EXAMPLE)
    assert request.letter.addressee.address.mobile_number == "0612345679"
    assert request.fields.get("CUSER_INFO_TEXT") == "MYAPP;1.0"
    assert request.fields.get("EORI") == ""


@pytest.mark.parametrize("path", list(_objects(_EXAMPLE)))
def test_an_unknown_member_is_refused_in_every_object(path: tuple[str | int, ...]) -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        _parse(_set(_EXAMPLE, (*path, "unknownMember"), "x"))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("letter", "parcel", "weight"), "1.25"),
        (("letter", "parcel", "weight"), True),
        (("letter", "parcel", "weight"), None),
        (("letter", "parcel", "nonMachinable"), "false"),
        (("letter", "parcel", "nonMachinable"), 0),
        (("letter", "parcel", "insuranceValue"), 150.5),
        (("letter", "parcel", "insuranceValue"), "15000"),
        (("letter", "parcel", "pickupLocationId"), 12345),
        (("letter", "service", "returnTypeChoice"), "3"),
        (("letter", "service", "depositDate"), "02/03/2026"),
        (("letter", "service", "depositDate"), "2026-02-30"),
        (("letter", "service", "reseauPostal"), 1),
        (("letter", "addressee", "address", "zipCode"), 75015),
        (("letter", "addressee", "address", "line0"), None),
        (("letter", "sender"), None),
        (("outputFormat", "x"), 10000),
        (("outputFormat", "y"), -121),
        (("outputFormat",), None),
        (("fields", "field"), {"key": "EORI", "value": "FR1"}),
    ],
)
def test_a_wrong_type_or_bound_is_refused(path: tuple[str, ...], value: Any) -> None:
    with pytest.raises(ValidationError):
        _parse(_set(_EXAMPLE, path, value))


def test_not_a_number_is_refused() -> None:
    body = json.dumps(_set(_EXAMPLE, ("letter", "parcel", "weight"), float("nan")))
    with pytest.raises(ValidationError):
        LabelRequest.model_validate_json(body)


def test_a_check_may_leave_the_output_format_out_and_a_label_may_not() -> None:
    body = {key: value for key, value in _EXAMPLE.items() if key != "outputFormat"}
    assert not CheckRequest.model_validate_json(json.dumps(body)).sent("output_format")
    with pytest.raises(ValidationError, match="Field required"):
        _parse(body)


def test_schema_the_example_is_valid_for_the_published_schema(schemas: dict[str, Any]) -> None:
    root = schemas["GenerateLabelRequestV31"]
    assert list(_faults(root, _EXAMPLE, schemas, "")) == []
    unknown = _set(_EXAMPLE, ("letter", "parcel", "unknownMember"), "x")
    assert list(_faults(root, unknown, schemas, "")) == [".letter.parcel.unknownMember: unknown"]


def test_schema_every_published_member_is_accepted(schemas: dict[str, Any]) -> None:
    root = schemas["GenerateLabelRequestV31"]
    full = _filled(root, schemas)
    assert list(_faults(root, full, schemas, "")) == []
    assert json.loads(_parse(full).model_dump_json(by_alias=True)) == full


def test_schema_every_published_type_is_held(schemas: dict[str, Any]) -> None:
    root = schemas["GenerateLabelRequestV31"]
    full = _filled(root, schemas)
    cases = list(_wrongly_typed(root, schemas))
    assert len(cases) > 200
    for path, wrong in cases:
        body = _set(full, path, wrong)
        assert list(_faults(root, body, schemas, "")), path
        with pytest.raises(ValidationError):
            _parse(body)
