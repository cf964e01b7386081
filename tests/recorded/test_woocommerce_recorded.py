"""Exchanges recorded from WooCommerce 10.5 replayed through the connector: what it asks, and what
it makes of the answer. Regenerate expectations with `COLISYNC_EXPECT=write` and read the diff."""

import json
import os
import tomllib
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest

from colisync.errors import ColisyncError
from colisync.ports.context import BackendContext
from colisync.testing.doubles import FixedClock
from colisync.testing.replay import Asked, Given, ReplayHttp, answer_json
from colisync.wire.json_answers import Reply
from colisync_woocommerce import WooCommerceConnector
from colisync_woocommerce.settings import WooCommerceSettings
from colisync_woocommerce.transport import ShopApi

HOME = Path(__file__).parent / "woocommerce"
OURS = {"_", "consumer_key", "consumer_secret"}
HOSTS = {"https": "https://127.0.0.1:8443", "http": "http://127.0.0.1:8081"}
PAGE = (404, {"Content-Type": "text/html"}, b"<html><body>Not found</body></html>")


class Case:
    """One recorded exchange."""

    def __init__(self, operation: str, name: str) -> None:
        self.folder = HOME / operation / name
        self.meta = tomllib.loads((self.folder / "meta.toml").read_text())
        self.request = json.loads((self.folder / "request.json").read_text())

    @property
    def answer(self) -> Given:
        told = self.meta["answer"]
        text = self.folder / "answer.txt"
        if text.exists():
            return told["status"], told["headers"], text.read_bytes()
        data = json.loads((self.folder / "answer.json").read_text())
        return told["status"], told["headers"], json.dumps(data).encode()

    @property
    def query(self) -> dict[str, str]:
        given = self.request["query"].items()
        return {k: v for k, v in given if k not in OURS and not k.startswith("oauth_")}

    @property
    def namespace(self) -> str:
        return "/".join(self._places[:2])

    @property
    def endpoint(self) -> str:
        return "/".join(self._places[2:])

    @property
    def _places(self) -> list[str]:
        return str(self.request["path"]).partition("/wp-json/")[2].split("/")

    def settings(self) -> WooCommerceSettings:
        return WooCommerceSettings(
            url=HOSTS[self.request["scheme"]], consumer_key="ck_k", consumer_secret="cs_s"
        )

    def clock(self) -> FixedClock:
        """The moment of the request; a wrong clock shows in its OAuth timestamp."""
        stamp = self.request["query"].get("oauth_timestamp")
        if stamp:
            return FixedClock(datetime.fromtimestamp(int(stamp), UTC))
        return FixedClock(parsedate_to_datetime(self.meta["answer"]["headers"]["date"]))

    def api(self) -> tuple[ShopApi, ReplayHttp]:
        http = ReplayHttp(choose=self._given)
        return ShopApi(self.settings(), BackendContext(http=http, clock=self.clock())), http

    def connector(self) -> tuple[WooCommerceConnector, ReplayHttp]:
        http = ReplayHttp(choose=self._shop)
        ctx = BackendContext(http=http, clock=self.clock())
        return WooCommerceConnector.open(self.settings(), ctx), http

    def _given(self, asked: Asked) -> Given:
        return self.answer if asked.path == self.request["path"] else PAGE

    def _shop(self, asked: Asked) -> Given:
        """The recorded answer, and around it a shop whose products weigh half a kilogram."""
        if asked.path == self.request["path"]:
            return self.answer
        if asked.path.endswith("/orders/statuses"):
            return Case("read", "orders_statuses").answer
        if asked.path.endswith("/woocommerce_weight_unit"):
            return answer_json({"value": "kg"})
        if asked.path.endswith("/orders/190/refunds"):
            return Case("read", "refunds_get").answer
        if asked.path.endswith(("/products", "/variations")):
            ids = [int(each) for each in asked.query["include"].split(",")]
            return answer_json([{"id": each, "weight": "0.5", "virtual": False} for each in ids])
        return answer_json([])


def cases(*operations: str) -> list[tuple[str, str]]:
    found = [(op, path.name) for op in operations for path in sorted((HOME / op).iterdir())]
    assert found
    return found


def told(error: ColisyncError) -> dict[str, Any]:
    return {"error": type(error).__name__, "key": error.key, "params": error.params}


