"""What is queued behind the scenes, and when. Pure."""

import threading

import pytest

from colisync.interfaces.worker import Schedule, Stoppable, wanted
from colisync.model.workspace import Shop
from colisync.queue import Stopped

ON_REQUEST = Shop(workspace="w", key="slow", platform="woocommerce")
AUTOMATIC = Shop(workspace="w", key="quick", platform="woocommerce", labels="automatic")


def jobs(*shops: Shop) -> list[str]:
    return [":".join((job, *list(args.values())[1:])) for job, args in wanted("w", shops)]


def test_labels_are_bought_only_where_a_shop_wants_them_by_itself() -> None:
    assert jobs(ON_REQUEST) == ["sweep", "sync:slow", "reconcile", "write_back", "track"]
    assert "ship" in jobs(ON_REQUEST, AUTOMATIC)


def test_a_paused_shop_is_left_alone() -> None:
    paused = AUTOMATIC.model_copy(update={"paused": "woocommerce.signature_refused"})
    assert jobs(paused) == ["sweep", "reconcile", "write_back", "track"]


def test_each_job_has_its_own_time() -> None:
    schedule = Schedule()

    def due(now: float) -> list[str]:
        return [job for job, _ in schedule.due(wanted("w", [AUTOMATIC]), now)]

    everything = ["sweep", "sync", "reconcile", "ship", "write_back", "track"]
    assert due(1000.0) == everything, "all of it at the start"
    assert due(1030.0) == []
    assert due(1060.0) == ["sweep", "ship", "write_back"]
    assert due(1300.0) == everything


def test_two_workspaces_do_not_wait_for_each_other() -> None:
    schedule = Schedule()
    schedule.due(wanted("one", []), 1000.0)
    assert [args["workspace"] for _, args in schedule.due(wanted("two", []), 1001.0)] == ["two"] * 4


def test_work_breaks_off_once_when_the_process_ends() -> None:
    stop = threading.Event()
    progress = Stoppable(stop)
    progress.begin("ship.progress", 2)
    progress.advance()
    stop.set()
    with pytest.raises(Stopped):
        progress.advance()
    progress.advance()  # what is under way may end in peace
    with pytest.raises(Stopped):
        Stoppable(stop).begin("ship.progress", 1)
