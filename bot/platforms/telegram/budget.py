"""How much Telegram bears: 30 messages a second, one a second and chat, 20 a minute and group. Sending is not here."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum

from core.delivery.pace import Pace
from core.domain.errors import RetryLater
from core.ports.edges import Clock

_SECOND = timedelta(seconds=1)
_MINUTE = timedelta(minutes=1)


class Turn(StrEnum):
    """What wants to be sent: what the outbox holds, or what a person waits for (and the rest of what has begun)."""

    ALERT = "alert"
    ANSWER = "answer"


_OF_ALL = {Turn.ALERT: 28, Turn.ANSWER: 30}
_OF_A_GROUP = {Turn.ALERT: 18, Turn.ANSWER: 15}


class Budget:
    """One for all that a bot sends and edits; every call takes its place in it first.

    Answers and alerts share what a chat bears, and neither can starve the other: of the 20 messages a minute of a group
    alerts never use the last two, answers never the last five; of the places of a chat, one a second, an answer that
    waits gets the next. Telegram bears short bursts above that; they are not used.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._all = Pace(30, _SECOND)
        self._all_turns = {turn: Pace(most, _SECOND) for turn, most in _OF_ALL.items()}
        self._chat = Pace(1, _SECOND)
        self._group = Pace(20, _MINUTE)
        self._group_turns = {turn: Pace(most, _MINUTE) for turn, most in _OF_A_GROUP.items()}
        self._closed_until: dict[int | str, datetime] = {}
        self._waiting: Counter[str] = Counter()

    def ready_at(self, chat: int | str, turn: Turn = Turn.ALERT) -> datetime | None:
        """Return when the next call for `chat` may go out; None: now."""
        now = self._clock.now()
        at = self._place_at(chat, turn, now)
        if turn is Turn.ALERT and self._waiting[str(chat)]:
            # The next place is theirs, if it is one that answers may have at all.
            answer_at = self._place_at(chat, Turn.ANSWER, now)
            if answer_at <= at:
                at = answer_at + _SECOND
        return at if at > now else None

    def _place_at(self, chat: int | str, turn: Turn, now: datetime) -> datetime:
        times = [pace.ready_at(key, now) for pace, key in self._paces(chat, turn)]
        return max(now, self._closed_until.get(chat, now), *(at for at in times if at is not None))

    def close(self, chat: int | str, wait: timedelta) -> None:
        """Note that Telegram takes nothing for `chat` until `wait` has passed."""
        now = self._clock.now()
        self._closed_until = {key: until for key, until in self._closed_until.items() if until > now}
        self._closed_until[chat] = now + wait

    async def take(self, chat: int | str, turn: Turn) -> None:
        """Wait for a place and take it.

        Raises:
            RetryLater: Telegram asked to wait, and that time has not passed.
        """
        if turn is Turn.ANSWER:
            self._waiting[str(chat)] += 1
        try:
            await self._wait(chat, turn)
        finally:
            if turn is Turn.ANSWER:
                self._waiting[str(chat)] -= 1
                self._waiting += Counter()
        for pace, key in self._paces(chat, turn):
            pace.take(key, self._clock.now())

    async def _wait(self, chat: int | str, turn: Turn) -> None:
        while True:
            now = self._clock.now()
            if (until := self._closed_until.get(chat, now)) > now:
                raise RetryLater(f"Telegram asked to wait until {until:%H:%M:%S} UTC", until - now)
            if (at := self.ready_at(chat, turn)) is None:
                return
            await self._clock.sleep_until(at)

    def _paces(self, chat: int | str, turn: Turn) -> Iterator[tuple[Pace, str]]:
        yield self._all, ""
        yield self._all_turns[turn], ""
        yield self._chat, str(chat)
        if is_group(chat):
            yield self._group, str(chat)
            yield self._group_turns[turn], str(chat)


def is_group(chat: int | str) -> bool:
    """True for groups and channels: their ids are negative, and only they are called by name."""
    return isinstance(chat, str) or chat < 0
