"""Answers that many want at once: one call for all who wait, and its answer kept for a while. Which calls: not here."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from core.ports.edges import Clock

T = TypeVar("T")


@dataclass(slots=True)
class _Call(Generic[T]):
    """A call under way and how many wait for it."""

    task: asyncio.Task[T]
    waiting: int = 0


class SharedAnswer(Generic[T]):
    """The answer of one call, shared by all who ask while it runs and, afterwards, as long as it is fresh enough.

    The call belongs to those who wait for it: one of them who gives up leaves it running for the others, the last one
    ends it. A failure is told to all who waited, and kept for nobody.
    """

    def __init__(self, fetch: Callable[[], Awaitable[T]], *, clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._call: _Call[T] | None = None
        self._kept: tuple[T, datetime] | None = None

    @property
    def received_at(self) -> datetime | None:
        """When the answer that is kept came in, by our clock; None: there is none."""
        return None if self._kept is None else self._kept[1]

    def kept(self, max_age: timedelta) -> T | None:
        """Return the answer that is kept if it came in less than `max_age` ago, else None."""
        return self._kept[0] if self._kept is not None and self._clock.now() - self._kept[1] < max_age else None

    async def get(self, max_age: timedelta, *, admit: Callable[[], None] | None = None) -> T:
        """Return an answer that came in less than `max_age` ago.

        Args:
            max_age: Zero asks anew, unless a call is under way.
            admit: Called when a call has to be made; what it raises goes to the caller and nothing is sent.
        """
        if self._kept is not None and self._clock.now() - self._kept[1] < max_age:
            return self._kept[0]
        if self._call is None or self._call.task.done():
            if admit is not None:
                admit()
            self._call = _Call(asyncio.create_task(self._run()))
            self._call.task.add_done_callback(_seen)
        return await self._join(self._call)

    async def _run(self) -> T:
        answer = await self._fetch()
        self._kept = (answer, self._clock.now())
        return answer

    async def _join(self, call: _Call[T]) -> T:
        call.waiting += 1
        try:
            return await asyncio.shield(call.task)
        finally:
            call.waiting -= 1
            if not call.waiting and not call.task.done():
                call.task.cancel()
                self._call = None


def _seen(task: asyncio.Task[T]) -> None:
    # A failure whose last listener has just given up is nobody's news.
    if not task.cancelled():
        task.exception()
