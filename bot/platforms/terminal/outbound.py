"""Carries alerts to the terminal; answers go there by `inbound`."""

import itertools

from bot.platforms.terminal.screen import Screen
from core.domain.delivery import Destination, Loudness
from core.domain.errors import Undeliverable
from core.domain.replies import Reply


class TerminalMessenger:
    """The `Messenger` of the destination `terminal`."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._numbers = itertools.count(1)

    async def send(self, destination: Destination, reply: Reply, loudness: Loudness) -> str:
        """Show `reply`; a terminal has one loudness."""
        if destination.platform != "terminal":
            raise Undeliverable(f"{destination} is no terminal")
        del loudness
        await self._screen.show(reply)
        return f"terminal-{next(self._numbers)}"
