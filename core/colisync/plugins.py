"""Connectors and carriers, found through entry points; ours are declared like anybody's."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, partial
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from colisync.errors import ConfigurationError, Exchange
from colisync.model.workspace import Contract, Shop
from colisync.ports.carrier import Carrier
from colisync.ports.clock import Clock
from colisync.ports.context import BackendContext
from colisync.ports.secrets import SecretBox
from colisync.ports.shop import ShopConnector

if TYPE_CHECKING:
    from colisync.wire.http import RemoteSession

SandboxCarriers = Callable[[str], Mapping[str, Any]]
"""Settings of the sandbox's stand-in for a carrier: base_url, local and credentials."""

KeepFailure = Callable[[str, str, Exchange], None]
"""Keeps a failed exchange of a workspace's remote ("shop:boutique", "contract:colissimo")."""

SHOP_CONCURRENCY = 4
"""Requests in flight at one shop: hosts of small shops bear no more."""


@cache
def connector_class(platform: str) -> type[ShopConnector]:
    """The connector of a platform. Raises ConfigurationError naming those installed."""
    found: type[ShopConnector] = _load("colisync.connectors", platform, "plugins.unknown_platform")
    return found


@cache
def carrier_class(key: str) -> type[Carrier]:
    """The carrier of that key. Raises ConfigurationError naming those installed."""
    found: type[Carrier] = _load("colisync.carriers", key, "plugins.unknown_carrier")
    return found


def platforms() -> list[str]:
    """The platforms that a connector is installed for."""
    return sorted({point.name for point in entry_points(group="colisync.connectors")})


def carriers() -> list[str]:
    """The carriers that are installed."""
    return sorted({point.name for point in entry_points(group="colisync.carriers")})


def _load(group: str, name: str, error_key: str) -> Any:
    points = {point.name: point for point in entry_points(group=group)}
    if name not in points:
        known = ", ".join(sorted(points))
        raise ConfigurationError(error_key, params={"name": name, "known": known})
    return points[name].load()


