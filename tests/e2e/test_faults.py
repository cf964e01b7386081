"""Bad input and faults, through the command line: here what is set up wrongly.

Each fault of the first issue's paragraph, and the test that owns it. In all of them the error names
the thing and the next step, in words and in `--json`; the other orders go on; and in the end the
books of shop and carrier are compared with the database: nothing lost, nothing doubled.

| Fault                                  | Test                                                    |
|----------------------------------------|---------------------------------------------------------|
| wrong key, wrong secret                | test_refused_shop_credentials_…, over TLS each by name: |
|                                        | integration/test_woocommerce_connector                  |
| wrong carrier key                      | test_a_refused_carrier_key_…                            |
| read-only key                          | test_a_read_only_key_…                                  |
| a status that does not exist           | test_a_status_that_does_not_exist_…                     |
| shop down                              | faults_shop: test_a_shop_that_is_down_…                 |
| shop answering HTML, half a JSON       | faults_shop: test_a_shop_that_answers_…                 |
| an answer that drips for ever (shop)   | faults_shop: test_a_shop_that_drips_…                   |
| no address, weight, phone; emoji;      | faults_orders: test_a_bad_order_…, one row each         |
| 200-character street; unknown country  |                                                         |
| an order that does not read            | faults_orders: test_an_order_that_does_not_read_…       |
| carrier refusing                       | faults_carrier: test_a_refusal_…                        |
| carrier down                           | faults_carrier: test_a_carrier_that_fails_…             |
| carrier timing out after its label,    | faults_carrier: test_a_label_made_and_lost_…, one row   |
| an answer that drips (carrier), half   | each                                                    |
| of it, HTML in its place               |                                                         |
| database locked                        | faults_machine: test_a_locked_database_…                |
| disk full                              | faults_machine: test_a_full_disk_…                      |
| two `colisync ship` at once            | faults_machine: test_two_at_once_…                      |
| killed between any two lines           | test_kill; at every step of a purchase:                 |
|                                        | integration/test_service_buy_label                      |
"""

import pytest

from colisync.testing.scene import Scene

_BAD_KEY = "ck_" + "0" * 40
_BAD_SECRET = "cs_" + "0" * 40


@pytest.mark.parametrize("wrong", [{"WC_KEY": _BAD_KEY}, {"WC_SECRET": _BAD_SECRET}])
def test_refused_shop_credentials_pause_the_shop_until_new_ones_come(
    scene: Scene, wrong: dict[str, str]
) -> None:
    order = scene.order()
    scene.apply(env=wrong)
    (told,) = [one for one in scene.told("check") if one.order == "boutique"]
    assert told.code == "woocommerce.signature_refused"
    assert "clé ou secret faux" in told.text
    assert "Vérifiez les deux clés" in told.remedy
    assert "→ colisync apply" in told.remedy
    (paused,) = scene.told("run", "--yes")
    assert paused.code == "shop.paused"
    assert "La boutique boutique est en pause" in paused.text
    assert "clé ou secret faux" in paused.text
    assert "→ colisync check" in paused.remedy
    assert "est en pause" in scene.here("status", code=1).out
    scene.apply()
    scene.here("run", "--yes")
    scene.judge([order])


def test_the_same_is_said_in_english_where_the_terminal_is(scene: Scene) -> None:
    scene.apply(env={"WC_KEY": _BAD_KEY})
    said = scene.here("check", code=1, env={"LC_ALL": "en_GB.UTF-8"})
    assert "boutique : The shop refuses our signature" in said.out
    assert "→ colisync apply" in said.out


def test_refused_credentials_show_no_secret_anywhere(scene: Scene) -> None:
    scene.order()
    scene.apply(env={"WC_SECRET": _BAD_SECRET, "COLISSIMO_KEY": "cle-tres-secrete"})
    said = [scene.here(*words, code=1) for words in (["check"], ["check", "--json"], ["status"])]
    stored = (scene.directory / "data" / "colisync.db").read_bytes()
    for secret in (_BAD_SECRET, "cle-tres-secrete"):
        assert not any(secret in one.out + one.err for one in said)
        assert secret.encode() not in stored


def test_a_refused_carrier_key_pauses_the_contract_and_keeps_the_orders_ready(
    scene: Scene,
) -> None:
    orders = [scene.order() for _ in range(3)]
    scene.apply(env={"COLISSIMO_KEY": "0" * 32})
    told = scene.told("run", "--yes")
    assert {one.code for one in told} == {"colissimo.credentials"}
    assert "Colissimo refuse la clé" in told[0].text
    assert "→ colisync check" in told[0].remedy
    assert set(scene.states().values()) == {"ready"}
    (paused,) = scene.told("ship", "--yes")
    assert "Le contrat colissimo est en pause" in paused.text
    (checked,) = [one for one in scene.told("check") if one.order == "colissimo"]
    assert "Colissimo Box" in checked.remedy
    assert scene.labels() == []
    scene.apply()
    scene.here("run", "--yes")
    scene.judge(orders)


def test_a_read_only_key_is_found_by_check_and_blocks_no_label(scene: Scene) -> None:
    order = scene.order()
    keys = scene.shop.settings
    scene.apply(env={"WC_KEY": keys.readonly_key, "WC_SECRET": keys.readonly_secret})
    (told,) = [one for one in scene.told("check") if one.code == "woocommerce.key_read_only"]
    assert told.order == "boutique"
    assert "ne permet pas d'écrire" in told.text
    assert "Lecture/Écriture" in told.remedy
    (told,) = scene.told("run", "--yes")
    assert (told.order, told.code) == ("boutique", "woocommerce.key_read_only")
    assert scene.states() == {order: "labelled"}
    assert not [write for write in scene.shop.books()["writes"] if write["answer"] < 300]
    scene.apply()
    scene.finish([order])


def test_a_status_that_does_not_exist_is_named_with_the_nearest_and_never_sent(
    scene: Scene,
) -> None:
    """WooCommerce turns an order to `pending` when it is given a status it does not know."""
    orders = [scene.order(), scene.order()]
    scene.apply({'labelled = "completed"': 'labelled = "nope"'})
    (told,) = [one for one in scene.told("check") if one.code == "config.unknown_status"]
    assert told.field == "statuses.labelled"
    assert "le statut « nope » n'y existe pas. Vouliez-vous « completed » ?" in told.text
    assert "processing" in told.remedy
    for one in scene.told("run", "--yes"):
        assert one.order in orders
        assert "pas de statut « nope »" in one.text
        assert "statuses" in one.remedy
    scene.finish(orders)
    assert all(seen == ["processing"] for seen in scene.shop.books()["statuses"].values())


def test_a_status_that_was_corrected_is_told_at_the_next_retry(scene: Scene) -> None:
    order = scene.order()
    scene.apply({'labelled = "completed"': 'labelled = "nope"'})
    (told,) = scene.told("run", "--yes")
    scene.changes.clear()
    scene.apply()
    scene.here(*told.remedy.rpartition("→ colisync ")[2].split())
    scene.here("write-back")
    assert scene.shop.books()["statuses"] == {int(order[9:]): ["processing", "completed"]}
