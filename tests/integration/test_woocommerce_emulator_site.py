"""The WooCommerce emulator's doors: keys, permalinks, TLS, plug-ins, webhooks, control."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from colisync.sandbox.faults import Fault
from colisync.sandbox.server import Server
from colisync.sandbox.woocommerce import WooCommerceSettings, WooCommerceShop

ORDERS = "/wp-json/wc/v3/orders"
TRACKING = "/wp-json/wc-shipment-tracking/v3/orders"


class Site:
    """A shop on loopback and calls to any address of it."""

    def __init__(self, **settings: Any) -> None:
        self.settings = WooCommerceSettings(**{"behind_tls": True, **settings})
        self.shop = WooCommerceShop(self.settings)
        self.server = Server(self.shop.app)
        self.auth = (self.settings.consumer_key, self.settings.consumer_secret)

    def call(self, method: str, path: str, **given: Any) -> requests.Response:
        given = {"auth": self.auth, "allow_redirects": False, **given}
        return requests.request(method, self.server.url + path, timeout=10, **given)

    def signed(self, **params: str) -> requests.Response:
        """A GET of orders signed with OAuth 1.0a; `params` override what a right one has."""
        key, secret = self.auth
        nonce = {"oauth_nonce": str(time.monotonic_ns()), "oauth_timestamp": str(int(time.time()))}
        names = {"oauth_consumer_key": key, "oauth_signature_method": "HMAC-SHA256"}
        given = {**names, **nonce, **params}
        joined = "&".join(sorted(f"{k}={quote(v, safe='~')}" for k, v in given.items()))
        url = self.server.url + ORDERS
        text = f"GET&{quote(url, safe='~')}&{quote(joined, safe='~')}"
        made = hmac.new(f"{secret}&".encode(), text.encode(), hashlib.sha256).digest()
        signature = quote(base64.b64encode(made).decode(), safe="")
        return self.call("GET", f"{ORDERS}?{joined}&oauth_signature={signature}", auth=None)


@pytest.fixture
def site(request: pytest.FixtureRequest) -> Iterator[Site]:
    made = Site(**getattr(request, "param", {}))
    with made.server:
        yield made


def shop(**settings: Any) -> pytest.MarkDecorator:
    """The settings of a test's shop."""
    return pytest.mark.parametrize("site", [settings], indirect=True)


@shop(drops_authorization=True)
def test_a_host_that_drops_the_header_leaves_the_keys_in_the_query(site: Site) -> None:
    assert site.call("GET", ORDERS).json()["code"] == "woocommerce_rest_cannot_view"
    params = {"consumer_key": site.auth[0], "consumer_secret": site.auth[1]}
    assert site.call("GET", ORDERS, params=params, auth=None).status_code == 200


@shop(behind_tls=False)
def test_plain_http_takes_oauth_only_and_each_nonce_once(site: Site) -> None:
    assert site.call("GET", ORDERS).status_code == 401
    assert site.signed(oauth_nonce="once", status="processing,on-hold").status_code == 200
    again = site.signed(oauth_nonce="once")
    assert again.json()["message"] == "Invalid nonce - nonce has already been used."


@shop(behind_tls=False, clock_skew_seconds=1000)
def test_a_shop_whose_clock_is_wrong_refuses_the_timestamp(site: Site) -> None:
    assert site.signed().json()["message"] == "Invalid timestamp."


def test_an_application_password_opens_the_shop_and_a_wrong_one_does_not(site: Site) -> None:
    user, password = site.settings.application_user, site.settings.application_password
    assert site.call("GET", ORDERS, auth=(user, password)).status_code == 200
    wrong = site.call("GET", ORDERS, auth=(user, "no"))
    assert (wrong.status_code, wrong.json()["code"]) == (401, "incorrect_password")


