"""Telling a shop about its parcels: number first, status last, nothing twice."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from colisync.errors import (
    AuthenticationFailed,
    NotFound,
    OutcomeUnknown,
    Rejected,
    RemoteError,
    RemoteUnavailable,
    Scalar,
    Unreachable,
    UnreadableAnswer,
)
from colisync.model.writeback import Effect, EffectResult, EffectState, OrderUpdate
from colisync_woocommerce.answers import code_of, plain
from colisync_woocommerce.decode import Row, meta, our_entries, records, text
from colisync_woocommerce.encode import (
    dropped,
    entries_after,
    fulfillment_body,
    note_body,
    note_told,
    numbers_told,
    order_body,
    tracking_body,
)
from colisync_woocommerce.settings import WooCommerceSettings
from colisync_woocommerce.transport import ShopApi

TRACKING_NAMESPACE = "wc-shipment-tracking/v3"
_DONE = EffectResult(state=EffectState.DONE)
_LOST = (OutcomeUnknown, Unreachable, RemoteUnavailable, UnreadableAnswer)
_META, _BOTH = frozenset({Effect.META}), frozenset({Effect.META, Effect.STATUS})
Results = dict[str, dict[Effect, EffectResult]]


class ShopFacts(Protocol):
    """What the connector knows of the shop."""

    def statuses(self) -> Mapping[str, str]: ...
    def namespaces(self) -> frozenset[str]: ...
    def rows(self, external_ids: Sequence[str]) -> dict[str, Row]: ...


class Job:
    """Everything to tell about one order."""

    def __init__(self, external_id: str) -> None:
        self.id = external_id
        self.updates: list[OrderUpdate] = []
        self.row: Row = {}
        self.results: Results = {}
        self.lost: RemoteError = Unreachable("woocommerce.not_told")

    def add(self, update: OrderUpdate) -> None:
        """Takes one more update of this order; the mail is another's work."""
        mail = {Effect.MAIL: _skipped("mail_elsewhere")} if Effect.MAIL in update.effects else {}
        self.updates.append(update)
        self.results[update.key] = mail

    def open(self, *effects: Effect) -> list[tuple[OrderUpdate, Effect]]:
        """What has no result yet."""
        return [
            (update, effect)
            for update in self.updates
            for effect in effects
            if effect in update.effects and effect not in self.results[update.key]
        ]

    def settle(self, effects: Iterable[Effect], result: EffectResult) -> None:
        """Those of `effects` that are still open end with `result`."""
        for update, effect in self.open(*effects):
            self.results[update.key][effect] = result


