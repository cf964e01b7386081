"""What a failed try means: nothing left, or sent without an answer. Decided by how far it came."""

import socket
import ssl

from colisync.errors import Exchange, OutcomeUnknown, RemoteError, Scalar, Unreachable
from colisync.wire.deadline import Stage, Watch

_NOT_SENT = {
    Stage.WAIT: "wire.too_busy",
    Stage.RESOLVE: "wire.unknown_host",
    Stage.CONNECT: "wire.no_connection",
    Stage.TLS: "wire.tls",
    Stage.SEND: "wire.connection_lost",
    Stage.ANSWER: "wire.connection_lost",
}


def verdict(
    watch: Watch,
    cause: BaseException,
    *,
    repeatable: bool,
    params: dict[str, Scalar],
    exchange: Exchange,
) -> RemoteError:
    """Unreachable where nothing was sent or all may be repeated, else OutcomeUnknown."""
    if not watch.sent:
        params = {**params, "detail": root_of(cause)}
        return Unreachable(_NOT_SENT[watch.stage], params=params, exchange=exchange)
    if repeatable:
        key = "wire.timeout" if watch.timed_out else "wire.broken"
        return Unreachable(key, params=params, exchange=exchange)
    key = "wire.unknown_timeout" if watch.timed_out else "wire.unknown_broken"
    return OutcomeUnknown(key, params=params, exchange=exchange)


def is_hopeless(watch: Watch, cause: BaseException) -> bool:
    """True where another try would end the same: no such name, a certificate that does not hold."""
    return not watch.sent and any(
        isinstance(error, ssl.SSLCertVerificationError)
        or (isinstance(error, socket.gaierror) and error.errno == socket.EAI_NONAME)
        for error in _chain(cause)
    )


def root_of(cause: BaseException) -> str:
    """The first cause in few words."""
    root = _chain(cause)[-1]
    if isinstance(root, ssl.SSLCertVerificationError):
        return root.verify_message
    if isinstance(root, OSError) and root.strerror:
        return root.strerror
    return str(root)[:200]


def _chain(error: BaseException) -> list[BaseException]:
    chain = [error]
    while len(chain) < 20 and (cause := chain[-1].__cause__ or chain[-1].__context__):
        chain.append(cause)
    return chain
