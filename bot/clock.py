"""The clocks of the process: the machine's, and one that runs faster for the demo. Schedules belong to their owners."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

_RECHECK = timedelta(seconds=10)
"""Longest single wait for a point in time: the machine's clock may be set while we sleep."""


class SystemClock:
    """The machine's time."""

    def now(self) -> datetime:
        """Return the time now, aware, UTC."""
        return datetime.now(UTC)

    async def sleep(self, duration: timedelta) -> None:
        """Wait for `duration`; zero or less yields once."""
        await asyncio.sleep(max(0.0, duration.total_seconds()))

    async def sleep_until(self, at: datetime) -> None:
        """Wait until `at`; a time that has passed yields once."""
        while (left := at - self.now()) > timedelta(0):
            await self.sleep(min(left, _RECHECK))
        await self.sleep(timedelta(0))


class ScaledClock:
    """Time that runs `speed` times as fast as the machine's, from `start_at` on."""

    def __init__(self, speed: float, start_at: datetime) -> None:
        if speed <= 0:
            raise ValueError(f"time runs forward: speed must be above 0, not {speed}")
        self._speed = speed
        self._start_at = start_at.astimezone(UTC)
        self._began_s = time.monotonic()

    def now(self) -> datetime:
        """Return the time now, aware, UTC."""
        return self._start_at + timedelta(seconds=(time.monotonic() - self._began_s) * self._speed)

    async def sleep(self, duration: timedelta) -> None:
        """Wait for `duration` of this clock's time; zero or less yields once."""
        await asyncio.sleep(max(0.0, duration.total_seconds() / self._speed))

    async def sleep_until(self, at: datetime) -> None:
        """Wait until `at` on this clock; a time that has passed yields once."""
        while (left := at - self.now()) > timedelta(0):
            await self.sleep(left)
        await self.sleep(timedelta(0))
