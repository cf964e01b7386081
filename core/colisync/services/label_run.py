"""One contract's labels of one run: claim, call, store, with several calls in the air.

The calling thread claims and stores; the pool only calls. Every answer that came is stored before
the run ends, whatever else goes wrong.
"""

import base64
import secrets
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import timedelta

from colisync.errors import (
    AuthenticationFailed,
    ColisyncError,
    ConfigurationError,
    OutcomeUnknown,
    StorageUnavailable,
    UnreadableAnswer,
)
from colisync.model.attention import Attention
from colisync.model.label import Purchase
from colisync.model.parcel import Lease, ParcelState
from colisync.model.shipment import Shipment
from colisync.model.workspace import Contract, Workspace
from colisync.ports.carrier import Carrier
from colisync.services import lease as leases
from colisync.services import plan_effects, tracking_plan
from colisync.services.label_request import RequestMaker
from colisync.services.report import Report
from colisync.services.workbench import Workbench
from colisync.storage import attempts, shipments, workspaces
from colisync.storage.attempts import Bought, Claim, Wanted
from colisync.storage.store import Connection

CALL_MARGIN = timedelta(seconds=90)
"""A call starts only while its lease lasts longer than any call's total deadline."""
_WAVES = 2
_GIVE_UP_AFTER = 5
_STORE_PATIENCE_SECONDS = 60.0
_GROUP_SECONDS = 0.02
_IN_DOUBT = (OutcomeUnknown, UnreadableAnswer)
"""Answers after which a label may exist."""


def new_reference() -> str:
    """Twelve random characters `A–Z2–7`: 60 bits, never reused."""
    return base64.b32encode(secrets.token_bytes(8)).decode()[:12]


@dataclass(frozen=True, slots=True)
class Flight:
    """A claimed parcel whose call is queued or under way."""

    claim: Claim
    shipment: Shipment
    order: str
    lease: Lease


@dataclass(frozen=True, slots=True)
class Unsent:
    """The call was not made: the lease was too short to begin."""


Answer = Purchase | ColisyncError | Unsent


