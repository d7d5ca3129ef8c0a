"""Keeps a call that fails again and again from being sent for a while. What the call does is its owner's."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from bot.exchanges.errors import TroubleKind, VenueTrouble
from core.domain.orders import RefusalReason, Refused
from core.ports.edges import Clock

_MOST_FAILURES = 5
_WITHIN = timedelta(minutes=10)
_FIRST_PAUSE = timedelta(seconds=30)
_LONGEST_PAUSE = timedelta(minutes=5)
_LONGEST_URGENT_PAUSE = timedelta(seconds=5)


class CallKind(StrEnum):
    """What a call is for."""

    ENTRY = "entry"
    EXIT = "exit"
    STOP = "stop"
    FIRST_STOP = "first_stop"
    LEVERAGE = "leverage"


_MOST_URGENT = {CallKind.EXIT, CallKind.FIRST_STOP}
"""A stop that is only moved leaves another one standing."""


class RestraintListener(Protocol):
    """Is told, once an episode, that a call fails again and again."""

    async def call_held_back(self, venue: str, call: str, symbol: str, detail: str) -> None:
        """`call` for `symbol` is held back; `detail` is the venue's own sentence.

        `call` is entry, exit, stop (one that is moved), first_stop or leverage.
        """
        ...


@dataclass(slots=True)
class _Episode:
    """One call that keeps failing in one way."""

    code: str
    detail: str = ""
    failed_at: deque[datetime] = field(default_factory=lambda: deque(maxlen=_MOST_FAILURES))
    pause: timedelta = timedelta(0)
    until_at: datetime | None = None


class Restraint:
    """Counts failures by kind of call, symbol and trouble.

    After five equal ones within ten minutes the call is not sent for a pause, then once, then for a pause twice as
    long, and so on; what closes a position, or protects one that has no stop, waits a few seconds at most. Success, or
    another trouble, ends it.
    """

    def __init__(self, venue: str, *, clock: Clock, listener: RestraintListener | None = None) -> None:
        self._venue = venue
        self._clock = clock
        self._listener = listener
        self._episodes: dict[tuple[CallKind, str], _Episode] = {}

    def refusal(self, call: CallKind, symbol: str) -> Refused | None:
        """Return why `call` must not be sent now, or None."""
        episode = self._episodes.get((call, symbol))
        if episode is None or episode.until_at is None or episode.until_at <= self._clock.now():
            return None
        return Refused(reason=RefusalReason.HELD_BACK, detail=episode.detail)

    def succeeded(self, call: CallKind, symbol: str) -> None:
        """Note that `call` did what it should."""
        self._episodes.pop((call, symbol), None)

    async def failed(self, call: CallKind, symbol: str, trouble: VenueTrouble) -> None:
        """Note that `call` met `trouble`; a call that was not sent at all does not count."""
        if trouble.kind is TroubleKind.BACK_OFF:
            return
        now = self._clock.now()
        episode = self._episodes.get((call, symbol))
        is_over = episode is not None and episode.failed_at[-1] + _WITHIN + episode.pause < now
        if episode is None or episode.code != trouble.code or is_over:
            episode = self._episodes[call, symbol] = _Episode(trouble.code)
        episode.failed_at.append(now)
        episode.detail = trouble.detail or trouble.code
        is_new = not episode.pause
        if is_new and (len(episode.failed_at) < _MOST_FAILURES or now - episode.failed_at[0] > _WITHIN):
            return
        longest = _LONGEST_URGENT_PAUSE if call in _MOST_URGENT else _LONGEST_PAUSE
        episode.pause = min(episode.pause * 2 or _FIRST_PAUSE, longest)
        episode.until_at = now + episode.pause
        if is_new and self._listener is not None:
            await self._listener.call_held_back(self._venue, call.value, symbol, episode.detail)
