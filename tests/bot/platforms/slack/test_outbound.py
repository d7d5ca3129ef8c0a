"""Sending through the real client to a local Slack: what arrives, and what each refusal becomes."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.platforms.slack.outbound import SlackMessenger
from bot.platforms.slack.settings import SlackSettings
from bot.platforms.slack.web import SlackWeb
from core.domain.delivery import Destination, Loudness
from core.domain.errors import DestinationLost, MessageGone, RetryLater, Undeliverable
from core.domain.replies import Button, Reply
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


async def test_being_asked_to_wait(slack: SlackServer, messenger: Messenger, clock: FakeClock) -> None:
    slack.limit("chat.postMessage", retry_after_s=17)
    with pytest.raises(RetryLater) as caught:
        await messenger.send(TRADING, Reply(title="A"), Loudness.NORMAL)
    assert caught.value.wait == timedelta(seconds=17)
    assert not slack.messages("C0001")
    assert messenger.ready_at(TRADING) == clock.now() + timedelta(seconds=17)
    await clock.advance(timedelta(seconds=17))
    assert messenger.ready_at(TRADING) is None
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
        ("restricted_action", "admin"),
        ("restricted_action_read_only_channel", "admin"),
        ("account_inactive", "install"),
        ("token_revoked", "install"),
        ("missing_scope", "manifest"),
        ("user_not_found", "no such person"),
    ],
)
async def test_a_destination_that_a_person_must_mend(
    slack: SlackServer, messenger: Messenger, code: str, advice: str
) -> None:
    slack.workspace.channels["C0001"] = code
    for attempt in (
        messenger.send(TRADING, Reply(title="A"), Loudness.NORMAL),
        messenger.edit(TRADING, "C0001/1.2", Reply(title="A")),
    ):
        with pytest.raises(DestinationLost, match=advice) as caught:
            await attempt
        assert "C0001" in str(caught.value)


async def test_an_archived_channel_is_lost_until_it_is_back(slack: SlackServer, messenger: Messenger) -> None:
    slack.archive("C0001")
    with pytest.raises(DestinationLost):
        await messenger.send(TRADING, Reply(title="A"), Loudness.NORMAL)
    slack.workspace.channels["C0001"] = ""
    await messenger.send(TRADING, Reply(title="A"), Loudness.NORMAL)


async def test_what_slack_never_said_before_concerns_this_message_only(
    slack: SlackServer, messenger: Messenger
) -> None:
    slack.refuse("chat.postMessage", "some_new_error")
    with pytest.raises(Undeliverable, match="some_new_error") as caught:
        await messenger.send(TRADING, Reply(title="A"), Loudness.NORMAL)
    assert not isinstance(caught.value, DestinationLost)


async def test_a_message_is_edited_in_place(slack: SlackServer, messenger: Messenger) -> None:
    buttons = ((Button(label="Skip wave", command="/veto wave"),),)
    name = await messenger.send(TRADING, Reply(title="3/5", buttons=buttons), Loudness.MENTION)
    await messenger.edit(TRADING, name, Reply(title="5/5"))
    await messenger.edit(TRADING, name, Reply(title="5/5"))
    (message,) = slack.messages("C0001")
    assert (message.words, message.buttons, message.edits) == ("5/5", {}, 2)


async def test_a_refused_layout_is_edited_in_as_plain_text(slack: SlackServer, messenger: Messenger) -> None:
    name = await messenger.send(TRADING, Reply(title="old"), Loudness.NORMAL)
    slack.refuse("chat.update", "invalid_blocks")
    await messenger.edit(TRADING, name, Reply(title="new"))
    (message,) = slack.messages("C0001")
    assert (message.text, message.blocks) == ("new", [])


@pytest.mark.parametrize("code", ["message_not_found", "edit_window_closed", "cant_update_message"])
async def test_a_message_that_cannot_be_edited_is_gone(slack: SlackServer, messenger: Messenger, code: str) -> None:
    name = await messenger.send(TRADING, Reply(title="old"), Loudness.NORMAL)
    slack.refuse("chat.update", code)
    with pytest.raises(MessageGone, match=code):
        await messenger.edit(TRADING, name, Reply(title="new"))


async def test_deleted_foreign_and_private_messages_are_gone(slack: SlackServer, messenger: Messenger) -> None:
    name = await messenger.send(TRADING, Reply(title="old"), Loudness.NORMAL)
    slack.delete(slack.messages("C0001")[0])
    slack.workspace.said.add(("C0001", "1.2"))
    for gone in (name, "C0001/1.2", "C0001/ephemeral:0123456789ab"):
        with pytest.raises(MessageGone):
            await messenger.edit(TRADING, gone, Reply(title="new"))


async def test_details_stand_in_the_thread_of_their_card(slack: SlackServer, messenger: Messenger) -> None:
    card = await messenger.send(TRADING, Reply(title="card"), Loudness.NORMAL)
    await messenger.send(TRADING, Reply(title="detail"), Loudness.NORMAL, card)
    await messenger.send(TRADING, Reply(title="alarm"), Loudness.MENTION, card)
    first, detail, alarm = slack.messages("C0001")
    assert (detail.thread_ts, detail.is_broadcast) == (first.ts, False)
    assert (alarm.thread_ts, alarm.is_broadcast, alarm.words) == (first.ts, True, "<!here>\nalarm")


async def test_a_thread_has_no_threads_in_it(slack: SlackServer, messenger: Messenger) -> None:
    topic = Destination.parse("slack:C0001/1761480000.000042")
    card = await messenger.send(topic, Reply(title="card"), Loudness.NORMAL)
    await messenger.send(topic, Reply(title="detail"), Loudness.NORMAL, card)
    assert [message.thread_ts for message in slack.messages("C0001")] == ["1761480000.000042"] * 2


async def test_where_a_thread_is_closed_the_channel_hears_it(slack: SlackServer, messenger: Messenger) -> None:
    slack.refuse("chat.postMessage", "restricted_action_thread_locked")
    await messenger.send(TRADING, Reply(title="detail"), Loudness.MENTION, "C0001/1.2")
    (message,) = slack.messages("C0001")
    assert (message.thread_ts, message.words) == (None, "<!here>\ndetail")


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


async def test_forty_cards_and_their_edits_never_hit_a_limit(settings: SlackSettings, clock: FakeClock) -> None:
    async with SlackServer(now_s=lambda: clock.now().timestamp(), enforce_limits=True) as slack:
        web = SlackWeb(replace(settings, api_url=slack.api_url))
        messenger = SlackMessenger(web, clock)
        began_at = clock.now()
        names = []
        for number in range(20):
            await until_ready(messenger, clock)
            names.append(await messenger.send(TRADING, Reply(title=str(number)), Loudness.NORMAL))
        for name in names:
            await until_ready(messenger, clock)
            await messenger.edit(TRADING, name, Reply(title="done"))
        await messenger.post("C0001", Reply(title="an answer"))
        await web.close()

        assert not slack.violations
        assert clock.now() - began_at == timedelta(seconds=40 - 3), "and no time is wasted"
        assert [message.words for message in slack.messages("C0001")] == ["done"] * 20 + ["an answer"]


async def until_ready(messenger: Messenger, clock: FakeClock) -> None:
    while (at := messenger.ready_at(TRADING)) is not None:
        await clock.advance_to(at)
