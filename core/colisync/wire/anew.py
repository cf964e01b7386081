"""Readings whose every try must be made anew, since each carries a signature that serves once."""

from collections.abc import Callable

from colisync.errors import OutcomeUnknown, Unreachable
from colisync.ports.clock import Clock
from colisync.ports.http import HttpAnswer

_BUSY = frozenset({502, 503, 504})


def read_anew(send: Callable[[], HttpAnswer], clock: Clock) -> HttpAnswer:
    """The answer of `send`, which makes, signs and sends the reading; called up to three times.

    Raises Unreachable where no answer came: a lost reading has changed nothing.
    """
    pauses = [1.5, 0.5]
    while True:
        try:
            answer = send()
        except OutcomeUnknown as error:
            if not pauses or error.key == "wire.unknown_timeout":  # the deadline is over
                key = error.key.replace("unknown_", "")
                raise Unreachable(key, params=error.params, exchange=error.exchange) from error
        else:
            if not pauses or answer.status not in _BUSY:
                return answer
        clock.sleep(pauses.pop())
