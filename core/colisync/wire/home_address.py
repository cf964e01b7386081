"""The address of a shop's home, as merchants write it and as its server corrects it."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from colisync.ports.http import HttpAnswer


def home_address(written: str, within: Iterable[str] = ()) -> str:
    """Scheme and host in lower case, https where none is said, no default port, no end slash, and
    nothing from the paths `within` the shop on. Raises ValueError."""
    written = written.strip()
    parts = urlsplit(written if "//" in written else f"https://{written}")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("an address such as https://shop.example")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    default = 443 if parts.scheme == "https" else 80
    port = "" if parts.port in (None, default) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}{_cut(parts.path, within)}"


def moved_home(answer: HttpAnswer, within: Iterable[str] = ()) -> str:
    """The home that a redirect leads to, empty where it stays on the same site."""
    asked, told = urlsplit(answer.url), urlsplit(answer.headers.get("location", ""))
    if told.netloc in ("", asked.netloc) and told.scheme in ("", asked.scheme):
        return ""
    return f"{told.scheme or asked.scheme}://{told.netloc}{_cut(told.path, within)}"


def same_place(one: str, other: str) -> bool:
    """True for the same host and path: the scheme, with it the port, and www may differ."""
    return _place(one) == _place(other)


def _place(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return (parts.hostname or "").removeprefix("www."), parts.path.rstrip("/")


def _cut(path: str, within: Iterable[str]) -> str:
    for marker in within:
        path = path.partition(marker)[0]
    return path.rstrip("/")
