"""One message, one call: sent or edited in its turn, plain where markup is refused. Who asks is not known here."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TypeVar

from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions, Message, ReplyParameters
from telegram.constants import ParseMode
from telegram.error import BadRequest, TelegramError

from bot.platforms.telegram.attachments import file_name
from bot.platforms.telegram.budget import Budget, Turn
from bot.platforms.telegram.errors import is_about_markup, is_about_the_text, is_gone, is_unchanged, translate
from bot.platforms.telegram.format import Piece, without_file
from bot.platforms.telegram.gateway import Throttled
from bot.platforms.telegram.keys import Keyboard
from bot.platforms.telegram.targets import MessageRef, Target
from core.domain.errors import DestinationLost, DestinationMoved, MessageGone, RetryLater, Undeliverable
from core.domain.replies import File

T = TypeVar("T")
_log = logging.getLogger(__name__)
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """A piece as it goes into one call; `mode` None: the text is plain."""

    text: str
    mode: ParseMode | None
    keys: Keyboard


class Calls:
    """Every call waits for its place in the budget; what Telegram refuses comes back as our errors."""

    def __init__(self, bot: Bot, budget: Budget, wait: timedelta) -> None:
        self._bot = bot
        self._budget = budget
        self._wait = wait

    async def post(self, target: Target, piece: Piece, turn: Turn) -> MessageRef:
        """Send `piece` and return the message; a file that is refused is left out, and said so.

        Raises:
            RetryLater: Telegram is away or asks to wait.
            DestinationMoved: the chat has another id now; nothing was sent.
            DestinationLost: the chat takes nothing from us.
            Undeliverable: it never will take this.
        """
        if piece.file is None:
            return await self._post(target, piece, turn, partial(self._send, target))
        try:
            return await self._post(target, piece, turn, partial(self._upload, target, piece.file))
        except DestinationLost:
            raise
        except Undeliverable as error:
            _log.warning("a file was refused (%s): its words are sent alone", error)
            return await self._post(target, without_file(piece), turn, partial(self._send, target))

    async def edit(self, ref: MessageRef, piece: Piece, turn: Turn) -> None:
        """Let a message show `piece`; if it does already, that is fine.

        Raises:
            MessageGone: it is deleted, too old, or was never ours.
            RetryLater, DestinationMoved, DestinationLost, Undeliverable: as `post`.
        """
        try:
            await self._in_turn(ref.chat, piece, turn, partial(self._edit, ref))
        except TelegramError as error:
            if is_unchanged(error):
                return
            if is_gone(error):
                raise MessageGone(error.message) from error
            raise self._translated(ref.chat, error) from error

    async def _post(
        self, target: Target, piece: Piece, turn: Turn, carry: Callable[[_Form], Awaitable[Message]]
    ) -> MessageRef:
        try:
            message = await self._in_turn(target.chat, piece, turn, carry)
        except TelegramError as error:
            raise self._translated(target.chat, error) from error
        return MessageRef(chat=message.chat.id, message_id=message.message_id)

    async def _in_turn(self, chat: int | str, piece: Piece, turn: Turn, carry: Callable[[_Form], Awaitable[T]]) -> T:
        await self._budget.take(chat, turn)
        try:
            return await carry(_Form(text=piece.html, mode=ParseMode.HTML, keys=piece.keys))
        except BadRequest as error:
            if not is_about_the_text(error):
                raise
            _log.warning("a message was refused (%s): sent again as plain text", error.message)
            # Whatever else was wrong, it may have been the keyboard.
            keys = piece.keys if is_about_markup(error) else ()
        await self._budget.take(chat, turn)
        return await carry(_Form(text=piece.plain, mode=None, keys=keys))

    def _translated(self, chat: int | str, error: TelegramError) -> RetryLater | Undeliverable | DestinationMoved:
        if isinstance(error, Throttled):
            self._budget.close(chat, error.wait)
        return translate(error, self._wait)

    async def _send(self, target: Target, form: _Form) -> Message:
        return await self._bot.send_message(
            chat_id=target.chat,
            message_thread_id=target.topic_id,
            text=form.text,
            parse_mode=form.mode,
            disable_notification=target.is_silent or None,
            link_preview_options=_NO_PREVIEW,
            reply_parameters=_answering(target),
            reply_markup=_markup(form.keys),
        )

    async def _upload(self, target: Target, file: File, form: _Form) -> Message:
        return await self._bot.send_document(
            chat_id=target.chat,
            message_thread_id=target.topic_id,
            document=file.content,
            filename=file_name(file),
            disable_content_type_detection=True,
            caption=form.text,
            parse_mode=form.mode,
            disable_notification=target.is_silent or None,
            reply_parameters=_answering(target),
            reply_markup=_markup(form.keys),
        )

    async def _edit(self, ref: MessageRef, form: _Form) -> None:
        # Without a keyboard the call takes away the one that is there.
        await self._bot.edit_message_text(
            chat_id=ref.chat,
            message_id=ref.message_id,
            text=form.text,
            parse_mode=form.mode,
            link_preview_options=_NO_PREVIEW,
            reply_markup=_markup(form.keys),
        )


def _answering(target: Target) -> ReplyParameters | None:
    return ReplyParameters(target.answers, allow_sending_without_reply=True) if target.answers else None


def _markup(keys: Keyboard) -> InlineKeyboardMarkup | None:
    if not keys:
        return None
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(key.label, callback_data=key.words) for key in row] for row in keys]
    )
