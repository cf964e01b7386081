"""Where the parcels are: each contract's carrier is asked about what is due, number by number.

One bad number stops nothing; an account that fails stops its own contract only.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from colisync.errors import (
    AuthenticationFailed,
    ColisyncError,
    ConfigurationError,
    RateLimited,
    RemoteError,
)
from colisync.model.attention import Attention, Outcome
from colisync.model.parcel import ParcelRef
from colisync.model.tracking import TrackingEvent
from colisync.model.workspace import Contract, Mode, Workspace
from colisync.ports.carrier import Carrier, CarrierCapability, TrackingFailure
from colisync.services import tracking_plan, tracking_standing
from colisync.services.record_tracking import (
    NOT_SCANNED,
    Heard,
    alarm_void,
    record_tracking,
)
from colisync.services.report import Report
from colisync.services.workbench import Workbench
from colisync.storage import alarms, parcels, tracking, unscanned, workspaces
from colisync.storage.alarms import Alarm
from colisync.storage.store import Connection
from colisync.storage.tracking import TrackedParcel
from colisync.storage.unscanned import OrphanNumber

_CHUNK = 100
_CLAIM = timedelta(minutes=30)
"""Longer than a chunk of calls takes; a look that was never finished is taken up again then."""
_AFTER_FAULT = timedelta(minutes=15)
_ORPHANS_FOR = timedelta(days=45)
_ORPHAN_EVERY = timedelta(days=1)


def follow_parcels(
    bench: Workbench,
    workspace: str,
    *,
    order_ids: Collection[int] | None = None,
    now_due_only: bool = True,
) -> Outcome:
    """Asks about every parcel that is due, or every one still followed; with `order_ids` only
    about theirs, due or not.

    Counts: followed, events_new, handed_over, delivered, at_pickup_point, exceptions,
    unknown_codes, quarantined, not_scanned.
    """
    report = Report()
    now = bench.clock.now()
    due_by = now if now_due_only and order_ids is None else None
    with bench.store.read() as connection:
        client = workspaces.workspace(connection, workspace)
        contracts = {one.key: one for one in workspaces.contracts(connection, workspace)}
        found = tracking.to_follow(connection, workspace, due_by, order_ids)
        void = _void_numbers(bench, workspace, now) if order_ids is None else []
    keys = {one.contract_key for one in found} | {one.contract_key for one in void}
    with bench.watched("tracking.progress", len(found)):
        for key in sorted(keys):
            carrier = _open(bench, client, contracts.get(key), key, report)
            if carrier is None:
                continue
            following = _Following(bench, client, contracts[key], carrier, report)
            following.follow([one for one in found if one.contract_key == key], due_by)
            following.follow_void([one for one in void if one.contract_key == key])
    for contract in contracts.values():
        _list_unscanned(bench, workspace, contract, report)
    return report.outcome()


def _void_numbers(bench: Workbench, workspace: str, now: datetime) -> list[OrphanNumber]:
    with bench.store.read() as connection:
        return unscanned.orphans_to_look_at(connection, workspace, now, now - _ORPHANS_FOR)


def _open(
    bench: Workbench, client: Workspace, contract: Contract | None, key: str, report: Report
) -> Carrier | None:
    """The contract's carrier; None, and why, where it cannot be asked."""
    if contract is None:
        params = {"key": key, "known": ""}
        report.attend(Attention(code="storage.unknown_contract", params=params))
        return None
    if contract.paused:
        params = {"contract": contract.key, "reason": contract.paused}
        report.attend(Attention(code="contract.paused", params=params, command="colisync check"))
        return None
    try:
        carrier = bench.backends.carrier(contract, rehearsal=client.mode is Mode.REHEARSAL)
    except ConfigurationError as error:
        report.fail(error, order=contract.key, command="colisync check")
        return None
    return carrier if CarrierCapability.TRACK in carrier.capabilities else None


