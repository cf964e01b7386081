"""From what is to be told to the shop's JSON. Pure."""

from collections.abc import Iterable, Sequence
from html import unescape
from typing import Any

from colisync.model.writeback import Effect, OrderUpdate
from colisync_woocommerce.answers import plain
from colisync_woocommerce.decode import META_KEY, Row, loose, meta, records, text

OURS = frozenset({Effect.META, Effect.TRACKING_ENTRY})
"""Effects that put the number on the order: our meta tells the next reading that it is ours."""
_PROVIDERS = {"colissimo": "la-poste-colissimo"}  # slugs that fulfillments know, 10.5


def entries_after(
    entries: Sequence[dict[str, Any]], updates: Iterable[OrderUpdate]
) -> list[dict[str, Any]]:
    """Our meta once `updates` are told: other parcels' numbers stay, withdrawn ones become void."""
    after = [dict(entry) for entry in entries]
    for update in updates:
        gone = dropped(update)
        after = [entry | {"void": True} if entry["number"] in gone else entry for entry in after]
        if update.withdraw or not OURS & update.effects:
            continue
        news = update.parcel
        entry = {"key": update.key, "number": news.number, "carrier": news.carrier_name}
        entry |= {"url": news.tracking_url, "label": news.label_link}
        numbers = [each["number"] for each in after]
        at = numbers.index(news.number) if news.number in numbers else len(after)
        after[at : at + 1] = [entry]
    return after


def dropped(update: OrderUpdate) -> set[str]:
    """The numbers that this update takes out."""
    return {*update.parcel.replaces, *([update.parcel.number] if update.withdraw else [])}


def order_body(entries: list[dict[str, Any]] | None, status: str) -> Row:
    """The fields of one order's PUT. Never an address or a line: those recalculate the totals."""
    body: Row = {}
    if entries is not None:
        body["meta_data"] = [{"key": META_KEY, "value": entries}]
    return body | ({"status": status} if status else {})


def note_body(update: OrderUpdate) -> Row:
    """The note; a buyer's note is mailed by the shop."""
    return {"note": update.note or update.parcel.number, "customer_note": update.buyer_note}


def note_told(notes: Iterable[Row], update: OrderUpdate) -> bool:
    """True where the shop has this note: the parcel's number, or the very text of a withdrawal."""
    told = [unescape(text(note, "note")) for note in notes]
    if not update.withdraw and any(update.parcel.number in note for note in told):
        return True
    return plain(update.note, 10_000) in [plain(note, 10_000) for note in told]


def tracking_body(update: OrderUpdate) -> Row:
    """An entry of Shipment Tracking or AST."""
    news = update.parcel
    return {
        "custom_tracking_provider": news.carrier_name,
        "custom_tracking_link": news.tracking_url,
        "tracking_number": news.number,
        "date_shipped": f"{news.labelled_at:%Y-%m-%d}",
    }


def fulfillment_body(update: OrderUpdate, row: Row) -> Row:
    """A fulfillment of the parcel's lines, or of all. An entry without `id` would be dropped."""
    news = update.parcel
    items = news.items or {
        text(line, "id"): line.get("quantity") or 0 for line in records(row, "line_items")
    }
    values = {
        "_items": [{"item_id": int(key), "qty": count} for key, count in items.items()],
        "_tracking_number": news.number,
        "_tracking_url": news.tracking_url,
        "_shipment_provider": _PROVIDERS.get(news.carrier, news.carrier),
    }
    entries = [{"id": 0, "key": key, "value": value} for key, value in values.items()]
    return {"status": "fulfilled", "is_fulfilled": True, "meta_data": entries}


def numbers_told(rows: Iterable[Row]) -> dict[str, str]:
    """Tracking numbers of the shop's own entries, with the id that deletes each."""
    told = {}
    for row in rows:
        number = text(row, "tracking_number") or loose(meta(row).get("_tracking_number"))
        told[number] = text(row, "tracking_id") or text(row, "id")
    return told
