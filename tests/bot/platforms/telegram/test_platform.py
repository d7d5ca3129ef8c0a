import asyncio
from datetime import UTC, datetime

import pytest

from bot.platforms.telegram import TelegramPlatform, TelegramSettings
from core.domain.replies import Button, Reply
from handlers.invocation import Invocation, InvocationKind
from tests.bot.platforms.telegram.conftest import Answered, Make, MovedChats, Running, ScriptedDispatch
from tests.fakes.telegram_server import TelegramServer

ANN, BEN, GROUP = 1001, 1002, -100777


async def test_a_command_goes_round(
    server: TelegramServer, platform: TelegramPlatform, dispatch: ScriptedDispatch, running: Running
) -> None:
    async with running(platform):
        asked = server.say(ANN, None, "/status binance")
        [answer] = await server.wait_for_messages(ANN)
    assert answer.text == "heard /status binance"
    assert answer.reply_to == asked
    [invocation] = dispatch.heard
    assert invocation.person.signature == "telegram:1001 (Person 1001)"
    assert invocation.chat == "telegram:1001"
    assert invocation.kind is InvocationKind.COMMAND
    assert invocation.is_private


async def test_the_time_is_that_of_the_message(dispatch: ScriptedDispatch, make: Make, running: Running) -> None:
    sent_at = datetime(2025, 10, 26, 11, 30, tzinfo=UTC)
    async with TelegramServer(now_s=sent_at.timestamp) as server:
        platform = make(TelegramSettings(token=server.token, api_url=server.url))
        async with running(platform):
            server.say(ANN, None, "/pause")
            await server.wait_for(lambda: dispatch.heard)
    assert dispatch.heard[0].received_at == sent_at


async def test_a_button_carries_its_command(
    server: TelegramServer, platform: TelegramPlatform, dispatch: ScriptedDispatch, running: Running, answered: Answered
) -> None:
    async def offer(invocation: Invocation) -> Reply:
        if invocation.kind is InvocationKind.BUTTON:
            return Reply(lines=(f"pressed {invocation.words}",))
        return Reply(lines=("sure?",), buttons=((Button(label="Close", command="/close 12", is_danger=True),),))

    dispatch.handler = offer
    async with running(platform):
        server.say(ANN, None, "/close 12")
        [offered] = await server.wait_for_messages(ANN)
        query = server.press(BEN, offered, "Close")
        [_, pressed] = await answered(ANN, 2)
        await server.wait_for(lambda: server.is_answered(query))
    assert pressed.text == "pressed /close 12"
    assert pressed.reply_to == offered.message_id
    press = dispatch.heard[1]
    assert (press.person.id, press.chat, press.kind) == ("1002", "telegram:1001", InvocationKind.BUTTON)


async def test_a_press_is_acknowledged_while_its_command_still_runs(
    server: TelegramServer, platform: TelegramPlatform, dispatch: ScriptedDispatch, running: Running, answered: Answered
) -> None:
    gate = asyncio.Event()

    async def slow(invocation: Invocation) -> Reply:
        if invocation.kind is InvocationKind.BUTTON:
            await gate.wait()
        return Reply(lines=("x",), buttons=((Button(label="Go", command="/go"),),))

    dispatch.handler = slow
    async with running(platform):
        server.say(ANN, None, "/offer")
        [offered] = await server.wait_for_messages(ANN)
        query = server.press(ANN, offered, "Go")
        await server.wait_for(lambda: server.is_answered(query))
        assert len(server.messages(ANN)) == 1
        gate.set()
        await answered(ANN, 2)


async def test_groups_topics_and_names(
    server: TelegramServer, platform: TelegramPlatform, dispatch: ScriptedDispatch, running: Running, answered: Answered
) -> None:
    server.add_chat(GROUP, topics=(5,))
    async with running(platform):
        server.say(ANN, GROUP, "/pause@other_bot all", topic=5)
        server.say(ANN, GROUP, "just talking", topic=5)
        server.say(ANN, GROUP, "/pause@Wavehelm_Bot all for 2h", topic=5)
        [first] = await server.wait_for_messages(GROUP)
        server.say(ANN, GROUP, "🙂 @wavehelm_bot how are we doing?", topic=5)
        await answered(GROUP, 2)
        server.say(ANN, GROUP, "and why?", topic=5, reply_to=first.message_id)
        await answered(GROUP, 3)
    assert dispatch.words == ["/pause all for 2h", "🙂  how are we doing?", "and why?"]
    assert {invocation.chat for invocation in dispatch.heard} == {f"telegram:{GROUP}/5"}
    assert not any(invocation.is_private for invocation in dispatch.heard)
    assert {message.topic for message in server.messages(GROUP)} == {5}


async def test_edits_are_told_as_edits(
    server: TelegramServer, platform: TelegramPlatform, dispatch: ScriptedDispatch, running: Running, answered: Answered
) -> None:
    async with running(platform):
        asked = server.say(ANN, None, "/staus")
        await server.wait_for_messages(ANN)
        server.edit(ANN, None, asked, "/status")
        await answered(ANN, 2)
    assert [(one.kind, one.words) for one in dispatch.heard] == [
        (InvocationKind.COMMAND, "/staus"),
        (InvocationKind.EDIT, "/status"),
    ]