class LabelRun:
    """Buys the labels of the shipments it is given, for one contract."""

    def __init__(
        self,
        bench: Workbench,
        client: Workspace,
        contract: Contract,
        carrier: Carrier,
        requests: RequestMaker,
        report: Report,
    ) -> None:
        self._bench = bench
        self._client = client
        self._contract = contract
        self._carrier = carrier
        self._requests = requests
        self._report = report
        self._waiting: Iterator[Shipment] = iter(())
        self._more = True
        self._flying: dict[Future[Answer], Flight] = {}
        self._faults_in_a_row = 0
        self.stopped = False
        self.taken = 0

    def buy(self, ready: Iterator[Shipment]) -> None:
        """Every parcel of `ready` is bought, refused, put back or in doubt when this returns."""
        self._waiting = ready
        with ThreadPoolExecutor(self._contract.concurrency, "label") as pool:
            try:
                while self._flying or (self._more and not self.stopped):
                    self._step(pool)
            finally:
                while self._flying:
                    self._store(self._landed(), [])

    def preload(self, shipments: Sequence[Shipment]) -> None:
        """What the requests of these shipments need is read in one go."""
        self._requests.preload(shipments)

    def _step(self, pool: ThreadPoolExecutor) -> None:
        """Answers that came are stored and the next parcels claimed, in one transaction; then the
        next calls begin."""
        landed = self._landed()
        prepared = [(shipment, self._prepare(shipment)) for shipment in self._next()]
        if landed or prepared:
            for flight in self._store(landed, prepared):
                self._flying[pool.submit(self._call, flight)] = flight
        bugs = [bug for _, future in landed if (bug := future.exception()) is not None]
        if bugs:
            self.stopped = True
            raise bugs[0]

    def _landed(self) -> list[tuple[Flight, Future[Answer]]]:
        """The calls that are over; they stay in the air until they are stored. Waits a moment for
        more of them to share one transaction: two waves are up, so the pool does not wait."""
        done, _ = wait(self._flying, timeout=_GROUP_SECONDS)
        if self._flying and not done:
            done, _ = wait(self._flying, return_when=FIRST_COMPLETED)
        return [(self._flying[future], future) for future in done]

    # -- claim -----------------------------------------------------------------------------

    def _next(self) -> list[Shipment]:
        room = _WAVES * self._contract.concurrency - len(self._flying)
        batch: list[Shipment] = []
        while self._more and not self.stopped and room > 0:
            shipment = next(self._waiting, None)
            self._more = shipment is not None
            if shipment is not None:
                room -= len(shipment.parcels)
                self.taken += 1
                batch.append(shipment)
        return batch

    def _claim(
        self, connection: Connection, prepared: Sequence[tuple[Shipment, list[Claim]]]
    ) -> list[Flight]:
        now = self._bench.clock.now()
        lease = leases.take(now)
        owners = {one.parcel_id: shipment for shipment, claims in prepared for one in claims}
        wanted = [Wanted(one.id, one.version, claims) for one, claims in prepared if claims]
        return [
            Flight(one, owner := owners[one.parcel_id], self._requests.order_name(owner), lease)
            for one in attempts.claim(connection, self._client.key, wanted, lease, now)
        ]

    def _prepare(self, shipment: Shipment) -> list[Claim]:
        """The claims of a shipment; none, and an attention, where it cannot be sent."""
        claims = []
        try:
            for parcel in shipment.parcels:
                if parcel.state is ParcelState.PENDING:
                    request = self._requests.make(shipment, parcel, new_reference())
                    self._carrier.validate(request)
                    claims.append(Claim(parcel.id, parcel.attempt, self._contract.key, request))
        except ColisyncError as error:
            self._refuse(shipment, self._attention(error, shipment))
            return []
        return claims

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
        self,
        landed: Sequence[tuple[Flight, Future[Answer]]],
        prepared: Sequence[tuple[Shipment, list[Claim]]],
    ) -> list[Flight]:
        """The new flights, once every answer is stored and they are claimed."""
        answers = [(flight, _answer(future)) for flight, future in landed]
        late, flights = self._store_patiently(answers, prepared)
        for _, future in landed:
            del self._flying[future]
        for flight, answer in answers:
            self._tell(flight, answer, late=flight.claim.parcel_id in late)
        self._bench.progress.advance(len(answers))
        wanted = sum(len(claims) for _, claims in prepared)
        self._report.count("claimed_elsewhere", wanted - len(flights))
        return flights

    def _store_patiently(
        self,
        answers: Sequence[tuple[Flight, Answer]],
        prepared: Sequence[tuple[Shipment, list[Claim]]],
    ) -> tuple[frozenset[int], list[Flight]]:
        """A database that is locked or full is waited for; nothing more is claimed then."""
        give_up_at = time.monotonic() + _STORE_PATIENCE_SECONDS
        pause = 0.2
        while True:
            try:
                with self._bench.store.write() as connection:
                    late = self._write(connection, answers)
                    return late, [] if self.stopped else self._claim(connection, prepared)
            except StorageUnavailable as error:
                self.stopped = True
                if time.monotonic() > give_up_at:
                    raise _unstored(error, answers) from error
                self._bench.clock.sleep(pause)
                pause = min(pause * 2, 5.0)

    def _write(
        self, connection: Connection, answers: Sequence[tuple[Flight, Answer]]
    ) -> frozenset[int]:
        """The parcels whose label came too late, once all of `answers` are written."""
        now = self._bench.clock.now()
        bought = []
        for flight, answer in answers:
            if isinstance(answer, Purchase):
                bought.append(Bought(flight.claim, flight.lease, answer))
            else:
                self._write_failure(connection, flight, answer)
        if not bought:
            return frozenset()
        key, look = self._client.key, tracking_plan.first_look(now)
        late = attempts.store_purchases(connection, key, bought, now, look)
        pairs = [(one.attempt.parcel_id, one.attempt.attempt) for one in bought]
        told = [pair for pair in pairs if pair[0] not in late]
        plan_effects.plan_effects(connection, key, told, now)
        return late

    def _write_failure(
        self, connection: Connection, flight: Flight, answer: ColisyncError | Unsent
    ) -> None:
        now, key, one = self._bench.clock.now(), self._client.key, flight.claim
        if isinstance(answer, Unsent):
            attempts.put_back(connection, key, one, flight.lease, "unsent", now)
            return
        problem = self._attention(answer, flight.shipment)
        if isinstance(answer, _IN_DOUBT):
            attempts.doubt(connection, key, one, flight.lease, now, problem)
            return
        outcome = "unsent" if answer.retryable else "refused"
        mine = attempts.put_back(connection, key, one, flight.lease, outcome, now, problem)
        if isinstance(answer, AuthenticationFailed | ConfigurationError):
            workspaces.pause_contract(connection, key, self._contract.key, answer.key)
        elif mine and not answer.retryable:
            shipments.attend(connection, key, flight.shipment.id, problem, now)

    def _refuse(self, shipment: Shipment, problem: Attention) -> None:
        now = self._bench.clock.now()
        with self._bench.store.write() as connection:
            shipments.attend(connection, self._client.key, shipment.id, problem, now)
        self._report.count("refused")
        self._report.attend(problem)

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
        parcel = flight.claim.request.reference if isinstance(answer, _IN_DOUBT) else ""
        attention = self._attention(answer, flight.shipment)
        self._report.attend(attention.model_copy(update={"parcel": parcel}))

    def _tell_failure(self, error: ColisyncError) -> None:
        if isinstance(error, _IN_DOUBT):
            self._report.count("uncertain")
            self._fault()
        elif error.retryable:
            self._report.count("postponed")
            self._fault()
        else:
            self._faults_in_a_row = 0
            self._report.count("refused")
        if isinstance(error, AuthenticationFailed | ConfigurationError):
            self.stopped = True

    def _fault(self) -> None:
        # A carrier that is down costs a handful of time-outs, not one for every order.
        self._faults_in_a_row += 1
        self.stopped = self.stopped or self._faults_in_a_row >= _GIVE_UP_AFTER

    def _attention(self, error: ColisyncError, shipment: Shipment) -> Attention:
        order = self._requests.order_name(shipment)
        return Attention.of(error, order=order, command=_cure(error, order, self._contract.key))


def _answer(future: Future[Answer]) -> Answer:
    """What the call gave; after a bug of ours a label may exist, so its outcome is unknown."""
    bug = future.exception()
    if bug is None:
        return future.result()
    return OutcomeUnknown("ship.our_bug", params={"bug": type(bug).__name__})


def _cure(error: ColisyncError, order: str, contract: str) -> str:
    if isinstance(error, _IN_DOUBT):
        return "colisync reconcile"
    if isinstance(error, AuthenticationFailed | ConfigurationError):
        return "colisync check"
    field = getattr(error, "field", "")
    return f"colisync edit {order} {field}=…" if field else f"colisync retry {order}"


def _unstored(
    error: StorageUnavailable, answers: Sequence[tuple[Flight, Answer]]
) -> StorageUnavailable:
    """The error that names every number that could not be stored: the last place they are."""
    numbers = ", ".join(
        f"{flight.order} = {answer.number} ({flight.claim.request.reference})"
        for flight, answer in answers
        if isinstance(answer, Purchase)
    )
    return StorageUnavailable("ship.not_stored", params={**error.params, "numbers": numbers})