class _Following:
    """One contract's share of a run."""

    def __init__(
        self,
        bench: Workbench,
        client: Workspace,
        contract: Contract,
        carrier: Carrier,
        report: Report,
    ) -> None:
        self._bench = bench
        self._key = client.key
        self._contract = contract
        self._carrier = carrier
        self._report = report
        self._stopped = False

    def follow(self, wanted: Sequence[TrackedParcel], due_by: datetime | None) -> None:
        """Each of these parcels is asked about, until the account as a whole fails."""
        for start in range(0, len(wanted), _CHUNK):
            if self._stopped:
                return
            chunk = wanted[start : start + _CHUNK]
            self._follow_chunk(self._claim(chunk, due_by))
            self._bench.progress.advance(len(chunk))

    def _claim(
        self, chunk: Sequence[TrackedParcel], due_by: datetime | None
    ) -> list[TrackedParcel]:
        now = self._bench.clock.now()
        ids = [one.id for one in chunk]
        due = due_by or now + tracking_plan.GIVE_UP_AFTER
        with self._bench.store.write() as connection:
            ours = tracking.claim_looks(connection, self._key, ids, due, now + _CLAIM)
        return [one for one in chunk if one.id in ours]

    def _follow_chunk(self, chunk: Sequence[TrackedParcel]) -> None:
        refs = [
            ParcelRef(
                id=one.id,
                number=one.number,
                postcode=one.postcode,
                method=one.method,
                labelled_at=one.labelled_at,
            )
            for one in chunk
        ]
        events, failures, error = self._ask(refs)
        heard = [
            Heard(one.id, one.number, events.get(one.id, ()), failures.get(one.id))
            for one in chunk
            if error is None or one.id in events or one.id in failures
        ]
        now = self._bench.clock.now()
        with self._bench.store.write() as connection:
            recorded = record_tracking(connection, self._key, self._carrier.key, heard, now)
            if error is not None:
                self._give_back(connection, chunk, heard, error)
        self._report.count("followed", len(heard))
        self._report.counts.update(recorded.counts)
        self._report.attention.extend(recorded.attention)
        self._report.notes.extend(recorded.notes)

    def _ask(
        self, refs: Sequence[ParcelRef]
    ) -> tuple[dict[int, list[TrackingEvent]], dict[int, TrackingFailure], ColisyncError | None]:
        """What the carrier told, and what ended it early."""
        events: dict[int, list[TrackingEvent]] = {}
        failures: dict[int, TrackingFailure] = {}
        try:
            for item in self._carrier.track(refs) if refs else ():
                if isinstance(item, TrackingFailure):
                    failures[item.parcel_id] = item
                else:
                    events.setdefault(item.parcel_id, []).append(item)
        except (RemoteError, ConfigurationError) as error:
            self._stop(error)
            return events, failures, error
        return events, failures, None

    def _stop(self, error: ColisyncError) -> None:
        self._stopped = True
        stops = isinstance(error, AuthenticationFailed | ConfigurationError)
        command = "colisync check" if stops else "colisync track"
        self._report.fail(error, order=self._contract.key, command=command)
        if stops:
            with self._bench.store.write() as connection:
                workspaces.pause_contract(connection, self._key, self._contract.key, error.key)

    def _give_back(
        self,
        connection: Connection,
        chunk: Sequence[TrackedParcel],
        heard: Sequence[Heard],
        error: ColisyncError,
    ) -> None:
        """Those not told of are asked about soon; that the account failed is not their fault."""
        asked = {one.parcel_id for one in heard}
        seconds = error.retry_after if isinstance(error, RateLimited) else None
        wait = max(_AFTER_FAULT, timedelta(seconds=seconds or 0))
        at = self._bench.clock.now() + wait
        rest = [one.id for one in chunk if one.id not in asked]
        tracking.look_later(connection, self._key, rest, at)

    def follow_void(self, numbers: Sequence[OrphanNumber]) -> None:
        """An alarm for each of these numbers that a carrier has in hand all the same."""
        for start in range(0, len(numbers), _CHUNK):
            if self._stopped:
                return
            self._follow_void_chunk(numbers[start : start + _CHUNK])

    def _follow_void_chunk(self, numbers: Sequence[OrphanNumber]) -> None:
        refs = [
            ParcelRef(
                id=one.id,
                number=one.number,
                postcode=one.postcode,
                method=one.method,
                labelled_at=one.made_at,
            )
            for one in numbers
        ]
        events, _, _ = self._ask(refs)
        now = self._bench.clock.now()
        scanned = [one for one in numbers if _was_scanned(one, events.get(one.id, ()), now)]
        with self._bench.store.write() as connection:
            ids = [one.id for one in numbers]
            unscanned.orphans_looked(connection, self._key, ids, now + _ORPHAN_EVERY)
            for one in scanned:
                unscanned.orphan_scanned(connection, self._key, one.id, now)
                found = alarm_void(connection, self._key, one.shipment_id, one.number, now)
                self._report.attention.extend(found)


def _was_scanned(one: OrphanNumber, events: Sequence[TrackingEvent], now: datetime) -> bool:
    return any(
        tracking_standing.is_scan(event)
        and tracking_standing.is_believable(event, one.made_at, now)
        for event in events
    )


def _list_unscanned(bench: Workbench, workspace: str, contract: Contract, report: Report) -> None:
    """Parcels that should have been scanned by now: counted each time, an alarm once each."""
    now = bench.clock.now()
    before = tracking_plan.unscanned_before(now, contract.slip.at)
    with bench.store.read() as connection:
        late = unscanned.unscanned(connection, workspace, contract.key, before)
        known = {
            one.subject
            for one in alarms.open_alarms(connection, workspace)
            if one.code == NOT_SCANNED
        }
    report.count("not_scanned", len(late))
    new = [one for one in late if str(one.parcel_id) not in known]
    if not new:
        return
    with bench.store.write() as connection:
        names = parcels.order_names(connection, workspace, [one.shipment_id for one in new])
        for one in new:
            order = names.get(one.shipment_id, "")
            params = {
                "number": one.number,
                "order": order,
                "labelled": one.labelled_at.date().isoformat(),
                "command": f"colisync status {order}".strip(),
            }
            alarm = Alarm(NOT_SCANNED, str(one.parcel_id), params, now)
            if alarms.raise_alarm(connection, workspace, alarm.code, alarm.subject, params, now):
                report.note(alarm.attention())
