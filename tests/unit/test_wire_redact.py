"""No secret in an exchange, whatever carried it."""

import base64
import json
from datetime import UTC, datetime
from html import escape
from typing import Any
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape as xml_escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from colisync.errors import Exchange, Rejected
from colisync.ports.http import HttpAnswer
from colisync.wire.redact import MASK, SHOWN, Call, Recorder, Redactor

NOW = datetime(2026, 11, 2, 8, 0, 0, tzinfo=UTC)
SECRETS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=8, max_size=40
).filter(lambda text: text.strip("*0 ") == text and len(set(text)) > 5)


def recorded(
    redactor: Redactor,
    *,
    url: str = "https://shop.example/x",
    headers: dict[str, str] | None = None,
    body: bytes | None = None,
    answer_headers: dict[str, str] | None = None,
    answer: bytes = b"",
) -> Exchange:
    call = Call("POST", url, headers or {}, body, NOW, 0.0, redactor)
    return call.record(200, answer_headers or {}, answer)


def base64_inside(secret: str, before: str) -> str:
    return base64.b64encode(f"{before}{secret}:after".encode()).decode()


CARRIERS: dict[str, Any] = {
    "raw": lambda s: f"before {s} after",
    "query": lambda s: f"?q={quote(s, safe='')}&x=1",
    "form": lambda s: f"a=b&q={quote_plus(s)}&x=1",
    "lower-case percent": lambda s: "".join(f"%{byte:02x}" for byte in s.encode()),
    "twice percent": lambda s: quote(quote(s, safe=""), safe=""),
    "json": lambda s: json.dumps({"x": s}),
    "json unescaped": lambda s: json.dumps({"x": s}, ensure_ascii=False),
    "php json": lambda s: json.dumps({"x": s}).replace("/", "\\/"),
    "html": lambda s: f"<p>{escape(s)}</p>",
    "xml": lambda s: f"<p>{xml_escape(s)}</p>",
    "base64": lambda s: base64_inside(s, ""),
    "base64 at one": lambda s: base64_inside(s, "a"),
    "base64 at two": lambda s: base64_inside(s, "ab"),
}


@pytest.mark.parametrize("carrier", CARRIERS)
@settings(max_examples=25, deadline=None)
@given(secret=SECRETS, prefix=st.text("abc {}<>&=", max_size=12))
def test_a_known_secret_never_shows(carrier: str, secret: str, prefix: str) -> None:
    carried = CARRIERS[carrier](secret)
    assert carried not in prefix
    text = prefix + carried
    exchange = recorded(
        Redactor(["another-secret", secret]),
        url=f"https://shop.example/x?{text}",
        headers={"X-Any": text},
        body=text.encode(),
        answer_headers={"x-any": text},
        answer=text.encode(),
    )
    error = Rejected("wire.rejected", code="400", text="no", exchange=exchange)
    for shown in (repr(exchange), str(error), repr(error)):
        assert secret not in shown
        assert json.dumps(secret)[1:-1] not in shown
        assert quote(secret, safe="") not in shown
        assert base64.b64encode(secret.encode()).decode()[:-4] not in shown or len(secret) < 6


@pytest.mark.parametrize(
    "name",
    ["Authorization", "apiKey", "Cookie", "X-Shopify-Access-Token", "X-API-Key", "Set-Cookie"],
)
def test_a_secret_header_is_masked_whole(name: str) -> None:
    exchange = recorded(Redactor(), headers={name: "abc def"}, answer_headers={name: "ghi"})
    assert exchange.request_headers == {name: MASK}
    assert exchange.answer_headers == {name: MASK}


def test_an_ordinary_header_is_kept() -> None:
    kept = {"Content-Type": "application/json", "X-WP-Total": "12", "User-Agent": "Colisync/1"}
    assert recorded(Redactor(), headers=kept).request_headers == kept


@pytest.mark.parametrize(
    "echo", ["key-of-mine", "login:key-of-mine", base64.b64encode(b"login:key-of-mine").decode()]
)
def test_a_remote_that_echoes_our_credentials_does_not_show_them(echo: str) -> None:
    basic = "Basic " + base64.b64encode(b"login:key-of-mine").decode()
    for value in ("key-of-mine", basic):
        exchange = recorded(
            Redactor(), headers={"Authorization": value}, answer=f"you sent {echo} !".encode()
        )
        assert "key-of-mine" not in exchange.answer_body
        assert value == "key-of-mine" or echo not in exchange.answer_body


