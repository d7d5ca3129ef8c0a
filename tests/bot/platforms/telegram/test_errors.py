from datetime import timedelta

import pytest
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, NetworkError, TelegramError, TimedOut

from bot.platforms.telegram.errors import is_about_markup, is_about_the_text, is_gone, is_unchanged, translate
from bot.platforms.telegram.gateway import Throttled
from core.domain.errors import DestinationLost, DestinationMoved, RetryLater, Undeliverable

WAIT = timedelta(seconds=3)


@pytest.mark.parametrize(
    "error",
    [
        Forbidden("bot was blocked by the user"),
        Forbidden("bot was kicked from the supergroup chat"),
        Forbidden("user is deactivated"),
        Forbidden("bot can't initiate conversation with a user"),
        InvalidToken("Unauthorized"),
        BadRequest("Chat not found"),
        BadRequest("Not enough rights to send text messages to the chat"),
        BadRequest("Message thread not found"),
        BadRequest("TOPIC_CLOSED"),
        BadRequest("CHAT_WRITE_FORBIDDEN"),
    ],
)
def test_chats_that_refuse_us_are_lost(error: TelegramError) -> None:
    assert isinstance(translate(error, WAIT), DestinationLost)


@pytest.mark.parametrize(
    "text", ["Message is too long", "BUTTON_DATA_INVALID", "Not enough rights to send documents to the chat"]
)
def test_messages_that_are_refused_lose_no_chat(text: str) -> None:
    error = translate(BadRequest(text), WAIT)
    assert isinstance(error, Undeliverable)
    assert not isinstance(error, DestinationLost)
    assert is_about_the_text(BadRequest(text))


@pytest.mark.parametrize(
    ("error", "wait"),
    [
        (Throttled(timedelta(seconds=42)), timedelta(seconds=42)),
        (NetworkError("Bad Gateway"), WAIT),
        (TimedOut(), WAIT),
    ],
)
def test_trouble_names_the_wait(error: TelegramError, wait: timedelta) -> None:
    trouble = translate(error, WAIT)
    assert isinstance(trouble, RetryLater)
    assert trouble.wait == wait


def test_a_move_names_the_new_address() -> None:
    moved = translate(ChatMigrated(-1005), WAIT)
    assert isinstance(moved, DestinationMoved)
    assert moved.address == "-1005"


def test_refusals_of_edits_are_told_apart() -> None:
    unchanged = BadRequest("Message is not modified: specified new message content is exactly the same")
    gone = [BadRequest("Message to edit not found"), BadRequest("Message can't be edited")]
    markup = BadRequest("Can't parse entities: unexpected end tag")
    assert is_unchanged(unchanged)
    assert all(map(is_gone, gone))
    assert is_about_markup(markup)
    assert not any(is_about_the_text(error) for error in (unchanged, *gone))
    assert is_about_the_text(markup)
    assert not any(map(is_gone, (unchanged, markup, NetworkError("message to edit not found"))))
    assert not any(map(is_unchanged, (*gone, markup)))
