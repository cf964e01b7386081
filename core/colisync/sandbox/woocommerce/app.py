"""The shop over HTTP: addresses, keys, headers; everything else is the routes' business."""

import json
from email.utils import format_datetime
from typing import Any
from urllib.parse import unquote

from starlette.types import Receive, Scope, Send

from colisync.sandbox.woocommerce import (
    catalogue,
    fulfillments,
    notes,
    orders,
    refunds,
    site,
    tracking,
    webhooks,
    zones,
)
from colisync.sandbox.woocommerce.auth import Gate, check_scope
from colisync.sandbox.woocommerce.call import Answer, Call
from colisync.sandbox.woocommerce.control import Control
from colisync.sandbox.woocommerce.errors import Refusal, no_route
from colisync.sandbox.woocommerce.fields import field_tree, select_answer
from colisync.sandbox.woocommerce.php import HOME, JsonObject, encode, parse_query, with_home
from colisync.sandbox.woocommerce.routing import Router
from colisync.sandbox.woocommerce.state import ShopState

_JSON = "application/json; charset=UTF-8"
_HTML = "text/html; charset=UTF-8"
_CORS = (
    ("X-Robots-Tag", "noindex"),
    ("X-Content-Type-Options", "nosniff"),
    ("Access-Control-Expose-Headers", "X-WP-Total, X-WP-TotalPages, Link"),
    (
        "Access-Control-Allow-Headers",
        "Authorization, X-WP-Nonce, Content-Disposition, Content-MD5, Content-Type",
    ),
)
_NO_CACHE = (
    ("Expires", "Wed, 11 Jan 1984 05:00:00 GMT"),
    ("Cache-Control", "no-cache, must-revalidate, max-age=0, no-store, private"),
)
_MODULES = (orders, notes, refunds, catalogue, zones, site, tracking, fulfillments, webhooks)
_ROOTS = {"pretty": "/wp-json/", "plain": "/index.php?rest_route=/", "index": "/index.php/wp-json/"}

Headers = list[tuple[str, str]]
Response = tuple[int, Headers, bytes]


