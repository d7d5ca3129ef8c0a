"""Carries what the outbox holds to Telegram, and edits it there. Answers, words and limits are not here."""

from dataclasses import replace
from datetime import datetime

from bot.platforms.telegram.budget import Budget, Turn
from bot.platforms.telegram.calls import Calls
from bot.platforms.telegram.format import format_edit, format_reply
from bot.platforms.telegram.sending import Sender
from bot.platforms.telegram.targets import MessageRef, parse_target
from core.domain.delivery import Destination, Loudness
from core.domain.errors import DestinationLost, MessageGone
from core.domain.replies import Reply


class TelegramMessenger:
    """Implements Messenger over one bot.

    Telegram has no way to call a whole chat: what shall mention people comes with sound, as everything that is not
    silent does, and is marked in its words.
    """

    def __init__(self, calls: Calls, sender: Sender, budget: Budget) -> None:
        self._calls = calls
        self._sender = sender
        self._budget = budget

    def ready_at(self, destination: Destination) -> datetime | None:
        """Return when the limits allow the next message to that chat; None: now, or the chat does not exist at all."""
        try:
            return self._budget.ready_at(parse_target(destination).chat)
        except DestinationLost:
            return None

    async def send(self, destination: Destination, reply: Reply, loudness: Loudness, thread: str | None = None) -> str:
        """Send and return `chat/message` of the message that carries the buttons, else of the first.

        A reply of several messages takes as many places in the budget. `thread` becomes the message replied to; when it
        is gone, or was in the chat that this one grew out of, the reply stands alone.

        Raises:
            RetryLater: Telegram is away or asks to wait.
            DestinationMoved: the group has become a supergroup; nothing was sent.
            DestinationLost: the chat takes nothing from us.
            Undeliverable: it never will take this.
        """
        target = parse_target(destination)
        card = MessageRef.parse(thread or "")
        answers = card.message_id if card is not None and card.is_in(target) else None
        target = replace(target, answers=answers, is_silent=loudness is Loudness.SILENT)
        pieces = format_reply(reply, is_loud=loudness is Loudness.MENTION)
        return str(await self._sender.send(target, pieces, Turn.ALERT))

    async def edit(self, destination: Destination, message_ref: str, reply: Reply) -> None:
        """Let a message of ours show `reply`, shortened to one message; files are left out.

        Raises:
            MessageGone: it was deleted, is too old, or stayed behind in the group that this supergroup was.
            RetryLater, DestinationMoved, DestinationLost, Undeliverable: as `send`.
        """
        ref = MessageRef.parse(message_ref)
        if ref is None or not ref.is_in(parse_target(destination)):
            raise MessageGone(f"{message_ref!r} is no message of {destination}")
        await self._calls.edit(ref, format_edit(reply), Turn.ALERT)
