"""What stays up and works: the web side with its workers, or workers alone."""

from typing import Annotated

import typer

from colisync.interfaces.cli.session import Session, session


def register(app: typer.Typer) -> None:
    """Adds these commands to `app`."""
    app.command()(serve)
    app.command()(worker)


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.")] = 8765,
    no_workers: Annotated[
        bool, typer.Option("--no-workers", help="Only the pages; `colisync worker` does the rest.")
    ] = False,
) -> None:
    """Serves label links and health, and does what is due, until Ctrl-C or SIGTERM."""
    from colisync.interfaces.web.site import WebServer
    from colisync.interfaces.worker import Workers, catch_signals

    with session(None, as_json=False) as work:
        _log()
        workers = Workers(work.app)
        server = WebServer(work.app, host, port, workers.stop_soon)
        catch_signals(server.stop_soon)
        _announce(work, server.url)
        try:
            if not no_workers:
                workers.start()
            server.serve_until_stopped()
        finally:
            workers.stop()
        work.console.say("serve.stopped")


def worker() -> None:
    """Does what is due, without pages, until Ctrl-C or SIGTERM."""
    from colisync.interfaces.worker import Workers, catch_signals

    with session(None, as_json=False) as work:
        _log()
        workers = Workers(work.app)
        catch_signals(workers.stop_soon)
        workers.start()
        work.console.say("worker.started")
        workers.wait()
        workers.stop()
        work.console.say("serve.stopped")


def _announce(work: Session, url: str) -> None:
    work.console.say("serve.started", url=url)
    if not work.app.settings.public_url:
        work.console.say("serve.no_public_url")


def _log() -> None:
    import sys

    from colisync.observability import configure_logging

    configure_logging(json=not sys.stderr.isatty())
