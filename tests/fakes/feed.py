"""What tests of the signal feed share: a listener that remembers, a consumer that collects, patience with sockets."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta

from core.domain.signals import InvalidSignal, Signal, SignalBatch


class RecordingListener:
    """Implements FeedListener; remembers what it was told, in order."""

    def __init__(self) -> None:
        self.lost: list[tuple[str, datetime]] = []
        self.restored: list[timedelta] = []

    async def feed_lost(self, reason: str, since_at: datetime) -> None:
        self.lost.append((reason, since_at))

    async def feed_restored(self, outage: timedelta) -> None:
        self.restored.append(outage)


class Consumer:
    """Takes every batch of a source, until it is left."""

    def __init__(self, batches: AsyncIterator[SignalBatch]) -> None:
        self.batches: list[SignalBatch] = []
        self.task = asyncio.create_task(self._consume(batches))

    @property
    def signals(self) -> list[Signal]:
        return [signal for batch in self.batches for signal in batch.signals]

    @property
    def invalid(self) -> list[InvalidSignal]:
        return [invalid for batch in self.batches for invalid in batch.invalid]

    async def _consume(self, batches: AsyncIterator[SignalBatch]) -> None:
        async for batch in batches:
            self.batches.append(batch)

    async def __aenter__(self) -> "Consumer":
        return self

    async def __aexit__(self, *_: object) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def eventually(condition: Callable[[], bool], within_s: float = 5.0) -> None:
    """Wait in real time, for sockets, until `condition` holds."""
    loop = asyncio.get_running_loop()
    give_up_s = loop.time() + within_s
    while not condition():
        if loop.time() > give_up_s:
            raise AssertionError(f"the condition did not come true within {within_s} real seconds")
        await asyncio.sleep(0.001)
