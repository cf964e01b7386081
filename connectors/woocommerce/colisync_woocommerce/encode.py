"""From what is to be told to the shop's JSON. Pure."""

from collections.abc import Iterable

from colisync.model.told import OrderChange
from colisync.model.writeback import OrderUpdate
from colisync.wire.fields import Row, loose, records, text
from colisync_woocommerce.decode import META_KEY, meta

_PROVIDERS = {"colissimo": "la-poste-colissimo"}  # slugs that fulfillments know, 10.5


def order_body(change: OrderChange) -> Row:
    """The fields of one order's PUT. Never an address or a line: those recalculate the totals."""
    metas = [] if change.entries is None else [{"key": META_KEY, "value": change.entries}]
    fields = {"meta_data": metas, "status": change.status}
    return {key: value for key, value in fields.items() if value}


def note_body(update: OrderUpdate) -> Row:
    """The note; a buyer's note is mailed by the shop."""
    return {"note": update.note or update.parcel.number, "customer_note": update.buyer_note}


def tracking_body(update: OrderUpdate) -> Row:
    """An entry of Shipment Tracking or AST."""
    news = update.parcel
    return {
        "custom_tracking_provider": news.carrier_name,
        "custom_tracking_link": news.tracking_url,
        "tracking_number": news.number,
        "date_shipped": f"{news.labelled_at:%Y-%m-%d}",
    }


def fulfillment_body(row: Row, update: OrderUpdate) -> Row:
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
