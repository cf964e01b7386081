"""What goes over the wire to a WooCommerce shop, and what its answers mean."""

import hmac
from base64 import b64decode, b64encode
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colisync.errors import (
    AuthenticationFailed,
    ColisyncError,
    ConfigurationError,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    RemoteUnavailable,
    Unreachable,
    UnreadableAnswer,
)
from colisync.ports.context import BackendContext
from colisync.testing.doubles import FixedClock
from colisync.testing.replay import Asked, Given, ReplayHttp, answer_json
from colisync_woocommerce.settings import WooCommerceSettings
from colisync_woocommerce.transport import ShopApi

KEY, SECRET = "ck_" + "1" * 40, "cs_" + "2" * 40


def api(http: ReplayHttp, url: str = "https://shop.example", **settings: Any) -> ShopApi:
    chosen = WooCommerceSettings(url=url, consumer_key=KEY, consumer_secret=SECRET, **settings)
    return ShopApi(chosen, BackendContext(http=http, clock=FixedClock()))


def refusal(code: str, status: int) -> Given:
    return answer_json({"code": code, "message": "Nope", "data": {"status": status}}, status)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("HTTPS://Shop.Example/", "https://shop.example"),
        ("shop.example", "https://shop.example"),
        ("https://shop.example:443/sub/", "https://shop.example/sub"),
        ("http://shop.example:8080/wp-json/wc/v3", "http://shop.example:8080"),
        ("https://shop.example/index.php/wp-json", "https://shop.example"),
        ("https://shop.example/wp-admin/?x=1", "https://shop.example"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_the_address_is_put_right(written: str, read: str) -> None:
    assert WooCommerceSettings(url=written, consumer_key=KEY, consumer_secret=SECRET).url == read


@pytest.mark.parametrize("written", ["", "ftp://shop.example", "https://"])
def test_what_is_no_address_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="address"):
        WooCommerceSettings(url=written, consumer_key=KEY, consumer_secret=SECRET)


def test_secrets_do_not_show() -> None:
    settings = WooCommerceSettings(
        url="https://s.example", consumer_key=KEY, consumer_secret=SECRET
    )
    assert KEY not in repr(settings)
    assert SECRET not in repr(settings)


def test_basic_over_tls() -> None:
    http = ReplayHttp([answer_json([], X_WP_Total="0")])
    api(http).read("orders", status=["processing", "on-hold"], per_page=5, search="", dp=None)
    asked = http.asked[0]
    assert asked.path == "/wp-json/wc/v3/orders"
    assert asked.query["status"] == "processing,on-hold"
    assert "search" not in asked.query
    assert "dp" not in asked.query
    assert b64decode(asked.headers["authorization"][6:]).decode() == f"{KEY}:{SECRET}"
    assert asked.headers["accept"] == "application/json"
    assert KEY not in asked.url


def test_each_reading_is_new_to_a_cache() -> None:
    http = ReplayHttp(choose=lambda _: answer_json([]))
    shop = api(http)
    shop.read("orders")
    shop.read("orders")
    assert http.asked[0].query["_"] != http.asked[1].query["_"]


def test_an_endpoint_may_carry_a_slash_and_a_query() -> None:
    http = ReplayHttp([answer_json([])])
    api(http).read("/orders?_fields=id", page=2)
    assert http.asked[0].path == "/wp-json/wc/v3/orders"
    assert (http.asked[0].query["_fields"], http.asked[0].query["page"]) == ("id", "2")


def test_the_callers_parameters_are_left_alone() -> None:
    http = ReplayHttp([answer_json([])])
    params = {"page": 1}
    api(http, auth="query").get("orders", params=params)
    assert params == {"page": 1}
    assert http.asked[0].query["consumer_secret"] == SECRET
    assert "authorization" not in http.asked[0].headers


def test_other_namespaces_and_the_index() -> None:
    http = ReplayHttp(choose=lambda _: answer_json({}))
    shop = api(http)
    shop.read("orders/1/shipment-trackings", "wc-shipment-tracking/v3")
    shop.read("", "")
    shop.write("DELETE", "orders/1/fulfillments/2")
    assert [asked.path for asked in http.asked] == [
        "/wp-json/wc-shipment-tracking/v3/orders/1/shipment-trackings",
        "/wp-json/",
        "/wp-json/wc/v3/orders/1/fulfillments/2",
    ]


