"""The newest lines of the log."""

from datetime import timedelta

import pytest

from handlers.services import LogLine
from tests.builders import NOW
from tests.fakes.chat import OLE, FakeChat, commands_of, text_of


@pytest.fixture
def chat() -> FakeChat:
    chat = FakeChat()
    chat.log_lines = [
        LogLine(
            at=NOW - timedelta(seconds=100 - number),
            level="warning" if number % 2 else "info",
            text=f"bot.feeds: event{number}",
        )
        for number in range(60)
    ]
    return chat


async def test_the_newest_lines_come_oldest_first(chat: FakeChat) -> None:
    reply = await chat.say("/logs")
    assert reply.title == "Last 15 lines of the log at or above info"
    assert reply.lines[0] == "10:19:05 warning bot.feeds: event45"
    assert reply.lines[-1] == "10:19:19 warning bot.feeds: event59"
    assert reply.is_private
    assert commands_of(reply) == ["/logs 15 info", "/logs 50 info", "/logs 15 warning"]


@pytest.mark.parametrize("words", ["/logs 3 warning", "/logs WARNING 3"])
async def test_a_count_and_a_level_in_any_order(chat: FakeChat, words: str) -> None:
    reply = await chat.say(words)
    assert [line.rpartition("event")[2] for line in reply.lines] == ["55", "57", "59"]


async def test_an_endless_line_is_cut(chat: FakeChat) -> None:
    chat.log_lines = [LogLine(at=NOW, level="error", text="x" * 1000)]
    (line,) = (await chat.say("/logs")).lines
    assert len(line) == 240


async def test_an_older_day_is_named(chat: FakeChat) -> None:
    chat.log_lines = [LogLine(at=NOW - timedelta(days=1), level="error", text="bot: old")]
    assert (await chat.say("/logs")).lines == ("11-19 10:20:00 error bot: old",)


async def test_nothing_is_said_so(chat: FakeChat) -> None:
    assert "Nothing at or above critical" in text_of(await chat.say("/logs critical"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("/logs 51", "1 to 50"),
        ("/logs 0", "1 to 50"),
        ("/logs warnings", "did you mean warning?"),
        ("/logs 1 2", "One count and one level"),
        ("/logs info debug", "One count and one level"),
    ],
)
async def test_what_cannot_be_meant_is_refused(chat: FakeChat, words: str, said: str) -> None:
    text = text_of(await chat.say(words))
    assert said in text
    assert "Usage: /logs" in text


async def test_only_an_admin_reads_the_log(chat: FakeChat) -> None:
    assert "event" not in text_of(await chat.say("/logs", by=OLE))
