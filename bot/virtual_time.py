"""An event loop whose time is ours: it jumps to the next timer whenever nothing is left to do; for replays and tests.

Threads (the database's) are waited for in real time, and what they finish is let in one piece at a time, only when the
loop has nothing else to do: so the order of everything is the same in every run. Sockets may be used where both ends
live in this loop: what one end has sent is there for the other before time goes on.
"""

import asyncio
import selectors
from collections import deque
from collections.abc import Callable
from contextvars import Context
from datetime import datetime, timedelta

from core.domain.errors import Bug

_Ready = list[tuple[selectors.SelectorKey, int]]


class _Selector(selectors.DefaultSelector):
    """Asks the loop what to do where a common one would block."""

    wait: Callable[[float | None], float]

    def select(self, timeout: float | None = None) -> _Ready:
        """Return what is ready, after waiting as long as the loop says.

        Raises:
            Bug: nothing was left to do, and nothing came in all that time.
        """
        if ready := super().select(0):
            return ready
        if timeout is not None and timeout <= 0:
            return []
        patience_s = self.wait(timeout)
        ready = super().select(patience_s)
        if patience_s and not ready:
            raise Bug(f"everything waits for something that does not come within {patience_s:.0f} s of real time")
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """A loop that starts at `start_at` and skips all waiting.

    `is_busy` says whether a thread is at work whose result must be waited for before time may go on; `patience` is how
    long, in real time.
    """

    def __init__(
        self, start_at: datetime, is_busy: Callable[[], bool], patience: timedelta = timedelta(minutes=1)
    ) -> None:
        self._virtual_s = 0.0
        self._start_at = start_at
        self._is_busy = is_busy
        self._patience_s = patience.total_seconds()
        self._finished: deque[tuple[Callable[..., object], tuple[object, ...], Context | None]] = deque()
        selector = _Selector()
        selector.wait = self._wait
        super().__init__(selector)

    def time(self) -> float:
        """Return virtual seconds since the start."""
        return self._virtual_s

    def now(self) -> datetime:
        """Return the virtual time."""
        return self._start_at + timedelta(seconds=self._virtual_s)

    def call_soon_threadsafe(
        self, callback: Callable[..., object], *args: object, context: Context | None = None
    ) -> asyncio.Handle:
        """Keep what a thread has finished until the loop has nothing else to do."""
        self._finished.append((callback, args, context))
        self._write_to_self()  # type: ignore[attr-defined]
        return asyncio.Handle(callback, args, self, context)

    def _wait(self, timeout: float | None) -> float:
        """Return how long to block (real seconds) now that nothing is ready; may move time or let work in."""
        if self._finished:
            callback, args, context = self._finished.popleft()
            self.call_soon(callback, *args, context=context)
            return 0
        if timeout is None or self._is_busy():
            return self._patience_s
        self._virtual_s += timeout
        return 0


class VirtualClock:
    """The clock of a virtual-time loop; must be used inside one."""

    def __init__(self, loop: VirtualTimeLoop) -> None:
        self._loop = loop

    def now(self) -> datetime:
        """Return the virtual time, aware, UTC."""
        return self._loop.now()

    async def sleep(self, duration: timedelta) -> None:
        """Let virtual time pass."""
        await asyncio.sleep(max(duration.total_seconds(), 0))

    async def sleep_until(self, at: datetime) -> None:
        """Let virtual time pass until `at`."""
        await self.sleep(at - self.now())
