"""An HTTP session without sockets: recorded answers, and the requests they were given to."""

import json
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from colisync.errors import Exchange
from colisync.ports.http import HttpAnswer


@dataclass(frozen=True)
class Asked:
    """One request as the backend sent it. `query` is decoded, `body` is JSON where there is one."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: Any

    @property
    def path(self) -> str:
        """The path alone."""
        return urlsplit(self.url).path

    @property
    def query(self) -> dict[str, str]:
        """The parameters, decoded."""
        return dict(parse_qsl(urlsplit(self.url).query, keep_blank_values=True))


Given = tuple[int, Mapping[str, str], bytes]
"""Status, headers and body of an answer."""


class ReplayHttp:
    """Implements `ports.http.HttpSession`: answers in turn, or as `choose` says.

    Running out of answers is an AssertionError naming the request.
    """

    def __init__(
        self, answers: Iterable[Given] = (), *, choose: Callable[[Asked], Given] | None = None
    ) -> None:
        self.asked: list[Asked] = []
        self._answers = deque(answers)
        self._choose = choose
        self._lock = Lock()

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        body: bytes | None = None,
        repeatable: bool = False,
        deadline: float | None = None,
    ) -> HttpAnswer:
        """The next answer."""
        content = json.loads(body) if body else None
        asked = Asked(method, url, {k.lower(): v for k, v in (headers or {}).items()}, content)
        with self._lock:
            self.asked.append(asked)
            if self._choose is None and not self._answers:
                raise AssertionError(f"not recorded: {method} {url}")
            given = self._choose(asked) if self._choose else self._answers.popleft()
        status, answer_headers, content_bytes = given
        low = {name.lower(): value for name, value in answer_headers.items()}
        return HttpAnswer(status, low, content_bytes, url, _exchange)


def answer_json(data: Any, status: int = 200, **headers: str) -> Given:
    """An answer with `data` as JSON; `x_wp_total="3"` becomes the header X-WP-Total."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return status, names, json.dumps(data).encode()


def _exchange(answer: HttpAnswer) -> Exchange:
    body = answer.body.decode("utf-8", "replace")
    at = datetime(2026, 11, 21, tzinfo=UTC)
    return Exchange("GET", answer.url, answer.status, {}, "", answer.headers, body, at, 0)
