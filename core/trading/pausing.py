"""Holding entries back by a person's word and letting them go again; positions and stops are never touched."""

from collections.abc import Sequence
from datetime import datetime

from core.domain.events import Paused, Resumed
from core.domain.pauses import EVERYTHING, Pause
from core.ports.edges import Clock
from core.ports.storage import Units


class Pausing:
    """Idempotent verbs over stored pauses."""

    def __init__(self, *, units: Units, clock: Clock) -> None:
        self._units = units
        self._clock = clock

    async def pause(self, scope: str, *, reason: str, author: str, until_at: datetime | None) -> Pause:
        """Hold entries of `scope` back until `until_at` (None: until resumed).

        Returns:
            The pause in force: one that already lasts as long is kept, with its author; a shorter one is replaced.
        """
        now = self._clock.now()
        async with self._units.writing() as unit:
            for standing in await unit.pauses.active(now):
                if standing.scope != scope:
                    continue
                if _outlasts(standing.until_at, until_at):
                    return standing
                await unit.pauses.end(standing, now, author)
            pause = await unit.pauses.add(
                Pause(scope=scope, reason=reason, author=author, created_at=now, until_at=until_at)
            )
            await unit.record(Paused(at=now, scope=scope, reason=reason, author=author, until_at=until_at))
        return pause

    async def resume(self, scope: str, *, author: str) -> Sequence[Pause]:
        """End the pauses of `scope`; `all` ends every pause.

        Returns:
            The pauses that were ended; empty when nothing was paused.
        """
        now = self._clock.now()
        async with self._units.writing() as unit:
            ended = [p for p in await unit.pauses.active(now) if scope in {EVERYTHING, p.scope}]
            for pause in ended:
                await unit.pauses.end(pause, now, author)
                await unit.record(Resumed(at=now, scope=pause.scope, author=author))
        return ended


def _outlasts(standing: datetime | None, wanted: datetime | None) -> bool:
    return standing is None or (wanted is not None and standing >= wanted)
