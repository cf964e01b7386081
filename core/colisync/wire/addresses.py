"""Which addresses may be called, and the socket to one of them."""

import ipaddress
import socket
import threading
from queue import Empty, SimpleQueue
from typing import NamedTuple

from colisync.errors import ConfigurationError
from colisync.wire.deadline import Stage, Watch

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Endpoint(NamedTuple):
    """One resolved address."""

    family: int
    address: tuple[str | int | bytes, ...]

    @property
    def host(self) -> str:
        """The IP address as text."""
        return str(self.address[0])


def is_public(text: str) -> bool:
    """True where the IP address belongs to the open internet.

    Loopback, private, link-local (the clouds' metadata service lives there), carrier-grade NAT,
    unique-local, multicast and reserved ranges do not, nor an IPv6 address that carries one.
    """
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    carried = _carried(address) if isinstance(address, ipaddress.IPv6Address) else None
    if carried is not None:
        address = carried
    return address.is_global and not address.is_multicast and not address.is_reserved


def _carried(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None)


def resolve(host: str, port: int, seconds: float) -> list[Endpoint]:
    """Every address of `host`. Raises OSError, TimeoutError after `seconds`.

    The system's resolver knows no time-out, so it runs in a thread that is left to itself.
    """
    answers: SimpleQueue[list[Endpoint] | OSError] = SimpleQueue()
    threading.Thread(target=_look_up, args=(host, port, answers), daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except Empty:
        raise TimeoutError(f"no address for {host} after {seconds:.0f} s") from None
    if isinstance(answer, OSError):
        raise answer
    return answer


def _look_up(host: str, port: int, answers: SimpleQueue[list[Endpoint] | OSError]) -> None:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        answers.put(error)
    except UnicodeError as error:
        answers.put(OSError(str(error)))
    else:
        answers.put([Endpoint(family, address) for family, _, _, _, address in found])


def allowed(host: str, found: list[Endpoint], *, local: bool) -> list[Endpoint]:
    """The endpoints that may be called. Raises ConfigurationError where none may."""
    kept = found if local else [endpoint for endpoint in found if is_public(endpoint.host)]
    if found and not kept:
        raise ConfigurationError(
            "wire.private_address", params={"host": host, "address": found[0].host}
        )
    return kept


def refuse_literal(host: str) -> None:
    """Returns unless `host` is itself a private IP address. Raises ConfigurationError."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return
    if not is_public(host):
        raise ConfigurationError("wire.private_address", params={"host": host, "address": host})


def open_socket(host: str, port: int, watch: Watch, *, local: bool) -> socket.socket:
    """A connection to the first allowed address that answers.

    It goes to the very address that was checked, so a name that resolves differently a moment
    later changes nothing. Raises OSError, ConfigurationError.
    """
    watch.stage = Stage.RESOLVE
    endpoints = allowed(host, resolve(host, port, watch.patience()), local=local)
    watch.stage = Stage.CONNECT
    failure: OSError = OSError(f"{host} has no address")
    for endpoint in endpoints:
        try:
            return _connect(endpoint, watch.connect_patience())
        except OSError as error:
            failure = error
    raise failure


def _connect(endpoint: Endpoint, seconds: float) -> socket.socket:
    opened = socket.socket(endpoint.family, socket.SOCK_STREAM)
    try:
        opened.settimeout(seconds)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        opened.connect(endpoint.address)
    except BaseException:
        opened.close()
        raise
    return opened
