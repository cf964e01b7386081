"""What a route takes, and what is said of a value it does not take."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from colisync.sandbox.woocommerce import dates
from colisync.sandbox.woocommerce.errors import enumerated, invalid_params, missing_params
from colisync.sandbox.woocommerce.php import JsonObject, as_list

Kind = Literal["string", "integer", "boolean", "date-time", "list", "object", "any"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: its kind, the kind of its items if it is a list, its bounds and its values."""

    kind: Kind = "string"
    items: Kind = "any"
    minimum: int | None = None
    maximum: int | None = None
    values: Sequence[str] = ()
    required: bool = False


Parameters = Mapping[str, Parameter]


def validate(given: JsonObject, parameters: Parameters) -> JsonObject:
    """The values of `given` that are in `parameters`, converted. Raises `Refusal`.

    What is not in `parameters` is ignored without a word, typing errors in names included.
    """
    missing = [n for n, p in parameters.items() if p.required and given.get(n) in (None, "")]
    if missing:
        raise missing_params(missing)
    known = {name: value for name, value in given.items() if name in parameters}
    problems = {}
    for name, value in known.items():
        problem = _problem(name, value, parameters[name])
        if problem:
            problems[name] = problem
    if problems:
        raise invalid_params(problems)
    return {name: _convert(value, parameters[name]) for name, value in known.items()}


def _problem(name: str, value: Any, parameter: Parameter) -> JsonObject | None:
    if parameter.kind == "list":
        return _list_problem(name, value, parameter)
    if not _has_kind(value, parameter.kind):
        if parameter.kind == "date-time":
            return _detail("rest_invalid_date", "Invalid date.")
        message = f"{name} is not of type {parameter.kind}."
        return _detail("rest_invalid_type", message, {"param": name})
    if parameter.values and value not in parameter.values:
        allowed = enumerated(parameter.values)
        return _detail("rest_not_in_enum", f"{name} is not one of {allowed}.")
    return _bounds_problem(name, value, parameter) if parameter.kind == "integer" else None


def _list_problem(name: str, value: Any, parameter: Parameter) -> JsonObject | None:
    if isinstance(value, dict) and parameter.items == "object":
        return _detail("rest_invalid_type", f"{name} is not of type array.", {"param": name})
    item = Parameter(kind=parameter.items, values=parameter.values)
    for index, entry in enumerate(as_list(value)):
        problem = _problem(f"{name}[{index}]", entry, item)
        if problem:
            return problem
    return None


def _bounds_problem(name: str, value: Any, parameter: Parameter) -> JsonObject | None:
    low, high, given = parameter.minimum, parameter.maximum, int(value)
    if low is not None and high is not None and not low <= given <= high:
        message = f"{name} must be between {low} (inclusive) and {high} (inclusive)"
        return _detail("rest_out_of_bounds", message)
    if low is not None and given < low:
        return _detail("rest_out_of_bounds", f"{name} must be greater than or equal to {low}")
    return None


def _has_kind(value: Any, kind: Kind) -> bool:
    if kind == "integer":
        return isinstance(value, int) or str(value).lstrip("-").isdigit()
    if kind == "boolean":
        return str(value).lower() in ("true", "false", "1", "0", "")
    if kind == "date-time":
        return isinstance(value, str) and dates.parse(value) is not None
    if kind == "string":
        return isinstance(value, str)
    return kind == "any" or isinstance(value, dict)


def _convert(value: Any, parameter: Parameter) -> Any:
    if parameter.kind == "list":
        integers = parameter.items == "integer"
        return [int(item) if integers else item for item in as_list(value)]
    if parameter.kind == "integer":
        return int(value)
    if parameter.kind == "boolean":
        return str(value).lower() in ("true", "1")
    return dates.parse(value) if parameter.kind == "date-time" else value


def _detail(code: str, message: str, data: JsonObject | None = None) -> JsonObject:
    return {"code": code, "message": message, "data": data}
