"""From what a backend names to the path that is asked of its remote, and nowhere else."""

from collections.abc import Mapping
from urllib.parse import quote, urlencode

from urllib3.exceptions import LocationParseError
from urllib3.util import Url, parse_url

from colisync.errors import ConfigurationError

_PORTS = {"http": 80, "https": 443}


class BaseAddress:
    """The address of a remote: `origin` (scheme, host, port) and the path that all its URLs share.

    Raises ConfigurationError where `url` is not http(s), has no host, or carries a user's name.
    """

    def __init__(self, url: str) -> None:
        parsed = _parsed(url.strip())
        if parsed.scheme not in _PORTS or not parsed.host or parsed.auth:
            raise ConfigurationError("wire.bad_address", params={"url": _without_user(url)})
        self.scheme: str = parsed.scheme
        self.host: str = parsed.host.strip("[]")
        self.port: int = parsed.port or _PORTS[parsed.scheme]
        port = "" if self.port == _PORTS[parsed.scheme] else f":{self.port}"
        self.origin = f"{self.scheme}://{parsed.host}{port}"
        self._prefix = (parsed.path or "").rstrip("/")

    def path(self, url: str, params: Mapping[str, str] | None) -> str:
        """The path and query of `url`, which is absolute on the same origin, or relative to the
        base address with or without a leading slash. `params` are added, percent-encoded.

        Raises ConfigurationError for another scheme, host or port: credentials would follow.
        """
        if url.startswith(self.origin + "/"):
            path = url[len(self.origin) :]
        elif "://" in url.partition("?")[0]:
            path = self._on_same_origin(url)
        else:
            path = f"{self._prefix}/{url.lstrip('/')}" if url else self._prefix or "/"
        path = path.partition("#")[0]
        if not params:
            return path
        joint = "&" if "?" in path else "?"
        return path + joint + urlencode(params, quote_via=quote, safe="~")

    def _on_same_origin(self, url: str) -> str:
        parsed = _parsed(url)
        port = parsed.port or _PORTS.get(parsed.scheme or "")
        host = (parsed.host or "").strip("[]")
        if parsed.auth or (parsed.scheme, host, port) != (self.scheme, self.host, self.port):
            raise ConfigurationError(
                "wire.foreign_address", params={"host": host, "expected": self.host}
            )
        return parsed.request_uri


def merged_headers(base: Mapping[str, str], headers: Mapping[str, str]) -> dict[str, str]:
    """`headers` over `base`, whatever the case. Raises ConfigurationError for what no header can
    hold, such as the line end that came with a pasted key."""
    for name, value in headers.items():
        if not (value.isascii() and value.isprintable() and name.isascii() and name.isprintable()):
            raise ConfigurationError("wire.bad_header", params={"name": name})
    given = {name.lower() for name in headers}
    merged = {name: value for name, value in base.items() if name.lower() not in given}
    merged.update(headers)
    return merged


def _parsed(url: str) -> Url:
    try:
        return parse_url(url)
    except LocationParseError as error:
        raise ConfigurationError("wire.bad_address", params={"url": _without_user(url)}) from error


def _without_user(url: str) -> str:
    scheme, mark, rest = url.partition("://")
    return scheme + mark + rest.rpartition("@")[2].partition("?")[0]
