"""Every exception that Colisync raises on purpose, classed by whose turn it is.

::

    ColisyncError
    ├ ConfigurationError        a setting is wrong: the owner of the shop or contract
    │ └ MissingExtra            an optional part is not installed
    ├ UnsupportedFeature        this backend cannot say that; raised before any call
    ├ InvalidShipment           our data cannot ship: the merchant
    ├ StorageUnavailable        the database is locked, full or away: the machine's keeper
    ├ RemoteError               the other side, with its Exchange
    │ ├ Unreachable*            no connection, or no answer to what may be repeated
    │ ├ RateLimited*            asked to wait
    │ ├ RemoteUnavailable*      its server is ill
    │ ├ AuthenticationFailed    credentials or rights refused: pause, ask for them
    │ ├ Rejected                their refusal, in their words
    │ ├ NotFound                no such thing there
    │ ├ UnreadableAnswer        the format drifted
    │ └ OutcomeUnknown          sent, no answer: a label may exist
    └ WebhookRejected           signature or freshness failed; nothing was read

Starred errors are retryable, for operations that may be repeated. The queue asks the type and
never parses a text. `key` names an entry of the catalogues; `key` + ".remedy" names the next step.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Exchange:
    """One redacted request and its answer: what a person needs to see why a remote said no."""

    method: str
    url: str
    status: int | None
    request_headers: Mapping[str, str]
    request_body: str
    answer_headers: Mapping[str, str]
    answer_body: str
    at: datetime
    elapsed_ms: int


class ColisyncError(Exception):
    """What went wrong, as a catalogue `key` with `params`; put into words at the edge."""

    retryable: ClassVar[bool] = False

    def __init__(
        self,
        key: str,
        *,
        params: Mapping[str, Scalar] | None = None,
        hint: str | None = None,
        exchange: Exchange | None = None,
    ) -> None:
        super().__init__(key)
        self.key = key
        self.params: dict[str, Scalar] = dict(params or {})
        self.hint = hint
        self.exchange = exchange

    def __str__(self) -> str:
        if not self.params:
            return self.key
        return self.key + " " + " ".join(f"{name}={value!r}" for name, value in self.params.items())


class ConfigurationError(ColisyncError):
    """A setting is wrong: pause the shop or contract and tell its owner."""


class MissingExtra(ConfigurationError):
    """An optional part is not installed; `params["command"]` installs it."""


class UnsupportedFeature(ColisyncError):
    """This backend cannot do that; raised before any call, from declared capabilities."""


class InvalidShipment(ColisyncError):
    """Our data cannot ship: `field` names the field, `key` + ".remedy" what the merchant does."""

    def __init__(
        self,
        key: str,
        *,
        field: str,
        params: Mapping[str, Scalar] | None = None,
        hint: str | None = None,
        exchange: Exchange | None = None,
    ) -> None:
        super().__init__(key, params=params, hint=hint, exchange=exchange)
        self.field = field


class StorageUnavailable(ColisyncError):
    """The database is locked, full or away; what was not stored is named in `params`."""

    retryable = True


class RemoteError(ColisyncError):
    """The other side failed or refused, always with its Exchange when one took place."""


class Unreachable(RemoteError):
    """No connection, or no answer to a request that may be repeated."""

    retryable = True


class RateLimited(RemoteError):
    """The remote asks to wait `retry_after` seconds."""

    retryable = True

    def __init__(
        self,
        key: str,
        *,
        retry_after: float | None = None,
        params: Mapping[str, Scalar] | None = None,
        exchange: Exchange | None = None,
    ) -> None:
        super().__init__(key, params=params, exchange=exchange)
        self.retry_after = retry_after


class RemoteUnavailable(RemoteError):
    """The remote's server is ill; later may work."""

    retryable = True


class AuthenticationFailed(RemoteError):
    """Credentials or rights were refused: the shop or contract pauses until they are renewed."""


class Rejected(RemoteError):
    """The remote's refusal, with its `code` and its own `text`."""

    def __init__(
        self,
        key: str,
        *,
        code: str,
        text: str,
        params: Mapping[str, Scalar] | None = None,
        hint: str | None = None,
        exchange: Exchange | None = None,
    ) -> None:
        super().__init__(
            key, params={"code": code, "text": text, **(params or {})}, hint=hint, exchange=exchange
        )
        self.code = code
        self.text = text


class NotFound(RemoteError):
    """The remote has no such thing."""


class UnreadableAnswer(RemoteError):
    """The answer is not what the remote's documentation says; its bytes are kept."""


class OutcomeUnknown(RemoteError):
    """Sent, and no complete answer: the thing may be done and billed. Reconcile, never repeat.

    `partial` is what came of the answer's body before it broke off.
    """

    partial: bytes = b""


class WebhookRejected(ColisyncError):
    """A webhook's signature or source failed; nothing of it was read."""
