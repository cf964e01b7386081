"""Parcels on their way: a seed whose carrier tells what a test wants."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from colisync.model.attention import Outcome
from colisync.model.shipment import Parcel
from colisync.model.tracking import TrackingEvent, TrackingStatus
from colisync.services.follow_parcels import follow_parcels
from colisync.storage import alarms, tables, tracking
from colisync.testing.factories import Seed, make_order


class Road(Seed):
    """A seed whose carrier tells what the test wants."""

    def parcel(self, number: int = 1, *, parcels: int = 1) -> Parcel:
        return self.labelled(make_order(number), parcels=parcels).parcels[0]

    def told(
        self, parcel: Parcel, hours: float, status: TrackingStatus | None, code: str = ""
    ) -> TrackingEvent:
        """The carrier tells of this from now on; `hours` after the label."""
        at = self.labelled_at + timedelta(hours=hours)
        event = TrackingEvent(
            parcel_id=parcel.id, at=at, code=code or str(status).upper(), status=status
        )
        self.carrier.events[parcel.number].append(event)
        return event

    @property
    def labelled_at(self) -> datetime:
        if not hasattr(self, "_labelled_at"):
            self._labelled_at = self.clock.now()
        return self._labelled_at

    def look(self, **options: Any) -> Outcome:
        return follow_parcels(self.bench, self.workspace, **options)

    def row(self, parcel: Parcel) -> Any:
        with self.store.read() as connection:
            table = tables.parcels
            return connection.execute(select(table).where(table.c.id == parcel.id)).one()

    def events(self, parcel: Parcel) -> list[tuple[str, str]]:
        with self.store.read() as connection:
            found = tracking.events(connection, self.workspace, [parcel.id])
        return [(event.at.isoformat(), event.code) for event in found.get(parcel.id, [])]

    def alarms(self) -> list[tuple[str, str]]:
        with self.store.read() as connection:
            found = alarms.open_alarms(connection, self.workspace)
        return [(alarm.code, alarm.subject) for alarm in found]
