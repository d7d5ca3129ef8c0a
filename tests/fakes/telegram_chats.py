"""What a Bot API server keeps and refuses: chats, messages, buttons, presses. HTTP and polling are elsewhere."""

import itertools
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.telegram_markup import MarkupRefused, parse_html
from tests.fakes.telegram_menus import TelegramMenus
from tests.fakes.telegram_refusal import Refusal

Json = dict[str, Any]
Params = Mapping[str, Any]
TEXT_UNITS = 4096
CAPTION_UNITS = 1024
_MIGRATED = "Bad Request: group chat was upgraded to a supergroup chat"
_UNCHANGED = (
    "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a "
    "current content and reply markup of the message"
)
_CANNOT_EDIT = "Bad Request: message can't be edited"
_EDITABLE_S = 48 * 3600
_TOO_OLD = "Bad Request: query is too old and response timeout expired or query ID is invalid"


@dataclass(slots=True, kw_only=True)
class Chat:
    """A chat that the bot may write to."""

    id: int
    kind: str
    topics: frozenset[int] = frozenset()
    moved_to: int | None = None
    is_blocked: bool = False

    def json(self) -> Json:
        if self.kind == "private":
            return {"id": self.id, "type": "private", "first_name": f"Person {self.id}"}
        return {"id": self.id, "type": self.kind, "title": f"Chat {self.id}", "is_forum": bool(self.topics)}


@dataclass(slots=True, kw_only=True)
class Shown:
    """A message of the bot as a phone shows it; `buttons` are (label, data), `source` is the text as it was sent."""

    chat_id: int
    message_id: int
    text: str
    source: str
    date_s: int
    buttons: list[list[tuple[str, str]]] = field(default_factory=list)
    is_silent: bool = False
    is_plain: bool = False
    topic: int | None = None
    reply_to: int | None = None
    edits: int = 0
    file: tuple[str, bytes] | None = None

    def data_of(self, label: str) -> str:
        """Return what the button with `label` (or with a label that ends so) carries."""
        found = [data for row in self.buttons for text, data in row if text == label or text.endswith(label)]
        assert len(found) == 1, f"{label!r} names {len(found)} of the buttons {self.buttons}"
        return found[0]