async def test_channels_bots_and_the_nameless_are_not_heard(
    server: TelegramServer, platform: TelegramPlatform, dispatch: ScriptedDispatch, running: Running
) -> None:
    async with running(platform):
        server.say(ANN, GROUP, "/pause", is_bot=True)
        server.say(ANN, GROUP, "/pause", sender_chat={"id": GROUP, "type": "supergroup", "title": "us"})
        server.push("message", {"message_id": 9, "date": 1, "chat": {"id": -5, "type": "group"}, "text": "/pause"})
        server.say(ANN, None, "/last")
        await server.wait_for_messages(ANN)
        await server.wait_for(lambda: server.unconfirmed == 0)
    assert dispatch.words == ["/last"]


async def test_silence_is_an_answer(
    server: TelegramServer, platform: TelegramPlatform, dispatch: ScriptedDispatch, running: Running
) -> None:
    async def nothing(_: Invocation) -> Reply | None:
        return None

    dispatch.handler = nothing
    async with running(platform):
        server.say(ANN, None, "/pause")
        await server.wait_for(lambda: dispatch.heard and server.unconfirmed == 0)
    assert server.count("sendMessage") == 0


async def test_one_waits_for_oneself_only(
    server: TelegramServer, platform: TelegramPlatform, dispatch: ScriptedDispatch, running: Running, answered: Answered
) -> None:
    gate = asyncio.Event()

    async def slow_for_ann(invocation: Invocation) -> Reply:
        if invocation.words == "/slow":
            await gate.wait()
        return Reply(lines=(invocation.words,))

    dispatch.handler = slow_for_ann
    async with running(platform):
        server.say(ANN, None, "/slow")
        server.say(ANN, None, "/after")
        await server.wait_for(lambda: dispatch.heard)
        server.say(BEN, None, "/quick")
        await server.wait_for_messages(BEN)
        assert server.messages(ANN) == []
        assert server.unconfirmed == 3, "nothing is acknowledged before the oldest has ended"
        gate.set()
        answers = await answered(ANN, 2)
        await server.wait_for(lambda: server.unconfirmed == 0)
    assert [answer.text for answer in answers] == ["/slow", "/after"]
    assert dispatch.words == ["/slow", "/quick", "/after"]


async def test_what_was_under_way_at_a_kill_comes_again(
    server: TelegramServer, platform: TelegramPlatform, dispatch: ScriptedDispatch, running: Running
) -> None:
    async def hang(invocation: Invocation) -> Reply:
        if invocation.words == "/hang" and len(dispatch.heard) < 3:
            await asyncio.Event().wait()
        return Reply(lines=(invocation.words,))

    dispatch.handler = hang
    async with running(platform):
        server.say(BEN, None, "/done")
        await server.wait_for_messages(BEN)
        server.say(ANN, None, "/hang")
        await server.wait_for(lambda: len(dispatch.heard) == 2)
    async with running(platform):
        await server.wait_for_messages(ANN)
    assert dispatch.words == ["/done", "/hang", "/hang"]


async def test_a_clean_stop_acknowledges_what_ended(
    server: TelegramServer, platform: TelegramPlatform, dispatch: ScriptedDispatch, running: Running
) -> None:
    stopped = asyncio.Event()

    async def until_stopped(_: Invocation) -> Reply:
        await stopped.wait()
        return Reply(lines=("done",))

    dispatch.handler = until_stopped
    async with running(platform) as task:
        server.say(ANN, None, "/closeall")
        await server.wait_for(lambda: dispatch.heard)
        task.cancel()
        stopped.set()
    assert server.unconfirmed == 0
    assert [message.text for message in server.messages(ANN)] == ["done"]


async def test_a_dispatch_that_breaks_is_not_met_again(
    server: TelegramServer, platform: TelegramPlatform, dispatch: ScriptedDispatch, running: Running
) -> None:
    async def break_once(invocation: Invocation) -> Reply:
        if invocation.words == "/break":
            raise RuntimeError("a bug")
        return Reply(lines=("fine",))

    dispatch.handler = break_once
    server.say(ANN, None, "/break")
    with pytest.RaisesGroup(RuntimeError):
        await platform.run()
    async with running(platform):
        server.say(ANN, None, "/next")
        await server.wait_for_messages(ANN)
    assert dispatch.words == ["/break", "/next"]


async def test_a_flood_is_dropped_and_nobody_else_notices(
    server: TelegramServer,
    platform: TelegramPlatform,
    dispatch: ScriptedDispatch,
    running: Running,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def hang(invocation: Invocation) -> Reply:
        if invocation.person.id == str(ANN):
            await asyncio.Event().wait()
        return Reply(lines=("fine",))

    dispatch.handler = hang
    async with running(platform):
        for number in range(150):
            server.say(ANN, None, f"/flood {number}")
        server.say(BEN, None, "/stop")
        await server.wait_for_messages(BEN)
    assert "says more than can be answered" in caplog.text


async def test_a_group_that_becomes_a_supergroup_is_told(
    server: TelegramServer, platform: TelegramPlatform, moved: MovedChats, running: Running
) -> None:
    server.add_chat(-5, "group")
    async with running(platform):
        server.migrate(-5, -1005)
        await server.wait_for(lambda: moved.pairs and server.unconfirmed == 0)
    assert moved.pairs == [("telegram:-5", "telegram:-1005")]
