"""One contract's labels of one run: claim, call, store, with several calls in the air.

The calling thread claims and stores; the pool only calls; a thread of its own reads ahead, since
shops are slow and no answer may wait for them. Every answer that came is stored before the run
ends, whatever else goes wrong.
"""

import base64
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from colisync.errors import ColisyncError, OutcomeUnknown, StorageUnavailable
from colisync.model.attention import Attention, ShipmentState
from colisync.model.label import Purchase
from colisync.model.parcel import ParcelState
from colisync.model.shipment import Shipment
from colisync.model.workspace import Contract, Mode, Workspace
from colisync.ports.carrier import Carrier
from colisync.services import lease as leases
from colisync.services.label_answers import (
    CONTRACT_AT_FAULT,
    IN_DOUBT,
    Answer,
    AnswerBook,
    Answered,
    Flight,
    Unsent,
    unstored,
)
from colisync.services.label_request import RequestMaker
from colisync.services.read_ahead import ReadAhead
from colisync.services.report import Report
from colisync.services.workbench import Workbench
from colisync.storage import attempts, shipments
from colisync.storage.attempts import Claim, Wanted
from colisync.storage.store import Connection

CALL_MARGIN = timedelta(seconds=90)
"""A call starts only while its lease lasts longer than any call's total deadline."""
_WAVES = 2
_GIVE_UP_AFTER = 5
_STORE_PATIENCE_SECONDS = 60.0
_GROUP_SECONDS = 0.02

Write = Callable[[Connection, Answered, datetime], frozenset[int]]


