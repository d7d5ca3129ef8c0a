"""How long to wait before the next attempt to connect. Who waits, and for what, is not known here."""

from datetime import timedelta
from random import Random

_JITTER = 0.2


class Backoff:
    """Waits that double from `first` to `longest`, each off by up to a fifth so that clients do not return together."""

    def __init__(self, first: timedelta, longest: timedelta, random: Random) -> None:
        self._first = first
        self._longest = longest
        self._random = random
        self._step = timedelta(0)

    def next_wait(self, lived: timedelta) -> timedelta:
        """Return the next wait; `lived` is how long the connection held.

        One that outlived the wait before it was sound, and the doubling starts anew; one dropped at once was not.
        """
        is_sound = lived > self._step
        self._step = self._first if is_sound else min(max(self._step * 2, self._first), self._longest)
        return min(self._step * self._random.uniform(1 - _JITTER, 1 + _JITTER), self._longest)
