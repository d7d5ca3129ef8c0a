"""What is kept of people: pauses, audit, alerts, rights, lists; the trade's own repositories are in `storage`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from core.domain.delivery import Alert, DeliveryRecord, Destination, Mute
from core.domain.pauses import Pause
from core.domain.people import AuditEntry, Grant, StopListing


class Pauses(Protocol):
    """Stored pauses."""

    async def add(self, pause: Pause) -> Pause:
        """Store a new pause and return it with its id."""
        ...

    async def end(self, pause: Pause, at: datetime, by: str) -> None:
        """Mark a pause as ended; one that has ended stays as it was."""
        ...

    async def active(self, at: datetime) -> Sequence[Pause]:
        """Return the pauses in force at `at`, oldest first."""
        ...


class Audit(Protocol):
    """The record of what people asked; rows are hash-linked."""

    async def add(self, entry: AuditEntry) -> None:
        """Append a row, linked to the one before."""
        ...

    async def recent(self, limit: int) -> Sequence[AuditEntry]:
        """Return the newest rows first."""
        ...

    async def between(self, since: datetime, until: datetime) -> Sequence[AuditEntry]:
        """Return the rows from `since` on and before `until`, oldest first."""
        ...

    async def verify(self) -> int | None:
        """Return the id of the first row that was changed or whose predecessor is gone, or None if all is well."""
        ...


class State(Protocol):
    """Small pieces of state by name."""

    async def get(self, key: str) -> str | None:
        """Return the text stored under `key`, or None."""
        ...

    async def put(self, key: str, value: str | None) -> None:
        """Store `value` under `key`; None removes it."""
        ...


class Alerts(Protocol):
    """Stored alerts, for people to look back."""

    async def get(self, alert_id: int) -> Alert | None:
        """Return the alert with that number, or None."""
        ...

    async def recent(self, limit: int, kind: str | None = None) -> Sequence[Alert]:
        """Return the newest alerts first."""
        ...

    async def deliveries(self, alert_id: int) -> Sequence[DeliveryRecord]:
        """Return what became of an alert at each destination, by destination."""
        ...

    async def acknowledge(self, alert_id: int, at: datetime, author: str) -> Alert | None:
        """Note that somebody takes care of an alert; the first to say so stays. None if there is no such alert."""
        ...


class Mutes(Protocol):
    """Kinds of alerts that are held back at a destination for a time."""

    async def put(self, mute: Mute) -> None:
        """Store a mute; a later end for the same destination and kind replaces an earlier one."""
        ...

    async def active(self, at: datetime, destination: Destination | None = None) -> Sequence[Mute]:
        """Return the mutes in force at `at`, of all destinations if none is named, by destination and kind."""
        ...

    async def end(self, destination: Destination, kind: str | None, at: datetime) -> Sequence[Mute]:
        """End the mutes of `kind` (None: all) at a destination; what they held back is told at once. Returns them."""
        ...


class Grants(Protocol):
    """Roles given in chat."""

    async def add(self, grant: Grant) -> None:
        """Store a grant; earlier ones of the person stay as history."""
        ...

    async def current(self) -> Sequence[Grant]:
        """Return the newest grant of each person, by platform and id."""
        ...


class StopList(Protocol):
    """Symbols that people took off trading."""

    async def add(self, listing: StopListing) -> None:
        """Store a listing; one in force for the same symbol ends with it."""
        ...

    async def remove(self, symbol: str, at: datetime, author: str) -> StopListing | None:
        """End the listing of `symbol` and return it; None if there is none in force."""
        ...

    async def active(self, at: datetime) -> Sequence[StopListing]:
        """Return the listings in force at `at`, by symbol."""
        ...
