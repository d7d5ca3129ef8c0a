"""How much of a venue's request weight is spent on reading its market. The venue's own limits are the client's."""

import logging
from collections import deque
from datetime import datetime, timedelta

from core.domain.errors import RetryLater
from core.ports.edges import Clock

_log = logging.getLogger(__name__)


class ReadBudget:
    """At most `limit` of weight in any `window` for those who `take`; those who `charge` are counted and always go."""

    def __init__(self, *, limit: int, window: timedelta, clock: Clock) -> None:
        self._limit = limit
        self._window = window
        self._clock = clock
        self._spent: deque[tuple[datetime, int]] = deque()
        self._total = 0
        self._short_at: datetime | None = None

    @property
    def used(self) -> int:
        """Weight spent within the last window."""
        now = self._clock.now()
        while self._spent and now - self._spent[0][0] >= self._window:
            self._total -= self._spent.popleft()[1]
        return self._total

    def charge(self, weight: int) -> None:
        """Count what is spent in any case."""
        self._total = self.used + weight
        self._spent.append((self._clock.now(), weight))

    def take(self, weight: int, *, leave: int = 0) -> None:
        """Count what may be spent only while there is room, and `leave` besides for what matters more.

        Raises:
            RetryLater: there is none before the oldest of what was spent falls out of the window.
        """
        if self.used + weight + leave <= self._limit:
            self.charge(weight)
            return
        now = self._clock.now()
        if self._short_at is None or now - self._short_at >= self._window:
            self._short_at = now
            _log.warning("market_facts_over_budget", extra={"used_weight": self.used, "limit_weight": self._limit})
        wait = self._window if not self._spent else self._spent[0][0] + self._window - now
        raise RetryLater("the share of the venue's request limit that is for market facts is used up", wait)
