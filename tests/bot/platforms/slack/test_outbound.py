"""Sending through the real client to a local Slack: what arrives, and what each refusal becomes."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.platforms.slack.outbound import SlackMessenger
from bot.platforms.slack.settings import SlackSettings
from bot.platforms.slack.web import SlackWeb
from core.domain.delivery import Destination, Loudness
from core.domain.errors import RetryLater, Undeliverable
from core.domain.replies import Reply
from core.ports.delivery import Messenger
from tests.bot.platforms.slack.samples import SAMPLES
from tests.fakes.clock import FakeClock
from tests.fakes.slack_server import SlackServer

TRADING = Destination.parse("slack:C0001")


@pytest.fixture
async def messenger(settings: SlackSettings, clock: FakeClock) -> AsyncIterator[Messenger]:
    web = SlackWeb(settings)
    yield SlackMessenger(web, clock)
    await web.close()


@pytest.mark.parametrize("name", SAMPLES)
async def test_slack_takes_every_sample(slack: SlackServer, messenger: Messenger, name: str) -> None:
    reference = await messenger.send(TRADING, SAMPLES[name], Loudness.NORMAL)
    (message,) = slack.messages("C0001")
    assert reference == f"C0001/{message.ts}"
    assert message.blocks


async def test_loudness_and_threads(slack: SlackServer, messenger: Messenger) -> None:
    thread = Destination.parse("slack:C0001/1761480000.000042")
    await messenger.send(TRADING, Reply(title="A"), Loudness.MENTION)
    await messenger.send(thread, Reply(title="B"), Loudness.SILENT)
    loud, quiet = slack.messages("C0001")
    assert (loud.words, loud.thread_ts) == ("<!here>\nA", None)
    assert (quiet.words, quiet.thread_ts) == ("B", "1761480000.000042")


async def test_being_asked_to_wait(slack: SlackServer, messenger: Messenger) -> None:
    slack.limit("chat.postMessage", retry_after_s=17)
    with pytest.raises(RetryLater) as caught:
        await messenger.send(TRADING, Reply(title="A"), Loudness.NORMAL)
    assert caught.value.wait == timedelta(seconds=17)
    assert not slack.messages("C0001")
    await messenger.send(TRADING, Reply(title="A"), Loudness.NORMAL)
    assert len(slack.messages("C0001")) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 200])
async def test_answers_that_are_not_slacks(slack: SlackServer, messenger: Messenger, status: int) -> None:
    slack.fail("chat.postMessage", status=status, body="<html>proxy</html>")
    with pytest.raises(RetryLater):
        await messenger.send(TRADING, Reply(title="A"), Loudness.NORMAL)


async def test_a_bare_429_asks_for_patience(slack: SlackServer, messenger: Messenger) -> None:
    slack.fail("chat.postMessage", status=429, body="")
    with pytest.raises(RetryLater) as caught:
        await messenger.send(TRADING, Reply(title="A"), Loudness.NORMAL)
    assert caught.value.wait == timedelta(seconds=30)


@pytest.mark.parametrize("code", ["internal_error", "fatal_error", "service_unavailable", "ratelimited"])
async def test_passing_trouble_is_tried_again_later(slack: SlackServer, messenger: Messenger, code: str) -> None:
    slack.refuse("chat.postMessage", code)
    with pytest.raises(RetryLater):
        await messenger.send(TRADING, Reply(title="A"), Loudness.NORMAL)


async def test_a_line_that_breaks_after_the_message_was_taken(slack: SlackServer, messenger: Messenger) -> None:
    slack.drop_answer("chat.postMessage")
    with pytest.raises(RetryLater):
        await messenger.send(TRADING, Reply(title="A"), Loudness.NORMAL)
    assert len(slack.messages("C0001")) == 1, "the library must not repeat what may have been taken"


async def test_no_answer_in_time(slack: SlackServer, settings: SlackSettings, clock: FakeClock) -> None:
    slack.slow("chat.postMessage", delay_s=30)
    hasty = SlackSettings(
        bot_token=settings.bot_token,
        app_token=settings.app_token,
        api_url=settings.api_url,
        call_timeout=timedelta(milliseconds=100),
    )
    web = SlackWeb(hasty)
    with pytest.raises(RetryLater):
        await SlackMessenger(web, clock).send(TRADING, Reply(title="A"), Loudness.NORMAL)
    await web.close()


async def test_slack_away(slack: SlackServer, messenger: Messenger) -> None:
    await slack.down()
    with pytest.raises(RetryLater):
        await messenger.send(TRADING, Reply(title="A"), Loudness.NORMAL)
    await slack.up()
    await messenger.send(TRADING, Reply(title="A"), Loudness.NORMAL)


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("channel_not_found", "/invite"),
        ("not_in_channel", "/invite"),
        ("is_archived", "restore"),
        ("account_inactive", "install"),
        ("token_revoked", "install"),
        ("missing_scope", "manifest"),
        ("some_new_error", "some_new_error"),
    ],
)
async def test_what_will_never_arrive(slack: SlackServer, messenger: Messenger, code: str, advice: str) -> None:
    slack.workspace.channels["C0001"] = code
    with pytest.raises(Undeliverable, match=advice) as caught:
        await messenger.send(TRADING, Reply(title="A"), Loudness.NORMAL)
    assert "C0001" in str(caught.value)


@pytest.mark.parametrize("code", ["invalid_blocks", "msg_too_long", "msg_blocks_too_long"])
async def test_a_refused_layout_goes_out_as_plain_text(slack: SlackServer, messenger: Messenger, code: str) -> None:
    slack.refuse("chat.postMessage", code)
    await messenger.send(TRADING, SAMPLES["positions"], Loudness.MENTION)
    (message,) = slack.messages("C0001")
    assert not message.blocks
    assert message.text.startswith("<!here> [LIVE] Positions (3)")


async def test_plain_text_refused_too_is_given_up(slack: SlackServer, messenger: Messenger) -> None:
    slack.refuse("chat.postMessage", "invalid_blocks", times=2)
    with pytest.raises(Undeliverable):
        await messenger.send(TRADING, Reply(title="A"), Loudness.NORMAL)


async def test_a_burst_passes_and_then_the_pace_of_slack_is_kept(
    slack: SlackServer, messenger: Messenger, clock: FakeClock
) -> None:
    began_at = clock.now()
    for number in range(4):
        await messenger.send(TRADING, Reply(title=str(number)), Loudness.NORMAL)
    assert clock.now() == began_at

    fifth = asyncio.create_task(messenger.send(TRADING, Reply(title="5"), Loudness.NORMAL))
    await messenger.send(Destination.parse("slack:C0002"), Reply(title="elsewhere"), Loudness.NORMAL)
    assert not fifth.done()
    await clock.run_until(fifth.done)
    assert clock.now() - began_at == timedelta(seconds=1)
