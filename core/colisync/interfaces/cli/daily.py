"""What a warehouse types every day."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from colisync.interfaces.cli.session import JsonOption, Session, WorkspaceOption, session

if TYPE_CHECKING:
    from colisync.model.attention import Outcome
    from colisync.services.workbench import Workbench

Orders = Annotated[list[str] | None, typer.Argument(help="shop/number, or the number alone.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Confirms the first or a large batch.")]
ShopOption = Annotated[str | None, typer.Option("--shop", help="Only this shop.")]


def register(app: typer.Typer) -> None:
    """Adds these commands to `app`."""
    app.command()(sync)
    app.command()(ship)
    app.command("write-back")(write_back)
    app.command()(track)
    app.command()(run)
    app.command()(reconcile)
    app.command()(status)
    app.command()(label)


def sync(
    shop: ShopOption = None, workspace: WorkspaceOption = None, as_json: JsonOption = False
) -> None:
    """Reads new and changed orders, and gives each its shipping method."""
    from colisync.services.choose_method import choose_method
    from colisync.services.import_orders import import_orders

    with session(workspace, as_json=as_json) as work:
        work.finish(
            work.each(lambda bench, key: import_orders(bench, key, shop_key=shop), choose_method)
        )


def ship(
    orders: Orders = None,
    yes: Yes = False,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Buys the labels of the orders that are ready, or of those named."""
    from colisync.services.choose_method import choose_method
    from colisync.services.left_behind import left_behind
    from colisync.services.sweep import sweep

    with session(workspace, as_json=as_json) as work:
        named = orders or None
        if named:
            work.require_one()
        report = work.each(sweep, lambda bench, key: choose_method(bench, key, orders=named))
        bought = _buy(work, named, confirmed=yes)
        if _asks(bought) and _agrees(work, bought):
            bought = _buy(work, named, confirmed=True)
        report = _together(report, bought)
        if named and not _asks(bought):
            report = _together(report, left_behind(work.bench, work.key, named, report))
        work.finish(report)


def _buy(work: Session, orders: list[str] | None, *, confirmed: bool) -> "Outcome":
    from colisync.services.buy_label import buy_label
    from colisync.services.find_order import order_ids

    def verb(bench: "Workbench", key: str) -> "Outcome":
        wanted = order_ids(bench, key, orders) if orders else None
        return buy_label(bench, key, order_ids=wanted, confirmed=confirmed)

    return work.each(verb)


def _asks(outcome: "Outcome") -> bool:
    return any(one.code in ("ship.first_batch", "ship.large_batch") for one in outcome.attention)


def _agrees(work: Session, outcome: "Outcome") -> bool:
    if work.console.as_json or not work.console.out.is_terminal:
        return False
    for one in outcome.attention:
        work.console.say(one.code, **one.params)
    return work.console.confirm("cli.go_on", default=False)


def _together(first: "Outcome", second: "Outcome") -> "Outcome":
    from colisync.model.attention import Outcome

    counts = {**first.counts}
    for name, number in second.counts.items():
        counts[name] = counts.get(name, 0) + number
    return Outcome(counts=counts, attention=(*first.attention, *second.attention))


def write_back(
    shop: ShopOption = None, workspace: WorkspaceOption = None, as_json: JsonOption = False
) -> None:
    """Gives the numbers and statuses back to the shops."""
    from colisync.services.write_back import write_back

    with session(workspace, as_json=as_json) as work:

        def verb(bench: "Workbench", key: str) -> "Outcome":
            return write_back(
                bench,
                key,
                shop_key=shop,
                hurry=True,
                label_link=lambda one: work.app.label_link(key, one),
            )

        work.finish(work.each(verb))


def track(
    every: Annotated[bool, typer.Option("--all", help="Not only those that are due.")] = False,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Asks the carriers where the parcels are."""
    from colisync.services.follow_parcels import follow_parcels

    with session(workspace, as_json=as_json) as work:
        work.finish(
            work.each(lambda bench, key: follow_parcels(bench, key, now_due_only=not every))
        )


def run(yes: Yes = False, workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """Everything that is due: sweep, reconcile, sync, ship, write-back, track."""
    from colisync.services.run_all import run_all

    with session(workspace, as_json=as_json) as work:
        work.finish(
            work.each(
                lambda bench, key: run_all(
                    bench, key, label_link=work.app.label_link, confirmed=yes
                )
            )
        )


def reconcile(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """Finds out what became of labels whose answer was lost."""
    from colisync.services.reconcile import reconcile
    from colisync.services.sweep import sweep

    with session(workspace, as_json=as_json) as work:
        work.finish(work.each(sweep, reconcile))


def status(
    orders: Orders = None,
    every: Annotated[bool, typer.Option("--all", help="Lists every order.")] = False,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Where everything stands, and what needs a person."""
    from colisync.services.report import Report
    from colisync.services.show_status import OrderStatus, show_status

    with session(workspace, as_json=as_json) as work:
        work.require_some()
        report = Report()
        rows: list[OrderStatus] = []
        for key in work.keys:
            overview = show_status(work.bench, key, named=orders or (), every=every)
            report.add(overview.outcome)
            rows += overview.orders
        if rows:
            work.console.statuses(rows)
        work.console.finish(report.outcome(), orders=[row.model_dump() for row in rows])


def label(
    order: Annotated[str | None, typer.Argument(help="shop/number, or the number alone.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write.")] = None,
    not_printed: Annotated[
        bool, typer.Option("--not-printed", help="All labels that nobody printed yet.")
    ] = False,
    reprint: Annotated[
        str | None, typer.Option("--reprint", help="From the last batch, such as 37..60.")
    ] = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Writes labels to a file, and marks them printed."""
    from colisync.services.print_labels import Wanted, print_labels

    with session(workspace, as_json=as_json) as work:
        wanted = Wanted(order=order or "", not_printed=not_printed, reprint=reprint or "")
        work.finish(print_labels(work.bench, work.key, wanted, output))