class WriteBack:
    """One round of telling. Raises only AuthenticationFailed and ConfigurationError."""

    def __init__(self, api: ShopApi, settings: WooCommerceSettings, facts: ShopFacts) -> None:
        self._api, self._facts = api, facts
        self._batch, self._in_flight = settings.batch_size, settings.pages_in_flight
        self._no_entries = False

    def run(self, updates: Sequence[OrderUpdate]) -> Results:
        """The result of each effect, by update key.

        Our meta and the status go in one write where nothing lies between them; else the meta,
        then entries and notes, then the status of the order as read afresh.
        """
        jobs: dict[str, Job] = {}
        for update in updates:
            jobs.setdefault(update.external_id, Job(update.external_id)).add(update)
        between = [j for j in jobs.values() if j.open(Effect.TRACKING_ENTRY, Effect.NOTE)]
        self._put([job for job in jobs.values() if job not in between], _BOTH)
        self._put(between, _META)
        with ThreadPoolExecutor(self._in_flight) as pool:
            list(pool.map(self._tell, between))
        self._put([job for job in between if job.open(Effect.STATUS)], _BOTH)
        return {key: results for job in jobs.values() for key, results in job.results.items()}

    def _put(self, jobs: list[Job], effects: frozenset[Effect]) -> None:
        """Writes what a fresh reading shows to be missing; after a lost answer, once more."""
        for _ in range(2):
            if not jobs:
                return
            try:
                rows = self._facts.rows([job.id for job in jobs])
            except AuthenticationFailed:
                raise
            except RemoteError as error:
                return _settle_all(jobs, error)
            bodies = [(job, self._body(job, rows.get(job.id), effects)) for job in jobs]
            todo = [(job, body) for job, body in bodies if body]
            parts = [todo[at : at + self._batch] for at in range(0, len(todo), self._batch)]
            jobs = [job for part in parts for job in self._send(part)]
        for job in jobs:
            _settle_all([job], job.lost)

    def _body(self, job: Job, row: Row | None, effects: frozenset[Effect]) -> Row:
        """What is to be written on the order; what needs no writing is settled."""
        job.row = row or {}
        try:
            return self._missing(job, row, effects)
        except UnreadableAnswer as error:
            job.settle(Effect, _failure(error).model_copy(update={"retryable": False}))
            return {}

    def _missing(self, job: Job, row: Row | None, effects: frozenset[Effect]) -> Row:
        if row is None:
            job.settle(Effect, _failed("order_gone", order=job.id))
        elif text(row, "status") == "trash":
            job.settle(Effect, _skipped("order_trashed"))
        else:
            before = our_entries(meta(row))
            after = entries_after(before, job.updates)
            if after == before:
                job.settle(_META, _DONE)
            status = self._status(job, row) if Effect.STATUS in effects else ""
            return order_body(None if after == before else after, status)
        return {}

    def _status(self, job: Job, row: Row) -> str:
        """The status to write, never one that the shop does not list: a batch takes anything for
        `pending`. Empty where there is none, or the order has moved on."""
        if not (wanted := job.open(Effect.STATUS)):
            return ""
        update, current = wanted[-1][0], text(row, "status")
        entries = [results.get(Effect.TRACKING_ENTRY, _DONE) for results in job.results.values()]
        if not update.status:
            job.settle([Effect.STATUS], _skipped("status_left"))
        elif update.status not in self._facts.statuses():
            job.settle([Effect.STATUS], _failed("status_unknown", status=update.status))
        elif current == update.status:
            job.settle([Effect.STATUS], _DONE)
        elif current not in update.while_in:
            job.settle([Effect.STATUS], _skipped("status_moved", status=current))
        elif any(entry.state is EffectState.FAILED for entry in entries):
            job.settle([Effect.STATUS], _failed("status_waits", retryable=True))
        else:
            return update.status
        return ""

    def _send(self, part: list[tuple[Job, Row]]) -> list[Job]:
        """The jobs whose answer was lost; the others are settled."""
        try:
            answers = self._write(part)
        except AuthenticationFailed:
            raise
        except _LOST as error:
            for job, _ in part:
                job.lost = error
            return [job for job, _ in part]
        except RemoteError as error:
            if len(part) > 1 and isinstance(error, Rejected):
                half = len(part) // 2
                return self._send(part[:half]) + self._send(part[half:])
            _settle_all([job for job, _ in part], error)
            return []
        return [job for job, body in part if not _accepted(job, body, answers.get(job.id))]

    def _write(self, part: list[tuple[Job, Row]]) -> dict[str, Row]:
        if len(part) == 1:
            job, body = part[0]
            return {job.id: self._api.write("PUT", f"orders/{job.id}", body).data}
        items = [{"id": int(job.id), **body} for job, body in part]
        data = self._api.write("POST", "orders/batch", {"update": items}).data
        rows = records(data if isinstance(data, dict) else {}, "update")
        return {text(row, "id"): row for row in rows}

    def _tell(self, job: Job) -> None:
        for update, effect in job.open(Effect.TRACKING_ENTRY, Effect.NOTE):
            tell = self._entry if effect is Effect.TRACKING_ENTRY else self._note
            try:
                job.results[update.key][effect] = tell(job, update)
            except AuthenticationFailed:
                raise
            except RemoteError as error:
                job.results[update.key][effect] = _failure(error)

    def _entry(self, job: Job, update: OrderUpdate) -> EffectResult:
        """An entry of Shipment Tracking or AST, else a fulfillment, where the shop has one."""
        plugin = TRACKING_NAMESPACE in self._facts.namespaces()
        namespace = TRACKING_NAMESPACE if plugin else "wc/v3"
        route = f"orders/{job.id}/{'shipment-trackings' if plugin else 'fulfillments'}"
        told: dict[str, str] = {}

        def is_told() -> bool:
            rows = self._api.read(route, namespace).data
            told.clear()
            told.update(numbers_told(records({"rows": rows}, "rows")))
            here = update.parcel.number in told
            return not dropped(update) & told.keys() and (update.withdraw or here)

        def tell() -> None:
            for number in dropped(update) & told.keys():
                self._api.write("DELETE", f"{route}/{told[number]}", namespace=namespace)
            if not update.withdraw and update.parcel.number not in told:
                body = tracking_body(update) if plugin else fulfillment_body(update, job.row)
                self._api.write("POST", route, body, namespace)

        if self._no_entries:
            return _skipped("no_tracking_plugin")
        try:
            return _once(is_told, tell)
        except NotFound as error:
            if error.key != "woocommerce.no_route":
                raise
            self._no_entries = True
            return _skipped("no_tracking_plugin")

    def _note(self, job: Job, update: OrderUpdate) -> EffectResult:
        """A note, unless it is there: plug-ins write private ones with the number too, so that
        only notes of the same kind count."""
        if update.withdraw and not update.note:
            return _skipped("nothing_to_say")
        route, kind = f"orders/{job.id}/notes", "customer" if update.buyer_note else "internal"

        def is_told() -> bool:
            rows = self._api.read(route, type=kind).data
            return note_told(records({"notes": rows}, "notes"), update)

        return _once(is_told, lambda: self._api.write("POST", route, note_body(update)))


