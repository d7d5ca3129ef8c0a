"""Reads what is typed and shows the answers; who may do what is decided by the dispatcher."""

import logging
from collections.abc import Coroutine
from contextlib import aclosing

from bot.platforms.terminal.screen import Screen
from bot.platforms.terminal.streams import Readable, read_lines
from core.domain.errors import RetryLater, Undeliverable
from core.domain.people import Person
from core.domain.replies import Reply
from core.ports.edges import Clock
from handlers.invocation import Dispatch, Invocation, InvocationKind

CHAT = "terminal"
LOCAL = Person(platform="terminal", id="local", name="terminal")
"""Whoever sits at the terminal; the composition root lists this id with a role."""

_log = logging.getLogger(__name__)
_ENDED = Reply(lines=("The input has ended. The bot runs on; Ctrl-C ends it.",))


class TerminalPlatform:
    """The terminal as one of the places where people talk to us."""

    def __init__(
        self, *, dispatch: Dispatch, clock: Clock, stdin: Readable, screen: Screen, person: Person = LOCAL
    ) -> None:
        self._dispatch = dispatch
        self._clock = clock
        self._stdin = stdin
        self._screen = screen
        self._person = person

    async def run(self) -> None:
        """Answer line by line; returns when the input ends (ctrl-D) or the terminal is gone: the bot runs on."""
        try:
            await self._shown(self._screen.ask())
            async with aclosing(read_lines(self._stdin, self._clock)) as lines:
                async for line in lines:
                    await self._screen.answered()
                    await self._answer(line)
                    await self._shown(self._screen.ask())
            await self._screen.answered()
            await self._shown(self._screen.show(_ENDED))
        except Undeliverable:
            _log.info("terminal_gone")

    async def _answer(self, line: str) -> None:
        if not line.strip():
            return
        invocation = Invocation(
            person=self._person,
            chat=CHAT,
            kind=InvocationKind.TEXT,
            words=line.strip(),
            is_private=True,
            received_at=self._clock.now(),
        )
        reply = await self._dispatch(invocation)
        if reply is not None:
            await self._shown(self._tell(reply))

    async def _tell(self, reply: Reply) -> None:
        await self._screen.show(reply)
        if reply.confirmation is not None:
            # No name of the message: what a terminal has written cannot be changed.
            self._dispatch.shown(reply.confirmation, CHAT, "")

    async def _shown(self, writing: Coroutine[object, object, object]) -> None:
        try:
            await writing
        except RetryLater:
            # An answer is not kept for later: who asked can ask again.
            _log.info("terminal_stalled")
