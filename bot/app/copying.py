"""Shows replies unasked: copies of questions, and what became of them. When to do so belongs to handlers."""

from collections.abc import Mapping

from bot.control_socket import CHAT as SHELL
from core.domain.delivery import Destination, Loudness
from core.domain.errors import Undeliverable
from core.domain.replies import Reply
from core.ports.delivery import Messenger


class MessengerCopies:
    """Implements `Copies` of handlers over the messengers of all platforms; they are given once they are built."""

    def __init__(self) -> None:
        self._messengers: Mapping[str, Messenger] = {}

    def connect(self, messengers: Mapping[str, Messenger]) -> None:
        """Use these messengers, by the name of their platform."""
        self._messengers = messengers

    async def send(self, destination: str, reply: Reply) -> str:
        """Send a message and return the platform's name of it; raises as `Messenger` does."""
        place = Destination.parse(destination)
        return await self._messenger(place).send(place, reply, Loudness.NORMAL)

    async def edit(self, destination: str, message_ref: str, reply: Reply) -> None:
        """Let a message of ours show `reply`; raises as `Messenger` does."""
        if destination == SHELL:  # What was written there is gone with the command that asked.
            return
        place = Destination.parse(destination)
        await self._messenger(place).edit(place, message_ref, reply)

    def _messenger(self, destination: Destination) -> Messenger:
        messenger = self._messengers.get(destination.platform)
        if messenger is None:
            raise Undeliverable(f"{destination.platform} is not set up")
        return messenger
