"""The redacted record of a request and its answer: no secret survives, whatever carried it."""

import base64
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from colisync.errors import Exchange
from colisync.ports.http import HttpAnswer

MASK = "***"
SHOWN = 4096
_WINDOW = 4 * SHOWN
_SHORTEST = 4

_SECRET_NAME = re.compile(
    r"authorization|cookie|passw(?:or)?d|pwd|passphrase|secret|token|credential|signature"
    r"|(?:api|consumer|access|control|private|webservice|order)[_-]?key|^oauth_|^ws_key$|^sig$",
    re.IGNORECASE,
)
# Each finds every pair and leaves the verdict to _SECRET_NAME: that is linear, whatever comes in.
_PAIRS = (
    re.compile(r"""(?<![\w.-])(?P<name>[\w.-]{1,64})=(?P<value>[^&\s"'<>]*)"""),
    re.compile(
        r""""(?P<name>[\w.-]{1,64})"\s{0,9}:\s{0,9}"""
        r"""(?P<value>"(?:[^"\\]|\\.)*(?:"|\\?$)|-?[0-9][0-9.eE+-]*)""",
        re.DOTALL,
    ),
    re.compile(r"<(?:\w{1,64}:)?(?P<name>[\w.-]{1,64})(?:\s[^<>]*)?>(?P<value>[^<]+)"),
)
_SCHEME = re.compile(r"\b(Basic|Bearer)(\s{1,9}|%20|\+)[\w.~+/=-]{6,}", re.IGNORECASE)
_USERINFO = re.compile(r"(//)[^/\s@\"'<>]{1,256}@")


