"""`colisync init`: from answers in a file, and in conversation on a terminal."""

import re
import signal
import stat
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from colisync.testing.command import Installation
from colisync.testing.terminal import Terminal

ANSWERS = """\
name = "Atelier Lumière"
[shop]
url = "{shop}"
local = true
consumer_key = "env:WC_KEY"
consumer_secret = "env:WC_SECRET"
[contract]
base_url = "{carrier}"
local = true
api_key = "env:COLISSIMO_KEY"
contract_number = "900001"
[sender]
street = "12 rue des Lilas"
postcode = "69003"
city = "Lyon"
phone = "+33400000000"
email = "expedition@example.org"
"""
METHODS = [
    {"method_id": "flat_rate", "title": "Domicile", "cost": "6.90"},
    {"method_id": "flat_rate", "title": "Contre signature", "cost": "8.90"},
    {"method_id": "lpc_relay", "title": "Point relais", "cost": "4.90"},
    {"method_id": "flat_rate", "title": "Retrait en magasin"},
]


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[Installation]:
    with Installation(tmp_path) as made:
        made.shop.add_zone("France", ["FR"], METHODS)
        urls = {"shop": made.shop_server.url, "carrier": made.carrier_server.url}
        (tmp_path / "answers.toml").write_text(ANSWERS.format(**urls), encoding="utf-8")
        yield made


def scripted(installed: Installation, *more: str, code: int = 0) -> str:
    done = installed.run("init", "--answers", "answers.toml", "--non-interactive", *more, code=code)
    return done.out + done.err


def test_answers_from_a_file(installed: Installation) -> None:
    told = scripted(installed, "-o", "client.toml")
    file = installed.directory / "client.toml"
    content = tomllib.loads(file.read_text(encoding="utf-8"))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert content["workspace"]["key"] == "atelier-lumiere"
    assert "mode" not in content["workspace"], "a contract that answers: live"
    assert [(rule["when"]["choice"], rule["use"]["method"]) for rule in content["rules"]] == [
        (["flat_rate:1"], "home"),
        (["flat_rate:2"], "home_signature"),
        (["lpc_relay:3"], "pickup"),
    ]
    assert content["shops"][0]["credentials"] == content["contracts"][0]["credentials"] == "sealed"
    for secret in (installed.environment["WC_SECRET"], installed.environment["COLISSIMO_KEY"]):
        assert secret not in file.read_text(encoding="utf-8") + told
    order = installed.order()
    installed.run("apply", "client.toml")
    installed.run("sync")
    assert order in installed.run("status", "--all").out


def test_a_wrong_key_in_a_script_ends_it_and_leaves_nothing(installed: Installation) -> None:
    told = scripted(installed, "--set", "shop.consumer_secret=cs_" + "9" * 40, code=1)
    assert "secret" in told
    assert "9" * 40 not in told
    left = {path.name for path in installed.directory.iterdir()}
    assert left == {"answers.toml"}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--set", "shop.consumer_key=env:NOT_THERE"), "NOT_THERE"),
        (("--set", "sender.countri=FR"), "country"),
        (("--set", "label_format=gif"), "gif"),
        (("--set", "rules.flat_rate:1=by_air"), "by_air"),
        (("--set", "nme=x"), "name"),
        (("-o", "answers.toml"), "answers.toml"),
    ],
)
def test_wrong_answers_are_named(installed: Installation, more: tuple[str, ...], said: str) -> None:
    assert said in scripted(installed, *more, code=3)
    assert not (installed.directory / "client.toml").exists()


def test_rules_may_be_changed_and_the_contract_be_missing(installed: Installation) -> None:
    answers = installed.directory / "answers.toml"
    text = re.sub(r"\[contract\].*?(?=\[sender\])", "", answers.read_text("utf-8"), flags=re.S)
    answers.write_text(text, encoding="utf-8")
    scripted(installed, "--set", "rules.lpc_relay:3=none", "--set", "orders_since=01/11/2026")
    content = tomllib.loads((installed.directory / "client.toml").read_text("utf-8"))
    assert content["contracts"][0]["base_url"] == "sandbox"
    installed.order()
    installed.run("sync")
    installed.run("ship", "--yes")
    installed.run("write-back")
    assert "Étiquette prête" in installed.run("status", "--all").out
    assert installed.labels() == [], "the stand-in made it"
    assert installed.shop.books()["notes"] == {}, "no invented number reaches a live shop"
    assert [rule["use"]["method"] for rule in content["rules"]] == ["home", "home_signature"]
    assert content["shops"][0]["orders_since"] == "2026-11-01"
    told = scripted(installed, "-o", "again.toml", code=3)
    assert "existe déjà" in told


def test_in_conversation_a_wrong_key_is_asked_again(installed: Installation) -> None:
    with Terminal(installed, "init") as terminal:
        key, secret = installed.environment["WC_KEY"], installed.environment["WC_SECRET"]
        terminal.answer("Nom de votre entreprise", "Chez Zoé")
        terminal.answer("Adresse de la boutique", installed.shop_server.url)
        terminal.answer("Clé client: ", key)
        terminal.answer("Secret client: ", "cs_" + "0" * 40)
        terminal.answer("propre machine", "oui")
        terminal.answer("Clé client: ", key)
        terminal.answer("Secret client: ", secret)
        terminal.answer("déjà ses identifiants", "n")
        terminal.answer("Société", "")
        terminal.answer("Numéro et rue", "1 rue Basse")
        terminal.answer("Complément", "")
        terminal.answer("Code postal", "31000")
        terminal.answer("Ville", "Toulouse")
        terminal.answer("Pays", "France")
        terminal.answer("Pays", "fr")
        terminal.answer("Téléphone", "0561000000")
        terminal.answer("e-mail", "zoe@example.org")
        terminal.answer("Poids en grammes", "")
        terminal.answer("Format des étiquettes", "3")
        terminal.answer("depuis le", "")
        terminal.answer("Cela vous convient", "n")
        terminal.answer("Domicile", "2")
        for _ in range(3):
            terminal.answer("[", "")
        terminal.answer("Enregistrer", "o")
        assert terminal.end() == 0, terminal.seen
        content = tomllib.loads((installed.directory / "client.toml").read_text("utf-8"))
        assert content["workspace"]["key"] == "chez-zoe"
        assert content["workspace"]["default_weight_g"] == 500
        assert content["senders"][0]["company"] == "Chez Zoé"
        assert content["contracts"][0]["label_format"] == "zpl_203"
        assert content["rules"][0]["use"]["method"] == "home_signature"
        assert secret not in terminal.seen
        assert "WooCommerce › Réglages › Avancé › API REST" in terminal.seen
        assert "SPECIMEN" in terminal.seen


@pytest.mark.parametrize("how", [None, signal.SIGHUP, signal.SIGTERM])
def test_breaking_off_leaves_nothing(installed: Installation, how: signal.Signals | None) -> None:
    """Ctrl-C, a window that is closed, a machine that goes down."""
    before = {path.name for path in installed.directory.iterdir()}
    installed.environment["TMPDIR"] = str(installed.directory)
    with Terminal(installed, "init") as terminal:
        terminal.answer("Nom de votre entreprise", "Chez Zoé")
        terminal.answer("Adresse de la boutique", installed.shop_server.url)
        terminal.answer("Clé client: ", installed.environment["WC_KEY"])
        terminal.wait_for("Secret client: ")  # what is typed before a hidden question is dropped
        assert terminal.break_off(how) != 0
    assert {path.name for path in installed.directory.iterdir()} == before
