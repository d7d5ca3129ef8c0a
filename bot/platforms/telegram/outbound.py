"""Sends replies: splits, waits when told to, falls back to plain text, follows a moved chat. Words are not here."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions, ReplyParameters
from telegram.constants import ParseMode
from telegram.error import BadRequest, ChatMigrated, TelegramError

from bot.platforms.telegram.errors import is_about_the_chat, translate
from bot.platforms.telegram.format import Key, Piece, format_reply
from bot.platforms.telegram.inbound import PLATFORM
from bot.platforms.telegram.settings import TelegramSettings
from core.domain.delivery import Destination, Loudness
from core.domain.errors import RetryLater, Undeliverable
from core.domain.replies import Reply
from core.ports.edges import Clock

_log = logging.getLogger(__name__)
_TRIES = 6
_LONGEST_WAIT = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a message goes: chat (a channel may have a name), topic, the message it answers."""

    chat: int | str
    topic_id: int | None = None
    answers: int | None = None
    is_silent: bool = False


class TelegramMessenger:
    """Implements Messenger over one bot.

    A call that ran into its time limit may have been delivered all the same; it is tried again, so that one message
    may appear twice but none is lost.
    """

    def __init__(self, bot: Bot, settings: TelegramSettings, clock: Clock) -> None:
        self._bot = bot
        self._settings = settings
        self._clock = clock

    async def send(self, destination: Destination, reply: Reply, loudness: Loudness) -> str:
        """Send and return `chat/message` of the first piece.

        Raises:
            RetryLater: Telegram is away or asks to wait.
            Undeliverable: it never will take this.
        """
        target = replace(parse_target(destination), is_silent=loudness is Loudness.SILENT)
        first, *rest = format_reply(reply)
        ref = await self._post(target, first)
        # What is out cannot be called back: the rest is insisted upon here, or the relay would repeat all of it.
        for piece in rest:
            await self._insist(target, piece)
        return ref

    async def answer(self, target: Target, reply: Reply) -> str:
        """Send an answer that nobody will send again for us; waits and tries again for about a minute.

        Raises:
            RetryLater, Undeliverable: as `send`, after the last try.
        """
        first, *rest = format_reply(reply)
        ref = await self._insist(target, first)
        for piece in rest:
            await self._insist(replace(target, answers=None), piece)
        return ref

    async def _insist(self, target: Target, piece: Piece) -> str:
        wait = self._settings.first_backoff
        for _ in range(_TRIES - 1):
            try:
                return await self._post(target, piece)
            except RetryLater as error:
                if error.wait > _LONGEST_WAIT:
                    raise
                await self._clock.sleep(max(error.wait, wait))
                wait *= 2
        return await self._post(target, piece)

    async def _post(self, target: Target, piece: Piece) -> str:
        try:
            return await self._follow(target, piece)
        except TelegramError as error:
            raise translate(error, self._settings.first_backoff) from error

    async def _follow(self, target: Target, piece: Piece) -> str:
        try:
            return await self._post_marked_up(target, piece)
        except ChatMigrated as moved:
            _log.warning("chat %s is now %s: write the new id into the routes", target.chat, moved.new_chat_id)
            try:
                return await self._post_marked_up(replace(target, chat=moved.new_chat_id), piece)
            except ChatMigrated as again:
                raise Undeliverable(f"chat {target.chat} moved twice, last to {again.new_chat_id}") from again

    async def _post_marked_up(self, target: Target, piece: Piece) -> str:
        try:
            return await self._call(target, piece.html, piece.keys, ParseMode.HTML)
        except BadRequest as error:
            if is_about_the_chat(error):
                raise
            _log.warning("markup was refused (%s): sent again as plain text", error.message)
            return await self._call(target, piece.plain, (), None)

    async def _call(self, target: Target, text: str, keys: Sequence[Sequence[Key]], mode: ParseMode | None) -> str:
        answers = target.answers
        message = await self._bot.send_message(
            chat_id=target.chat,
            message_thread_id=target.topic_id,
            text=text,
            parse_mode=mode,
            disable_notification=target.is_silent or None,
            link_preview_options=LinkPreviewOptions(is_disabled=True),
            reply_parameters=ReplyParameters(answers, allow_sending_without_reply=True) if answers else None,
            reply_markup=_markup(keys),
        )
        return f"{message.chat.id}/{message.message_id}"


def parse_target(destination: Destination) -> Target:
    """Return the chat and topic that `destination` names.

    Raises:
        Undeliverable: it names none.
    """
    address, topic = destination.address, destination.topic
    is_named = address.startswith("@") and len(address) > 1
    if destination.platform != PLATFORM or not (is_named or _is_number(address)) or (topic and not topic.isdecimal()):
        raise Undeliverable(f"{destination} is no Telegram chat; write telegram:<chat id>[/<topic id>]")
    return Target(chat=address if is_named else int(address), topic_id=int(topic) if topic else None)


def _is_number(text: str) -> bool:
    return text.removeprefix("-").isdecimal()


def _markup(keys: Sequence[Sequence[Key]]) -> InlineKeyboardMarkup | None:
    if not keys:
        return None
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(key.label, callback_data=key.words) for key in row] for row in keys]
    )
