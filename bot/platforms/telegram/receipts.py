"""Which updates the server may forget. Handling them is not done here."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

_CROWD = 50
"""With this many kept back all are acknowledged: the server shows the oldest hundred only, and others wait behind."""


class Receipts:
    """Keeps the offset below every update that is still being handled.

    An update is acknowledged when its command has ended, not when it arrived. After a kill the server sends again what
    was under way, and at most what ended since the last poll, a moment before: a command may run twice then, but no
    "/stop" is lost. A clean stop acknowledges all that ended.
    """

    def __init__(self) -> None:
        self._open: set[int] = set()
        self._seen: set[int] = set()
        self._confirmed: int | None = None
        self._changed = asyncio.Event()

    @property
    def is_busy(self) -> bool:
        """True while a command runs that keeps the offset back."""
        return bool(self._open) and len(self._seen) < _CROWD

    @property
    def is_owed(self) -> bool:
        """True if the server does not know yet of something that ended."""
        return self.offset() != self._confirmed

    def take(self, update_id: int) -> bool:
        """Note an update as being handled; False if it is known already."""
        if update_id in self._seen:
            return False
        self._seen.add(update_id)
        self._open.add(update_id)
        return True

    def done(self, update_id: int) -> None:
        """Note that an update need never come again."""
        self._open.discard(update_id)
        self._changed.set()

    @contextmanager
    def handling(self, update_id: int) -> Iterator[None]:
        """Note an update as done when what is within has ended or broken (a restart must not meet it again).

        What is cut off by a stop comes again.
        """
        try:
            yield
        except asyncio.CancelledError:
            raise
        except BaseException:
            self.done(update_id)
            raise
        self.done(update_id)

    def offset(self) -> int | None:
        """Return the first update that the server must still keep, or None before any came."""
        if not self._seen:
            return self._confirmed
        return min(self._open) if self.is_busy else max(self._seen) + 1

    def confirm(self, offset: int | None) -> None:
        """Note that the server was asked from `offset` on: it has forgotten everything before."""
        self._confirmed = offset
        if offset is not None:
            self._seen = {seen for seen in self._seen if seen >= offset}
            self._open = {still for still in self._open if still >= offset}

    async def change(self, limit: timedelta) -> None:
        """Wait until something has ended since the last call, at most `limit`."""
        try:
            async with asyncio.timeout(limit.total_seconds()):
                await self._changed.wait()
        except TimeoutError:
            return
        self._changed.clear()
