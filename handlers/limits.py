"""How often one key (a person) may do something; what it may do belongs to `access`."""

from collections import OrderedDict, deque
from datetime import datetime, timedelta

MOST_KEYS = 10_000


class RateLimit:
    """At most `times` in any `window`, counted by key; remembers a bounded number of keys."""

    def __init__(self, times: int, window: timedelta) -> None:
        self.times = times
        self.window = window
        self._taken: OrderedDict[str, deque[datetime]] = OrderedDict()

    def take(self, key: str, at: datetime) -> bool:
        """Count one use of `key` at `at`; False (and not counted) if that would be one too many."""
        taken = self._taken.setdefault(key, deque())
        self._taken.move_to_end(key)
        while taken and at - taken[0] >= self.window:
            taken.popleft()
        if len(self._taken) > MOST_KEYS:
            self._taken.popitem(last=False)
        if len(taken) >= self.times:
            return False
        taken.append(at)
        return True

    def wait(self, key: str, at: datetime) -> timedelta:
        """Return how long `key` has to wait for its next use; zero if it need not."""
        taken = self._taken.get(key)
        if not taken or len(taken) < self.times:
            return timedelta(0)
        return max(timedelta(0), taken[0] + self.window - at)