@shop(behind_tls=False)
def test_basic_works_where_the_emulator_itself_speaks_tls(site: Site, tmp_path: Path) -> None:
    certificate, key = _certificate(tmp_path)
    with Server(site.shop.app, certfile=str(certificate), keyfile=str(key)) as secure:
        closing = {"Connection": "close"}  # else the server stops in the middle of TLS's goodbye
        answer = requests.get(
            secure.url + ORDERS,
            auth=site.auth,
            verify=str(certificate),
            headers=closing,
            timeout=10,
        )
    assert answer.status_code == 200


def _certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    alternative = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1))
    builder = builder.not_valid_after(now + timedelta(days=1)).add_extension(alternative, False)
    made = builder.sign(key, hashes.SHA256())
    paths = folder / "cert.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    paths[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, form, plain))
    return paths


@shop(permalinks="index")
def test_index_permalinks_name_their_own_root(site: Site) -> None:
    assert "/index.php/wp-json/>" in site.call("HEAD", "/").headers["Link"]
    assert site.call("GET", ORDERS).status_code == 404
    order_id = site.shop.add_order()
    answer = site.call("GET", f"/index.php{ORDERS}/{order_id}")
    assert "/index.php/wp-json/wc/v3/orders/" in answer.json()["_links"]["self"][0]["href"]


@shop(permalinks="plain")
def test_plain_permalinks_redirect_and_hide_the_keys(site: Site) -> None:
    moved = site.call("GET", ORDERS)
    assert (moved.status_code, moved.headers["Content-Type"]) == (301, "text/html; charset=UTF-8")
    hidden = site.call("GET", "/?rest_route=/wc/v3/orders")
    assert hidden.json()["code"] == "woocommerce_rest_cannot_view"


@shop(caches_rest=True)
def test_a_caching_host_serves_stale_lists_but_not_to_a_new_address(site: Site) -> None:
    assert site.call("GET", ORDERS).json() == []
    site.shop.add_order()
    stale = site.call("GET", ORDERS)
    assert (stale.json(), stale.headers["X-LiteSpeed-Cache"]) == ([], "hit")
    assert len(site.call("GET", f"{ORDERS}?_nc=1").json()) == 1


@shop(shipment_tracking=True)
def test_shipment_tracking_adds_an_entry_each_time(site: Site) -> None:
    order_id = site.shop.add_order()
    path = f"{TRACKING}/{order_id}/shipment-trackings"
    item = {"tracking_provider": "Colissimo", "tracking_number": "6A12345678901"}
    item |= {"date_shipped": "2026-11-20"}
    answers = [site.call("POST", path, json=item) for _ in range(2)]
    assert [a.status_code for a in answers] == [201, 201]
    books = site.shop.books()
    items = books["orders"][order_id]["tracking_items"]
    assert [entry["tracking_number"] for entry in items] == ["6A12345678901"] * 2
    assert items[0]["tracking_provider"] == "colissimo"
    assert items[0]["tracking_id"] != items[1]["tracking_id"]
    assert len(books["notes"][order_id]) == 2
    assert site.call("POST", path, json={}).json()["code"] == "rest_missing_callback_param"
    one = f"{path}/{items[0]['tracking_id']}"
    assert site.call("DELETE", one).json()["date_shipped"] == "2026-11-20"
    assert site.call("GET", one).status_code == 404
    assert [row["tracking_id"] for row in site.call("GET", path).json()] == [
        items[1]["tracking_id"]
    ]


def test_a_shop_without_the_plugin_has_no_such_route(site: Site) -> None:
    order_id = site.shop.add_order()
    answer = site.call("GET", f"{TRACKING}/{order_id}/shipment-trackings")
    assert answer.json()["code"] == "rest_no_route"
    assert "wc-shipment-tracking/v3" not in site.call("GET", "/wp-json/").json()["namespaces"]


