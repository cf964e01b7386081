"""The composition root: settings become wired services. The only place that names concrete
classes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from colisync.errors import StorageUnavailable
from colisync.model.attention import Outcome
from colisync.plugins import Backends, SandboxCarriers, backend_locales
from colisync.ports.clock import Clock
from colisync.ports.queue import Handler
from colisync.ports.secrets import SecretBox
from colisync.security.links import LabelLinks
from colisync.security.sealing import load_key, read_keys
from colisync.services.keep_failures import FailureBook
from colisync.services.workbench import Progress, Silent, Workbench
from colisync.settings import Settings
from colisync.storage import migrate
from colisync.storage.store import Store
from colisync.wire.clock import SystemClock

LINK_DAYS = 30

Verb = Callable[[Workbench, str, Mapping[str, str]], Outcome]


@dataclass(frozen=True, slots=True)
class App:
    """Everything a process of Colisync works with."""

    settings: Settings
    bench: Workbench
    box: SecretBox
    links: LabelLinks | None
    failures: FailureBook

    def label_link(self, workspace: str, parcel_id: int) -> str:
        """The signed link to a label; empty without a public URL."""
        return self.links.url(parcel_id, workspace) if self.links else ""

    def handlers(self, progress: Callable[[], Progress] = Silent) -> dict[str, Handler]:
        """What each job of the queue does; each run has a progress of its own. No log shows a
        credential from here on."""
        from colisync.observability import mask

        self.bench.backends.hide_secrets(mask.register)
        return {job: self._handler(job, verb, progress) for job, verb in _verbs(self).items()}

    def _handler(self, job: str, verb: Verb, progress: Callable[[], Progress]) -> Handler:
        from colisync.observability import log

        def handle(args: Mapping[str, str]) -> None:
            bench = replace(self.bench, progress=progress())
            try:
                outcome = verb(bench, args["workspace"], args)
            except StorageUnavailable as error:
                # What was not stored may be named nowhere else.
                log.error("job.not_stored", job=job, **args, detail=str(error))
                raise
            finally:
                self.failures.write()
            counts = {name: number for name, number in outcome.counts.items() if number}
            if counts or outcome.attention:
                log.info(
                    "job.done", job=job, **args, counts=counts, attention=len(outcome.attention)
                )

        return handle

    def close(self) -> None:
        """Connections and sessions are closed, and what failed is written down."""
        self.bench.backends.close()
        self.failures.write()
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
    failures = FailureBook(store)
    backends = Backends(
        box,
        clock,
        public_url=settings.public_url,
        sandbox=sandbox,
        keep_failure=failures.note,
    )
    bench = Workbench(store, backends, clock, progress or Silent())
    links = LabelLinks(read_keys(settings), settings.public_url, LINK_DAYS)
    return App(settings, bench, box, links if settings.public_url else None, failures)


def _verbs(app: App) -> dict[str, Verb]:
    # Imported here: most commands need one verb.
    from colisync.services.buy_label import buy_label
    from colisync.services.choose_method import choose_method
    from colisync.services.follow_parcels import follow_parcels
    from colisync.services.import_orders import import_orders
    from colisync.services.reconcile import reconcile
    from colisync.services.report import Report
    from colisync.services.run_all import run_all
    from colisync.services.sweep import sweep
    from colisync.services.write_back import write_back

    def both(first: Outcome, second: Outcome) -> Outcome:
        report = Report()
        report.add(first)
        report.add(second)
        return report.outcome()

    return {
        "run": lambda bench, key, args: run_all(bench, key, label_link=app.label_link),
        "sync": lambda bench, key, args: both(
            import_orders(bench, key, shop_key=args.get("shop")), choose_method(bench, key)
        ),
        "ship": lambda bench, key, args: both(
            choose_method(bench, key), buy_label(bench, key, automatic=True)
        ),
        "write_back": lambda bench, key, args: write_back(
            bench, key, label_link=lambda parcel: app.label_link(key, parcel)
        ),
        "track": lambda bench, key, args: follow_parcels(bench, key),
        "reconcile": lambda bench, key, args: reconcile(bench, key),
        "sweep": lambda bench, key, args: sweep(bench, key),
    }
