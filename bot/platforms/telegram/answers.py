"""Answers to people: under their words, or in the place of the message that they pressed. Words are not here."""

import logging

from bot.platforms.telegram.budget import Turn
from bot.platforms.telegram.format import format_reply
from bot.platforms.telegram.inbound import Heard
from bot.platforms.telegram.sending import Sender
from bot.platforms.telegram.targets import MessageRef, Target, destination_of
from core.domain.errors import DestinationMoved, MessageGone, RetryLater, Undeliverable
from core.domain.replies import Reply
from handlers.invocation import Dispatch

_log = logging.getLogger(__name__)


class Answers:
    """Gives each answer once; an answer that cannot arrive within about a minute is lost, and logged."""

    def __init__(self, sender: Sender, dispatch: Dispatch) -> None:
        self._sender = sender
        self._dispatch = dispatch

    async def give(self, heard: Heard, reply: Reply) -> None:
        """Show `reply` to who was heard, and tell the dispatcher where a question is shown."""
        try:
            ref = await self._show(heard, reply)
        except (RetryLater, Undeliverable, DestinationMoved) as error:
            _log.warning("an answer to %s is lost: %s", heard.invocation.chat, error)
            return
        if reply.confirmation is not None:
            self._dispatch.shown(reply.confirmation, str(destination_of(ref.chat, heard.topic_id)), str(ref))

    async def _show(self, heard: Heard, reply: Reply) -> MessageRef:
        target = Target(chat=heard.chat_id, topic_id=heard.topic_id, answers=heard.message_id)
        pieces = format_reply(reply)
        pressed = MessageRef.parse(heard.invocation.message)
        if reply.replaces and pressed is not None and pieces[0].file is None:
            try:
                await self._sender.replace(pressed, pieces, Turn.ANSWER)
            except (MessageGone, DestinationMoved, Undeliverable) as error:
                _log.info("a message cannot be replaced (%s): the answer comes as a new one", error)
            else:
                return await self._sender.follow_up(target, pieces, pressed, Turn.ANSWER)
        return await self._sender.insist(target, pieces, Turn.ANSWER)
