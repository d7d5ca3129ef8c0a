"""Which destinations are lost, told once an episode and kept over a restart. Noticing it is the carrier's business."""

import json
from collections.abc import Collection
from datetime import datetime

from core.domain.delivery import Destination
from core.domain.events import DeliveryLost, DeliveryRestored
from core.ports.storage import UnitOfWork, Units

_KEY = "delivery_lost"


class Losses:
    """Records `DeliveryLost` when a destination is lost and `DeliveryRestored` when it is back, never twice."""

    def __init__(self, units: Units) -> None:
        self._units = units
        self._lost: dict[str, str] = {}

    async def load(self) -> Collection[Destination]:
        """Read what earlier processes have lost, and return it."""
        async with self._units.reading() as unit:
            self._lost = await _stored(unit)
        return [Destination.parse(name) for name in self._lost]

    def error_of(self, destination: Destination) -> str | None:
        """Return what a lost destination said; None: it is not lost."""
        return self._lost.get(str(destination))

    async def lose(self, destination: Destination, at: datetime, error: str) -> None:
        """Record that `destination` takes nothing from us any more, unless that is known."""
        name = str(destination)
        if name in self._lost:
            return
        async with self._units.writing() as unit:
            lost = await _stored(unit)
            if name not in lost:
                lost[name] = error
                await unit.state.put(_KEY, json.dumps(lost))
                await unit.record(DeliveryLost(at=at, destination=name, error=error))
        self._lost = lost

    async def restore(self, destination: Destination, at: datetime) -> None:
        """Record that `destination` takes our messages again, if it was lost."""
        await self._remove(destination, DeliveryRestored(at=at, destination=str(destination)))

    async def forget(self, destination: Destination) -> None:
        """Let `destination` be lost no more without telling anybody; it has another address."""
        await self._remove(destination, None)

    async def _remove(self, destination: Destination, event: DeliveryRestored | None) -> None:
        name = str(destination)
        if name not in self._lost:
            return
        async with self._units.writing() as unit:
            lost = await _stored(unit)
            if lost.pop(name, None) is not None:
                await unit.state.put(_KEY, json.dumps(lost) if lost else None)
                if event is not None:
                    await unit.record(event)
        self._lost = lost


async def _stored(unit: UnitOfWork) -> dict[str, str]:
    text = await unit.state.get(_KEY)
    return dict(json.loads(text)) if text else {}