def _once(is_told: Callable[[], bool], tell: Callable[[], Any]) -> EffectResult:
    """Done where it is told, or tells it. After a lost answer it looks, and never repeats: a slow
    shop may still be writing, and a note is mailed. Raises RemoteError."""
    try:
        if not is_told():
            tell()
        return _DONE
    except _LOST as lost:
        return _DONE if is_told() else _failure(lost)


def _accepted(job: Job, body: Row, answer: Row | None) -> bool:
    """True where the shop's answer settles the job; false where it does not hold the order."""
    if not isinstance(answer, dict) or "id" not in answer:
        return False
    error = answer.get("error")
    if isinstance(error, dict):
        gone = code_of(error) == "woocommerce_rest_shop_order_invalid_id"
        refused = _failed("rejected", code=code_of(error), text=plain(error.get("message", "")))
        job.settle(Effect, _failed("order_gone", order=job.id) if gone else refused)
    elif body.get("status") not in (None, answer.get("status")):
        job.settle([Effect.STATUS], _failed("status_not_taken", status=text(answer, "status")))
    job.settle(_BOTH if "status" in body else _META, _DONE)
    return True


def _settle_all(jobs: Iterable[Job], error: RemoteError) -> None:
    for job in jobs:
        gone = _failed("order_gone", order=job.id)
        job.settle(Effect, gone if isinstance(error, NotFound) else _failure(error))


def _failure(error: RemoteError) -> EffectResult:
    retryable = error.retryable or isinstance(error, _LOST)
    params = dict(error.params)
    return EffectResult(state=EffectState.FAILED, key=error.key, params=params, retryable=retryable)


def _failed(key: str, *, retryable: bool = False, **params: Scalar) -> EffectResult:
    key = f"woocommerce.{key}"
    return EffectResult(state=EffectState.FAILED, key=key, params=params, retryable=retryable)


def _skipped(key: str, **params: Scalar) -> EffectResult:
    return EffectResult(state=EffectState.SKIPPED, key=f"woocommerce.{key}", params=params)
