"""Labels taken back, sent again and printed: no number unlisted, no void label on a parcel."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pikepdf import Pdf, parse_content_stream
from sqlalchemy import select, update

from colisync.errors import ConfigurationError, OutcomeUnknown, Rejected, Unreachable
from colisync.model.attention import ShipmentState
from colisync.model.label import Document, DocumentKind, LabelFormat, Purchase
from colisync.model.parcel import ParcelState
from colisync.model.shipment import Parcel, Shipment
from colisync.services.buy_label import buy_label
from colisync.services.edit_shipment import edit_shipment
from colisync.services.import_orders import import_orders
from colisync.services.print_labels import Wanted, print_labels
from colisync.services.reship import reship
from colisync.services.void_label import relabel, void_label
from colisync.storage import attempts, new_shipments, tables, workspaces
from colisync.storage.new_shipments import NewShipment
from colisync.storage.store import Connection, Store
from colisync.testing.factories import Seed, make_order


@pytest.fixture
def seed(store: Store) -> Seed:
    """A workspace whose shop has had its first batch."""
    seed = Seed(store)
    with store.write() as connection:
        workspaces.confirm_first_batch(connection, seed.workspace, seed.shop_id, seed.clock.now())
    return seed


def _labelled(seed: Seed, number: int = 1, content: bytes | None = None) -> Shipment:
    order = make_order(number)
    seed.shop.put(order)
    shipment = seed.ready(order)
    label = Document(
        kind=DocumentKind.LABEL,
        format=LabelFormat.parse("pdf_10x15"),
        content=content or _pdf(100 + number),
    )
    bought = Purchase(number=f"6A{number:011d}", documents=(label,))
    seed.carrier.outcomes[str(number)].append(bought)
    buy_label(seed.bench, seed.workspace)
    seed.clock.advance(seconds=1)
    assert _parcel(seed, shipment).state is ParcelState.LABELLED
    return shipment


def _pdf(width: int) -> bytes:
    pdf = Pdf.new()
    pdf.add_blank_page(page_size=(width, 400))
    out = BytesIO()
    pdf.save(out)
    return out.getvalue()


def _parcel(seed: Seed, shipment: Shipment) -> Parcel:
    return seed.shipment(shipment.id).parcels[0]


def _rows(seed: Seed, name: str) -> list[Any]:
    with seed.store.read() as connection:
        return list(connection.execute(select(tables.metadata.tables[name])))


def _printed(path: Path) -> list[tuple[int, str]]:
    """Width of each page, and what is written on it."""
    with Pdf.open(BytesIO(path.read_bytes())) as pdf:
        return [
            (
                int(page.mediabox[2]),
                "".join(
                    str(one.operands[0])
                    for one in parse_content_stream(page)
                    if str(one.operator) == "Tj"
                ),
            )
            for page in pdf.pages
        ]


def test_a_label_that_comes_while_its_doubt_is_voided_is_not_lost(
    seed: Seed, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = make_order(1)
    seed.shop.put(order)
    shipment = seed.ready(order)
    seed.carrier.outcomes["1"].append(OutcomeUnknown("wire.no_answer"))
    buy_label(seed.bench, seed.workspace)
    void = attempts.void

    def late(connection: Connection, *rest: Any) -> bool:
        connection.execute(
            update(tables.parcels)
            .where(tables.parcels.c.id == shipment.parcels[0].id)
            .values(state="labelled", number="6A00000000009")
        )
        return void(connection, *rest)

    monkeypatch.setattr(attempts, "void", late)
    outcome = void_label(seed.bench, seed.workspace, "boutique/1")
    assert [one.code for one in outcome.attention] == ["void.changed"]
    assert _parcel(seed, shipment).state is ParcelState.LABELLED
    monkeypatch.undo()
    assert void_label(seed.bench, seed.workspace, "boutique/1").counts == {"voided": 1}
    (orphan,) = _rows(seed, "orphans")
    assert (orphan.number, orphan.possible) == ("6A00000000009", False)


def test_a_doubt_after_a_relabel_is_not_listed_under_the_old_number(seed: Seed) -> None:
    shipment = _labelled(seed)
    relabel(seed.bench, seed.workspace, "boutique/1")
    seed.carrier.outcomes["1"].append(OutcomeUnknown("wire.no_answer"))
    buy_label(seed.bench, seed.workspace)
    assert _parcel(seed, shipment).state is ParcelState.UNCERTAIN
    void_label(seed.bench, seed.workspace, "boutique/1")
    listed = {row.attempt: (row.number, row.possible) for row in _rows(seed, "orphans")}
    assert listed == {1: ("6A00000000001", False), 2: (None, True)}


def test_relabel_ships_to_the_address_that_the_shop_says_now_even_if_it_is_down(
    seed: Seed, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipment = _labelled(seed)
    moved = make_order(1).recipient.model_copy(update={"street": "99 avenue Foch"})
    seed.shop.change(make_order(1).external_id, recipient=moved)
    import_orders(seed.bench, seed.workspace)
    assert _parcel(seed, shipment).changed_after_label
    relabel(seed.bench, seed.workspace, "boutique/1")
    monkeypatch.setattr(seed.shop, "orders", _down)
    buy_label(seed.bench, seed.workspace)
    assert seed.carrier.asked[-1].recipient.street == "99 avenue Foch"
    assert _parcel(seed, shipment).state is ParcelState.LABELLED


def _down(external_ids: object) -> None:
    raise Unreachable("wire.no_connection")


def test_the_carriers_refusal_to_cancel_is_told_and_an_outage_keeps_the_label(
    seed: Seed, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused, kept = _labelled(seed, 1), _labelled(seed, 2)
    answers: dict[str, Exception] = {
        "6A00000000001": Rejected("x.scanned", code="9", text="déjà scanné"),
        "6A00000000002": Unreachable("wire.no_connection"),
    }

    def cancel(self: object, number: str) -> None:
        raise answers[number]

    monkeypatch.setattr(type(seed.carrier), "cancel", cancel, raising=False)
    assert void_label(seed.bench, seed.workspace, "boutique/1").counts["voided"] == 1
    outcome = void_label(seed.bench, seed.workspace, "boutique/2")
    assert (outcome.counts["voided"], outcome.attention[0].code) == (0, "wire.no_connection")
    assert _parcel(seed, refused).state is ParcelState.VOID
    assert _parcel(seed, kept).state is ParcelState.LABELLED


def test_an_order_that_was_only_refused_is_not_sent_a_second_time(seed: Seed) -> None:
    order = make_order(1)
    seed.shop.put(order)
    seed.ready(order)
    seed.carrier.outcomes["1"].append(Rejected("x.no", code="1", text="non"))
    buy_label(seed.bench, seed.workspace)
    with pytest.raises(ConfigurationError, match=r"reship\.never_shipped"):
        reship(seed.bench, seed.workspace, "boutique/1", "perdu")


def test_a_reship_of_an_order_whose_second_part_is_gone_is_really_made(seed: Seed) -> None:
    shipment = _labelled(seed)
    third = NewShipment(
        order_id=shipment.order_ids[0],
        recipient=shipment.recipient,
        lines=(),
        order_fingerprint=shipment.order_fingerprint,
        ordinal=3,
    )
    with seed.store.write() as connection:
        new_shipments.create_shipments(connection, seed.workspace, [third], seed.clock.now())
    reship(seed.bench, seed.workspace, "boutique/1", "perdu")
    assert [one.reason for one in seed.shipments_of(1)] == ["", "", "perdu"]


def test_a_reship_keeps_what_a_person_corrected(seed: Seed) -> None:
    order = make_order(1)
    seed.shop.put(order)
    seed.draft(order)
    changes = {"recipient.street": "5 place Bellecour", "weight_g": "1800"}
    edit_shipment(seed.bench, seed.workspace, "boutique/1", changes, "ana")
    buy_label(seed.bench, seed.workspace)
    reship(seed.bench, seed.workspace, "boutique/1", "perdu")
    second = seed.shipments_of(1)[1]
    edit_shipment(seed.bench, seed.workspace, "boutique/1#2", {"insurance": "150"}, "ana")
    buy_label(seed.bench, seed.workspace)
    sent = seed.carrier.asked[-1]
    assert (sent.recipient.street, sent.weight_g) == ("5 place Bellecour", 1800)
    assert seed.shipment(second.id).decision is ShipmentState.READY


def test_labels_are_numbered_as_they_are_printed(seed: Seed, tmp_path: Path) -> None:
    for number in (1, 2, 3):
        _labelled(seed, number)
    path = tmp_path / "labels.pdf"
    print_labels(seed.bench, seed.workspace, Wanted(not_printed=True), path)
    assert _printed(path) == [(101, "1/3"), (102, "2/3"), (103, "3/3")]
    print_labels(seed.bench, seed.workspace, Wanted(reprint="2..3"), path)
    assert _printed(path) == [(102, "2/3"), (103, "3/3")]
    print_labels(seed.bench, seed.workspace, Wanted(order="boutique/1"), path)
    assert _printed(path) == [(101, "")]


def test_a_void_label_is_never_printed_again(seed: Seed, tmp_path: Path) -> None:
    for number in (1, 2, 3):
        _labelled(seed, number)
    path = tmp_path / "labels.pdf"
    print_labels(seed.bench, seed.workspace, Wanted(not_printed=True), path)
    void_label(seed.bench, seed.workspace, "boutique/2")
    outcome = print_labels(seed.bench, seed.workspace, Wanted(reprint="1..3"), path)
    assert _printed(path) == [(101, "1/3"), (103, "3/3")]
    assert [(one.code, one.order) for one in outcome.attention] == [("label.void", "boutique/2")]


def test_one_damaged_label_keeps_no_other_from_the_printer(seed: Seed, tmp_path: Path) -> None:
    _labelled(seed, 1)
    _labelled(seed, 2, b"<html>an error page</html>")
    _labelled(seed, 3)
    path = tmp_path / "labels.pdf"
    outcome = print_labels(seed.bench, seed.workspace, Wanted(not_printed=True), path)
    assert _printed(path) == [(101, "1/2"), (103, "2/2")]
    (problem,) = outcome.attention
    assert (problem.code, problem.command) == ("print.broken", "colisync relabel boutique/2")
    again = print_labels(seed.bench, seed.workspace, Wanted(not_printed=True), path)
    assert (again.counts.get("printed", 0), again.ok) == (0, False)
