"""What people decide, through the real command line."""

from collections.abc import Iterator
from typing import Any

import pytest

from colisync.testing.command import Installation


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """The shop's first batch is confirmed."""
    with Installation(tmp_path_factory.mktemp("people")) as made:
        made.order()
        made.run("apply", str(made.file()))
        made.run("sync")
        made.run("ship", "--yes")
        yield made


def new(installed: Installation, count: int = 1, **fields: Any) -> list[str]:
    names = [installed.order(**fields) for _ in range(count)]
    installed.run("sync", code=None)
    return names


def state(installed: Installation, order: str) -> str:
    row = installed.run("status", order, "--json", code=None).json["orders"][0]
    return str(row["state"])


def made(installed: Installation, order: str) -> list[dict[str, Any]]:
    number = order.partition("/")[2]
    return [label for label in installed.labels() if label["order_number"] == number]


def test_hold_keeps_back_and_release_lets_go(installed: Installation) -> None:
    (order,) = new(installed)
    installed.run("hold", order)
    assert state(installed, order) == "held"
    told = installed.run("ship", order, "--json", code=1).json["attention"][0]
    assert (told["order"], told["code"]) == (order, "ship.not_ready")
    assert "En attente" in told["text"]
    assert f"colisync release {order}" in told["remedy"]
    assert made(installed, order) == []
    installed.run("release", order)
    installed.run("ship", order)
    assert len(made(installed, order)) == 1


def test_the_command_that_is_named_cures(installed: Installation) -> None:
    (order,) = new(installed, buyer={"city": "", "postcode": ""})
    told = installed.run("status", order, "--json", code=1).json["attention"][0]
    assert told["order"] == order
    assert told["field"].startswith("recipient.")
    assert f"colisync edit {order}" in told["remedy"]
    installed.run("edit", order, "recipient.city=Lyon", "recipient.postcode=69002")
    installed.run("retry", order, code=None)
    installed.run("ship", order)
    assert made(installed, order)[0]["postcode"] == "69002"


def test_merge_makes_one_parcel_and_split_makes_two(installed: Installation) -> None:
    one, other = new(installed, 2)
    installed.run("merge", one, other)
    installed.run("ship", one)
    assert len(made(installed, one)) + len(made(installed, other)) == 1
    (wide,) = new(installed)
    installed.run("split", wide, "--weights", "300,200")
    installed.run("ship", wide)
    assert len(made(installed, wide)) == 2


def test_void_relabel_and_reship(installed: Installation) -> None:
    (order,) = new(installed)
    installed.run("ship", order)
    installed.run("write-back")
    first = made(installed, order)[0]["number"]
    installed.run("relabel", order)
    installed.run("ship", order)
    second = made(installed, order)[1]["number"]
    installed.run("write-back")
    meta = installed.shop.books()["orders"][int(order.partition("/")[2])]["meta"]
    assert second in str(meta.values())
    assert first not in str(meta.get("_colisync_number", ""))
    installed.run("void", order)
    assert state(installed, order) == "void"
    assert installed.run("void", order, "--json", code=1).codes == ["void.nothing"]
    assert "--reason" in installed.run("reship", order, code=2).err
    installed.run("reship", order, "--reason", "perdu")
    installed.run("ship", order)
    assert len(made(installed, order)) == 3