def rfc5849(method: str, url: str) -> str:
    """The signature, by hand: RFC 5849 §3.4, HMAC-SHA256, no token."""
    parts = urlsplit(url)
    pairs = [tuple(pair.partition("=")[::2]) for pair in parts.query.split("&")]
    decoded = [(_plus(k), _plus(v)) for k, v in pairs if k != "oauth_signature"]
    encoded = sorted((quote(k, safe="~"), quote(v, safe="~")) for k, v in decoded)
    joined = "&".join(f"{k}={v}" for k, v in encoded)
    place = f"{parts.scheme}://{parts.netloc}{parts.path}"
    base = "&".join((method, quote(place, safe="~"), quote(joined, safe="~")))
    return b64encode(hmac.new(f"{SECRET}&".encode(), base.encode(), sha256).digest()).decode()


def _plus(text: str) -> str:
    from urllib.parse import unquote_plus

    return unquote_plus(text)


PRINTABLE = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)


@given(st.dictionaries(st.sampled_from("abcdefghij"), PRINTABLE, max_size=4))
def test_oauth_signs_every_byte(params: dict[str, str]) -> None:
    http = ReplayHttp([answer_json([])])
    api(http, "http://shop.example:8080/sub").read("orders", **params)
    asked = http.asked[0]
    assert asked.query["oauth_signature"] == rfc5849("GET", asked.url)
    assert {name: asked.query[name] for name in params} == params
    assert SECRET not in asked.url


@pytest.mark.parametrize("value", ["a/b c+d", "50%", "Lefèvre", "~-._", "%2F", "a&b=c#?"])
def test_oauth_signs_what_the_package_got_wrong(value: str) -> None:
    http = ReplayHttp([answer_json([])])
    api(http, "http://shop.example").read("orders", search=value, status=["a", "b"])
    assert http.asked[0].query["oauth_signature"] == rfc5849("GET", http.asked[0].url)
    assert http.asked[0].query["search"] == value


def test_a_signed_reading_is_repeated_with_a_new_nonce() -> None:
    http = ReplayHttp([(503, {}, b""), answer_json([])])
    api(http, "http://shop.example").read("orders")
    nonces = [asked.query["oauth_nonce"] for asked in http.asked]
    assert len(set(nonces)) == 2


class _Lost(ReplayHttp):
    def request(self, *args: Any, **kwargs: Any) -> Any:
        super().request(*args, **kwargs)
        raise OutcomeUnknown("wire.unknown_broken")


def test_a_signed_reading_that_is_lost_changed_nothing_but_a_write_may_have() -> None:
    http = _Lost(choose=lambda _: answer_json([]))
    with pytest.raises(Unreachable):
        api(http, "http://shop.example").read("orders")
    assert len(http.asked) == 3
    with pytest.raises(OutcomeUnknown):
        api(http, "http://shop.example").write("PUT", "orders/1", {})
    assert len(http.asked) == 4


def test_a_dropped_header_is_worked_round_once_and_remembered() -> None:
    def drops(asked: Asked) -> Given:
        if "consumer_key" in asked.query:
            return answer_json([])
        return refusal("woocommerce_rest_cannot_view", 401)

    http = ReplayHttp(choose=drops)
    shop = api(http)
    shop.read("orders")
    shop.read("orders")
    assert shop.header_dropped
    assert ["consumer_key" in asked.query for asked in http.asked] == [False, True, True]
    with pytest.raises(AuthenticationFailed):
        api(ReplayHttp(choose=drops), auth="basic").read("orders")


def test_path_info_is_tried_where_permalinks_are_plain() -> None:
    def plain(asked: Asked) -> Given:
        if asked.path.startswith("/index.php/wp-json/"):
            return answer_json([{"id": 1}])
        return 301, {"Location": "https://shop.example/wp-json/wc/v3/orders/"}, b""

    http = ReplayHttp(choose=plain)
    assert api(http).read("orders").data == [{"id": 1}]