def compare(case: Case, outcome: dict[str, Any]) -> None:
    path = case.folder / "expected.json"
    if os.environ.get("COLISYNC_EXPECT") == "write":
        path.write_text(json.dumps(outcome, ensure_ascii=False, indent=1) + "\n")
    assert json.loads(json.dumps(outcome)) == json.loads(path.read_text())


def seen(reply: Reply) -> dict[str, Any]:
    """What was read, short: small data whole, rows by their id and status."""
    data = reply.data
    if isinstance(data, list) and data and all(isinstance(row, dict) for row in data):
        data = [{key: row.get(key) for key in ("id", "status") if key in row} for row in data]
    elif isinstance(data, dict) and "line_items" in data:
        data = {key: data[key] for key in ("id", "status", "date_modified_gmt")}
    return {"data": data, "total": reply.total, "date": reply.date.isoformat()}


@pytest.mark.parametrize(("operation", "name"), cases("read"))
def test_readings(operation: str, name: str) -> None:
    case = Case(operation, name)
    api, http = case.api()
    try:
        outcome = seen(api.read(case.endpoint, case.namespace, **case.query))
        outcome["printed"] = api.printed
    except ColisyncError as error:
        outcome = told(error)
    asked = next(asked for asked in http.asked if asked.path == case.request["path"])
    query = {k: v for k, v in asked.query.items() if k not in OURS and not k.startswith("oauth_")}
    assert query == case.query
    compare(case, outcome)


@pytest.mark.parametrize(("operation", "name"), cases("write"))
def test_writes(operation: str, name: str) -> None:
    case = Case(operation, name)
    api, http = case.api()
    api.proven = True
    query = "&".join(f"{key}={value}" for key, value in case.query.items())
    endpoint = f"{case.endpoint}?{query}" if query else case.endpoint
    try:
        reply = api.write(case.request["method"], endpoint, case.request["body"])
        outcome = seen(reply)
        if isinstance(reply.data, dict) and "update" in reply.data:
            rows = reply.data["update"]
            outcome["data"] = [{k: r.get(k) for k in ("id", "status", "error")} for r in rows]
    except ColisyncError as error:
        outcome = told(error)
    assert len(http.asked) == 1
    assert (http.asked[0].method, http.asked[0].body) == (
        case.request["method"],
        case.request["body"],
    )
    compare(case, outcome)


@pytest.mark.parametrize(("operation", "name"), cases("order"))
def test_orders(operation: str, name: str) -> None:
    case = Case(operation, name)
    connector, _ = case.connector()
    try:
        outcome = connector.order(case.endpoint.rpartition("/")[2]).model_dump(mode="json")
    except ColisyncError as error:
        outcome = told(error)
    compare(case, outcome)


@pytest.mark.parametrize(("operation", "name"), cases("list"))
def test_lists(operation: str, name: str) -> None:
    case = Case(operation, name)
    connector, http = case.connector()
    pages = list(connector.changed_orders(None))
    asked = next(asked for asked in http.asked if asked.path == case.request["path"])
    assert "checkout-draft" not in asked.query["status"]
    assert (asked.query["orderby"], asked.query["order"]) == ("modified", "asc")
    orders = [order.model_dump(mode="json") for page in pages for order in page.orders]
    compare(case, {"orders": orders, "unreadable": [u.key for p in pages for u in p.unreadable]})


@pytest.mark.parametrize(("operation", "name"), cases("webhook"))
def test_webhooks(operation: str, name: str) -> None:
    case = Case(operation, name)
    fields = {"url": "https://127.0.0.1:8443", "webhook_secret": case.request["secret"] or "x"}
    settings = WooCommerceSettings(consumer_key="ck_k", consumer_secret="cs_s", **fields)
    ctx = BackendContext(http=ReplayHttp(), clock=FixedClock())
    shop = WooCommerceConnector.open(settings, ctx)
    body = (case.folder / "body.txt").read_bytes()
    signals = shop.read_webhook(case.request["headers"], body)
    compare(case, {"signals": [signal.model_dump(mode="json") for signal in signals]})


@pytest.mark.parametrize("family", ["orders_", "order_", "batch_", "err_", "break_", "oauth_",
                                    "webhook_"])  # fmt: skip
def test_every_family_is_replayed(family: str) -> None:
    assert [path for path in HOME.glob("*/*") if path.name.startswith(family)]
