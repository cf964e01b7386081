"""The command `colisync`."""

import typer

from colisync.interfaces.cli import daily, doctor, people, servers, services, setup


def build() -> typer.Typer:
    """The whole command, with every sub-command."""
    app = typer.Typer(
        name="colisync",
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        help="Your own Colissimo contract, in the shops where the orders are.",
    )
    for module in (daily, people, setup, doctor, services, servers):
        module.register(app)
    return app


def main() -> None:
    """Runs one command and ends the process with its exit code."""
    build()()
