"""Routes: which address and method lead to which handler, and what stands before it."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from colisync.sandbox.woocommerce.call import Answer, Call
from colisync.sandbox.woocommerce.errors import Refusal, forbidden, no_route
from colisync.sandbox.woocommerce.parameters import Parameters, validate
from colisync.sandbox.woocommerce.php import JsonObject
from colisync.sandbox.woocommerce.settings import WooCommerceSettings
from colisync.sandbox.woocommerce.state import ShopState

Handler = Callable[..., Answer]
Ids = dict[str, Any]
Spec = Callable[[WooCommerceSettings], Parameters]

_ORDER = ("GET", "POST", "PUT", "PATCH", "DELETE")
_SEGMENT = re.compile(r"<(\w+)(:text)?>")
_ALL_WC = ("wc/v2", "wc/v3")


def no_parameters(_: WooCommerceSettings) -> Parameters:
    """The spec of a route that validates nothing."""
    return {}


@dataclass(frozen=True, slots=True)
class Route:
    """One address below its namespaces, e.g. `/orders/<order_id>`.

    `edit` answers POST, PUT and PATCH; `post` only POST. `noun` is what a refused GET calls the
    thing: `list` or `view`. `public` routes need no key; `exists` can hide the route.
    """

    path: str
    get: Handler | None = None
    post: Handler | None = None
    edit: Handler | None = None
    delete: Handler | None = None
    noun: str = "view"
    write_action: str = ""
    query: Spec = no_parameters
    body: Spec = no_parameters
    public: bool = False
    namespaces: tuple[str, ...] = _ALL_WC
    exists: Callable[[WooCommerceSettings], bool] = field(default=lambda _: True)

    def methods(self) -> dict[str, Handler]:
        """Method → handler, in the order of the `Allow` header."""
        found = {"GET": self.get, "POST": self.post or self.edit, "DELETE": self.delete}
        found |= {"PUT": self.edit, "PATCH": self.edit}
        return {name: handler for name in _ORDER if (handler := found.get(name))}

    def action(self, method: str) -> str:
        """What `method` would do, for the refusal's words."""
        if method == "GET":
            return self.noun
        if method == "POST" and self.post:
            return "create"
        return self.write_action or ("delete" if method == "DELETE" else "edit")

    def pattern(self, namespace: str) -> str:
        """The address as the index of routes shows it; `<name>` is digits, `<name:text>` a word."""
        return f"/{namespace}" + _SEGMENT.sub(_group, self.path)


def _group(segment: re.Match[str]) -> str:
    characters = r"[\w.-]" if segment[2] else r"[\d]"
    return f"(?P<{segment[1]}>{characters}+)"


class Router:
    """Finds the route of a call and runs it through validation and permission."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes = list(routes)
        self._patterns = [
            (re.compile(route.pattern(namespace)), route)
            for route in self.routes
            for namespace in route.namespaces
        ]

    def find(self, call: Call, settings: WooCommerceSettings) -> tuple[Route, Ids]:
        """The route of `call` and the ids in its address. Raises `Refusal`."""
        method = "GET" if call.method in ("HEAD", "OPTIONS") else call.method
        for pattern, route in self._patterns:
            match = pattern.fullmatch(call.route)
            if match and route.exists(settings) and method in route.methods():
                return route, {name: _number(text) for name, text in match.groupdict().items()}
        raise no_route()

    def run(self, state: ShopState, call: Call) -> Answer:
        """The answer to `call`. Raises `Refusal`."""
        route, ids = self.find(call, state.settings)
        allows = route.public or bool(call.key and call.key.manages_shop)
        try:
            answer = _run(state, call, route, ids)
        except Refusal as refusal:
            answer = Answer(refusal.body(), refusal.status)
            allows = allows and not refusal.early
        _keep_books(state, call, route, ids, answer.status)
        if allows:
            answer.headers.append(("Allow", ", ".join(route.methods())))
        return answer


def _number(text: str) -> int | str:
    return int(text) if text.isdigit() else text


def _run(state: ShopState, call: Call, route: Route, ids: Ids) -> Answer:
    method = "GET" if call.method == "HEAD" else call.method
    if method == "OPTIONS":
        return Answer(_described(state, call, route))
    params = _validated(state, call, route, method)
    if not route.public and not (call.key and call.key.manages_shop):
        raise forbidden(route.action(method), known=call.key is not None)
    return route.methods()[method](state, call, params, **ids)


def _validated(state: ShopState, call: Call, route: Route, method: str) -> JsonObject:
    if call.body is ...:
        data = {"json_error_code": 4, "json_error_message": "Syntax error"}
        raise Refusal(400, "rest_invalid_json", "Invalid JSON body passed.", data)
    if method == "GET":
        return validate(call.query, route.query(state.settings))
    return validate({**call.query, **call.fields}, route.body(state.settings))


def _described(state: ShopState, call: Call, route: Route) -> JsonObject:
    args = {name: {"required": p.required} for name, p in route.query(state.settings).items()}
    return {
        "namespace": call.namespace.strip("/"),
        "methods": list(route.methods()),
        "endpoints": [
            {"methods": [method], "args": args if method == "GET" else {}}
            for method in route.methods()
        ],
    }


def _keep_books(state: ShopState, call: Call, route: Route, ids: Ids, status: int) -> None:
    """A batch is noted item by item, by its handler."""
    if call.method in ("GET", "HEAD", "OPTIONS") or route.path.endswith("/batch"):
        return
    body = call.body if call.body is not ... else None
    state.books.write(state.time(), call.method, call.path, ids.get("order_id"), body, status)
