"""What goes back to the shop, one effect at a time."""

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from colisync.model.noun import Noun


class Effect(StrEnum):
    """One thing told to a shop or buyer about one parcel. The order is the order of telling:
    number first, status last."""

    META = "meta"
    TRACKING_ENTRY = "tracking_entry"
    NOTE = "note"
    STATUS = "status"
    MAIL = "mail"


EFFECT_ORDER: tuple[Effect, ...] = tuple(Effect)


class EffectState(StrEnum):
    """Where an effect stands. `SENT` = the call was made and its answer is not stored yet: read
    the shop before repeating."""

    WAITING = "waiting"
    SENT = "sent"
    DONE = "done"
    SKIPPED = "skipped"
    FAILED = "failed"
    STOPPED = "stopped"


class ParcelNews(Noun):
    """What a shop is told of one parcel. `label_link` is empty without a public URL. `replaces` are
    voided numbers that this one takes the place of."""

    number: str
    carrier: str
    carrier_name: str
    tracking_url: str = ""
    label_link: str = ""
    labelled_at: datetime
    replaces: tuple[str, ...] = ()
    items: dict[str, int] = Field(default_factory=dict)


class OrderUpdate(Noun):
    """Everything to tell a shop about one parcel of one order, in one go; idempotent on `key`.

    `status` is set only with `Effect.STATUS`, and only if the order, freshly read, is in one of
    `while_in`. `buyer_note`: the note goes to the buyer, else to the shop's staff. `repeated`:
    an earlier answer was lost, so read before writing. `withdraw`: the number is taken out again.
    """

    key: str
    external_id: str
    parcel: ParcelNews
    effects: frozenset[Effect]
    status: str = ""
    while_in: tuple[str, ...] = ()
    buyer_note: bool = False
    note: str = ""
    repeated: bool = False
    withdraw: bool = False


class EffectResult(Noun):
    """How one effect ended: done, skipped (with the catalogue key of why) or failed.

    A failed one may be tried again when `retryable`; `uncertain` when the answer was lost.
    """

    state: EffectState
    key: str = ""
    params: dict[str, str | int | float | bool | None] = Field(default_factory=dict)
    retryable: bool = False


class WriteBackReceipt(Noun):
    """The outcome of one update, an entry for each of its effects."""

    key: str
    results: dict[Effect, EffectResult]
