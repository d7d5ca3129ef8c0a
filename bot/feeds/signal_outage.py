"""Tells once an episode that the signal feed is lost, and once that it is back. Connecting is not its business."""

import asyncio
from datetime import datetime, timedelta
from typing import Protocol

from core.ports.edges import Clock


class FeedListener(Protocol):
    """Who wants to know about outages of the signal feed."""

    async def feed_lost(self, reason: str, since_at: datetime) -> None:
        """Hear that the server has been out of reach since `since_at`; once an episode."""
        ...

    async def feed_restored(self, outage: timedelta) -> None:
        """Hear that it is back after `outage`; only if the loss was told."""
        ...


class OutageWatch:
    """One outage at a time, from `began` to `ended`; `run` tells when it has lasted for `lost_after`."""

    def __init__(self, clock: Clock, lost_after: timedelta, listener: FeedListener) -> None:
        self._clock = clock
        self._lost_after = lost_after
        self._listener = listener
        self._since_at: datetime | None = None
        self._reason = ""
        self._is_told = False
        self._changed = asyncio.Event()
        self._telling = asyncio.Lock()

    def began(self, reason: str) -> None:
        """Note an outage; one that goes on keeps its beginning and takes the newer reason."""
        self._reason = reason
        if self._since_at is None:
            self._since_at = self._clock.now()
            self._changed.set()

    async def refused(self, reason: str) -> None:
        """Note an outage that will not pass by itself, and tell it at once."""
        self.began(reason)
        await self._tell()

    async def ended(self) -> None:
        """Note the end of the outage, if there is one."""
        if self._since_at is None:
            return
        async with self._telling:
            if self._is_told:
                await self._listener.feed_restored(self._clock.now() - self._since_at)
            self._is_told, self._since_at = False, None

    async def run(self) -> None:
        """Watch without end."""
        while True:
            self._changed.clear()
            since_at = self._since_at
            if since_at is None:
                await self._changed.wait()
                continue
            await self._clock.sleep_until(since_at + self._lost_after)
            if self._since_at == since_at:
                await self._tell()
                await self._changed.wait()

    async def _tell(self) -> None:
        async with self._telling:
            if self._since_at is not None and not self._is_told:
                await self._listener.feed_lost(self._reason, self._since_at)
                self._is_told = True