@shop(ast=True)
def test_ast_replaces_and_moves_the_status(site: Site) -> None:
    order_id = site.shop.add_order()
    path = f"{ORDERS}/{order_id}/shipment-trackings"
    for number in ("6A1", "6A2"):
        item = {"tracking_number": number, "replace_tracking": 1, "status_shipped": 1}
        assert site.call("POST", path, json=item).status_code == 201
    books = site.shop.books()["orders"][order_id]
    assert [entry["tracking_number"] for entry in books["tracking_items"]] == ["6A2"]
    assert books["status"] == "completed"


class Listener:
    """A webhook's receiver; `answer` is the status it gives."""

    def __init__(self) -> None:
        self.answer = 200
        self.received: list[tuple[dict[str, str], bytes]] = []
        self.arrived = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.received.append((dict(self.headers), body))
                self.send_response(outer.answer)
                self.end_headers()
                outer.arrived.set()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.server.shutdown()
    made.server.server_close()


def hook(site: Site, listener: Listener, topic: str = "order.updated") -> int:
    """A webhook whose ping has come."""
    listener.arrived.clear()
    body = {"topic": topic, "delivery_url": listener.url, "secret": 's3cret & "quoted"'}
    answer = site.call("POST", "/wp-json/wc/v3/webhooks", json=body)
    assert answer.status_code == 201
    assert "secret" not in answer.json()
    assert listener.arrived.wait(5)
    return int(answer.json()["id"])


def test_a_ping_is_form_encoded_and_unsigned(site: Site, listener: Listener) -> None:
    number = hook(site, listener)
    headers, body = listener.received[0]
    assert body == f"webhook_id={number}".encode()
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert "X-WC-Webhook-Signature" not in headers


def test_several_edits_are_one_signed_delivery_of_the_last_state(
    site: Site, listener: Listener
) -> None:
    hook(site, listener)
    order_id = site.shop.add_order(customer_note="Église")
    for note in ("un", "deux"):
        site.call("PUT", f"{ORDERS}/{order_id}", json={"customer_note": note})
    site.call("POST", f"{ORDERS}/{order_id}/notes", json={"note": "silent"})
    assert len(listener.received) == 1  # the ping: nothing else until the queue is run
    assert site.call("POST", "/_sandbox/webhooks/deliver").json()[0]["status"] == 200
    headers, body = listener.received[1]
    assert json.loads(body)["customer_note"] == "deux"
    made = hmac.new(b's3cret & "quoted"', body, hashlib.sha256).digest()
    assert headers["X-WC-Webhook-Signature"] == base64.b64encode(made).decode()
    assert headers["X-WC-Webhook-Topic"] == "order.updated"
    assert headers["X-WC-Webhook-Source"].endswith(f":{site.server.port}/")
    assert site.shop.deliver_webhooks() == []


def test_trash_is_heard_untrashing_by_put_and_deletion_are_not(
    site: Site, listener: Listener
) -> None:
    order_id = site.shop.add_order()
    for topic in ("order.deleted", "order.restored", "order.updated"):
        hook(site, listener, topic)
    site.shop.trash(order_id)
    site.shop.deliver_webhooks()
    assert json.loads(listener.received[-1][1]) == {"id": order_id}
    site.call("PUT", f"{ORDERS}/{order_id}", json={"status": "processing"})
    site.shop.delete(order_id)
    assert site.shop.deliver_webhooks() == []


def test_the_seventh_failure_in_a_row_disables_and_the_count_survives(
    site: Site, listener: Listener
) -> None:
    number = hook(site, listener)
    order_id = site.shop.add_order()
    site.shop.deliver_webhooks()
    listener.answer = 500
    for _ in range(6):
        _fail(site, order_id)
    assert _status(site, number) == "active"
    _fail(site, order_id)
    assert _status(site, number) == "disabled"
    assert site.shop.deliver_webhooks() == []
    path = f"/wp-json/wc/v3/webhooks/{number}"
    assert site.call("PUT", path, json={"status": "active"}).json()["status"] == "active"
    _fail(site, order_id)
    assert _status(site, number) == "disabled"