class Backends:
    """Opened connectors and carriers, each opened once with its own pooled session.

    `sandbox` gives the stand-in's settings for a carrier; without it, a contract that asks for
    the sandbox raises ConfigurationError. `keep_failure` is called from any thread, in the middle
    of a call: it must neither wait nor raise.
    """

    def __init__(
        self,
        box: SecretBox,
        clock: Clock,
        *,
        public_url: str = "",
        sandbox: SandboxCarriers | None = None,
        keep_failure: KeepFailure | None = None,
    ) -> None:
        self._box = box
        self._clock = clock
        self._public_url = public_url
        self._sandbox = sandbox
        self._keep_failure = keep_failure
        self._secrets: set[str] = set()
        self._hide: Callable[[Iterable[str]], None] = _nobody_logs
        self._opened: dict[tuple[str, ...], Any] = {}
        self._sessions: list[RemoteSession] = []
        self._lock = Lock()

    def shop(self, shop: Shop) -> ShopConnector:
        """The connector of `shop`, with its credentials unsealed."""
        credentials = self._open_sealed(shop.sealed)
        values = {
            **shop.options,
            "url": shop.url,
            "local": shop.local,
            "orders_since": shop.orders_since,
            "ship_statuses": shop.ship_statuses,
            **credentials,
        }
        kind = connector_class(shop.platform)
        key = ("shop", shop.workspace, shop.key, _identity(shop) + shop.sealed)
        connector: ShopConnector = self._open(
            key,
            kind,
            values,
            shop.url,
            secrets=list(credentials.values()),
            local=shop.local,
            concurrency=SHOP_CONCURRENCY,
        )
        return connector

    def carrier(self, contract: Contract, *, rehearsal: bool = False) -> Carrier:
        """The carrier of `contract`; in rehearsal, or until a contract arrives, its stand-in."""
        kind = carrier_class(contract.carrier)
        values: dict[str, Any] = dict(contract.options)
        credentials: dict[str, str] = {}
        if rehearsal or contract.is_stand_in:
            values |= self._stand_in(contract)
        else:
            if contract.base_url:
                values["base_url"] = contract.base_url
            credentials = self._open_sealed(contract.sealed)
            values |= {"local": contract.local, **credentials}
        content = _identity(contract) + contract.sealed
        key = ("carrier", contract.workspace, contract.key, str(rehearsal), content)
        base_url = str(values.get("base_url") or kind.settings.model_fields["base_url"].default)
        carrier: Carrier = self._open(
            key,
            kind,
            values,
            base_url,
            secrets=list(credentials.values()),
            local=bool(values["local"]),
            concurrency=contract.concurrency,
        )
        return carrier

    def _open_sealed(self, sealed: str) -> dict[str, str]:
        """Credentials, or none where none were given yet; hidden from every log from here on."""
        credentials = self._box.open(sealed) if sealed else {}
        new = set(credentials.values()) - self._secrets
        if new:
            self._secrets |= new
            self._hide(new)
        return credentials

    def hide_secrets(self, hide: Callable[[Iterable[str]], None]) -> None:
        """`hide` is told every credential that is opened, and at once those that were."""
        self._hide = hide
        hide(self._secrets)

    def _stand_in(self, contract: Contract) -> Mapping[str, Any]:
        if self._sandbox is None:
            raise ConfigurationError("plugins.no_sandbox", params={"contract": contract.key})
        return self._sandbox(contract.carrier)

    def _open(
        self,
        key: tuple[str, ...],
        kind: Any,
        values: Mapping[str, Any],
        base_url: str,
        *,
        secrets: Sequence[str],
        local: bool,
        concurrency: int,
    ) -> Any:
        # Imported late: `status` calls nobody.
        from colisync.wire.http import RemoteSession

        with self._lock:
            if key not in self._opened:
                settings = read_settings(kind.settings, values)
                session = RemoteSession(
                    base_url,
                    clock=self._clock,
                    local=local,
                    concurrency=concurrency,
                    secrets=secrets,
                    on_failure=self._keeper(key),
                )
                self._sessions.append(session)
                context = BackendContext(
                    http=session,
                    clock=self._clock,
                    public_url=self._public_url,
                    concurrency=concurrency,
                )
                self._opened[key] = kind.open(settings, context)
            return self._opened[key]

    def _keeper(self, key: tuple[str, ...]) -> Callable[[Exchange], None] | None:
        if self._keep_failure is None:
            return None
        kind = "shop" if key[0] == "shop" else "contract"
        return partial(self._keep_failure, key[1], f"{kind}:{key[2]}")

    def close(self) -> None:
        """Every session is closed."""
        for session in self._sessions:
            session.close()


def _nobody_logs(secrets: Iterable[str]) -> None:
    """Most commands log nothing, and do not wait for what would."""


def _identity(noun: Shop | Contract) -> str:
    """What makes another backend of it; a pause does not."""
    return noun.model_dump_json(exclude={"paused", "sealed"})


def read_settings(model: type[BaseModel], values: Mapping[str, Any]) -> BaseModel:
    """`values` as the backend's settings. Raises ConfigurationError naming the first wrong field,
    never its value."""
    present = {name: value for name, value in values.items() if value not in ("", None, ())}
    try:
        return model.model_validate(_nested(present))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(
            "plugins.bad_setting", params={"field": field, "detail": first["msg"]}
        ) from None


def backend_locales() -> list[Path]:
    """The `locale` directory of every installed connector and carrier that has one."""
    found = []
    for group in ("colisync.connectors", "colisync.carriers"):
        for point in entry_points(group=group):
            spec = find_spec(point.module)
            for place in spec.submodule_search_locations or () if spec else ():
                directory = Path(place) / "locale"
                if directory.is_dir():
                    found.append(directory)
    return found


def _nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """Flat names ("home_fr.username") as the nested settings they were written as."""
    result: dict[str, Any] = {}
    for name, value in values.items():
        group, dot, inner = name.partition(".")
        if dot:
            result.setdefault(group, {})[inner] = value
        else:
            result[name] = value
    return result
