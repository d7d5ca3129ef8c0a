"""Chats, topics and messages as Telegram names them, read from ours. Pure; what is sent there is not here."""

from dataclasses import dataclass

from core.domain.delivery import Destination
from core.domain.errors import DestinationLost

PLATFORM = "telegram"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a message goes: chat (a channel may have a name), topic, the message it answers."""

    chat: int | str
    topic_id: int | None = None
    answers: int | None = None
    is_silent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRef:
    """A message that is there; as text `chat/message`, which is its name everywhere outside of this platform."""

    chat: int
    message_id: int

    @classmethod
    def parse(cls, text: str) -> "MessageRef | None":
        """Return the message that `text` names, or None if it names none of Telegram."""
        chat, _, message_id = text.partition("/")
        return cls(chat=int(chat), message_id=int(message_id)) if _is_number(chat) and message_id.isdecimal() else None

    def __str__(self) -> str:
        return f"{self.chat}/{self.message_id}"

    def is_in(self, target: Target) -> bool:
        """True unless the message belongs to another chat; a chat that is called by name may be any."""
        return isinstance(target.chat, str) or target.chat == self.chat


def parse_target(destination: Destination) -> Target:
    """Return the chat and topic that `destination` names.

    Raises:
        DestinationLost: it names none.
    """
    address, topic = destination.address, destination.topic
    is_named = address.startswith("@") and len(address) > 1
    if destination.platform != PLATFORM or not (is_named or _is_number(address)) or (topic and not topic.isdecimal()):
        raise DestinationLost(f"{destination} is no Telegram chat; write telegram:<chat id>[/<topic id>]")
    return Target(chat=address if is_named else int(address), topic_id=int(topic) if topic else None)


def destination_of(chat: int, topic_id: int | None) -> Destination:
    """Return our name of a chat or of a topic in it."""
    return Destination(platform=PLATFORM, address=str(chat), topic="" if topic_id is None else str(topic_id))


def _is_number(text: str) -> bool:
    return text.removeprefix("-").isdecimal()
