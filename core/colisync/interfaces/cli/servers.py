"""What stays up: the demo, the sandbox, the service."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Adds these commands to `app`."""
    app.command()(demo)
    app.command()(sandbox)


def demo(
    once: Annotated[bool, typer.Option("--once", help="Ends after the path.")] = False,
    directory: Annotated[Path, typer.Option(help="Where everything is written.")] = Path(".demo"),
    books: Annotated[
        Path | None, typer.Option(help="File for what shop and carrier saw, as JSON.")
    ] = None,
) -> None:
    """Plays the whole path on an emulated shop and carrier."""
    import shutil

    from colisync.sandbox.demo import Demo

    if (directory / "client.toml").exists():
        shutil.rmtree(directory)
    raise typer.Exit(Demo(directory, books=books).play(once=once))


def sandbox(
    latency: Annotated[float, typer.Option(help="Seconds before each answer.")] = 0.0,
) -> None:
    """Serves an empty emulated shop and carrier until Ctrl-C, and prints how to reach them."""
    import threading

    from colisync.sandbox.colissimo import ColissimoCarrierEmulator
    from colisync.sandbox.server import Server
    from colisync.sandbox.woocommerce import WooCommerceShop

    shop, carrier = WooCommerceShop(latency=latency), ColissimoCarrierEmulator(latency=latency)
    with Server(shop.app) as shop_server, Server(carrier.app) as carrier_server:
        print(f"WooCommerce  {shop_server.url}")
        print(f"  consumer_key     {shop.settings.consumer_key}")
        print(f"  consumer_secret  {shop.settings.consumer_secret}")
        print(f"Colissimo    {carrier_server.url}")
        print(f"  api_key          {carrier.settings.api_key}")
        print(f"  contract_number  {carrier.settings.contract_number}", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print()
