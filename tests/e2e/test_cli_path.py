"""The daily path through the real command line: one shop, one carrier, one day."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from colisync.testing.command import Installation
from colisync.testing.terminal import Terminal


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with Installation(tmp_path_factory.mktemp("path")) as made:
        yield made


def test_a_day(installed: Installation) -> None:
    """In order: nothing, a setup, orders, labels once confirmed, the shop told, parcels followed,
    the labels on paper."""
    nothing = installed.run("status", code=3)
    assert "colisync init" in nothing.err
    file = installed.file()
    assert "+ shop boutique" in installed.run("apply", str(file), "--dry-run").out
    assert installed.run("status", code=3).err == nothing.err, "a dry run changes nothing"
    installed.run("apply", str(file))
    assert "Rien à changer" in installed.run("apply", str(file)).out

    orders = [installed.order() for _ in range(2)]
    read = installed.run("sync", "--json").json
    assert read == {
        "ok": True,
        "counts": {"orders_read": 2, "orders_new": 2, "to_ship": 2, "ready": 2},
        "attention": [],
    }

    asked = installed.run("ship", "--json", code=1).json
    assert asked["counts"] == {}
    (first,) = asked["attention"]
    assert list(first) == ["order", "parcel", "code", "field", "text", "remedy"]
    assert first["code"] == "ship.first_batch"
    assert "2 envois sont prêts" in first["text"]
    assert "colisync ship --yes" in first["remedy"]
    assert installed.labels() == [], "the first batch is counted, not bought"
    assert "2  étiquettes créées" in installed.run("ship", "--yes").out
    assert installed.run("ship", "--json").json == {"ok": True, "counts": {}, "attention": []}
    numbers = {label["number"] for label in installed.labels()}
    assert len(numbers) == 2

    assert "2  commandes mises à jour" in installed.run("write-back").out
    kept = json.dumps(installed.shop.books()["orders"])
    assert all(number in kept for number in numbers)
    assert "colis suivis" in installed.run("track", "--all").out
    shown = installed.run("status", "--all").out
    assert shown.count("Étiquette prête") == 3, "two lines, and their count"
    assert all(name in shown for name in (*orders, *numbers))

    labels = installed.directory / "labels.pdf"
    installed.run("label", "--not-printed", "-o", str(labels))
    assert labels.read_bytes().startswith(b"%PDF")
    assert installed.run("label", "--not-printed", code=3).code == 3
    installed.run("label", orders[0], "-o", str(labels))
    assert "À étiqueter" not in installed.run("status", LC_ALL="en_GB.UTF-8").out


def test_at_a_terminal_the_first_batch_is_asked_for(tmp_path: Path) -> None:
    with Installation(tmp_path) as installed:
        order = installed.order()
        installed.run("apply", str(installed.file()))
        installed.run("sync")
        with Terminal(installed, "ship") as terminal:
            terminal.answer("Continuer ? [o/N]", "n")
            assert terminal.end() == 1
        assert installed.labels() == []
        with Terminal(installed, "ship", order) as terminal:
            terminal.answer("Continuer ? [o/N]", "oui")
            assert terminal.end() == 0, terminal.seen
        assert len(installed.labels()) == 1


@pytest.mark.parametrize(
    ("arguments", "code", "key"),
    [
        (("sync", "--workspace", "nobody"), 3, "storage.unknown_workspace"),
        (("sync", "--shop", "nowhere"), 3, "storage.unknown_shop"),
        (("ship", "boutique/99999"), 3, "order.not_found"),
        (("label",), 3, "print.which"),
        (("label", "--reprint", "x..y"), 3, "print.bad_range"),
    ],
)
def test_a_wrong_name_is_a_configuration_error(
    installed: Installation, arguments: tuple[str, ...], code: int, key: str
) -> None:
    installed.run("apply", str(installed.file()))
    done = installed.run(*arguments, "--json", code=code)
    assert (done.json["ok"], done.codes) == (False, [key])
    assert key not in done.json["attention"][0]["text"], "it is put into words"


@pytest.mark.parametrize("arguments", [("shipp",), ("ship", "--nope"), ("edit", "boutique/1", "x")])
def test_usage_errors_end_with_2(installed: Installation, arguments: tuple[str, ...]) -> None:
    installed.run("apply", str(installed.file()))
    installed.run(*arguments, code=2)


def test_an_unknown_variable_is_named(installed: Installation) -> None:
    done = installed.run("status", code=3, COLISYNC_DATTA="x")
    assert "COLISYNC_DATA" in done.err


def test_a_back_up_and_an_export_hold_no_secret(installed: Installation) -> None:
    installed.run("apply", str(installed.file()))
    target = installed.directory / "copy.db"
    installed.run("db", "backup", str(target))
    exported = installed.run("export-config").out
    assert 'credentials = "sealed"' in exported
    for name in ("WC_KEY", "WC_SECRET", "COLISSIMO_KEY"):
        secret = installed.environment[name]
        assert secret not in exported
        assert secret.encode() not in target.read_bytes()
    again = Path(installed.directory / "again.toml")
    again.write_text(exported, encoding="utf-8")
    assert "Rien à changer" in installed.run("apply", str(again)).out
    assert "version" in installed.run("db", "upgrade").out
