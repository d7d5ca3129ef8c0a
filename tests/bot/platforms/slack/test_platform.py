"""What people say in Slack reaches the dispatcher, and its answer reaches them: real client, local Slack."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from bot.platforms.slack.platform import SlackPlatform
from bot.platforms.slack.settings import SlackSettings
from core.domain.delivery import Destination, Loudness
from core.domain.errors import ConfigurationError, RetryLater
from core.domain.replies import Button, Reply
from core.ports.edges import Changes
from handlers.invocation import InvocationKind
from tests.fakes.clock import FakeClock
from tests.fakes.scripted_dispatch import ScriptedDispatch
from tests.fakes.slack_server import SlackServer

Running = Callable[[], AbstractAsyncContextManager[SlackPlatform]]


async def test_a_slash_command_goes_round(slack: SlackServer, dispatch: ScriptedDispatch, running: Running) -> None:
    async with running():
        await slack.command("U1", "C0001", "/wave", "close SOLUSDT 50")
        (message,) = await slack.wait_for(lambda: slack.messages("C0001"))

    assert message.words == "U1 said close SOLUSDT 50"
    (heard,) = dispatch.heard
    assert (heard.person.platform, heard.person.id, heard.person.name) == ("slack", "U1", "u1")
    assert (heard.chat, heard.kind, heard.is_private) == ("slack:C0001", InvocationKind.COMMAND, False)


async def test_everyday_commands_come_by_their_own_names(
    slack: SlackServer, dispatch: ScriptedDispatch, running: Running
) -> None:
    async with running():
        await slack.command("U1", "C0001", "/positions", "pnl")
        await slack.command("U1", "C0001", "/wave", "")
        await slack.wait_for(lambda: len(slack.messages("C0001")) == 2)

    assert dispatch.words == ["/positions pnl", "help"]


async def test_a_mention_is_answered_where_it_was_said(
    slack: SlackServer, dispatch: ScriptedDispatch, running: Running
) -> None:
    async with running():
        await slack.mention("U1", "C0001", "positions")
        await slack.mention("U1", "C0001", "why no trade on SOL & co?", thread_ts="1761480000.000042")
        first, second = await slack.wait_for(lambda: slack.messages("C0001")[1:] and slack.messages("C0001"))

    assert [first.thread_ts, second.thread_ts] == [None, "1761480000.000042"]
    assert [(heard.words, heard.kind) for heard in dispatch.heard] == [
        ("positions", InvocationKind.COMMAND),
        ("why no trade on SOL & co?", InvocationKind.TEXT),
    ]


async def test_a_private_message_is_answered_privately(
    slack: SlackServer, dispatch: ScriptedDispatch, running: Running
) -> None:
    async with running():
        await slack.direct("U1", "Pos")
        await slack.wait_for(lambda: slack.messages("D0001"))

    (heard,) = dispatch.heard
    assert (heard.chat, heard.kind, heard.is_private) == ("slack:D0001", InvocationKind.COMMAND, True)


async def test_a_button_stands_for_its_command(
    slack: SlackServer, dispatch: ScriptedDispatch, running: Running
) -> None:
    button = Button(label="Close half", command="/close 12 50", is_danger=True)
    offer = Reply(title="SOLUSDT", buttons=((button,),))
    async with running() as platform:
        await platform.messenger.send(Destination.parse("slack:C0001"), offer, Loudness.NORMAL)
        (message,) = slack.messages("C0001")
        await slack.press("U2", message, "Close half")
        await slack.wait_for(lambda: len(slack.messages("C0001")) == 2)

    (heard,) = dispatch.heard
    assert (heard.words, heard.kind, heard.person.id) == ("/close 12 50", InvocationKind.BUTTON, "U2")


async def test_a_slow_command_is_acknowledged_at_once(
    slack: SlackServer, dispatch: ScriptedDispatch, running: Running
) -> None:
    dispatch.hold("slow")
    async with running():
        await slack.command("U1", "C0001", "/wave", "slow")
        await slack.wait_for(lambda: dispatch.heard)
        assert not dispatch.ended
        dispatch.release("slow")
        await slack.wait_for(lambda: slack.messages("C0001"))


async def test_one_persons_requests_keep_their_order_and_do_not_hold_others(
    slack: SlackServer, dispatch: ScriptedDispatch, running: Running
) -> None:
    dispatch.hold("slow")
    async with running():
        await slack.command("U1", "C0001", "/wave", "slow")
        await slack.command("U1", "C0001", "/wave", "second")
        await slack.command("U2", "C0001", "/wave", "other")
        await slack.wait_for(lambda: slack.messages("C0001"))
        assert dispatch.words == ["slow", "other"]
        dispatch.release("slow")
        await slack.wait_for(lambda: len(slack.messages("C0001")) == 3)

    assert dispatch.words == ["slow", "other", "second"]


async def test_an_answer_that_waits_for_slack_holds_back_no_request(
    slack: SlackServer, dispatch: ScriptedDispatch, running: Running, clock: FakeClock
) -> None:
    slack.limit("chat.postMessage", retry_after_s=40)
    async with running():
        await slack.command("U1", "C0001", "/wave", "status")
        await slack.command("U1", "C0001", "/wave", "stop")
        await slack.wait_for(lambda: len(dispatch.ended) == 2)
        assert not slack.messages("C0001")
        await clock.run_until(lambda: len(slack.messages("C0001")) == 2)

    assert [message.words for message in slack.messages("C0001")] == ["U1 said status", "U1 said stop"]


async def test_what_is_delivered_twice_is_done_once(
    slack: SlackServer, dispatch: ScriptedDispatch, running: Running
) -> None:
    offer = Reply(title="SOLUSDT", buttons=((Button(label="Close", command="/close 12"),),))
    async with running() as platform:
        await platform.messenger.send(Destination.parse("slack:C0001"), offer, Loudness.NORMAL)
        await slack.mention("U1", "C0001", "one", repeats=3)
        await slack.command("U1", "C0001", "/wave", "two", repeats=2)
        await slack.press("U1", slack.messages("C0001")[0], "Close", repeats=2)
        await slack.direct("U1", "last")
        await slack.wait_for(lambda: slack.messages("D0001"))

    assert dispatch.words == ["one", "two", "/close 12", "last"]


async def test_noise_is_acknowledged_and_ignored(
    slack: SlackServer, dispatch: ScriptedDispatch, running: Running
) -> None:
    async with running():
        await slack.direct("U0BOT", "our own words")
        await slack.direct("U9", "an app", bot_id="B9")
        await slack.direct("U9", "an edit", subtype="message_changed")
        await slack.mention("U9", "C0001", "an app calls", bot_id="B9")
        await slack.direct("U9", "in a group", channel_type="channel")
        await slack.direct("U1", "a person")
        await slack.wait_for(lambda: slack.messages("D0001"))

    assert dispatch.words == ["a person"]


async def test_silence_is_possible(slack: SlackServer, dispatch: ScriptedDispatch, running: Running) -> None:
    dispatch.answer = lambda invocation: None if invocation.words == "secret" else Reply(title="Here")
    async with running():
        await slack.command("U1", "C0001", "/wave", "secret")
        await slack.command("U1", "C0001", "/wave", "status")
        await slack.wait_for(lambda: slack.messages("C0001"))

    assert len(dispatch.ended) == 2
    assert len(slack.messages("C0001")) == 1
    assert not slack.whispers("C0001", "U1")


async def test_refusals_are_seen_by_the_asker_alone(
    slack: SlackServer, dispatch: ScriptedDispatch, running: Running
) -> None:
    dispatch.answer = lambda invocation: Reply(title=f"No {invocation.words}", is_private=True)
    async with running():
        await slack.command("U1", "C0001", "/wave", "command")
        await slack.mention("U1", "C0001", "mention", thread_ts="1761480000.000042")
        await slack.direct("U1", "direct")
        whispers = await slack.wait_for(lambda: slack.whispers("C0001", "U1")[1:] and slack.whispers("C0001", "U1"))
        await slack.wait_for(lambda: slack.messages("D0001"))

    assert [(m.words, m.thread_ts) for m in whispers] == [("No command", None), ("No mention", "1761480000.000042")]
    assert not slack.messages("C0001")


async def test_an_announced_end_leads_to_a_new_socket(
    slack: SlackServer, dispatch: ScriptedDispatch, running: Running
) -> None:
    async with running():
        await slack.disconnect("warning")
        await slack.wait_connected(2)
        await slack.command("U1", "C0001", "/wave", "after")
        await slack.wait_for(lambda: slack.messages("C0001"))
        await slack.wait_for(lambda: slack.connections == 1)


async def test_a_cut_line_leads_to_a_new_socket(
    slack: SlackServer, dispatch: ScriptedDispatch, running: Running
) -> None:
    async with running():
        await slack.cut()
        await slack.wait_connected(2)
        await slack.command("U1", "C0001", "/wave", "after")
        await slack.wait_for(lambda: slack.messages("C0001"))


async def test_sockets_that_end_at_once_are_opened_ever_more_slowly(
    slack: SlackServer, clock: FakeClock, running: Running
) -> None:
    async with running() as platform:
        began_at = clock.now()
        for count in range(2, 6):
            await slack.cut()
            await clock.run_until(partial(_is_back, slack, platform, count))

    assert timedelta(seconds=10) < clock.now() - began_at < timedelta(minutes=2)


def _is_back(slack: SlackServer, platform: SlackPlatform, count: int) -> bool:
    return slack.opened >= count and platform.is_connected


async def test_slack_away_at_the_start_is_waited_for(
    slack: SlackServer, clock: FakeClock, platform: SlackPlatform, caplog: pytest.LogCaptureFixture
) -> None:
    await slack.down()
    task = asyncio.create_task(platform.run())
    began_at = clock.now()
    await clock.run_until(lambda: clock.now() - began_at > timedelta(minutes=3))
    assert not task.done()
    await slack.up()
    await clock.run_until(lambda: platform.is_connected)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert [r.levelno for r in caplog.records].count(logging.WARNING) == 1


@pytest.mark.parametrize("method", ["auth.test", "apps.connections.open", "socket"])
async def test_trouble_while_connecting_is_retried(
    slack: SlackServer, clock: FakeClock, platform: SlackPlatform, method: str
) -> None:
    slack.fail(method, status=500, times=2)
    slack.fail("apps.connections.open", status=200, body="a proxy's page")
    task = asyncio.create_task(platform.run())
    await clock.run_until(lambda: platform.is_connected)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_being_asked_to_wait_while_connecting_is_obeyed(
    slack: SlackServer, clock: FakeClock, platform: SlackPlatform
) -> None:
    slack.limit("apps.connections.open", retry_after_s=45)
    began_at = clock.now()
    task = asyncio.create_task(platform.run())
    await clock.run_until(lambda: platform.is_connected)
    assert clock.now() - began_at >= timedelta(seconds=45)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("token", ["bot_token", "app_token"])
async def test_a_refused_token_is_for_people_to_mend(
    settings: SlackSettings, dispatch: ScriptedDispatch, clock: FakeClock, changes: Changes, token: str
) -> None:
    secret = "xoxb-wrong-secret"
    wrong = replace(settings, bot_token=secret) if token == "bot_token" else replace(settings, app_token=secret)
    platform = SlackPlatform(settings=wrong, dispatch=dispatch, commands=[], clock=clock, changes=changes)
    with pytest.raises(ConfigurationError, match="invalid_auth") as caught:
        await platform.run()
    await platform.close()
    assert secret not in str(caught.value)


async def test_an_unknown_refusal_while_connecting_is_retried(
    slack: SlackServer, clock: FakeClock, platform: SlackPlatform
) -> None:
    slack.refuse("apps.connections.open", "some_new_error")
    task = asyncio.create_task(platform.run())
    await clock.run_until(lambda: platform.is_connected)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_ending_leaves_nothing_behind(slack: SlackServer, dispatch: ScriptedDispatch, running: Running) -> None:
    before = asyncio.all_tasks()
    dispatch.hold("endless")
    async with running() as platform:
        await slack.command("U1", "C0001", "/wave", "endless")
        await slack.wait_for(lambda: dispatch.heard)
    await slack.wait_for(lambda: slack.connections == 0)

    assert [task for task in asyncio.all_tasks() - before if task.get_name().startswith("slack:")] == []
    assert not dispatch.ended
    assert not platform.is_connected


async def test_what_is_in_the_works_at_the_end_is_still_answered(
    slack: SlackServer, dispatch: ScriptedDispatch, platform: SlackPlatform
) -> None:
    dispatch.hold("close 12")
    task = asyncio.create_task(platform.run())
    await slack.command("U1", "C0001", "/wave", "close 12")
    await slack.wait_for(lambda: dispatch.heard)
    task.cancel()
    await slack.wait_for(lambda: slack.connections == 0)
    dispatch.release("close 12")
    with pytest.raises(asyncio.CancelledError):
        await task

    assert [message.words for message in slack.messages("C0001")] == ["U1 said close 12"]


async def test_alerts_go_out_until_the_platform_is_closed(slack: SlackServer, running: Running) -> None:
    async with running() as platform:
        pass
    await platform.messenger.send(Destination.parse("slack:C0001"), Reply(title="Stopped"), Loudness.NORMAL)
    await platform.close()
    await platform.close()
    with pytest.raises(RetryLater):
        await platform.messenger.send(Destination.parse("slack:C0001"), Reply(title="Late"), Loudness.NORMAL)
    assert [message.words for message in slack.messages("C0001")] == ["Stopped"]


async def test_a_platform_can_run_again(slack: SlackServer, running: Running) -> None:
    async with running():
        pass
    async with running():
        await slack.command("U1", "C0001", "/wave", "again")
        await slack.wait_for(lambda: slack.messages("C0001"))


async def test_a_fault_of_the_dispatcher_ends_the_run_as_itself(
    slack: SlackServer, dispatch: ScriptedDispatch, platform: SlackPlatform
) -> None:
    def fail(_: object) -> Reply:
        raise LookupError("a bug")

    dispatch.answer = fail
    task = asyncio.create_task(platform.run())
    await slack.wait_connected()
    await slack.command("U1", "C0001", "/wave", "status")
    with pytest.raises(LookupError):
        await task


async def test_secrets_are_never_logged(
    slack: SlackServer,
    settings: SlackSettings,
    clock: FakeClock,
    platform: SlackPlatform,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    slack.fail("socket", status=403)
    slack.fail("auth.test")
    task = asyncio.create_task(platform.run())
    await clock.run_until(lambda: platform.is_connected)
    await slack.command("U1", "C0001", "/wave", "status")
    await slack.wait_for(lambda: slack.messages("C0001"))
    await slack.cut()
    await slack.wait_connected(2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    ours = "\n".join(r.getMessage() + (r.exc_text or "") for r in caplog.records if r.name != "aiohttp.access")
    for secret in (settings.bot_token, settings.app_token, "ticket-", "/respond/"):
        assert secret not in ours
    assert settings.bot_token not in repr(settings)
    assert settings.app_token not in repr(replace(settings, call_timeout=timedelta(seconds=1)))
