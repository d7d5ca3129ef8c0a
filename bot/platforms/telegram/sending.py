"""Replies of several messages: what has begun is finished, in spite of trouble. Single calls are not here."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

from bot.platforms.telegram.budget import Turn
from bot.platforms.telegram.calls import Calls
from bot.platforms.telegram.format import Piece
from bot.platforms.telegram.targets import MessageRef, Target
from core.domain.errors import DestinationMoved, RetryLater
from core.ports.edges import Clock

T = TypeVar("T")
_TRIES = 6
_LONGEST_WAIT = timedelta(seconds=60)


class Sender:
    """Sends the pieces of one reply in their order.

    A call that ran into its time limit may have been delivered all the same; it is tried again, so that one message
    may appear twice but none is lost.
    """

    def __init__(self, calls: Calls, clock: Clock, first_wait: timedelta) -> None:
        self._calls = calls
        self._clock = clock
        self._first_wait = first_wait

    async def send(self, target: Target, pieces: Sequence[Piece], turn: Turn) -> MessageRef:
        """Send all and return the message that carries the keyboard, else the first.

        Only trouble with the first piece is told at once: what is out cannot be called back, so the rest is insisted
        upon here, or whoever asked would repeat all of it.

        Raises:
            RetryLater, DestinationMoved, DestinationLost, Undeliverable: as `Calls.post`.
        """
        first = await self._calls.post(target, pieces[0], turn)
        # The rest may use the places kept for answers: a reply that is cut off in the middle comes again as a whole.
        return await self.follow_up(target, pieces, first, Turn.ANSWER)

    async def insist(self, target: Target, pieces: Sequence[Piece], turn: Turn) -> MessageRef:
        """Send all as `send` does, but try again for about a minute; a chat that moved is followed.

        Raises:
            RetryLater, DestinationMoved, DestinationLost, Undeliverable: as `Calls.post`, after the last try.
        """
        return await self.follow_up(target, pieces, await self._insist(target, pieces[0], turn), turn)

    async def follow_up(self, target: Target, pieces: Sequence[Piece], first: MessageRef, turn: Turn) -> MessageRef:
        """Send what comes after the first of `pieces`, which is there already; else as `insist`."""
        target = replace(target, chat=first.chat, answers=None)
        refs = [first, *[await self._insist(target, piece, turn) for piece in pieces[1:]]]
        return next((ref for piece, ref in zip(pieces, refs, strict=True) if piece.keys), first)

    async def replace(self, shown: MessageRef, pieces: Sequence[Piece], turn: Turn) -> None:
        """Let a message that is there show the first of `pieces`; tries again as `insist` does.

        Raises:
            MessageGone, RetryLater, DestinationMoved, DestinationLost, Undeliverable: as `Calls.edit`.
        """
        await self._patiently(lambda: self._calls.edit(shown, pieces[0], turn))

    async def _insist(self, target: Target, piece: Piece, turn: Turn) -> MessageRef:
        try:
            return await self._patiently(lambda: self._calls.post(target, piece, turn))
        except DestinationMoved as moved:
            new = replace(target, chat=int(moved.address), answers=None)
            return await self._patiently(lambda: self._calls.post(new, piece, turn))

    async def _patiently(self, attempt: Callable[[], Awaitable[T]]) -> T:
        wait = self._first_wait
        for _ in range(_TRIES - 1):
            try:
                return await attempt()
            except RetryLater as error:
                if error.wait > _LONGEST_WAIT:
                    raise
                await self._clock.sleep(max(error.wait, wait))
                wait *= 2
        return await attempt()