@pytest.mark.parametrize(
    "pair",
    [
        "consumer_key=ck_123",
        "consumer_secret=cs_123",
        "oauth_signature=a%2Fb%3D",
        "oauth_nonce=1234",
        "access_token=abc",
        "ws_key=ABC",
        "password=p%20q",
    ],
)
def test_a_secret_in_the_query_is_masked_by_name(pair: str) -> None:
    name = pair.partition("=")[0]
    exchange = recorded(Redactor(), url=f"https://shop.example/x?page=2&{pair}&status=any")
    assert exchange.url == f"https://shop.example/x?page=2&{name}={MASK}&status=any"


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ('{"password": "a\\"b", "x": "y"}', '{"password": "***", "x": "y"}'),
        ('{"apiKey":"a","weight":1.5}', '{"apiKey":"***","weight":1.5}'),
        ('{"access_token" : 12345, "x": 1}', '{"access_token" : "***", "x": 1}'),
        ('{"client_secret": "cut off', '{"client_secret": "***"'),
        ("<password>a</password><b>c</b>", "<password>***</password><b>c</b>"),
        ("<ns:password x='1'>a&amp;b</ns:password>", "<ns:password x='1'>***</ns:password>"),
        ("password=a+b&weight=2", "password=***&weight=2"),
        ("see https://user:pass@host/x", "see https://***@host/x"),
        ("Bearer abcdefghij", "Bearer ***"),
        ('{"label": "Colis 12", "key": "flat_rate"}', '{"label": "Colis 12", "key": "flat_rate"}'),
    ],
)
def test_a_field_with_the_name_of_a_secret_is_masked(body: str, shown: str) -> None:
    assert recorded(Redactor(), body=body.encode()).request_body == shown


def test_a_long_body_is_cut_after_masking() -> None:
    secret = "k3y-" * 10
    for start in range(SHOWN - 60, SHOWN + 10, 7):
        body = "a" * start + secret + "b" * 40000
        shown = recorded(Redactor([secret]), answer=body.encode()).answer_body
        assert len(shown) < SHOWN + 40
        assert shown.endswith(f"<{len(body)} bytes>")
        assert "k3y" not in shown


@settings(max_examples=60, deadline=None)
@given(st.integers(min_value=15_000, max_value=16_400))
def test_a_secret_at_the_edge_of_what_is_looked_at_does_not_show(start: int) -> None:
    secret = "s3cr3t-1234567890"
    body = f'{{"token": "{"t" * (start - 100)}", "x": "'.encode()
    body += b"y" * (start - len(body)) + secret.encode() + b'"}' + b"z" * 9000
    assert "s3cr" not in recorded(Redactor([secret]), answer=body).answer_body


def test_binary_is_counted_not_shown() -> None:
    pdf = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + bytes(range(256)) * 10
    assert recorded(Redactor(), answer=pdf).answer_body == f"<{len(pdf)} bytes>"
    assert recorded(Redactor(), answer=b"ab\0c").answer_body == "<4 bytes>"


def test_the_words_before_a_label_are_shown() -> None:
    body = b'--x\r\n\r\n{"id":0}\r\n--x\r\n\r\n%PDF\xe2\xe3' + bytes(500)
    shown = recorded(
        Redactor(), answer=body, answer_headers={"content-type": "multipart/mixed; boundary=x"}
    ).answer_body
    assert '{"id":0}' in shown
    assert shown.endswith(f"<{len(body)} bytes>")


def test_a_letter_cut_in_two_is_not_binary() -> None:
    body = ("é" * 20_000).encode()
    assert recorded(Redactor(), answer=b"x" + body).answer_body.startswith("xéé")


def test_short_secrets_do_not_blot_everything_out() -> None:
    assert recorded(Redactor(["a", ""]), body=b"banana").request_body == "banana"


def test_the_record_of_an_answer_shows_no_secret_in_its_repr() -> None:
    call = Call("GET", "https://s/x", {"apiKey": "k-123456"}, b"k-123456", NOW, 0.0, Redactor())
    answer = HttpAnswer(200, {}, b"", "https://s/x", Recorder(call, 5))
    assert "k-123456" not in repr(answer) + repr(call)
    assert answer.exchange().elapsed_ms == 5
