"""What the shop refuses, in WooCommerce's words (recorded on 10.5.0, 2026-11-21)."""

from collections.abc import Mapping, Sequence

from colisync.sandbox.woocommerce.php import JsonObject


class Refusal(Exception):
    """An error answer: `status`, `code`, `message`, and what `data` holds beside the status.

    An `early` one comes before the route's methods are known: it carries no `Allow`.
    """

    def __init__(
        self,
        status: int,
        code: str | int,
        message: str,
        data: Mapping[str, object] | None = None,
        *,
        early: bool = False,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.data = dict(data or {})
        self.early = early

    def body(self) -> JsonObject:
        """The answer's JSON."""
        return {
            "code": self.code,
            "message": self.message,
            "data": {"status": self.status, **self.data},
        }


def no_route() -> Refusal:
    """Unknown route, or a known one with a method it does not have: never a 405."""
    message = "No route was found matching the URL and request method."
    return Refusal(404, "rest_no_route", message)


def authentication(message: str) -> Refusal:
    """The keys were read and found wrong; a lack of scope is a 401 too."""
    return Refusal(401, "woocommerce_rest_authentication_error", message)


def invalid_order(status: int = 404, message: str = "Invalid ID.") -> Refusal:
    """No such order; 400 when it was to be changed."""
    return Refusal(status, "woocommerce_rest_shop_order_invalid_id", message)


def invalid_params(problems: Mapping[str, JsonObject]) -> Refusal:
    """Parameters that failed validation: name → code, message, data."""
    data = {
        "params": {name: problem["message"] for name, problem in problems.items()},
        "details": dict(problems),
    }
    message = "Invalid parameter(s): " + ", ".join(problems)
    return Refusal(400, "rest_invalid_param", message, data)


def missing_params(names: Sequence[str]) -> Refusal:
    """Required parameters that were not given."""
    message = "Missing parameter(s): " + ", ".join(names)
    return Refusal(400, "rest_missing_callback_param", message, {"params": list(names)})


def no_trash(what: str = "Webhooks") -> Refusal:
    """Deleting needs `force=true`; notes are called webhooks here, as in the shop."""
    code = "rest_trash_not_supported" if what != "Webhooks" else ""
    return Refusal(
        501,
        code or "woocommerce_rest_trash_not_supported",
        f"{what} do not support trashing.",
    )


_FORBIDDEN = {
    "list": ("view", "Sorry, you cannot list resources."),
    "view": ("view", "Sorry, you cannot view this resource."),
    "create": ("create", "Sorry, you are not allowed to create resources."),
    "edit": ("edit", "Sorry, you are not allowed to edit this resource."),
    "delete": ("delete", "Sorry, you are not allowed to delete this resource."),
    "batch": ("batch", "Sorry, you are not allowed to batch manipulate this resource."),
}


def forbidden(action: str, *, known: bool) -> Refusal:
    """The user may not do `action`: 401 for nobody, 403 for a `known` user of a lesser role."""
    verb, message = _FORBIDDEN[action]
    return Refusal(403 if known else 401, f"woocommerce_rest_cannot_{verb}", message)


def enumerated(values: Sequence[str]) -> str:
    """`a, b, and c`, as WordPress lists what it allows."""
    if len(values) < 3:
        return " and ".join(values)
    return ", ".join(values[:-1]) + ", and " + values[-1]
