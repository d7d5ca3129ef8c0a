"""What Telegram heard, as invocations. Pure; rights, commands and answers belong to handlers."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from telegram import CallbackQuery, Message, MessageEntity, Update, User
from telegram.constants import ChatType

from bot.platforms.telegram.targets import PLATFORM, MessageRef, destination_of
from core.domain.delivery import Destination
from core.domain.people import Person
from handlers.invocation import Invocation, InvocationKind

_GROUPS = {ChatType.GROUP, ChatType.SUPERGROUP}


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """An invocation, and where its answer goes.

    Attributes:
        message_id: The message that is answered, or that holds the pressed button.
        topic_id: Topic of a forum, or None.
    """

    invocation: Invocation
    chat_id: int
    topic_id: int | None
    message_id: int


def read_update(update: Update, me: User, now_at: datetime) -> Heard | None:
    """Return what a person said to us, or None for everything that is not meant for us or not said by a person."""
    if update.callback_query is not None:
        return _read_press(update.callback_query, now_at)
    if update.message is not None:
        return _read_message(update.message, me, is_edit=False)
    if update.edited_message is not None:
        return _read_message(update.edited_message, me, is_edit=True)
    return None


def read_move(update: Update) -> tuple[Destination, Destination] | None:
    """Return the group that an update says has become a supergroup, and its new name; None for everything else."""
    message = update.message
    if message is None or message.migrate_to_chat_id is None:
        return None
    return destination_of(message.chat.id, None), destination_of(message.migrate_to_chat_id, None)


def _read_press(query: CallbackQuery, now_at: datetime) -> Heard | None:
    message = query.message
    words = (query.data or "").strip()
    if message is None or not words or query.from_user.is_bot:
        return None
    topic_id = _topic_id(message) if isinstance(message, Message) else None
    invocation = Invocation(
        person=_person(query.from_user),
        chat=str(destination_of(message.chat.id, topic_id)),
        kind=InvocationKind.BUTTON,
        words=words,
        is_private=message.chat.type == ChatType.PRIVATE,
        received_at=now_at,
        message=str(MessageRef(chat=message.chat.id, message_id=message.message_id)),
    )
    return Heard(invocation=invocation, chat_id=message.chat.id, topic_id=topic_id, message_id=message.message_id)


def _read_message(message: Message, me: User, *, is_edit: bool) -> Heard | None:
    author = message.from_user
    if author is None or author.is_bot or message.sender_chat is not None:
        return None
    is_private = message.chat.type == ChatType.PRIVATE
    if not is_private and message.chat.type not in _GROUPS:
        return None
    words = _words(message, me, is_private=is_private)
    if not words:
        return None
    spoken = InvocationKind.COMMAND if words.startswith("/") else InvocationKind.TEXT
    topic_id = _topic_id(message)
    invocation = Invocation(
        person=_person(author),
        chat=str(destination_of(message.chat.id, topic_id)),
        kind=InvocationKind.EDIT if is_edit else spoken,
        words=words,
        is_private=is_private,
        received_at=(message.edit_date if is_edit else None) or message.date,
    )
    return Heard(invocation=invocation, chat_id=message.chat.id, topic_id=topic_id, message_id=message.message_id)


def _words(message: Message, me: User, *, is_private: bool) -> str:
    """Return the words meant for us, without our name; empty if they are for somebody else."""
    text = (message.text or "").strip()
    if text.startswith("/"):
        return _undecorated(text, me.username or "")
    rest = _without_mentions(message, _is_me(me))
    if is_private or rest is not None:
        return (text if rest is None else rest).strip()
    answered = message.reply_to_message
    is_to_us = answered is not None and answered.from_user is not None and answered.from_user.id == me.id
    return text if is_to_us else ""


def _undecorated(text: str, username: str) -> str:
    command, *rest = text.split(maxsplit=1)
    name, at, addressee = command.partition("@")
    if at and addressee.lower() != username.lower():
        return ""
    return text.replace(command, name, 1) if rest else name


def _is_me(me: User) -> Callable[[MessageEntity, str], bool]:
    name = f"@{me.username}".lower()

    def judge(entity: MessageEntity, text: str) -> bool:
        if entity.type == MessageEntity.TEXT_MENTION:
            return entity.user is not None and entity.user.id == me.id
        return entity.type == MessageEntity.MENTION and text.lower() == name

    return judge


def _without_mentions(message: Message, is_me: Callable[[MessageEntity, str], bool]) -> str | None:
    """Return the text without mentions of us, or None if there are none. Entities count UTF-16 units."""
    found = [entity for entity, text in message.parse_entities().items() if is_me(entity, text)]
    if not found:
        return None
    raw = (message.text or "").encode("utf-16-le")
    for entity in sorted(found, key=lambda entity: entity.offset, reverse=True):
        raw = raw[: 2 * entity.offset] + raw[2 * (entity.offset + entity.length) :]
    return raw.decode("utf-16-le")


def _topic_id(message: Message) -> int | None:
    # Outside forums a thread id only names the message replied to.
    return message.message_thread_id if message.is_topic_message else None


def _person(user: User) -> Person:
    return Person(platform=PLATFORM, id=str(user.id), name=user.full_name)
