"""What is proposed for what buyers can pick, by its words."""

import pytest

from colisync.model.shipping import ShippingChoice, ShippingMethod
from colisync.services.propose_rules import propose_rules, rules

METHODS = {
    key: ShippingMethod(
        key=key, name_key=key, needs_pickup_point=key == "pickup", is_return=key == "return_fr"
    )
    for key in ("return_fr", "home", "home_signature", "pickup")
}


def proposed(title: str, choice_id: str = "flat_rate:1", *, pickup: bool = False) -> str:
    choice = ShippingChoice(id=choice_id, title=title, pickup=pickup)
    return propose_rules([choice], "colissimo", METHODS, "Colissimo")[0].method


@pytest.mark.parametrize(
    ("title", "choice_id", "method"),
    [
        ("Livraison à domicile", "flat_rate:1", "home"),
        ("Forfait", "flat_rate:1", "home"),
        ("Livraison gratuite", "free_shipping:4", "home"),
        ("Colissimo sans signature", "lpc_nosign:1", "home"),
        ("Home delivery without signature", "flat_rate:9", "home"),
        ("Colissimo avec signature", "flat_rate:2", "home_signature"),
        ("Livraison contre signature", "flat_rate:2", "home_signature"),
        ("Expédition", "lpc_sign:3", "home_signature"),
        ("Remise en main propre à votre domicile", "flat_rate:2", "home_signature"),
        ("Point relais", "flat_rate:3", "pickup"),
        ("Colissimo en Point de Retrait", "flat_rate:3", "pickup"),
        ("Bureau de poste ou consigne Pickup", "flat_rate:3", "pickup"),
        ("Livraison", "lpc_relay:3", "pickup"),
        ("Retrait en magasin", "flat_rate:5", ""),
        ("Retrait à l'atelier", "flat_rate:5", ""),
        ("Gratuit", "local_pickup:5", ""),
        ("Click & Collect", "flat_rate:6", ""),
        ("Mondial Relay", "flat_rate:7", ""),
        ("Chronopost 13h à domicile", "flat_rate:8", ""),
        ("Design d'intérieur", "flat_rate:9", "home"),
        ("", "weird:1", "home"),
    ],
)
def test_words(title: str, choice_id: str, method: str) -> None:
    assert proposed(title, choice_id) == method


def test_what_the_connector_knows_to_be_a_point_is_one() -> None:
    assert proposed("Service proche", "sendcloud:2", pickup=True) == "pickup"


def test_own_carrier_is_no_other() -> None:
    choice = ShippingChoice(id="flat_rate:1", title="Colis Privé à domicile")
    assert propose_rules([choice], "cp", METHODS, "Colis Privé")[0].method == "home"


def test_rules_match_the_choice_exactly_and_leave_out_what_has_no_method() -> None:
    choices = [
        ShippingChoice(id="flat_rate:1", title="Domicile"),
        ShippingChoice(id="local_pickup:2", title="Retrait en boutique"),
    ]
    found = rules(propose_rules(choices, "colissimo", METHODS, "Colissimo"))
    assert [(rule.when.choice, rule.use.contract, rule.use.method) for rule in found] == [
        (("flat_rate:1",), "colissimo", "home")
    ]


def test_a_carrier_without_points_proposes_nothing_for_them() -> None:
    choice = ShippingChoice(id="lpc_relay:1", title="Relais")
    home = {"home": METHODS["home"]}
    assert propose_rules([choice], "c", home)[0].method == ""
