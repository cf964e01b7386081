"""Faults of the shop: down, answering with something else, or for ever. No label waits for it."""

from typing import Any

import pytest

from colisync.testing.scene import Scene

_PAGE = "<!DOCTYPE html><html><body><h1>Site en travaux</h1></body></html>"
_FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "html": ({"kind": "status_after", "status": 200, "body": _PAGE}, "woocommerce.page_instead"),
    "html 503": ({"kind": "status", "status": 503, "body": _PAGE}, "woocommerce.server_error"),
    "half a json": ({"kind": "truncate"}, "wire.broken"),
    "no answer": ({"kind": "reset"}, "wire.broken"),
    "words before": ({"kind": "prefix", "body": "Warning: broken("}, ""),
}


def test_a_shop_that_is_down_is_named_and_blocks_no_label(scene: Scene, impatient: None) -> None:
    orders = [scene.order(), scene.order()]
    scene.apply()
    scene.here("sync")
    address = scene.shop_server.port
    scene.shop_server.stop()
    told = scene.told("run", "--yes")
    assert {one.code for one in told} == {"wire.no_connection"}
    assert all("Pas de connexion possible à 127.0.0.1" in one.text for one in told)
    assert {one.order for one in told} == {"boutique", *orders}
    assert any("→ colisync sync --shop boutique" in one.remedy for one in told)
    assert all("→ colisync write-back" in one.remedy for one in told if one.order != "boutique")
    assert set(scene.states().values()) == {"labelled"}
    assert len(scene.labels()) == 2
    scene.reopen_shop(address)
    scene.finish(orders)


@pytest.mark.parametrize("name", _FAULTS)
def test_a_shop_that_answers_something_else_is_read_later_and_loses_nothing(
    scene: Scene, impatient: None, name: str
) -> None:
    fault, code = _FAULTS[name]
    orders = [scene.order(), scene.order()]
    scene.apply()
    scene.break_shop(times=1000, **fault)
    if code:
        (told,) = scene.told("sync")
        assert (told.order, told.code) == ("boutique", code)
        assert "→ colisync " in told.remedy
        assert [one.code for one in scene.told("check") if one.order == "boutique"] == [code]
    scene.shop.app.faults.clear()
    scene.here("run", "--yes")
    scene.judge(orders)


@pytest.mark.parametrize("name", _FAULTS)
def test_a_shop_that_breaks_while_it_is_told_is_told_once(
    scene: Scene, impatient: None, name: str
) -> None:
    """The write may have reached the shop: the next try reads before it writes."""
    fault, _ = _FAULTS[name]
    orders = [scene.order(), scene.order(), scene.order()]
    scene.apply()
    scene.here("sync")
    scene.here("ship", "--yes")
    scene.break_shop(times=4, method="POST", **fault)
    done = scene.here("write-back", "--json", code=None)
    assert done.code in (0, 1), done.out
    assert all(one["remedy"] for one in done.json["attention"])
    assert done.code or done.json["counts"]["written_back"] == 3
    scene.shop.app.faults.clear()
    scene.finish(orders)


def test_a_shop_that_drips_for_ever_ends_at_the_deadline(scene: Scene, impatient: None) -> None:
    order = scene.order()
    scene.apply()
    scene.break_shop("drip", times=1000, seconds=0.05)
    (told,) = scene.told("sync")
    assert (told.order, told.code) == ("boutique", "wire.timeout")
    assert "n'a pas répondu à temps" in told.text
    assert "hébergeur" in told.remedy
    scene.shop.app.faults.clear()
    scene.here("sync")
    scene.here("ship", "--yes")
    scene.break_shop("drip", times=1000, seconds=0.05)
    for one in scene.told("write-back"):
        assert one.order in ("boutique", order)
        assert "n'a pas répondu à temps" in one.text
    scene.shop.app.faults.clear()
    scene.finish([order])


def test_the_command_named_for_an_untold_order_tells_it(scene: Scene, impatient: None) -> None:
    order = _untold(scene)
    scene.here("write-back")
    scene.judge([order])


def test_status_says_what_the_shop_was_not_told(scene: Scene, impatient: None) -> None:
    order = _untold(scene)
    assert order in [one.order for one in scene.told("status")]


def _untold(scene: Scene) -> str:
    """An order that has its label, and whose shop broke off when it was told."""
    order = scene.order()
    scene.apply()
    scene.here("sync")
    scene.here("ship", "--yes")
    scene.break_shop("reset", times=1000)
    (told,) = scene.told("write-back")
    assert "→ colisync write-back" in told.remedy
    scene.shop.app.faults.clear()
    return order