class TelegramChats:
    """Carries out the bot's calls, refusing what the real server refuses."""

    def __init__(self, me: Json, now_s: Callable[[], int]) -> None:
        self.me = me
        self.chats: dict[int, Chat] = {}
        self.menus = TelegramMenus(self.chats)
        self.shown: dict[tuple[int, int], Shown] = {}
        self.said: dict[tuple[int, int], Json] = {}
        self.open_presses: set[str] = set()
        self.toasts: dict[str, str] = {}
        self.actions: list[tuple[int, str]] = []
        self.message_ids = itertools.count(1)
        self.now_s = now_s
        self.methods: dict[str, Callable[[Params], object]] = {
            "getMe": lambda _: self.me,
            "sendMessage": self._send_message,
            "sendPhoto": lambda params: self._send_file(params, "photo"),
            "sendDocument": lambda params: self._send_file(params, "document"),
            "editMessageText": self._edit_text,
            "editMessageReplyMarkup": self._edit_markup,
            "deleteMessage": self._delete,
            "answerCallbackQuery": self._answer_press,
            "sendChatAction": self._act,
            "setMyCommands": self.menus.set,
            "getMyCommands": self.menus.get,
            "deleteMyCommands": self.menus.delete,
        }

    def json_of(self, message: Shown) -> Json:
        """Return a message of the bot as the server tells it."""
        data: Json = {
            "message_id": message.message_id,
            "date": message.date_s,
            "chat": self.chats[message.chat_id].json(),
            "from": self.me,
        }
        if message.file is None:
            data["text"] = message.text
        elif message.text:
            data["caption"] = message.text
        if message.topic is not None:
            data |= {"message_thread_id": message.topic, "is_topic_message": True}
        if message.buttons:
            rows = [[{"text": label, "callback_data": words} for label, words in row] for row in message.buttons]
            data["reply_markup"] = {"inline_keyboard": rows}
        return data

    def _send_message(self, params: Params) -> Json:
        source = str(params.get("text", ""))
        message = self._new_message(params, source, _shown_text(source, params, TEXT_UNITS, "message is too long"))
        if not message.text:
            raise Refusal(400, "Bad Request: message text is empty")
        return self._keep(message)

    def _send_file(self, params: Params, kind: str) -> Json:
        source = str(params.get("caption", ""))
        caption = _shown_text(source, params, CAPTION_UNITS, "message caption is too long")
        message = self._new_message(params, source, caption)
        content = params.get(kind)
        if not isinstance(content, tuple):
            raise Refusal(400, f"Bad Request: there is no {kind} in the request")
        if not content[1]:
            raise Refusal(400, "Bad Request: file must be non-empty")
        message.file = content
        return self._keep(message)

    def _new_message(self, params: Params, source: str, text: str) -> Shown:
        chat = self._chat(params)
        return Shown(
            chat_id=chat.id,
            message_id=next(self.message_ids),
            text=text,
            source=source,
            date_s=self.now_s(),
            buttons=_buttons(params),
            is_silent=_flag(params.get("disable_notification")),
            is_plain="parse_mode" not in params,
            topic=_topic(chat, params),
            reply_to=self._replied(chat, params),
        )

    def _keep(self, message: Shown) -> Json:
        self.shown[message.chat_id, message.message_id] = message
        return self.json_of(message)

    def _chat(self, params: Params) -> Chat:
        text = str(params.get("chat_id", ""))
        chat = self.chats.get(int(text)) if re.fullmatch(r"-?\d+", text) else None
        if chat is None:
            raise Refusal(400, "Bad Request: chat not found")
        if chat.moved_to is not None:
            raise Refusal(400, _MIGRATED, {"migrate_to_chat_id": chat.moved_to})
        if chat.is_blocked:
            what = "blocked by the user" if chat.kind == "private" else f"kicked from the {chat.kind} chat"
            raise Refusal(403, f"Forbidden: bot was {what}")
        return chat

    def _replied(self, chat: Chat, params: Params) -> int | None:
        reply = _object(params.get("reply_parameters"))
        if not reply:
            return None
        key = (chat.id, int(reply["message_id"]))
        if key in self.shown or key in self.said:
            return key[1]
        if _flag(reply.get("allow_sending_without_reply")):
            return None
        raise Refusal(400, "Bad Request: message to be replied not found")

    def _own(self, params: Params) -> Shown:
        key = (self._chat(params).id, int(params.get("message_id", 0)))
        if key in self.said:
            raise Refusal(400, _CANNOT_EDIT)
        if key not in self.shown:
            raise Refusal(400, "Bad Request: message to edit not found")
        message = self.shown[key]
        if self.now_s() - message.date_s > _EDITABLE_S:
            raise Refusal(400, _CANNOT_EDIT)
        return message

    def _edit_text(self, params: Params) -> Json:
        message = self._own(params)
        if message.file is not None:
            raise Refusal(400, "Bad Request: there is no text in the message to edit")
        source = str(params.get("text", ""))
        text = _shown_text(source, params, TEXT_UNITS, "message is too long")
        if not text:
            raise Refusal(400, "Bad Request: message text is empty")
        return self._change(message, source, text, _buttons(params))

    def _edit_markup(self, params: Params) -> Json:
        message = self._own(params)
        return self._change(message, message.source, message.text, _buttons(params))

    def _change(self, message: Shown, source: str, text: str, buttons: list[list[tuple[str, str]]]) -> Json:
        if (source, text, buttons) == (message.source, message.text, message.buttons):
            raise Refusal(400, _UNCHANGED)
        message.source, message.text, message.buttons = source, text, buttons
        message.edits += 1
        return self.json_of(message) | {"edit_date": self.now_s()}

    def _delete(self, params: Params) -> bool:
        key = (self._chat(params).id, int(params.get("message_id", 0)))
        if key not in self.shown:
            raise Refusal(400, "Bad Request: message to delete not found")
        del self.shown[key]
        return True

    def _answer_press(self, params: Params) -> bool:
        query_id = str(params.get("callback_query_id", ""))
        if query_id not in self.open_presses:
            raise Refusal(400, _TOO_OLD)
        self.open_presses.remove(query_id)
        self.toasts[query_id] = str(params.get("text", ""))
        return True

    def _act(self, params: Params) -> bool:
        self.actions.append((self._chat(params).id, str(params.get("action", ""))))
        return True


def units(text: str) -> int:
    """Return the length as the server counts it."""
    return len(text.encode("utf-16-le")) // 2


def _shown_text(source: str, params: Params, limit: int, complaint: str) -> str:
    mode = params.get("parse_mode")
    if mode not in {None, "HTML"}:
        raise Refusal(400, "Bad Request: unsupported parse_mode")
    try:
        text = parse_html(source) if mode else source
    except MarkupRefused as error:
        raise Refusal(400, f"Bad Request: {error}") from None
    if units(text) > limit:
        raise Refusal(400, f"Bad Request: {complaint}")
    return text.strip()


def _buttons(params: Params) -> list[list[tuple[str, str]]]:
    rows = (_object(params.get("reply_markup")) or {}).get("inline_keyboard", [])
    if sum(map(len, rows)) > 100:
        raise Refusal(400, "Bad Request: reply markup is too long")
    for button in itertools.chain.from_iterable(rows):
        if not str(button.get("text", "")).strip():
            raise Refusal(400, "Bad Request: can't parse inline keyboard button: text is empty")
        if not 1 <= len(str(button.get("callback_data", "")).encode()) <= 64:
            raise Refusal(400, "Bad Request: BUTTON_DATA_INVALID")
    return [[(button["text"], button["callback_data"]) for button in row] for row in rows]


def _topic(chat: Chat, params: Params) -> int | None:
    topic = params.get("message_thread_id")
    if topic is None:
        return None
    if int(topic) not in chat.topics:
        raise Refusal(400, "Bad Request: message thread not found")
    return int(topic)


def _object(value: object) -> Any:  # noqa: ANN401 - JSON is what it is
    return json.loads(value) if isinstance(value, str) else value


def _flag(value: object) -> bool:
    return value in {True, "true", "True", "1"}