def _fail(site: Site, order_id: int) -> None:
    site.shop.change_order(order_id, customer_note="x")
    assert [row["status"] for row in site.shop.deliver_webhooks()] == [500]


def _status(site: Site, number: int) -> str:
    return str(site.call("GET", f"/wp-json/wc/v3/webhooks/{number}").json()["status"])


@shop(webhooks_at_once=True)
def test_a_busy_shop_delivers_by_itself(site: Site, listener: Listener) -> None:
    hook(site, listener, "order.created")
    listener.arrived.clear()
    site.call("POST", ORDERS, json={"status": "processing"})
    assert listener.arrived.wait(5)
    assert listener.received[-1][0]["X-WC-Webhook-Event"] == "created"


def test_the_control_does_what_people_do(site: Site) -> None:
    def control(path: str, body: Any = None) -> Any:
        answer = site.call("POST", f"/_sandbox{path}", json=body, auth=None)
        assert answer.status_code == 200, answer.text
        return answer.json()

    product = control("/products", {"name": "Bol", "sku": "BOL"})["id"]
    variation = control(f"/products/{product}/variations", {"sku": "BOL-1"})["id"]
    first = control("/orders", {"line_items": [{"variation_id": variation, "quantity": 2}]})["id"]
    bulk = control("/orders/bulk", [{"status": "on-hold"}, {}])["ids"]
    zone = control("/zones", {"name": "France", "locations": ["FR"], "methods": ["flat_rate"]})
    control(f"/orders/{first}/change", {"shipping": {"city": "Nantes"}})
    line = site.shop.order(first)["line_items"][0]["id"]
    control(f"/orders/{first}/refund", {"lines": {str(line): 1}})
    control(f"/orders/{bulk[0]}/trash")
    control(f"/orders/{bulk[1]}/delete")
    moved = control("/time", {"advance_seconds": 3600})["now"]
    books = site.call("GET", "/_sandbox/books", auth=None).json()
    assert site.shop.order(first)["shipping"]["city"] == "Nantes"
    assert books["orders"][str(bulk[0])]["status"] == "trash"
    assert str(bulk[1]) not in books["orders"]
    assert len(zone["methods"]) == 1
    assert datetime.fromisoformat(moved) > datetime.now(UTC) + timedelta(minutes=59)
    assert site.call("GET", "/_sandbox/time", auth=None).json()["now"] >= moved


def test_the_control_says_what_it_cannot_do(site: Site) -> None:
    wrong = site.call("POST", "/_sandbox/orders", json={"adress": {}})
    assert (wrong.status_code, "no such member" in wrong.json()["error"]) == (400, True)
    assert site.call("POST", "/_sandbox/orders/999/trash").status_code == 400
    assert site.call("POST", "/_sandbox/nothing").status_code == 404


def test_a_lost_answer_leaves_the_work_done(site: Site) -> None:
    order_id = site.shop.add_order()
    site.shop.app.add(Fault(kind="lost_answer", path=f"/orders/{order_id}", method="PUT"))
    with pytest.raises(requests.ConnectionError):
        site.call("PUT", f"{ORDERS}/{order_id}", json={"status": "completed"})
    books = site.shop.books()
    assert books["orders"][order_id]["status"] == "completed"
    assert [write["method"] for write in books["writes"]] == ["PUT"]


def test_faults_are_ordered_over_the_wire_and_forgotten(site: Site) -> None:
    fault = {"kind": "status", "path": "/orders", "status": 429, "headers": {"Retry-After": "7"}}
    for _ in range(2):
        assert site.call("POST", "/_sandbox/faults", json=fault).status_code == 204
    assert site.call("GET", ORDERS).headers["Retry-After"] == "7"
    assert site.call("DELETE", "/_sandbox/faults").status_code == 204
    assert site.call("GET", ORDERS).status_code == 200


def test_requests_are_counted(site: Site) -> None:
    for _ in range(3):
        site.call("HEAD", ORDERS)
    assert site.shop.books()["requests"] == 3
