"""The composition root: settings become wired services. The only place that names concrete
classes."""

from dataclasses import dataclass
from pathlib import Path

from colisync.observability import configure_logging
from colisync.plugins import Backends, SandboxCarriers, backend_locales
from colisync.ports.clock import Clock
from colisync.ports.secrets import SecretBox
from colisync.security.links import LabelLinks
from colisync.security.sealing import load_key, read_keys
from colisync.services.workbench import Progress, Silent, Workbench
from colisync.settings import Settings
from colisync.storage import migrate
from colisync.storage.store import Store
from colisync.wire.clock import SystemClock

LINK_DAYS = 30


@dataclass(frozen=True, slots=True)
class App:
    """Everything a process of Colisync works with."""

    settings: Settings
    bench: Workbench
    box: SecretBox
    links: LabelLinks | None

    def label_link(self, workspace: str, parcel_id: int) -> str:
        """The signed link to a label; empty without a public URL."""
        return self.links.url(parcel_id, workspace) if self.links else ""

    def close(self) -> None:
        """Connections and sessions are closed."""
        self.bench.backends.close()
        self.bench.store.close()


def catalogue_directories() -> list[Path]:
    """Where user texts are: the core's, then every connector's and carrier's own."""
    return [Path(__file__).parent / "locale", *backend_locales()]


def open_app(
    settings: Settings,
    *,
    sandbox: SandboxCarriers | None = None,
    progress: Progress | None = None,
    clock: Clock | None = None,
) -> App:
    """The wired application. A new database is made; one of another version is refused with the
    command that upgrades it."""
    settings.data.mkdir(parents=True, exist_ok=True)
    box = load_key(settings)
    clock = clock or SystemClock()
    store = Store(settings.database_url)
    migrate.make_or_require_current(store)
    backends = Backends(box, clock, public_url=settings.public_url, sandbox=sandbox)
    bench = Workbench(store, backends, clock, progress or Silent())
    links = LabelLinks(read_keys(settings), settings.public_url, LINK_DAYS)
    return App(settings, bench, box, links if settings.public_url else None)
