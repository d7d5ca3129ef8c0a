"""How late the event loop is: a stalled loop answers nobody. Measured in real time, whatever our Clock says."""

import asyncio
from collections import deque
from datetime import timedelta

_BEAT_S = 0.25


class LoopLag:
    """Beats on the running loop and remembers how late the last beats were."""

    def __init__(self, window: timedelta = timedelta(seconds=5)) -> None:
        self._late_s: deque[float] = deque([0.0], maxlen=max(1, round(window.total_seconds() / _BEAT_S)))
        self._timer: asyncio.TimerHandle | None = None
        self._due_s = 0.0

    @property
    def worst(self) -> timedelta:
        """The latest beat of the window; a beat that is overdue now counts, too."""
        overdue_s = asyncio.get_running_loop().time() - self._due_s if self._timer else 0.0
        return timedelta(seconds=max(0.0, overdue_s, *self._late_s))

    def start(self) -> None:
        """Begin to beat; safe to call twice."""
        if self._timer is None:
            self._schedule()

    def stop(self) -> None:
        """Beat no more; safe to call twice."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _schedule(self) -> None:
        loop = asyncio.get_running_loop()
        self._due_s = loop.time() + _BEAT_S
        self._timer = loop.call_at(self._due_s, self._beat)

    def _beat(self) -> None:
        self._late_s.append(asyncio.get_running_loop().time() - self._due_s)
        self._schedule()
