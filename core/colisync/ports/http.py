"""The one way out over HTTP."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from colisync.errors import Exchange


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """A complete answer of any status. `body` stays bytes; header names are lower-case.

    `exchange` makes the redacted record on demand, so that an answer nobody complains of costs
    nothing.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str
    _exchange: "ExchangeMaker"
    _mask: Callable[[str], str] = str

    def exchange(self) -> Exchange:
        """The redacted record of this request and answer."""
        return self._exchange(self)

    def masked(self, text: str) -> str:
        """Words of this answer, for a person: a remote may echo our credentials."""
        return self._mask(text)


class ExchangeMaker(Protocol):
    """Builds the redacted record of an answer."""

    def __call__(self, answer: HttpAnswer) -> Exchange: ...


class HttpSession(Protocol):
    """One remote: pooled connections, TLS context, time-outs, limits and redaction.

    Redirects are never followed: a 3xx comes back as an answer.
    """

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
        """The complete answer, whatever its status.

        `repeatable` requests are tried again on a broken connection, 429, 502, 503 and 504, with
        jitter and `Retry-After`, until `deadline` seconds (the session's own where None) are over;
        the last answer then comes back. Others are sent once.

        Raises:
            Unreachable: nothing was sent, or the request is repeatable and no answer came.
            OutcomeUnknown: it was sent, it is not repeatable, and no complete answer came.
            UnreadableAnswer: the answer is larger than the session's cap.
            ConfigurationError: the address is private and the session is not `local`.
        """
        ...
