"""First contact with a live shop that shipped nearly all of its orders with another tool."""

from collections import Counter
from typing import Any

import pytest

from colisync.testing.scene import Scene

_SHIPPED, _OPEN = 1900, 100


def _order(number: int) -> dict[str, Any]:
    """The fields of one old order; of ten, three have the official plug-in's number, two that of
    another tool, two a note of Shipment Tracking, two are completed and one was refunded."""
    fields: dict[str, Any] = {
        "status": "processing",
        "shipping_lines": ["flat_rate:1"],
        "date_created_gmt": f"2026-{1 + number % 9:02}-15T10:00:00",
        "date_modified_gmt": f"2026-{1 + number % 9:02}-15T10:00:00",
    }
    if number >= _SHIPPED:
        return fields
    kind = number % 10
    if kind < 3:
        fields["meta_data"] = {"lpc_outward_parcel_number": f"6A{number:011}"}
    elif kind < 5:
        fields["meta_data"] = {"_tracking_number": f"XY{number:09}FR"}
    elif kind < 7:
        item = {"tracking_provider": "Colissimo", "tracking_number": f"8R{number:011}"}
        fields["meta_data"] = {"_wc_shipment_tracking_items": [item]}
    else:
        fields["status"] = "completed" if kind < 9 else "refunded"
    return fields


@pytest.fixture
def old_shop(scene: Scene) -> Scene:
    """A shop of 2,000 old orders, 1,900 of them shipped elsewhere or closed."""
    for number in range(_SHIPPED + _OPEN):
        scene.shop.add_order(**_order(number))
    scene.apply()
    return scene


def test_the_first_run_labels_none_and_says_why(old_shop: Scene) -> None:
    done = old_shop.here("run", "--json", code=1)
    counts = done.json["counts"]
    assert counts["orders_new"] == 2000
    assert counts["shipped_elsewhere"] + counts.get("cancelled", 0) == _SHIPPED
    assert counts["to_ship"] == _OPEN
    (told,) = done.json["attention"]
    assert told["code"] == "ship.first_batch"
    assert "Premières étiquettes de boutique : 100 envois sont prêts" in told["text"]
    assert "rien n'est encore acheté" in told["text"]
    assert "→ colisync ship --yes" in told["remedy"]
    _untouched(old_shop)


def test_what_is_ready_is_counted_once(scene: Scene) -> None:
    for _ in range(3):
        scene.order()
    scene.apply()
    assert scene.counts("run", code=1)["ready"] == 3


def test_a_run_in_words_says_how_many_another_tool_shipped(old_shop: Scene) -> None:
    said = old_shop.here("run", code=1).out
    assert "expédiées par un autre outil" in said
    assert "! Premières étiquettes de boutique" in said
    states = Counter(old_shop.states().values())
    assert states["ready"] == _OPEN
    assert states["shipped_elsewhere"] + states["cancelled"] == _SHIPPED
    assert "Expédié par un autre outil" in old_shop.here("status", "--all", code=None).out
    old_shop.here("run", code=1)  # nor does the second one
    _untouched(old_shop)


def test_orders_before_the_day_are_not_even_read(scene: Scene) -> None:
    for number in range(60):
        scene.shop.add_order(**_order(number))
    recent = scene.order()
    scene.apply({'orders_since = "2020-01-01"': 'orders_since = "2026-11-01"'})
    counts = scene.counts("sync")
    assert (counts["orders_read"], counts["to_ship"]) == (1, 1)
    assert scene.states() == {recent: "ready"}


def test_labels_on_request_are_not_bought_by_a_run(scene: Scene) -> None:
    """The default of a new shop: `run` only reads."""
    orders = [scene.order(), scene.order()]
    scene.apply({'labels = "automatic"': 'labels = "on_request"'})
    counts = scene.counts("run", "--yes")
    assert counts["on_request"] == 2
    _untouched(scene)
    scene.here("ship", orders[0], "--yes")
    scene.here("write-back")
    scene.judge(orders[:1])


def _untouched(scene: Scene) -> None:
    """No label in the carrier's books, no write, note or mail in the shop's."""
    books = scene.shop.books()
    assert scene.labels() == []
    assert scene.carrier.books()["requests"] == 0
    assert books["writes"] == []
    assert not any(note for notes in books["notes"].values() for note in notes)
    assert books["mails"] == []
