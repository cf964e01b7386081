"""Faults of the carrier: its refusals, its outages, and labels whose answer is lost."""

from typing import Any

import pytest

from colisync.testing.scene import Scene

_PAGE = "<html><body>Service indisponible</body></html>"
_LOST: dict[str, dict[str, Any]] = {
    "timed out after its label": {"kind": "hang", "seconds": 3.0},
    "closed after its label": {"kind": "lost_answer"},
    "drips for ever": {"kind": "drip", "seconds": 0.05},
    "an error after its label": {"kind": "status_after", "status": 500, "body": _PAGE},
    "a page in its place": {"kind": "status_after", "status": 200, "body": _PAGE},
}


@pytest.mark.parametrize("name", _LOST)
def test_a_label_made_and_lost_is_never_bought_blindly(
    scene: Scene, impatient: None, name: str
) -> None:
    """The parcel waits as `uncertain`; the new try has a new reference, the old one is listed."""
    orders = [scene.order() for _ in range(3)]
    scene.apply()
    scene.here("sync")
    scene.break_carrier(order=orders[1], **_LOST[name])
    (told,) = scene.told("ship", "--yes")
    assert told.order == orders[1]
    assert "étiquette a peut-être été faite" in told.text or "peut-être abouti" in told.text
    assert "Ne refaites rien" in told.remedy
    assert "→ colisync reconcile" in told.remedy
    assert scene.states()[orders[1]] == "uncertain"
    assert "Réponse perdue" in scene.here("status", "--all", code=None).out
    assert len(scene.labels()) == 3
    scene.here("ship", "--yes", code=None)
    assert len(scene.labels()) == 3, "bought again before anybody asked what became of it"
    scene.finish(orders)
    ((orphan, possible),) = scene.query("SELECT reference, possible FROM orphans")
    assert orphan == told.parcel
    assert possible
    references = [one["reference"] for one in scene.labels()]
    assert len(references) == len(set(references)) == 4


def test_an_answer_cut_after_its_number_forgets_no_number(scene: Scene) -> None:
    """The first half of the answer holds the number: it is kept, and the label fetched again."""
    orders = [scene.order(), scene.order()]
    scene.apply()
    scene.here("sync")
    scene.break_carrier("truncate", orders[0])
    scene.here("ship", "--yes", code=None)
    scene.finish(orders)
    assert len(scene.labels()) == 2, "the number was thrown away and bought again"


def test_a_refusal_is_said_in_our_words_and_stops_no_other(scene: Scene) -> None:
    first, order, last = [scene.order() for _ in range(3)]
    scene.apply()
    scene.carrier.refuse(order[9:], "30700")
    (told,) = scene.told("run", "--yes")
    assert told.order == order
    assert "n'a pas ce produit" in told.text
    assert "interlocuteur commercial" in told.remedy
    assert f"→ colisync edit {order}" in told.remedy
    assert scene.states()[order] == "attention"
    scene.judge([first, last])
    scene.carrier.refuse_no_more()
    scene.here("retry", order)
    scene.here("run", "--yes")
    scene.judge([first, order, last])


def test_a_carrier_that_fails_leaves_every_order_for_later(scene: Scene) -> None:
    """503 without an answer of theirs: something may have been made, so each is looked into."""
    orders = [scene.order() for _ in range(8)]
    scene.apply()
    scene.here("sync")
    scene.break_carrier("status", times=1000, status=503, body=_PAGE)
    told = scene.told("ship", "--yes")
    assert 0 < len(told) <= 8
    assert all("Colissimo a échoué (HTTP 503)" in one.text for one in told)
    assert scene.labels() == []
    scene.carrier.app.faults.clear()
    scene.finish(orders)


def test_a_carrier_that_asks_to_wait_is_obeyed(scene: Scene) -> None:
    orders = [scene.order() for _ in range(3)]
    scene.apply()
    scene.here("sync")
    scene.break_carrier("status", orders[1], status=429, headers={"Retry-After": "1"})
    (told,) = scene.told("ship", "--yes")
    assert told.order == orders[1]
    assert "demande d'attendre" in told.text
    assert scene.states()[orders[1]] == "ready"
    scene.here("run", "--yes")
    scene.judge(orders)
    assert scene.query("SELECT COUNT(*) FROM orphans") == [(0,)]


def test_a_carrier_that_is_away_made_nothing(scene: Scene) -> None:
    orders = [scene.order(), scene.order()]
    scene.apply()
    scene.here("sync")
    port = scene.carrier_server.port
    scene.carrier_server.stop()
    for one in scene.told("ship", "--yes"):
        assert "Pas de connexion possible" in one.text
    assert set(scene.states().values()) == {"ready"}
    scene.reopen_carrier(port)
    scene.finish(orders)
    assert scene.query("SELECT COUNT(*) FROM orphans") == [(0,)]
