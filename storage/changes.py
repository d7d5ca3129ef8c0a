"""Tells that something was recorded, to any number of those who wait; what it was is read from the database."""

import asyncio


class RecordedChanges:
    """Implements `core.ports.edges.Changes`: a counter that can be waited for."""

    def __init__(self) -> None:
        self._count = 0
        self._next = asyncio.Event()

    def beat(self) -> None:
        """Count one more change and wake everybody who waits."""
        self._count += 1
        self._next.set()
        self._next = asyncio.Event()

    async def wait(self, seen: int) -> int:
        """Wait until more was recorded than `seen` counts (0: anything at all) and return the new count.

        What a former process recorded does not count.
        """
        while self._count <= seen:
            await self._next.wait()
        return self._count
