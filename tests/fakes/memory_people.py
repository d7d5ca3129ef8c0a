"""In-memory pauses, audit, alerts and small state."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from core.domain.delivery import Alert
from core.domain.pauses import Pause
from core.domain.people import AuditEntry
from tests.fakes.memory_store import Store


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
        self._store.audit.append(entry)

    async def recent(self, limit: int) -> Sequence[AuditEntry]:
        return self._store.audit[::-1][:limit]


class MemoryAlerts:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def recent(self, limit: int, kind: str | None = None) -> Sequence[Alert]:
        return [alert for alert in reversed(self._store.alerts.values()) if kind in {None, alert.kind}][:limit]


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
