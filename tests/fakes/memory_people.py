"""In-memory pauses, audit, alerts, roles given in chat, the stop list and small state."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from core.domain.delivery import Alert, DeliveryRecord, DeliveryState, FoldReason
from core.domain.pauses import Pause
from core.domain.people import AuditEntry, Grant, StopListing
from tests.fakes.memory_store import Store, StoredAudit, StoredDelivery


class MemoryPauses:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, pause: Pause) -> Pause:
        stored = replace(pause, id=len(self._store.pauses) + 1)
        self._store.pauses[stored.id] = stored
        return stored

    async def end(self, pause: Pause, at: datetime, by: str) -> None:
        known = self._store.pauses.get(pause.id)
        if known is not None and known.ended_at is None:
            self._store.pauses[pause.id] = replace(known, ended_at=at, ended_by=by)

    async def active(self, at: datetime) -> Sequence[Pause]:
        return [pause for pause in self._store.pauses.values() if pause.is_active(at)]


class MemoryAudit:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, entry: AuditEntry) -> None:
        last = self._store.audit[-1] if self._store.audit else None
        previous = last.digest if last else ""
        row = StoredAudit(
            id=last.id + 1 if last else 1, entry=entry, previous=previous, digest=digest_of(previous, entry)
        )
        self._store.audit.append(row)

    async def recent(self, limit: int) -> Sequence[AuditEntry]:
        return [row.entry for row in self._store.audit[::-1][:limit]]

    async def between(self, since: datetime, until: datetime) -> Sequence[AuditEntry]:
        return [row.entry for row in self._store.audit if since <= row.entry.at < until]

    async def verify(self) -> int | None:
        previous = ""
        for row in self._store.audit:
            if row.previous != previous or row.digest != digest_of(previous, row.entry):
                return row.id
            previous = row.digest
        return None


def digest_of(previous: str, entry: AuditEntry) -> str:
    return hashlib.sha256(f"{previous} {entry}".encode(errors="replace")).hexdigest()


class MemoryAlerts:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def get(self, alert_id: int) -> Alert | None:
        return self._store.alerts.get(alert_id)

    async def recent(self, limit: int, kind: str | None = None) -> Sequence[Alert]:
        return [alert for alert in reversed(self._store.alerts.values()) if kind in {None, alert.kind}][:limit]

    async def deliveries(self, alert_id: int) -> Sequence[DeliveryRecord]:
        found = [
            DeliveryRecord(
                destination=each.delivery.destination,
                state=each.state,
                attempts=each.delivery.attempts,
                ended_at=each.ended_at,
                error=each.error,
                held_until=each.next_at if _is_held(each) else None,
            )
            for each in self._store.deliveries.values()
            if each.delivery.alert.id == alert_id
        ]
        return sorted(found, key=lambda record: record.destination)

    async def acknowledge(self, alert_id: int, at: datetime, author: str) -> Alert | None:
        known = self._store.alerts.get(alert_id)
        if known is not None and known.acked_at is None:
            self._store.alerts[alert_id] = replace(known, acked_by=author, acked_at=at)
        return self._store.alerts.get(alert_id)


def _is_held(each: StoredDelivery) -> bool:
    return each.state is DeliveryState.PENDING and each.fold not in {None, FoldReason.MISSED}


class MemoryGrants:
    def __init__(self, store: Store, announce: Callable[[], None]) -> None:
        self._store = store
        self._announce = announce

    async def add(self, grant: Grant) -> None:
        self._store.grants.append(grant)
        self._announce()

    async def current(self) -> Sequence[Grant]:
        newest = {(grant.platform, grant.person_id): grant for grant in self._store.grants}
        return [newest[key] for key in sorted(newest)]


class MemoryStopList:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, listing: StopListing) -> None:
        self._store.stop_list[listing.symbol] = listing

    async def remove(self, symbol: str, at: datetime, author: str) -> StopListing | None:
        listed = self._store.stop_list.get(symbol)
        return self._store.stop_list.pop(symbol) if listed is not None and is_in_force(listed, at) else None

    async def active(self, at: datetime) -> Sequence[StopListing]:
        return [listing for _, listing in sorted(self._store.stop_list.items()) if is_in_force(listing, at)]


def is_in_force(listing: StopListing, at: datetime) -> bool:
    return listing.until_at is None or at < listing.until_at


class MemoryState:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def get(self, key: str) -> str | None:
        return self._store.settings.get(key)

    async def put(self, key: str, value: str | None) -> None:
        if value is None:
            self._store.settings.pop(key, None)
        else:
            self._store.settings[key] = value