class ShopApp:
    """The ASGI application of one shop: its site's front door, its API, and the control of both."""

    def __init__(self, state: ShopState) -> None:
        self._state = state
        self._gate = Gate(state.settings)
        self._router = Router(route for module in _MODULES for route in module.ROUTES)
        self._control = Control(state)
        self._cache: dict[str, Response] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"the shop speaks HTTP only, not {scope['type']}")
        body = await _read(receive)
        path = scope["raw_path"].decode("ascii")
        if path.startswith("/_sandbox/"):
            status, headers, content = await self._control.answer(scope["method"], path, body)
        else:
            with self._state.lock:
                status, headers, content = self._respond(scope, path, body)
            self._control.after_request()
        if scope["method"] == "HEAD":
            content = b""
        raw = [(name.lower().encode(), value.encode()) for name, value in headers]
        raw.append((b"content-length", str(len(content)).encode()))
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": content})

    def _respond(self, scope: Scope, path: str, body: bytes) -> Response:
        self._state.books.requests += 1
        call = self._call(scope, path, body)
        self._state.home = call.home
        base = [("Server", "nginx/1.22.1"), ("Date", _date(self._state))]
        status, headers, content = self._front(call)
        made = [(name, value.replace(HOME, call.home)) for name, value in headers]
        return status, base + made, content

    def _call(self, scope: Scope, path: str, body: bytes) -> Call:
        shop = self._state.settings
        headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
        if shop.drops_authorization:
            headers.pop("authorization", None)
        raw_query = scope["query_string"].decode("ascii")
        query = parse_query(raw_query)
        tls = shop.behind_tls or scope.get("scheme") == "https"
        form = "x-www-form-urlencoded" in headers.get("content-type", "")
        verb = scope["method"]
        override = headers.get("x-http-method-override") or str(query.get("_method") or "")
        home = shop.home or f"{'https' if tls else 'http'}://{headers.get('host', '')}"
        return Call(
            method=override.upper() if verb == "POST" and override else verb,
            verb=verb,
            route=_route(path, query, shop.permalinks),
            path=path,
            raw_query=raw_query,
            query=query,
            headers=headers,
            body=_body(body, form=form),
            form=form,
            tls=tls,
            home=home.rstrip("/"),
            permalinks=shop.permalinks,
        )

    def _front(self, call: Call) -> Response:
        """The home page, the old API, a redirect, or the REST API."""
        root = ("Link", f'<{HOME}{_ROOTS[call.permalinks]}>; rel="https://api.w.org/"')
        if call.route:
            return self._rest(call, root)
        if call.path in ("/", "/index.php"):
            return 200, [("Content-Type", _HTML), root], b"<!DOCTYPE html><title>Boutique</title>"
        if call.path.startswith("/wc-api/"):
            message = "The WooCommerce API is disabled on this site"
            error = {"code": "woocommerce_api_disabled", "message": message}
            return 404, [("Content-Type", _JSON)], encode({"errors": error})
        if call.permalinks == "plain" and "wp-json" in call.path:
            query = f"?{call.raw_query}" if call.raw_query else ""
            place = f"{HOME}{call.path.rstrip('/')}/{query}"
            moved = [("X-Redirect-By", "WordPress"), ("Location", place)]
            return 301, [("Content-Type", _HTML), *_NO_CACHE, *moved], b""
        return 404, [("Content-Type", "text/html")], b"<html><h1>404 Not Found</h1></html>"

    def _rest(self, call: Call, root: tuple[str, str]) -> Response:
        cached = self._state.settings.caches_rest and call.method == "GET"
        key = f"{call.path}?{call.raw_query}"
        if cached and key in self._cache:
            status, headers, content = self._cache[key]
            return status, [*headers, ("X-LiteSpeed-Cache", "hit")], content
        answer = self._answer(call)
        made = self._sent(call, answer, root)
        if cached and answer.status == 200:
            self._cache[key] = made
        return made

    def _answer(self, call: Call) -> Answer:
        try:
            call.key = self._gate.open(call)
            check_scope(call.key, call.method)
            index = self._index(call)
            return index if index is not None else self._router.run(self._state, call)
        except Refusal as refusal:
            return Answer(refusal.body(), refusal.status)

    def _index(self, call: Call) -> Answer | None:
        """The index of the site, or of a namespace; neither needs a key."""
        known = site.namespaces(self._state.settings)
        if call.route not in ("/", *(f"/{name}" for name in known)):
            return None
        if call.method not in ("GET", "HEAD"):
            raise no_route()
        routes = self._routes(call.route.strip("/"))
        if call.route == "/":
            data = site.site_index(self._state, routes)
        else:
            data = {"namespace": call.route.strip("/"), "routes": routes}
        tree = field_tree(call.query.get("_fields"))
        return Answer(select_answer(data, tree), headers=[("Allow", "GET")])

    def _routes(self, namespace: str) -> JsonObject:
        shop = self._state.settings
        return {
            route.pattern(name): {"namespace": name, "methods": list(route.methods())}
            for route in self._router.routes
            for name in route.namespaces
            if namespace in ("", name) and route.exists(shop)
        }

    def _sent(self, call: Call, answer: Answer, root: tuple[str, str]) -> Response:
        headers: Headers = [("Content-Type", _JSON), *_CORS]
        headers += _NO_CACHE if call.key is not None else [("Vary", "Origin")]
        extra: JsonObject = dict(answer.headers)
        if answer.total is not None:
            extra = {"X-WP-Total": answer.total, "X-WP-TotalPages": answer.pages, **extra}
        if answer.link:
            extra["Link"] = answer.link
        body = answer.body if isinstance(answer.body, bytes) else encode(answer.body)
        status = answer.status
        if "_envelope" in call.query:
            body, status, extra = _envelope(body, status, extra), 200, {}
        if "Link" not in extra:
            headers.append(root)
        headers += [(name, str(value)) for name, value in extra.items()]
        return status, headers, with_home(body, call.home, call.permalinks)


def _envelope(body: bytes, status: int, headers: JsonObject) -> bytes:
    kept = encode({"status": status, "headers": headers})
    return b'{"body":' + body + b"," + kept[1:]


def _route(path: str, query: JsonObject, permalinks: str) -> str:
    """The REST route that an address means under these permalinks; empty if it means none."""
    if "rest_route" in query and path in ("/", "/index.php"):
        return "/" + str(query["rest_route"]).strip("/")
    for prefix in ("/index.php/wp-json", "/wp-json"):
        if path == prefix or path.startswith(prefix + "/"):
            lost = permalinks == "plain" or (permalinks == "index" and prefix == "/wp-json")
            return "" if lost else "/" + unquote(path.removeprefix(prefix)).strip("/")
    return ""


def _body(raw: bytes, *, form: bool) -> Any:
    if not raw.strip():
        return None
    if form:
        return parse_query(raw.decode())
    try:
        return json.loads(raw)
    except ValueError:
        return ...


def _date(state: ShopState) -> str:
    return format_datetime(state.time().replace(microsecond=0), usegmt=True)


async def _read(receive: Receive) -> bytes:
    chunks = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(chunks)
