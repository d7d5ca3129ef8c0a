from datetime import UTC, datetime
from typing import Any

import pytest
from telegram import Update, User

from bot.platforms.telegram.inbound import Heard, read_update
from handlers.invocation import InvocationKind

ME = User(id=42, is_bot=True, first_name="Wavehelm", username="wavehelm_bot")
NOW = datetime(2025, 10, 26, 12, tzinfo=UTC)
ANN = {"id": 1001, "is_bot": False, "first_name": "Ann", "last_name": "<b>"}
GROUP = {"id": -5, "type": "group", "title": "us"}
PRIVATE = {"id": 1001, "type": "private", "first_name": "Ann"}


def read(kind: str, **content: Any) -> Heard | None:  # noqa: ANN401 - fields as the API names them
    update = Update.de_json({"update_id": 1, kind: content}, None)
    return read_update(update, ME, NOW)


def message(text: str, chat: dict[str, Any] = PRIVATE, **more: Any) -> Heard | None:  # noqa: ANN401
    return read("message", **{"message_id": 3, "date": 1_000, "from": ANN, "chat": chat, "text": text} | more)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("/status", "/status"),
        ("/status@wavehelm_bot", "/status"),
        ("  /pause@WAVEHELM_BOT  SOL for 2h ", "/pause  SOL for 2h"),
        ("/ask@wavehelm_bot\nhow are\nwe doing", "/ask\nhow are\nwe doing"),
        ("/why a@b.c", "/why a@b.c"),
    ],
)
def test_commands_lose_our_name(typed: str, words: str) -> None:
    for chat in (PRIVATE, GROUP):
        heard = message(typed, chat)
        assert heard is not None
        assert (heard.invocation.words, heard.invocation.kind) == (words, InvocationKind.COMMAND)


def test_commands_for_others_are_not_ours() -> None:
    assert message("/pause@other_bot", GROUP) is None
    assert message("/pause@", GROUP) is None


def test_a_mention_by_id_counts() -> None:
    entity = {"type": "text_mention", "offset": 0, "length": 8, "user": ME.to_dict()}
    heard = message("Wavehelm /status", GROUP, entities=[entity])
    assert heard is not None
    assert (heard.invocation.words, heard.invocation.kind) == ("/status", InvocationKind.COMMAND)


def test_talk_about_others_is_not_ours() -> None:
    entity = {"type": "mention", "offset": 0, "length": 10}
    assert message("@other_bot hello", GROUP, entities=[entity]) is None
    theirs = {"message_id": 2, "date": 900, "chat": GROUP, "from": ANN, "text": "x"}
    assert message("hello", GROUP, reply_to_message=theirs) is None


def test_pictures_and_empty_words_are_not_heard() -> None:
    assert read("message", **{"message_id": 3, "date": 1, "from": ANN, "chat": PRIVATE, "caption": "/pause"}) is None
    assert message("   ") is None
    assert message("@wavehelm_bot", GROUP, entities=[{"type": "mention", "offset": 0, "length": 13}]) is None


def test_channels_are_not_heard() -> None:
    assert read("channel_post", message_id=3, date=1, chat={"id": -9, "type": "channel"}, text="/pause") is None
    assert message("/pause", {"id": -9, "type": "channel", "title": "news"}) is None


def test_a_thread_outside_a_forum_is_no_topic() -> None:
    heard = message("/status", GROUP, message_thread_id=77)
    assert heard is not None
    assert heard.invocation.chat == "telegram:-5"


def test_an_edit_has_its_own_time() -> None:
    heard = read(
        "edited_message",
        **{"message_id": 3, "date": 1_000, "edit_date": 2_000, "from": ANN, "chat": PRIVATE, "text": "/status"},
    )
    assert heard is not None
    assert heard.invocation.kind is InvocationKind.EDIT
    assert heard.invocation.received_at == datetime.fromtimestamp(2_000, UTC)
    assert heard.invocation.person.name == "Ann <b>"


def test_a_press_on_an_old_message_still_counts() -> None:
    gone = {"message_id": 3, "date": 0, "chat": GROUP}
    heard = read("callback_query", **{"id": "1", "from": ANN, "chat_instance": "x", "data": "/ack 1", "message": gone})
    assert heard is not None
    assert (heard.chat_id, heard.topic_id, heard.invocation.received_at) == (-5, None, NOW)


def test_presses_without_words_or_place_are_not_heard() -> None:
    old = {"message_id": 3, "date": 0, "chat": GROUP}
    assert read("callback_query", **{"id": "1", "from": ANN, "chat_instance": "x", "data": "/ack 1"}) is None
    assert read("callback_query", **{"id": "1", "from": ANN, "chat_instance": "x", "message": old}) is None
    bot = ANN | {"is_bot": True}
    assert (
        read("callback_query", **{"id": "1", "from": bot, "chat_instance": "x", "data": "/x", "message": old}) is None
    )
