"""Stands in for the dispatcher before a chat platform: records what was said and answers as the test wants."""

import asyncio
from collections import defaultdict
from collections.abc import Callable

from core.domain.replies import Reply
from handlers.invocation import Invocation


def echo(invocation: Invocation) -> Reply | None:
    """Answer with the words themselves."""
    return Reply(lines=(f"{invocation.person.id} said {invocation.words}",))


class ScriptedDispatch:
    """Implements Dispatch.

    Attributes:
        heard: What was said, in the order in which its work began.
        ended: What was answered or kept silent about.
        showings: Where replies with a confirmation were shown: the confirmation, the destination, the message.
        gates: Work on words that have a gate here waits until it is set.
    """

    def __init__(self, answer: Callable[[Invocation], Reply | None] = echo) -> None:
        self.answer = answer
        self.heard: list[Invocation] = []
        self.ended: list[Invocation] = []
        self.showings: list[tuple[str, str, str]] = []
        self.gates: dict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self.held: set[str] = set()

    @property
    def words(self) -> list[str]:
        return [invocation.words for invocation in self.heard]

    def hold(self, words: str) -> None:
        """Let the work on `words` wait for `release`."""
        self.held.add(words)

    def release(self, words: str) -> None:
        self.gates[words].set()

    async def __call__(self, invocation: Invocation) -> Reply | None:
        self.heard.append(invocation)
        if invocation.words in self.held:
            await self.gates[invocation.words].wait()
        self.ended.append(invocation)
        return self.answer(invocation)

    def shown(self, confirmation: str, destination: str, message_ref: str) -> None:
        self.showings.append((confirmation, destination, message_ref))
