"""What a carrier answered to claims, stored: labels, refusals, doubts. Design §2.1–2.3."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

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
from colisync.model.parcel import Lease
from colisync.model.shipment import Shipment
from colisync.services import plan_effects, tracking_plan
from colisync.services.cures import cure
from colisync.storage import attempts, orphans, shipments, workspaces
from colisync.storage.attempts import Bought, Claim
from colisync.storage.store import Connection

IN_DOUBT = (OutcomeUnknown, UnreadableAnswer, StorageUnavailable)
"""Errors of a call after which a label may exist: a store that fails within one says nothing of
the carrier."""
CONTRACT_AT_FAULT = (AuthenticationFailed, ConfigurationError)
"""Errors after which nothing more is asked of the contract."""
_LONGEST_NUMBER = 40


@dataclass(frozen=True, slots=True)
class Flight:
    """A claimed parcel whose call is queued or under way. `order` is "shop/number"."""

    claim: Claim
    shipment: Shipment
    order: str
    lease: Lease


@dataclass(frozen=True, slots=True)
class Unsent:
    """The call was not made: the run ends, or the lease was too short to begin."""


Answer = Purchase | ColisyncError | Unsent
Answered = Sequence[tuple[Flight, Answer]]


class AnswerBook:
    """Writes the answers of one contract's calls."""

    def __init__(self, workspace: str, contract_key: str) -> None:
        self._workspace = workspace
        self._contract_key = contract_key

    def problem(self, error: ColisyncError, order: str) -> Attention:
        """What `error` asks of a person."""
        command = cure(error, order, self._contract_key)
        return Attention.of(error, order=order, command=command)

    def write(self, connection: Connection, answers: Answered, now: datetime) -> frozenset[int]:
        """The parcels whose label came too late, once all of `answers` are written, with what the
        shops are to be told."""
        late = self.write_untold(connection, answers, now)
        told = [
            (flight.claim.parcel_id, flight.claim.attempt)
            for flight, answer in answers
            if isinstance(answer, Purchase) and flight.claim.parcel_id not in late
        ]
        if told:
            plan_effects.plan_effects(connection, self._workspace, told, now)
        return late

    def write_untold(
        self, connection: Connection, answers: Answered, now: datetime
    ) -> frozenset[int]:
        """The same, without a word to any shop."""
        bought = []
        for flight, answer in answers:
            if isinstance(answer, Purchase):
                bought.append(Bought(flight.claim, flight.lease, answer))
            elif isinstance(answer, Unsent):
                self._put_back(connection, flight, "unsent", now)
            else:
                self._fail(connection, flight, answer, self.problem(answer, flight.order), now)
        if not bought:
            return frozenset()
        look = tracking_plan.first_look(now)
        return attempts.store_purchases(connection, self._workspace, bought, now, look)

    def write_bare(
        self, connection: Connection, answers: Answered, now: datetime
    ) -> frozenset[int]:
        """No parcel, once the least is kept of answers that nothing else could store: the number
        as an orphan and the parcel in doubt; of an error its name."""
        for flight, answer in answers:
            if isinstance(answer, Purchase):
                self._keep_number(connection, flight, answer, now)
            elif isinstance(answer, ColisyncError):
                bare = Attention(code=answer.key, order=flight.order)
                self._fail(connection, flight, answer, bare, now)
        return frozenset()

    def _keep_number(
        self, connection: Connection, flight: Flight, purchase: Purchase, now: datetime
    ) -> None:
        number = purchase.number.encode("utf-8", "replace").decode().replace("\0", "?")
        problem = Attention(
            code="ship.unstorable",
            order=flight.order,
            params={"number": number},
            command="colisync reconcile",
        )
        one = flight.claim
        attempts.doubt(connection, self._workspace, one, flight.lease, now, problem)
        orphans.list_orphan(
            connection,
            self._workspace,
            one.parcel_id,
            one.attempt,
            one.request.reference,
            now,
            number=number[:_LONGEST_NUMBER],
            possible=False,
            reason="unstored",
        )

    def _fail(
        self,
        connection: Connection,
        flight: Flight,
        error: ColisyncError,
        problem: Attention,
        now: datetime,
    ) -> None:
        key, one = self._workspace, flight.claim
        if isinstance(error, IN_DOUBT):
            attempts.doubt(connection, key, one, flight.lease, now, problem)
            return
        outcome = "unsent" if error.retryable else "refused"
        mine = self._put_back(connection, flight, outcome, now, problem)
        if isinstance(error, CONTRACT_AT_FAULT):
            workspaces.pause_contract(connection, key, self._contract_key, error.key)
        elif mine and not error.retryable:
            shipments.attend(connection, key, flight.shipment.id, problem, now)

    def _put_back(
        self,
        connection: Connection,
        flight: Flight,
        outcome: str,
        now: datetime,
        problem: Attention | None = None,
    ) -> bool:
        return attempts.put_back(
            connection, self._workspace, flight.claim, flight.lease, outcome, now, problem
        )


def unstored(error: StorageUnavailable, answers: Answered) -> StorageUnavailable:
    """The error that names every number that could not be stored: the last place they are."""
    numbers = ", ".join(
        f"{flight.order} = {answer.number} ({flight.claim.request.reference})"
        for flight, answer in answers
        if isinstance(answer, Purchase)
    )
    return StorageUnavailable("ship.not_stored", params={**error.params, "numbers": numbers})
