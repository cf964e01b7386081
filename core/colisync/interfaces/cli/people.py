"""What a person decides about one order."""

from typing import Annotated

import typer

from colisync.interfaces.cli.session import JsonOption, WorkspaceOption, author, session

Order = Annotated[str, typer.Argument(help="shop/number, or the number alone if unique.")]


def register(app: typer.Typer) -> None:
    """Adds these commands to `app`."""
    for command in (edit, hold, release, retry, merge, split, void, relabel, reship):
        app.command()(command)


def edit(
    order: Order,
    changes: Annotated[list[str], typer.Argument(help="FIELD=VALUE, such as weight_g=1200.")],
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Corrects a shipment: address, weight, method, pick-up point. A sync never overwrites it."""
    from colisync.services.edit_shipment import edit_shipment

    with session(workspace, as_json=as_json) as work:
        wanted = dict(_pair(change) for change in changes)
        work.finish(edit_shipment(work.bench, work.key, order, wanted, author()))


def _pair(change: str) -> tuple[str, str]:
    field, mark, value = change.partition("=")
    if not mark or not field:
        raise typer.BadParameter(f"{change!r}: FIELD=VALUE")
    return field, value


def hold(order: Order, workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """Keeps an order back: nothing is bought until it is released."""
    from colisync.services.hold_shipment import hold

    with session(workspace, as_json=as_json) as work:
        work.finish(hold(work.bench, work.key, order))


def release(order: Order, workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """Lets an order go on: one that was held, or changed after its label."""
    from colisync.services.hold_shipment import release

    with session(workspace, as_json=as_json) as work:
        work.finish(release(work.bench, work.key, order))


def retry(order: Order, workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """Checks an order again after its cause was cured."""
    from colisync.services.hold_shipment import retry

    with session(workspace, as_json=as_json) as work:
        work.finish(retry(work.bench, work.key, order))


def merge(
    orders: Annotated[list[str], typer.Argument(help="Two orders or more of one buyer.")],
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Sends several orders of one buyer in one parcel."""
    from colisync.services.merge_shipments import merge_shipments

    with session(workspace, as_json=as_json) as work:
        work.finish(merge_shipments(work.bench, work.key, orders))


def split(
    order: Order,
    parcels: Annotated[int | None, typer.Option(help="So many boxes of equal weight.")] = None,
    weights: Annotated[str | None, typer.Option(help="Grams of each box: 800,1200.")] = None,
    lines: Annotated[
        str | None, typer.Option(help="Lines for a second shipment: LINE=QUANTITY,…")
    ] = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Sends an order in several boxes, or part of it in a second shipment."""
    from colisync.services.split_shipment import split_shipment

    with session(workspace, as_json=as_json) as work:
        work.finish(
            split_shipment(
                work.bench,
                work.key,
                order,
                parcels=parcels,
                weights=[_whole(part) for part in weights.split(",")] if weights else None,
                lines={k: _whole(v) for k, v in map(_pair, lines.split(","))} if lines else None,
            )
        )


def _whole(text: str) -> int:
    if not text.strip().isdigit():
        raise typer.BadParameter(f"{text!r}: a whole number")
    return int(text)


def void(order: Order, workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """Takes a label back: it must be destroyed, and its number leaves the shop."""
    from colisync.services.void_label import void_label

    with session(workspace, as_json=as_json) as work:
        work.finish(void_label(work.bench, work.key, order))


def relabel(order: Order, workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """Takes a label back and gets the order ready for a new one."""
    from colisync.services.void_label import relabel

    with session(workspace, as_json=as_json) as work:
        work.finish(relabel(work.bench, work.key, order))


def reship(
    order: Order,
    reason: Annotated[str, typer.Option(help="Why: lost, damaged, incomplete…")],
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Sends a second parcel for an order that already had one."""
    from colisync.services.reship import reship

    with session(workspace, as_json=as_json) as work:
        work.finish(reship(work.bench, work.key, order, reason))