REFUSED: list[tuple[Given, type[ColisyncError], str]] = [
    (refusal("woocommerce_rest_cannot_view", 401), AuthenticationFailed, "key_unseen"),
    (refusal("woocommerce_rest_authentication_error", 401), AuthenticationFailed, "secret_wrong"),
    (refusal("woocommerce_rest_cannot_view", 403), AuthenticationFailed, "role_missing"),
    (refusal("rest_cannot_access", 401), AuthenticationFailed, "rest_closed"),
    (refusal("wp_die", 403), RemoteUnavailable, "firewall"),
    ((403, {"cf-mitigated": "challenge"}, b"<html>"), RemoteUnavailable, "firewall"),
    ((406, {}, b"Not Acceptable"), RemoteUnavailable, "firewall"),
    (refusal("woocommerce_rest_shop_order_invalid_id", 404), NotFound, "not_found"),
    (refusal("woocommerce_rest_shop_order_invalid_id", 400), NotFound, "not_found"),
    (refusal("woocommerce_rest_already_trashed", 410), NotFound, "not_found"),
    (refusal("rest_no_route", 404), NotFound, "no_route"),
    ((404, {}, b"<html>Page introuvable</html>"), ConfigurationError, "no_api"),
    (refusal("rest_invalid_param", 400), Rejected, "rejected"),
    (refusal("woocommerce_rest_request_entity_too_large", 413), Rejected, "rejected"),
    (refusal("wp_die", 503), RemoteUnavailable, "maintenance"),
    ((502, {}, b"<html>502 Bad Gateway</html>"), RemoteUnavailable, "server_error"),
    ((200, {}, b"<!DOCTYPE html><html><body>Bonjour"), UnreadableAnswer, "page_instead"),
    ((200, {}, b'[{"id": 1}, {"id": 2}, {"id"'), UnreadableAnswer, "broken_json"),
    ((200, {}, b""), UnreadableAnswer, "text_instead"),
    ((302, {"Location": "/wp-login.php?x"}, b""), ConfigurationError, "login_wall"),
    ((301, {"Location": "https://www.shop.example/wp-json/wc/v3/orders"}, b""),
     ConfigurationError, "moved"),
    ((301, {"Location": "https://shop.example/wp-json/wc/v3/orders/"}, b""),
     ConfigurationError, "plain_permalinks"),
]  # fmt: skip


@pytest.mark.parametrize(("given_answer", "kind", "key"), REFUSED)
def test_refusals(given_answer: Given, kind: type[ColisyncError], key: str) -> None:
    with pytest.raises(kind) as caught:
        api(ReplayHttp(choose=lambda _: given_answer)).read("orders")
    assert caught.value.key == f"woocommerce.{key}"
    assert caught.value.exchange is not None
    if key == "moved":
        assert caught.value.params == {"url": "https://www.shop.example"}


def test_wait_as_long_as_asked() -> None:
    http = ReplayHttp([(429, {"Retry-After": "7"}, b"<html>Too many requests</html>")])
    with pytest.raises(RateLimited) as caught:
        api(http).read("orders")
    assert caught.value.retry_after == 7


def test_a_write_refused_to_a_key_that_reads_is_a_read_only_key() -> None:
    answers = [answer_json([]), refusal("woocommerce_rest_authentication_error", 401)]
    shop = api(ReplayHttp(answers))
    shop.read("orders")
    with pytest.raises(AuthenticationFailed) as caught:
        shop.write("PUT", "orders/1", {})
    assert caught.value.key == "woocommerce.key_read_only"


@pytest.mark.parametrize(
    ("date", "key"),
    [("Mon, 23 Nov 2026 12:20:00 GMT", "clock_off"), ("Mon, 23 Nov 2026 11:40:00 GMT", "clock_off"),
     ("Mon, 23 Nov 2026 12:01:00 GMT", "signature_refused")],
)  # fmt: skip
def test_a_refused_signature_may_be_a_wrong_clock(date: str, key: str) -> None:
    status, _, body = refusal("woocommerce_rest_authentication_error", 401)
    shop = api(ReplayHttp([(status, {"Date": date}, body)]), "http://shop.example")
    with pytest.raises(AuthenticationFailed) as caught:
        shop.read("orders")
    assert caught.value.key == f"woocommerce.{key}"


def test_the_guilty_plugin_is_named_and_its_trace_is_not_shown() -> None:
    error = {"message": "boom", "file": "/var/www/wp-content/plugins/bad-plugin/x.php", "line": 1}
    body = {
        "code": "internal_server_error",
        "message": "x",
        "data": {"status": 500, "error": error},
    }
    with pytest.raises(RemoteUnavailable) as caught:
        api(ReplayHttp([answer_json(body, 500)])).read("orders")
    assert caught.value.params == {"status": 500, "plugin": "bad-plugin"}