class Redactor:
    """Masks known secrets wherever they stand, and whatever has the name of a secret.

    A known secret is found raw, percent-encoded, escaped for JSON or HTML, and in base64 at any
    offset (a Basic header holds it behind the user's name). Secrets shorter than four characters
    are masked by name only: they would blot out every text.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._known = frozenset(secret for secret in secrets if len(secret) >= _SHORTEST)
        self._longest = max((len(secret.encode()) * 12 for secret in self._known), default=0)

    @cached_property
    def _secrets(self) -> re.Pattern[str] | None:
        return _pattern(sorted(self._known, key=len, reverse=True))

    def with_headers(self, headers: Mapping[str, str]) -> "Redactor":
        """This redactor, knowing also the secrets that these headers carry: a remote's error page
        may echo them."""
        found = {
            part
            for name, value in headers.items()
            if _SECRET_NAME.search(name)
            for part in _credentials(value)
        }
        return Redactor(self._known | found) if found - self._known else self

    def text(self, text: str) -> str:
        """`text` without secrets."""
        if self._secrets is not None:
            text = self._secrets.sub(MASK, text)
        text = _USERINFO.sub(rf"\1{MASK}@", text)
        text = _SCHEME.sub(rf"\1\2{MASK}", text)
        for pairs in _PAIRS:
            text = pairs.sub(_masked, text)
        return text

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """The same headers, secret ones masked whole."""
        return {
            name: MASK if _SECRET_NAME.search(name) else self.text(value)
            for name, value in headers.items()
        }

    def body(self, body: bytes | None, kind: str = "") -> str:
        """At most 4 KB of readable text; binary as "<n bytes>".

        Masking comes before cutting, and what may be the beginning of a secret at the cut goes
        with it. `kind` is the Content-Type.
        """
        if not body:
            return ""
        window, cut = body[:_WINDOW], len(body) > _WINDOW
        readable, binary = _readable(window, cut=cut)
        if binary and not kind.lower().startswith("multipart/"):
            return f"<{len(body)} bytes>"
        text = self.text(readable)
        if cut:
            text = text[: max(0, len(text) - self._longest)]
        if binary or len(text) > SHOWN or cut:
            return text[:SHOWN] + f"<{len(body)} bytes>"
        return text


def _masked(pair: re.Match[str]) -> str:
    if not _SECRET_NAME.search(pair["name"]):
        return pair[0]
    start = pair.start("value") - pair.start()
    quote = '"' if pair[0].startswith('"') else ""
    return f"{pair[0][:start]}{quote}{MASK}{quote}"


def _credentials(value: str) -> set[str]:
    """The secrets in the value of an Authorization header or of one that is secret whole."""
    scheme, _, rest = value.partition(" ")
    if not rest:
        return {value}
    if scheme.lower() != "basic":
        return {rest}
    try:
        user, _, password = base64.b64decode(rest).decode().partition(":")
    except ValueError:
        return {rest}
    return {rest, user, password}


def _readable(window: bytes, *, cut: bool) -> tuple[str, bool]:
    """The text at the head of `window`, and whether something binary follows it."""
    bad = window.find(b"\0")
    head = window if bad < 0 else window[:bad]
    try:
        return head.decode(), bad >= 0
    except UnicodeDecodeError as error:
        split_by_cut = cut and bad < 0 and error.start > len(head) - 4
        return head[: error.start].decode(), not split_by_cut


def _pattern(secrets: Sequence[str]) -> re.Pattern[str] | None:
    if not secrets:
        return None
    forms = [form for secret in secrets for form in (_spelled(secret), *_in_base64(secret))]
    return re.compile("|".join(forms))


def _spelled(secret: str) -> str:
    """A pattern of the secret with every character raw or escaped, in any mixture."""
    return "".join(_character(character) for character in secret)


def _character(character: str) -> str:
    percent = "".join(f"%(?:25)*(?i:{byte:02x})" for byte in character.encode())
    units = character.encode("utf-16-be")
    json = "".join(rf"\\u(?i:{units[i]:02x}{units[i + 1]:02x})" for i in range(0, len(units), 2))
    code = ord(character)
    forms = [re.escape(character), percent, json, f"&#0*{code};", f"&#[xX]0*(?i:{code:x});"]
    forms += [re.escape(form) for form in _NAMED.get(character, ())]
    return f"(?:{'|'.join(forms)})"


_NAMED = {
    " ": ("+",),
    '"': ('\\"', "&quot;"),
    "\\": ("\\\\",),
    "/": ("\\/",),
    "&": ("&amp;",),
    "<": ("&lt;",),
    ">": ("&gt;",),
    "'": ("&apos;", "\\'"),
    "\n": ("\\n",),
    "\r": ("\\r",),
    "\t": ("\\t",),
    "\b": ("\\b",),
    "\f": ("\\f",),
}


def _in_base64(secret: str) -> list[str]:
    """The secret's base64 at the three offsets, without the characters that its neighbours change,
    in both alphabets."""
    raw = secret.encode()
    forms = []
    for offset in range(3):
        usable = (offset + len(raw)) // 3 * 3
        text = base64.b64encode((b"\0" * offset + raw)[:usable]).decode()
        text = text[(0, 2, 3)[offset] :]
        if len(text) >= _SHORTEST:
            plain = (
                re.escape(text).replace(r"\+", "(?:[+-]|%2[Bb])").replace("/", "(?:[/_]|%2[Ff])")
            )
            forms.append(plain + r"[\w+/-]{0,3}(?:=|%3[Dd]){0,2}")
    return forms


@dataclass(frozen=True, slots=True, repr=False)
class Call:
    """One request as it was sent; makes the redacted record when somebody asks.

    `started` is the monotonic clock's.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None
    at: datetime
    started: float
    redactor: Redactor

    def elapsed_ms(self) -> int:
        """Milliseconds since it was sent."""
        return round((time.monotonic() - self.started) * 1000)

    def record(
        self,
        status: int | None,
        headers: Mapping[str, str],
        body: bytes,
        elapsed_ms: int | None = None,
    ) -> Exchange:
        """The redacted exchange; `status` is None where no answer came."""
        redactor = self.redactor.with_headers(self.headers)
        return Exchange(
            method=self.method,
            url=redactor.text(self.url),
            status=status,
            request_headers=redactor.headers(self.headers),
            request_body=redactor.body(self.body, _kind(self.headers)),
            answer_headers=redactor.headers(headers),
            answer_body=redactor.body(body, _kind(headers)),
            at=self.at,
            elapsed_ms=self.elapsed_ms() if elapsed_ms is None else elapsed_ms,
        )


def _kind(headers: Mapping[str, str]) -> str:
    return next((v for n, v in headers.items() if n.lower() == "content-type"), "")


@dataclass(frozen=True, slots=True, repr=False)
class Recorder:
    """The `ExchangeMaker` of one answer."""

    call: Call
    elapsed_ms: int

    def __call__(self, answer: HttpAnswer) -> Exchange:
        return self.call.record(answer.status, answer.headers, answer.body, self.elapsed_ms)
