"""Stands in for what tells that something was recorded: the test says when. Nothing is recorded here."""

import asyncio


class CountedChanges:
    """Implements Changes; `tell` is one more."""

    def __init__(self) -> None:
        self.count = 0
        self._told = asyncio.Condition()

    async def wait(self, seen: int) -> int:
        async with self._told:
            await self._told.wait_for(lambda: self.count > seen)
        return self.count

    async def tell(self) -> None:
        self.count += 1
        async with self._told:
            self._told.notify_all()
