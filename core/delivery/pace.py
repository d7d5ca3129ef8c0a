"""How often something may be done: at most so many times in any span of time; pure. The numbers belong to platforms."""

from collections import deque
from datetime import datetime, timedelta

_MOST_KEYS = 10_000


class Pace:
    """At most `most` in any `span` for each key.

    A span has its begin and not its end in it: what is done exactly one span later counts anew. Where several limits
    apply, such as one a second and twenty a minute, the last of their times decides, and the place is taken in each.
    """

    def __init__(self, most: int, span: timedelta, *, most_keys: int = _MOST_KEYS) -> None:
        if most < 1 or span <= timedelta(0) or most_keys < 1:
            raise ValueError("a pace allows at least one in a span that is longer than nothing")
        self._most = most
        self._span = span
        self._most_keys = most_keys
        self._taken: dict[str, deque[datetime]] = {}

    def __len__(self) -> int:
        return len(self._taken)

    def ready_at(self, key: str, now: datetime) -> datetime | None:
        """Return when `key` has its next place; None: now."""
        taken = self._taken.get(key)
        if taken is None or len(taken) < self._most:
            return None
        free_at = taken[0] + self._span
        return free_at if free_at > now else None

    def take(self, key: str, now: datetime) -> None:
        """Count one for `key` at `now`; who does not ask `ready_at` before takes more than is allowed."""
        taken = self._taken.pop(key, None)
        if taken is None:
            self._make_room(now)
            taken = deque(maxlen=self._most)
        # A clock that was set back must not let the oldest look younger than it is.
        taken.append(max(now, taken[-1]) if taken else now)
        self._taken[key] = taken

    def _make_room(self, now: datetime) -> None:
        if len(self._taken) < self._most_keys:
            return
        self._taken = {key: taken for key, taken in self._taken.items() if taken[-1] + self._span > now}
        while len(self._taken) >= self._most_keys:
            # Keys are in the order of their last use.
            del self._taken[next(iter(self._taken))]
