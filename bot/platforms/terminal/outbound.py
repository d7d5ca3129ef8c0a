"""Carries alerts to the terminal; answers go there by `inbound`."""

from datetime import datetime

from bot.platforms.terminal.screen import Screen
from core.domain.delivery import Destination, Loudness
from core.domain.errors import Undeliverable
from core.domain.replies import Reply


class TerminalMessenger:
    """The `Messenger` of the destination `terminal`; what is written there stays, so nothing lives there."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen

    def ready_at(self, destination: Destination) -> datetime | None:
        """Return None: a terminal has no limits."""
        del destination
        return None

    async def send(self, destination: Destination, reply: Reply, loudness: Loudness, thread: str | None = None) -> str:
        """Show `reply`; a terminal has one loudness and no threads."""
        if destination.platform != "terminal":
            raise Undeliverable(f"{destination} is no terminal")
        del loudness, thread
        return await self._screen.show(reply)

    async def edit(self, destination: Destination, message_ref: str, reply: Reply) -> None:
        """Show `reply` below what is there: what a terminal has written cannot be changed."""
        await self.send(destination, reply, Loudness.NORMAL, message_ref)
