"""Files beside their words: uploaded, shown, or honestly missing."""

from collections.abc import AsyncIterator

import pytest

from bot.platforms.slack.answers import Answers
from bot.platforms.slack.outbound import SlackMessenger
from bot.platforms.slack.payloads import Heard
from bot.platforms.slack.settings import SlackSettings
from bot.platforms.slack.web import SlackWeb
from core.domain.delivery import Destination, Loudness
from core.domain.errors import RetryLater
from core.domain.people import Person
from core.domain.replies import File, Reply
from handlers.invocation import InvocationKind
from tests.fakes.clock import FakeClock
from tests.fakes.scripted_dispatch import ScriptedDispatch
from tests.fakes.slack_server import SlackServer

TRADING = Destination.parse("slack:C0001")
CSV = File(
    name="outcomes 2026-11.csv",
    content="symbol,pnl\n=cmd()|<x>,ü\n".encode(),
    media_type="text/csv",
    summary="2 outcomes of *November* & <!channel>",
)
REPLY = Reply(title="Outcomes", file=CSV)


@pytest.fixture
async def messenger(settings: SlackSettings, clock: FakeClock) -> AsyncIterator[SlackMessenger]:
    web = SlackWeb(settings)
    yield SlackMessenger(web, clock)
    await web.close()


def heard(slack: SlackServer, channel: str = "C0001") -> Heard:
    return Heard(
        key="k",
        person=Person(platform="slack", id="U1"),
        channel=channel,
        words="export outcomes",
        kind=InvocationKind.COMMAND,
        response_url=slack.response_url(channel, "U1"),
        is_private=channel.startswith("D"),
    )


async def test_a_file_comes_after_its_words(slack: SlackServer, messenger: SlackMessenger) -> None:
    await messenger.send(TRADING, REPLY, Loudness.NORMAL)
    (message,) = slack.messages("C0001")
    (file,) = slack.workspace.files.shown("C0001")
    assert message.words == "Outcomes"
    assert (file.name, file.title, file.content) == (CSV.name, CSV.name, CSV.content)
    assert file.comment == "2 outcomes of \u2217November\u2217 &amp; &lt;!channel&gt;"
    methods = [method for method, _ in slack.calls]
    assert methods == [
        "files.getUploadURLExternal",
        "upload",
        "chat.postMessage",
        "files.completeUploadExternal",
    ]


async def test_in_a_thread_the_file_is_there_too(slack: SlackServer, messenger: SlackMessenger) -> None:
    await messenger.send(TRADING, REPLY, Loudness.NORMAL, "C0001/1761480000.000042")
    (file,) = slack.workspace.files.shown("C0001")
    assert file.thread_ts == "1761480000.000042"


async def test_a_person_gets_it_in_their_private_chat(slack: SlackServer, messenger: SlackMessenger) -> None:
    await messenger.post("U1", REPLY)
    assert len(slack.workspace.files.shown("DU1")) == 1


@pytest.mark.parametrize("method", ["files.getUploadURLExternal", "upload"])
async def test_nothing_is_said_before_slack_has_the_file(
    slack: SlackServer, messenger: SlackMessenger, method: str
) -> None:
    slack.fail(method, status=503)
    with pytest.raises(RetryLater):
        await messenger.send(TRADING, REPLY, Loudness.NORMAL)
    assert not slack.messages("C0001")
    await messenger.send(TRADING, REPLY, Loudness.NORMAL)
    assert len(slack.messages("C0001")) == len(slack.workspace.files.shown("C0001")) == 1


async def test_a_missing_permission_is_named_and_the_words_come_all_the_same(
    slack: SlackServer, messenger: SlackMessenger
) -> None:
    slack.workspace.scopes.clear()
    await messenger.send(TRADING, REPLY, Loudness.NORMAL)
    (message,) = slack.messages("C0001")
    assert message.words.startswith("Outcomes\n")
    assert "outcomes 2026-11.csv" in message.words
    assert "files:write" in message.words
    assert "manifest" in message.words


async def test_an_upload_that_is_refused_is_told(slack: SlackServer, messenger: SlackMessenger) -> None:
    slack.fail("upload", status=400)
    await messenger.send(TRADING, REPLY, Loudness.NORMAL)
    assert "cannot come along" in slack.messages("C0001")[0].words


async def test_words_that_are_out_are_not_said_twice_for_their_file(
    slack: SlackServer, messenger: SlackMessenger
) -> None:
    slack.fail("files.completeUploadExternal", status=503)
    await messenger.send(TRADING, REPLY, Loudness.NORMAL)
    words, notice = slack.messages("C0001")
    assert words.words == "Outcomes"
    assert "cannot come along" in notice.words
    assert notice.thread_ts == words.ts


async def test_a_missing_file_that_cannot_be_told_of_is_logged(
    slack: SlackServer, messenger: SlackMessenger, caplog: pytest.LogCaptureFixture
) -> None:
    slack.refuse("files.completeUploadExternal", "file_not_found")
    slack.slow("chat.postMessage", delay_s=0)
    slack.refuse("chat.postMessage", "some_new_error")
    await messenger.send(TRADING, REPLY, Loudness.NORMAL)
    assert len(slack.messages("C0001")) == 1
    assert "nobody in C0001 could be told" in caplog.text


async def test_what_is_for_one_person_alone_comes_in_private(
    slack: SlackServer, messenger: SlackMessenger, clock: FakeClock, dispatch: ScriptedDispatch
) -> None:
    answers = Answers(messenger, clock, dispatch.shown)
    await answers.give(heard(slack), Reply(title="Yours", file=CSV, is_private=True))
    assert len(slack.workspace.files.shown("DU1")) == 1
    assert not slack.messages("C0001")
    assert not slack.whispers("C0001", "U1")


async def test_where_the_app_is_no_member_the_file_comes_in_private(
    slack: SlackServer, messenger: SlackMessenger, clock: FakeClock, dispatch: ScriptedDispatch
) -> None:
    slack.workspace.channels["C0001"] = "not_in_channel"
    answers = Answers(messenger, clock, dispatch.shown)
    await answers.give(heard(slack), REPLY)
    assert len(slack.workspace.files.shown("DU1")) == 1
    slack.workspace.channels["DU1"] = slack.workspace.channels["U1"] = "cannot_dm_bot"
    await answers.give(heard(slack), REPLY)
    (whisper,) = slack.whispers("C0001", "U1")
    assert "open a private chat with the app" in whisper.words
