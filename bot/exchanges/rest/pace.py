"""How fast a venue is called: orders in a lane of their own, reads in another. What a call costs, ccxt knows."""

import asyncio
from datetime import datetime

from bot.exchanges.profiles import Pace
from core.ports.edges import Clock


class PacedLane:
    """Lets calls through one after another, no faster than its pace."""

    def __init__(self, pace: Pace, clock: Clock) -> None:
        self._room = pace.burst * pace.rest
        self._rest = pace.rest
        self._clock = clock
        self._turn = asyncio.Lock()
        self._even_at: datetime | None = None
        """When all that was spent will have come back."""

    async def take(self, thousandths: int) -> None:
        """Wait until a call may go that costs so many thousandths of a unit; a wait that is cancelled costs nothing."""
        cost = self._rest * thousandths // 1000
        async with self._turn:
            now = self._clock.now()
            even_at = max(self._even_at or now, now) + cost
            goes_at = even_at - max(self._room, cost)
            if goes_at > now:
                await self._clock.sleep_until(goes_at)
            self._even_at = even_at
