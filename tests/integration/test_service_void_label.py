"""Labels taken back, replaced, sent again, and on paper."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from colisync.errors import ConfigurationError
from colisync.model.parcel import ParcelState
from colisync.model.shipment import Parcel, Shipment
from colisync.services.buy_label import buy_label
from colisync.services.print_labels import Wanted, print_labels
from colisync.services.reship import reship
from colisync.services.show_status import show_status
from colisync.services.void_label import relabel, void_label
from colisync.storage import tables, workspaces
from colisync.storage.store import Store
from colisync.testing.factories import Seed, make_order


@pytest.fixture
def seed(store: Store) -> Seed:
    """A workspace whose shop has had its first batch; labels in a printer's language."""
    seed = Seed(store, contract={"label_format": "zpl_203"})
    with store.write() as connection:
        workspaces.confirm_first_batch(connection, seed.workspace, seed.shop_id, seed.clock.now())
    return seed


def _labelled(seed: Seed, number: int = 1) -> Shipment:
    order = make_order(number)
    seed.shop.put(order)
    shipment = seed.ready(order)
    buy_label(seed.bench, seed.workspace)
    assert _parcel(seed, shipment).state is ParcelState.LABELLED
    return shipment


def _parcel(seed: Seed, shipment: Shipment) -> Parcel:
    return seed.shipment(shipment.id).parcels[0]


def _rows(seed: Seed, name: str) -> list[Any]:
    with seed.store.read() as connection:
        return list(connection.execute(select(tables.metadata.tables[name])))


def test_void_keeps_the_number_as_an_orphan_and_off_the_print_queue(
    seed: Seed, tmp_path: Path
) -> None:
    shipment = _labelled(seed)
    number = _parcel(seed, shipment).number
    assert void_label(seed.bench, seed.workspace, "boutique/1").counts["voided"] == 1
    assert _parcel(seed, shipment).state is ParcelState.VOID
    (orphan,) = _rows(seed, "orphans")
    assert (orphan.number, orphan.reason) == (number, "voided")
    with pytest.raises(ConfigurationError, match=r"print\.nothing"):
        print_labels(seed.bench, seed.workspace, Wanted(not_printed=True), tmp_path / "x.zpl")
    assert not any(
        row.state == "waiting" and not row.withdraw for row in _rows(seed, "write_backs")
    )


def test_a_voided_parcel_is_not_bought_again_by_itself(seed: Seed) -> None:
    _labelled(seed)
    void_label(seed.bench, seed.workspace, "boutique/1")
    buy_label(seed.bench, seed.workspace)
    assert len(seed.carrier.asked) == 1


def test_relabel_buys_a_new_number_and_lists_the_old_one(seed: Seed) -> None:
    shipment = _labelled(seed)
    old = _parcel(seed, shipment).number
    relabel(seed.bench, seed.workspace, "boutique/1")
    assert _parcel(seed, shipment).state is ParcelState.PENDING
    buy_label(seed.bench, seed.workspace)
    parcel = _parcel(seed, shipment)
    assert parcel.state is ParcelState.LABELLED
    assert parcel.number != old
    assert [orphan.number for orphan in _rows(seed, "orphans")] == [old]
    live = [row for row in _rows(seed, "write_backs") if row.state == "waiting"]
    assert {row.attempt for row in live} == {2}


def test_what_was_handed_over_cannot_be_voided(seed: Seed) -> None:
    shipment = _labelled(seed)
    seed.put_parcel(shipment.parcels[0].id, state="handed_over")
    outcome = void_label(seed.bench, seed.workspace, "boutique/1")
    assert outcome.attention[0].code == "void.handed_over"
    assert _parcel(seed, shipment).state is ParcelState.HANDED_OVER


def test_reship_makes_a_second_parcel_beside_the_first(seed: Seed) -> None:
    shipment = _labelled(seed)
    seed.put_parcel(shipment.parcels[0].id, state="lost")
    assert reship(seed.bench, seed.workspace, "boutique/1", "perdu").counts["reshipped"] == 1
    first, second = seed.shipments_of(1)
    assert first.parcels[0].state is ParcelState.LOST
    assert (second.reason, second.lines) == ("perdu", second.lines)
    assert {line.line_id for line in second.lines} == {line.line_id for line in first.lines}


@pytest.mark.parametrize("reason", ["", "   "])
def test_reship_needs_a_reason(seed: Seed, reason: str) -> None:
    _labelled(seed)
    with pytest.raises(ConfigurationError, match=r"reship\.no_reason"):
        reship(seed.bench, seed.workspace, "boutique/1", reason)


def test_an_order_that_never_shipped_is_not_reshipped(seed: Seed) -> None:
    order = make_order(1)
    seed.shop.put(order)
    seed.ready(order)
    with pytest.raises(ConfigurationError, match=r"reship\.never_shipped"):
        reship(seed.bench, seed.workspace, "boutique/1", "perdu")


def test_labels_come_out_in_order_once_and_can_be_reprinted(seed: Seed, tmp_path: Path) -> None:
    numbers = [_parcel(seed, _labelled(seed, number)).number for number in (1, 2, 3)]
    target = tmp_path / "labels.zpl"
    print_labels(seed.bench, seed.workspace, Wanted(not_printed=True), target)
    printed = target.read_bytes()
    assert [printed.index(number.encode()) for number in numbers] == sorted(
        printed.index(number.encode()) for number in numbers
    )
    with pytest.raises(ConfigurationError, match=r"print\.nothing"):
        print_labels(seed.bench, seed.workspace, Wanted(not_printed=True), target)
    again = tmp_path / "again.zpl"
    print_labels(seed.bench, seed.workspace, Wanted(reprint="2..3"), again)
    assert numbers[0].encode() not in again.read_bytes()
    assert numbers[1].encode() in again.read_bytes()
    assert numbers[2].encode() in again.read_bytes()


def test_a_file_that_cannot_be_written_leaves_the_labels_unprinted(
    seed: Seed, tmp_path: Path
) -> None:
    _labelled(seed)
    with pytest.raises(ConfigurationError, match=r"print\.not_written"):
        print_labels(
            seed.bench, seed.workspace, Wanted(not_printed=True), tmp_path / "no" / "labels.zpl"
        )
    outcome = print_labels(
        seed.bench, seed.workspace, Wanted(not_printed=True), tmp_path / "labels.zpl"
    )
    assert outcome.counts["printed"] == 1


def test_status_lists_the_labels_of_an_order_that_serve_no_parcel(seed: Seed) -> None:
    shipment = _labelled(seed)
    number = _parcel(seed, shipment).number
    void_label(seed.bench, seed.workspace, "boutique/1")
    (note,) = show_status(seed.bench, seed.workspace, named=["boutique/1"]).outcome.notes
    assert (note.code, note.order, note.parcel) == ("parcel.orphan", "boutique/1", number)
