"""Everything that is due, in the order of an order's path."""

from collections.abc import Callable

from colisync.model.attention import Outcome
from colisync.services.buy_label import buy_label
from colisync.services.choose_method import choose_method
from colisync.services.follow_parcels import follow_parcels
from colisync.services.import_orders import import_orders
from colisync.services.reconcile import reconcile
from colisync.services.report import Report
from colisync.services.sweep import sweep
from colisync.services.workbench import Workbench
from colisync.services.write_back import write_back

LabelLink = Callable[[str, int], str]


def run_all(
    bench: Workbench, workspace: str, *, label_link: LabelLink, confirmed: bool = False
) -> Outcome:
    """sweep, reconcile, sync, ship, write-back, track; labels only for shops whose labels are
    automatic."""
    report = Report()
    report.add(sweep(bench, workspace))
    report.add(reconcile(bench, workspace))
    report.add(import_orders(bench, workspace))
    report.add(choose_method(bench, workspace))
    report.add(buy_label(bench, workspace, automatic=True, confirmed=confirmed))
    report.add(
        write_back(bench, workspace, label_link=lambda parcel: label_link(workspace, parcel))
    )
    report.add(follow_parcels(bench, workspace))
    return report.outcome()
