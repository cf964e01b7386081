"""What an owner types once: configuration, checks, database."""

from pathlib import Path
from typing import Annotated

import typer

from colisync.interfaces.cli.session import JsonOption, WorkspaceOption, session, speaking

Files = Annotated[list[Path], typer.Argument(help="Configuration files (TOML).")]


def register(app: typer.Typer) -> None:
    """Adds these commands to `app`."""
    app.command()(init)
    app.command()(apply)
    app.command("export-config")(export_config)
    app.command()(check)
    app.add_typer(_database(), name="db")


def init(
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write.")] = Path(
        "client.toml"
    ),
    answers: Annotated[
        Path | None, typer.Option("--answers", help="TOML file of answers; the rest is asked.")
    ] = None,
    pairs: Annotated[
        list[str] | None,
        typer.Option("--set", help="An answer: shop.url=https://… (or env:NAME, file:PATH)."),
    ] = None,
    non_interactive: Annotated[
        bool, typer.Option("--non-interactive", help="Asks nothing: defaults, or an error.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replaces the file and the client of that name.")
    ] = False,
) -> None:
    """Asks for the shop, the contract and the sender, tests them, and sets everything up."""
    from colisync.interfaces.cli.init import Wish, ask_and_apply

    ask_and_apply(Wish(output, answers, pairs or (), scripted=non_interactive, force=force))


def apply(
    files: Files,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only shows the changes.")] = False,
    prune: Annotated[bool, typer.Option("--prune", help="Removes what the file left out.")] = False,
    take_file: Annotated[
        bool, typer.Option("--take-file", help="The file wins over the console's changes.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Sets up clients from files; shows what changes; again without change it does nothing."""
    from colisync.services.apply_config import apply_config, plan
    from colisync.services.config_file import read_documents

    with session(None, as_json=as_json) as work:
        documents = read_documents(files)
        diffs = plan(work.bench, work.app.box, documents, prune=prune)
        for line in [line for diff in diffs for line in diff.lines]:
            work.console.print(line)
        if not any(diff.lines for diff in diffs):
            work.console.say("apply.unchanged")
        outcome = apply_config(
            work.bench,
            work.app.box,
            documents,
            dry_run=dry_run,
            prune=prune,
            take_file=take_file,
        )
        work.finish(outcome)


def export_config(workspace: WorkspaceOption = None) -> None:
    """Prints a client's configuration as a file; secrets stay sealed."""
    from colisync.services.export_config import export_config

    with session(workspace, as_json=False) as work:
        print(export_config(work.bench, work.key), end="")


def check(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """Tests every shop and contract, and says what is missing."""
    from colisync.services.check_setup import check_setup

    with session(workspace, as_json=as_json) as work:
        url = work.app.settings.public_url
        work.finish(work.each(lambda bench, key: check_setup(bench, key, public_url=url)))


def _database() -> typer.Typer:
    app = typer.Typer(no_args_is_help=True, help="The database.")

    @app.command()
    def upgrade() -> None:
        """Brings the database to this version."""
        from colisync.settings import Settings
        from colisync.storage import migrate
        from colisync.storage.store import Store

        with speaking(as_json=False) as console:
            settings = Settings.from_environment()
            settings.data.mkdir(parents=True, exist_ok=True)
            store = Store(settings.database_url)
            migrate.upgrade(store)
            store.close()
            console.say("db.current", revision=migrate.head())

    @app.command()
    def backup(target: Annotated[Path, typer.Argument(help="File to write.")]) -> None:
        """Copies the database to a file while it works; the secret key is not in it."""
        from colisync.storage import migrate

        with session(None, as_json=False) as work:
            migrate.backup(work.bench.store, target)
            work.console.say("db.backed_up", file=str(target))

    return app
