"""Carries what became of a question to every message that shows it, beside the answer; what it says is elsewhere."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Protocol

from core.domain.errors import RetryLater, WavehelmError
from core.domain.replies import Reply
from core.ports.edges import Clock

MOST_WAITING = 1000
MOST_TRIES = 5
LONGEST_WAIT = timedelta(seconds=30)

Call = Callable[[], Awaitable[None]]


class Copies(Protocol):
    """Shows replies that nobody asked for at this moment; raises as `Messenger` does."""

    async def send(self, destination: str, reply: Reply) -> str:
        """Send a message to a destination (as text) and return the platform's name of it."""
        ...

    async def edit(self, destination: str, message_ref: str, reply: Reply) -> None:
        """Let a message of ours show `reply`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Place:
    """A message that shows a question: a destination as text, and the platform's name of the message there.

    The name is empty where nothing that was written can be changed: there the last word is a message of its own.
    """

    destination: str
    message_ref: str

    def is_at(self, chat: str, message_ref: str) -> bool:
        """Return True for that message of that chat; topics do not count, as names are the chat's."""
        return bool(message_ref) and self.message_ref == message_ref and same_chat(self.destination, chat)


def same_chat(one: str, other: str) -> bool:
    """Return True if two destinations are of the same chat, whatever the topic."""
    return one.partition("/")[0] == other.partition("/")[0]


class CopyWork:
    """Sends and edits copies in the background, so that no answer waits for another platform.

    Each destination has its own queue and its order is kept; of several edits of one message the last is enough.

    Args:
        timeout_s: How long one call may take.
    """

    def __init__(self, *, copies: Copies, clock: Clock, log: logging.Logger, timeout_s: float) -> None:
        self._copies = copies
        self._clock = clock
        self._log = log
        self._timeout_s = timeout_s
        self._queues: dict[str, OrderedDict[object, Call]] = {}
        self._busy: set[str] = set()
        self._has_work = asyncio.Event()

    def edit(self, place: Place, reply: Reply) -> None:
        """Let a copy show `reply` soon."""
        call = partial(self._copies.edit, place.destination, place.message_ref, reply)
        self._put(place.destination, place, call)

    def send(self, destination: str, reply: Reply, then: Callable[[str], None]) -> None:
        """Send a copy soon; `then` hears the platform's name of the message."""

        async def call() -> None:
            then(await self._copies.send(destination, reply))

        self._put(destination, object(), call)

    async def run(self) -> None:
        """Work until cancelled; what waits is kept if this ends and begins anew."""
        self._busy.clear()
        async with asyncio.TaskGroup() as group:
            while True:
                self._has_work.clear()
                for destination in self._queues.keys() - self._busy:
                    self._busy.add(destination)
                    group.create_task(self._work_through(destination))
                await self._has_work.wait()

    def _put(self, destination: str, key: object, call: Call) -> None:
        queue = self._queues.setdefault(destination, OrderedDict())
        queue.pop(key, None)
        queue[key] = call
        if len(queue) > MOST_WAITING:
            queue.popitem(last=False)
        self._has_work.set()

    async def _work_through(self, destination: str) -> None:
        queue = self._queues[destination]
        while queue:
            _, call = queue.popitem(last=False)
            await self._carry(destination, call)
        del self._queues[destination]
        self._busy.discard(destination)

    async def _carry(self, destination: str, call: Call) -> None:
        """Make one call; a copy that cannot be shown is logged, as the question stands or falls without it."""
        for _ in range(MOST_TRIES):
            try:
                async with asyncio.timeout(self._timeout_s):
                    await call()
            except RetryLater as error:
                wait = min(error.wait, LONGEST_WAIT)
            except (WavehelmError, TimeoutError) as error:
                self._log.warning("copy_failed", extra={"destination": destination, "error": type(error).__name__})
                return
            else:
                return
            await self._clock.sleep(wait)
        self._log.warning("copy_failed", extra={"destination": destination, "error": "RetryLater"})
