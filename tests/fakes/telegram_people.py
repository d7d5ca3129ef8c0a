"""People on Telegram: what they write, press, delete and do to their chats. Who tells the bot is elsewhere."""

import itertools
import re
from collections.abc import Mapping
from typing import Any

from tests.fakes.telegram_chats import Chat, Json, Shown, TelegramChats, units

_ENTITIES = {"bot_command": re.compile(r"(?<!\S)/\w+(?:@\w+)?"), "mention": re.compile(r"(?<!\w)@\w{4,}")}


class TelegramPeople:
    """What people do; whoever tells the bot of it overrides `push`."""

    def __init__(self, state: TelegramChats) -> None:
        self.state = state
        self._query_ids = itertools.count(4_000_000_001)

    def push(self, kind: str, content: Json) -> None:
        """Let the bot hear of something."""
        raise NotImplementedError

    def add_chat(self, chat: int, kind: str = "supergroup", topics: tuple[int, ...] = ()) -> None:
        """Let the bot be a member of a chat (or know a person)."""
        self.state.chats[chat] = Chat(id=chat, kind=kind, topics=frozenset(topics))

    def say(self, user: int, chat: int | None, text: str, **details: Any) -> int:  # noqa: ANN401 - fields of a message
        """Let `user` write to `chat` (None: to the bot in private) and return the message's id.

        `details`: `topic`, `reply_to` (a message id), `is_bot`, or further fields of the message as the API names them.
        """
        message = self._message(user, chat if chat is not None else user, text, details)
        self.state.said[message["chat"]["id"], message["message_id"]] = message
        self.push("message", message)
        return int(message["message_id"])

    def edit(self, user: int, chat: int | None, message_id: int, text: str) -> None:
        """Let `user` edit an own message."""
        key = (chat if chat is not None else user, message_id)
        edited = self.state.said[key] | {"text": text, "entities": _entities(text), "edit_date": self.state.now_s()}
        self.state.said[key] = edited
        self.push("edited_message", edited)

    def press(self, user: int, message: Shown, button: str) -> str:
        """Let `user` press the button with that label and return the id of the callback query."""
        query_id = str(next(self._query_ids))
        self.state.open_presses.add(query_id)
        content = {
            "id": query_id,
            "from": _user(user),
            "chat_instance": str(hash(message.chat_id)),
            "message": self.state.json_of(message),
            "data": message.data_of(button),
        }
        self.push("callback_query", content)
        return query_id

    def delete(self, message: Shown) -> None:
        """Let somebody delete a message of the bot; no bot is told of that."""
        del self.state.shown[message.chat_id, message.message_id]

    def block(self, chat: int) -> None:
        """Let a person block the bot, or a group throw it out."""
        self.state.chats[chat].is_blocked = True

    def migrate(self, chat: int, new_chat: int, by: int = 1) -> None:
        """Let somebody turn a group into a supergroup with another id."""
        told = {
            "message_id": next(self.state.message_ids),
            "date": self.state.now_s(),
            "chat": self.state.chats[chat].json(),
            "from": _user(by),
            "migrate_to_chat_id": new_chat,
        }
        self.add_chat(new_chat)
        self.state.chats[chat].moved_to = new_chat
        self.push("message", told)

    def _message(self, user: int, chat: int, text: str, details: dict[str, Any]) -> Json:
        if chat not in self.state.chats:
            self.add_chat(chat, "private" if chat > 0 else "supergroup")
        message = {
            "message_id": next(self.state.message_ids),
            "date": self.state.now_s(),
            "chat": self.state.chats[chat].json(),
            "from": _user(user, is_bot=details.pop("is_bot", False)),
            "text": text,
            "entities": _entities(text),
        }
        topic, reply_to = details.pop("topic", None), details.pop("reply_to", None)
        if topic is not None:
            message |= {"message_thread_id": topic, "is_topic_message": True}
        if reply_to is not None:
            shown = self.state.shown.get((chat, reply_to))
            message["reply_to_message"] = self.state.json_of(shown) if shown else self.state.said[chat, reply_to]
        return message | details


def _user(user: int, *, is_bot: bool = False) -> Json:
    return {"id": user, "is_bot": is_bot, "first_name": f"Person {user}"}


def _entities(text: str) -> list[Mapping[str, Any]]:
    return [
        {"type": kind, "offset": units(text[: found.start()]), "length": units(found.group())}
        for kind, pattern in _ENTITIES.items()
        for found in pattern.finditer(text)
    ]