def new_reference() -> str:
    """Twelve random characters `A–Z2–7`: 60 bits, never reused."""
    return base64.b32encode(secrets.token_bytes(8)).decode()[:12]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A shipment about to be claimed; or, with a `problem`, about to wait for a person."""

    shipment: Shipment
    order: str
    claims: Sequence[Claim]
    problem: Attention | None = None


class LabelRun:
    """Buys the labels of the shipments it is given, for one contract."""

    def __init__(
        self,
        bench: Workbench,
        client: Workspace,
        contract: Contract,
        carrier: Carrier,
        report: Report,
    ) -> None:
        self._bench = bench
        self._client = client
        self._contract = contract
        self._specimen = client.mode is Mode.REHEARSAL or contract.is_stand_in
        self._carrier = carrier
        self._report = report
        self._requests = RequestMaker(bench, client, contract)
        self._book = AnswerBook(client.key, contract.key)
        self._flying: dict[Future[Answer], Flight] = {}
        self._faults_in_a_row = 0
        self._bugs: list[BaseException] = []
        self.stopped = False
        self.taken = 0

    def buy(self, ready: Iterator[Sequence[Shipment]]) -> None:
        """Every parcel of `ready` is bought, refused, put back or in doubt when this returns."""
        with (
            ThreadPoolExecutor(self._contract.concurrency, "label") as pool,
            ReadAhead(ready) as ahead,
        ):
            try:
                while self._flying or not (self.stopped or ahead.over):
                    self._step(pool, ahead)
            except BaseException:
                self._drain()
                raise

    def _step(self, pool: ThreadPoolExecutor, ahead: ReadAhead[Shipment]) -> None:
        """Answers that came are stored and the next parcels claimed, in one transaction; then the
        next calls begin."""
        landed = self._landed(ahead)
        room = _WAVES * self._contract.concurrency - len(self._flying) + len(landed)
        prepared = [self._prepare(shipment) for shipment in self._next(ahead, room)]
        if landed or prepared:
            for flight in self._store(landed, prepared):
                self._flying[pool.submit(self._call, flight)] = flight
            # May break the work off: whatever is claimed is in the air by now.
            self._bench.progress.advance(len(landed))
        if self._bugs:
            raise self._bugs[0]

    def _landed(self, ahead: ReadAhead[Shipment]) -> list[tuple[Flight, Future[Answer]]]:
        """The calls that are over; they stay in the air until they are stored. Waits a moment for
        more of them to share one transaction: two waves are up, so the pool does not wait."""
        done, _ = wait(self._flying, timeout=_GROUP_SECONDS)
        events: set[Future[Any]] = {*self._flying, *ahead.reading}
        if events and not done:
            wait(events, return_when=FIRST_COMPLETED)
        return [(flight, future) for future, flight in self._flying.items() if future.done()]

    def _drain(self) -> None:
        """Nothing more is sent, and what is in the air is stored as it comes; or named, where it
        cannot be."""
        self.stopped = True
        try:
            while self._flying:
                wait(self._flying, return_when=FIRST_COMPLETED)
                over = [(flight, one) for one, flight in self._flying.items() if one.done()]
                self._store(over, [])
        except StorageUnavailable as error:
            wait(self._flying)
            rest = [(flight, _answer(one)) for one, flight in self._flying.items()]
            raise unstored(error, rest) from error

    # -- claim -----------------------------------------------------------------------------

    def _next(self, ahead: ReadAhead[Shipment], room: int) -> list[Shipment]:
        if self.stopped or room <= 0:
            return []
        if part := ahead.take_part():
            # A maker for each part: ten thousand orders need not be held at once.
            self._requests = RequestMaker(self._bench, self._client, self._contract)
            self._requests.preload(part)
        batch: list[Shipment] = []
        while room > 0 and (one := ahead.take(1)):
            room -= len(one[0].parcels)
            batch += one
        self.taken += len(batch)
        return batch

    def _prepare(self, shipment: Shipment) -> Prepared:
        """The claims of a shipment; none, and a problem, where it cannot be sent."""
        order = self._requests.order_name(shipment)
        claims = []
        try:
            for parcel in shipment.parcels:
                if parcel.state is ParcelState.PENDING:
                    request = self._requests.make(shipment, parcel, new_reference())
                    self._carrier.validate(request)
                    claims.append(
                        Claim(
                            parcel.id,
                            parcel.attempt,
                            self._contract.key,
                            request,
                            specimen=self._specimen,
                        )
                    )
        except StorageUnavailable:
            raise
        except ColisyncError as error:
            return Prepared(shipment, order, (), self._book.problem(error, order))
        return Prepared(shipment, order, claims)

    def _claim(self, connection: Connection, prepared: Sequence[Prepared]) -> list[Flight]:
        now = self._bench.clock.now()
        lease = leases.take(now)
        owners = {claim.parcel_id: one for one in prepared for claim in one.claims}
        wanted = [
            Wanted(one.shipment.id, one.shipment.version, one.claims)
            for one in prepared
            if one.claims
        ]
        return [
            Flight(claim, owners[claim.parcel_id].shipment, owners[claim.parcel_id].order, lease)
            for claim in attempts.claim(connection, self._client.key, wanted, lease, now)
        ]

    def _refuse(self, connection: Connection, prepared: Sequence[Prepared]) -> list[Attention]:
        """The problems of shipments that wait for a person from now on; not of those that somebody
        changed since they were read."""
        wrong = {one.shipment.id: one for one in prepared if one.problem is not None}
        waiting = [
            one.shipment.model_copy(
                update={"decision": ShipmentState.ATTENTION, "attention": one.problem}
            )
            for one in wrong.values()
        ]
        now = self._bench.clock.now()
        saved = shipments.save(connection, self._client.key, waiting, now)
        return [problem for one in saved if (problem := wrong[one.id].problem) is not None]

    # -- call (in the pool) ----------------------------------------------------------------

    def _call(self, flight: Flight) -> Answer:
        if self.stopped or flight.lease.until - self._bench.clock.now() < CALL_MARGIN:
            return Unsent()
        try:
            return self._carrier.buy_label(flight.claim.request)
        except ColisyncError as error:
            return error

    # -- store -----------------------------------------------------------------------------

    def _store(
        self, landed: Sequence[tuple[Flight, Future[Answer]]], prepared: Sequence[Prepared]
    ) -> list[Flight]:
        """The new flights, once every answer is stored and they are claimed."""
        self._bugs += [bug for _, future in landed if (bug := future.exception()) is not None]
        self.stopped = self.stopped or bool(self._bugs)
        answers = [(flight, _answer(future)) for flight, future in landed]
        late, flights, refused = self._patiently(answers, prepared)
        self._count_unclaimed(prepared, len(flights))
        for _, future in landed:
            del self._flying[future]
        for flight, answer in answers:
            self._tell(flight, answer, late=flight.claim.parcel_id in late)
        for problem in refused:
            self._report.count("refused")
            self._report.attend(problem)
        return flights

    def _count_unclaimed(self, prepared: Sequence[Prepared], claimed: int) -> None:
        if self.stopped:
            self.taken -= sum(bool(one.claims) for one in prepared)
        else:
            wanted = sum(len(one.claims) for one in prepared)
            self._report.count("claimed_elsewhere", wanted - claimed)

    def _patiently(
        self, answers: Answered, prepared: Sequence[Prepared]
    ) -> tuple[frozenset[int], list[Flight], list[Attention]]:
        """A database that is locked or full is waited for; a full one ends the claims."""
        give_up_at = time.monotonic() + _STORE_PATIENCE_SECONDS
        pause = 0.2
        while True:
            try:
                return self._write(answers, prepared)
            except StorageUnavailable as error:
                self.stopped = self.stopped or error.key != "storage.locked"
                if time.monotonic() > give_up_at:
                    self.stopped = True
                    raise unstored(error, answers) from error
                self._bench.clock.sleep(pause)
                pause = min(pause * 2, 5.0)

    def _write(
        self, answers: Answered, prepared: Sequence[Prepared]
    ) -> tuple[frozenset[int], list[Flight], list[Attention]]:
        try:
            with self._bench.store.write() as connection:
                late = self._book.write(connection, answers, self._bench.clock.now())
                refused = self._refuse(connection, prepared)
                flights = [] if self.stopped else self._claim(connection, prepared)
            return late, flights, refused
        except StorageUnavailable:
            raise
        except Exception as bug:
            # One answer that cannot be stored takes no other with it; then the bug goes on up.
            self._bugs.append(bug)
            self.stopped = True
            alone = [self._write_alone(*pair) for pair in answers]
            return frozenset[int]().union(*alone), [], []

    def _write_alone(self, flight: Flight, answer: Answer) -> frozenset[int]:
        """The answer whole, or the label without a word to the shop, or at least its number."""
        ways: list[Write] = [self._book.write, self._book.write_untold, self._book.write_bare]
        for way in ways:
            try:
                with self._bench.store.write() as connection:
                    return way(connection, [(flight, answer)], self._bench.clock.now())
            except StorageUnavailable:
                raise
            except Exception as bug:
                bug.add_note(f"{flight.order}: {getattr(answer, 'number', answer)}")
                self._bugs.append(bug)
        return frozenset()

    # -- say -------------------------------------------------------------------------------

    def _tell(self, flight: Flight, answer: Answer, *, late: bool) -> None:
        if isinstance(answer, Purchase):
            self._faults_in_a_row = 0
            self._report.count("late" if late else "labels")
            return
        if isinstance(answer, Unsent):
            self._report.count("postponed")
            return
        self._tell_failure(answer)
        parcel = flight.claim.request.reference if isinstance(answer, IN_DOUBT) else ""
        attention = self._book.problem(answer, flight.order)
        self._report.attend(attention.model_copy(update={"parcel": parcel}))

    def _tell_failure(self, error: ColisyncError) -> None:
        if isinstance(error, IN_DOUBT):
            self._report.count("uncertain")
            self._fault()
        elif error.retryable:
            self._report.count("postponed")
            self._fault()
        else:
            self._faults_in_a_row = 0
            self._report.count("refused")
        self.stopped = self.stopped or isinstance(error, CONTRACT_AT_FAULT)

    def _fault(self) -> None:
        # A carrier that is down costs a handful of time-outs, not one for every order.
        self._faults_in_a_row += 1
        self.stopped = self.stopped or self._faults_in_a_row >= _GIVE_UP_AFTER


def _answer(future: Future[Answer]) -> Answer:
    """What the call gave; after a bug of ours a label may exist, so its outcome is unknown."""
    bug = future.exception()
    if bug is None:
        return future.result()
    return OutcomeUnknown("ship.our_bug", params={"bug": type(bug).__name__})
