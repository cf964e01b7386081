"""What a bought label makes us tell the shop, planned in the transaction that stores the label."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from colisync.model.workspace import Shop
from colisync.model.writeback import Effect
from colisync.ports.shop import ShopCapability, ShopIdentity
from colisync.storage import write_backs
from colisync.storage.store import Connection
from colisync.storage.write_backs import PlannedEffect, Target


def effects_for(shop: Shop, identity: ShopIdentity | None) -> list[Effect]:
    """What is told of each parcel to a shop so configured, in the order of telling.

    The shop's own tracking entries carry the number where it has them; a note does otherwise, so
    that no buyer reads the number twice. Mails of our own are not sent yet: no MAIL.
    """
    if shop.write_back == "never":
        return []
    entries = identity is not None and ShopCapability.TRACKING_ENTRY in identity.features
    effects = [Effect.META, Effect.TRACKING_ENTRY if entries else Effect.NOTE]
    if shop.statuses.labelled:
        effects.append(Effect.STATUS)
    return effects


def plan_effects(
    connection: Connection, workspace: str, labelled: Sequence[tuple[int, int]], now: datetime
) -> int:
    """How many effects are planned for these (parcel id, attempt) pairs, for every order of their
    shipments. SPECIMEN labels, of a rehearsal or a stand-in, are told to no shop."""
    attempts = dict(labelled)
    found = write_backs.targets(connection, workspace, list(attempts))
    rows = [row for target in found for row in _rows(target, attempts[target.parcel_id], now)]
    return write_backs.plan(connection, workspace, rows)


def _rows(target: Target, attempt: int, now: datetime) -> Iterator[PlannedEffect]:
    if target.specimen:
        return
    shop = target.shop
    due = now if shop.write_back == "at_label" else None
    for effect in effects_for(shop, target.identity):
        status = shop.statuses.labelled if effect is Effect.STATUS else ""
        yield PlannedEffect(target.parcel_id, attempt, target.order_id, effect, due, status)
