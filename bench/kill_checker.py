"""The judge of `kill.py`: it knows the emulators' books and the database, and none of our code."""

import sqlite3
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Judgement:
    """What went wrong, each with its proof."""

    lost: tuple[str, ...]
    doubled: tuple[str, ...]
    orphans_unlisted: tuple[str, ...]


def judge(database: Path, shop: Mapping[str, Any], carrier: Mapping[str, Any]) -> Judgement:
    """Compares the database with the shop's and the carrier's books."""
    connection = sqlite3.connect(database)
    try:
        parcels = connection.execute(
            "SELECT p.id, p.state, p.reference, p.number, o.external_id,"
            " (SELECT COUNT(*) FROM documents d WHERE d.parcel_id = p.id"
            "   AND d.attempt = p.attempt AND d.kind = 'label' AND length(d.content) > 1000)"
            " FROM parcels p JOIN shipment_orders l ON l.shipment_id = p.shipment_id"
            " JOIN orders o ON o.id = l.order_id"
        ).fetchall()
        orphans = {row[0] for row in connection.execute("SELECT reference FROM orphans")}
        attempts = dict(connection.execute("SELECT reference, parcel_id FROM attempts"))
    finally:
        connection.close()
    return Judgement(
        lost=tuple(_lost(parcels, shop)),
        doubled=tuple(_doubled(parcels, orphans, attempts, shop, carrier)),
        orphans_unlisted=tuple(_unlisted(parcels, orphans, carrier)),
    )


def _lost(parcels: list[Any], shop: Mapping[str, Any]) -> list[str]:
    wrong = []
    stored = {external_id for _, _, _, _, external_id, labels in parcels if labels}
    for order_id in shop["orders"]:
        if str(order_id) not in stored:
            wrong.append(f"order {order_id}: no stored label")
    for _, _, _, number, external_id, labels in parcels:
        if labels and (not number or number not in _told(shop, external_id)):
            wrong.append(f"order {external_id}: the shop lacks {number}")
    return wrong


def _told(shop: Mapping[str, Any], external_id: str) -> str:
    order = shop["orders"].get(external_id) or shop["orders"].get(int(external_id))
    return repr(order["meta"]) + repr(order.get("tracking_items", ""))


def _doubled(
    parcels: list[Any],
    orphans: set[str],
    attempts: Mapping[str, int],
    shop: Mapping[str, Any],
    carrier: Mapping[str, Any],
) -> list[str]:
    live = Counter(
        attempts.get(label["reference"], f"nobody's {label['reference']}")
        for label in carrier["labels"]
        if label["reference"] not in orphans
    )
    wrong = [f"parcel {parcel}: {count} live labels" for parcel, count in live.items() if count > 1]
    made = {label["number"] for label in carrier["labels"]}
    for _, _, _, number, external_id, _ in parcels:
        told = _told(shop, external_id)
        others = sorted(one for one in made if one != number and one in told)
        if others:
            wrong.append(f"order {external_id}: the shop has {others} beside {number}")
    for name in ("notes", "mails"):
        for external_id, count in _messages(shop, name).items():
            if count > 1:
                wrong.append(f"order {external_id}: {count} {name}")
    return wrong


def _messages(shop: Mapping[str, Any], name: str) -> Counter[str]:
    """Notes of ours, or mails to the buyer, by order."""
    entries = shop[name]
    if isinstance(entries, Mapping):
        return Counter(
            {
                str(order_id): sum(1 for note in notes if "olissimo" in repr(note))
                for order_id, notes in entries.items()
            }
        )
    return Counter(f"{one['order_id']} {one['kind']}" for one in entries)


def _unlisted(parcels: list[Any], orphans: set[str], carrier: Mapping[str, Any]) -> list[str]:
    attached = {reference: number for _, _, reference, number, _, labels in parcels if labels}
    return [
        f"label {label['number']} ({label['reference']})"
        for label in carrier["labels"]
        if attached.get(label["reference"]) != label["number"] and label["reference"] not in orphans
    ]
