from dataclasses import replace
from datetime import timedelta

import pytest

from bot.platforms.telegram import TelegramPlatform, TelegramSettings
from core.domain.errors import ConfigurationError
from core.domain.replies import Button, Reply
from handlers.invocation import Invocation
from tests.bot.platforms.telegram.conftest import Answered, Make, Running, ScriptedDispatch, Stage
from tests.fakes.clock import FakeClock
from tests.fakes.telegram_server import Fault, TelegramServer

ANN, BEN = 1001, 1002


async def test_a_server_that_is_away_is_waited_for(
    stage: Stage, running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    server, clock, dispatch, platform = stage.server, stage.clock, stage.dispatch, stage.platform
    await server.down()
    server.say(ANN, None, "/status")
    async with running(platform):
        await clock.run_until(lambda: caplog.text.count("telegram: Telegram is away") == 8)
        assert "next try in 60 s" in caplog.text
        await server.up()
        await clock.run_until(lambda: bool(server.messages(ANN)))
        await server.down()
        await clock.run_until(lambda: caplog.text.count("telegram: Telegram is away") > 9)
        await server.up()
        server.say(ANN, None, "/again")
        await clock.run_until(lambda: len(server.messages(ANN)) == 2)
    assert dispatch.words == ["/status", "/again"]


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_errors_of_the_server_are_outlived(
    server: TelegramServer, platform: TelegramPlatform, clock: FakeClock, running: Running, status: int
) -> None:
    for method in ("getMe", "setMyCommands", "getUpdates", "sendMessage"):
        server.order(Fault(method=method, status=status, times=2))
    server.say(ANN, None, "/status")
    async with running(platform):
        await clock.run_until(lambda: bool(server.messages(ANN)))
    assert len(server.messages(ANN)) == 1


@pytest.mark.parametrize("body", ["", "<html>gateway</html>", "[]", '{"ok": true}', '{"ok": true, "result": 7}'])
async def test_garbled_answers_are_outlived(
    server: TelegramServer, platform: TelegramPlatform, clock: FakeClock, running: Running, body: str
) -> None:
    for method in ("getMe", "getUpdates", "sendMessage"):
        server.order(Fault(method=method, body=body, times=2))
    server.say(ANN, None, "/status")
    async with running(platform):
        await clock.run_until(lambda: bool(server.messages(ANN)))


async def test_flood_control_is_obeyed(
    server: TelegramServer, platform: TelegramPlatform, clock: FakeClock, running: Running
) -> None:
    server.order(Fault(method="sendMessage", status=429, retry_after_s=17))
    server.order(Fault(method="getUpdates", status=429, retry_after_s=23))
    server.say(ANN, None, "/status")
    started_at = clock.now()
    async with running(platform):
        await clock.run_until(lambda: bool(server.messages(ANN)))
    assert clock.now() - started_at == timedelta(seconds=40)
    assert server.count("sendMessage") == 2


async def test_a_wrong_token_ends_it(server: TelegramServer, make: Make) -> None:
    for token in ("123456789:wrong", "nonsense token"):
        platform = make(TelegramSettings(token=token, api_url=server.url))
        with pytest.raises(ConfigurationError, match="TELEGRAM_BOT_TOKEN") as caught:
            await platform.run()
        assert token not in str(caught.value)


async def test_a_token_that_is_revoked_later_does_not_end_it(
    server: TelegramServer, platform: TelegramPlatform, clock: FakeClock, running: Running
) -> None:
    async with running(platform):
        await server.wait_for(lambda: server.count("getUpdates") == 1)
        server.order(Fault(method="getUpdates", status=401, description="Unauthorized", times=3))
        server.say(BEN, None, "/wake")
        await server.wait_for_messages(BEN)
        server.say(ANN, None, "/status")
        await clock.run_until(lambda: bool(server.messages(ANN)))


async def test_a_second_poller_is_named(
    stage: Stage, make: Make, running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    server, clock = stage.server, stage.clock
    rival = make(stage.settings)
    async with running(stage.platform):
        await server.wait_for(lambda: server.count("getUpdates") == 1)
        async with running(rival):
            await server.wait_for(lambda: "another process polls" in caplog.text)
        server.say(ANN, None, "/status")
        await clock.run_until(lambda: bool(server.messages(ANN)))


async def test_a_forgotten_webhook_is_taken_away(
    server: TelegramServer, platform: TelegramPlatform, running: Running
) -> None:
    server.webhook = "https://example.org/hook"
    server.say(ANN, None, "/status")
    async with running(platform):
        await server.wait_for_messages(ANN)


async def test_an_answer_that_cannot_arrive_is_logged(
    server: TelegramServer, platform: TelegramPlatform, running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(platform):
        server.add_chat(ANN, "private")
        server.block(ANN)
        server.say(ANN, None, "/status")
        await server.wait_for(lambda: "an answer to telegram:1001 is lost" in caplog.text)
        server.say(BEN, None, "/status")
        await server.wait_for_messages(BEN)


async def test_an_update_that_cannot_be_read_is_passed_over(
    server: TelegramServer, platform: TelegramPlatform, dispatch: ScriptedDispatch, running: Running
) -> None:
    server.push("message", {"message_id": 1, "from": {"id": 5}, "text": 7})
    server.say(ANN, None, "/status")
    async with running(platform):
        await server.wait_for_messages(ANN)
        await server.wait_for(lambda: server.unconfirmed == 0)
    assert dispatch.words == ["/status"]


async def test_the_token_is_never_shown(stage: Stage, running: Running, caplog: pytest.LogCaptureFixture) -> None:
    server, clock, platform, settings = stage.server, stage.clock, stage.platform, stage.settings
    server.order(Fault(method="getMe", status=500))
    server.order(Fault(method="getUpdates", body="garbage"))
    async with running(platform):
        server.say(ANN, None, "/status")
        await clock.run_until(lambda: bool(server.messages(ANN)))
        await server.down()
        seen = len(caplog.records)
        await clock.run_until(lambda: len(caplog.records) > seen + 5)
        await server.up()
    assert "getUpdates" in caplog.text, "the library's own lines are among those looked at"
    secret = server.token.partition(":")[2]
    everything = [caplog.text, repr(settings), repr(platform), str(vars(platform)), repr(platform.messenger)]
    assert not any(secret in text for text in everything)


async def test_a_press_that_cannot_be_acknowledged_counts_all_the_same(
    stage: Stage, running: Running, answered: Answered
) -> None:
    server = stage.server

    async def offer(_: Invocation) -> Reply:
        return Reply(lines=("sure?",), buttons=((Button(label="Go", command="/go"),),))

    stage.dispatch.handler = offer
    server.order(Fault(method="answerCallbackQuery", status=400, description="Bad Request: query is too old"))
    async with running(stage.platform):
        server.say(ANN, None, "/offer")
        [offered] = await server.wait_for_messages(ANN)
        server.press(ANN, offered, "Go")
        await answered(ANN, 2)
    assert stage.dispatch.words == ["/offer", "/go"]


async def test_a_long_answer_goes_on_through_trouble(stage: Stage, running: Running) -> None:
    async def tell(_: Invocation) -> Reply:
        return Reply(lines=tuple(f"{number} " + "x" * 3000 for number in range(3)))

    stage.dispatch.handler = tell
    async with running(stage.platform):
        stage.server.order(Fault(method="sendMessage", status=500, times=3))
        asked = stage.server.say(ANN, None, "/tell")
        await stage.clock.run_until(lambda: len(stage.server.messages(ANN)) == 3)
    shown = stage.server.messages(ANN)
    assert [(message.text[0], message.reply_to) for message in shown] == [("0", asked), ("1", None), ("2", None)]


@pytest.mark.parametrize("fault", [Fault(status=500, times=99), Fault(status=429, retry_after_s=3600)])
async def test_an_answer_is_not_tried_for_ever(
    stage: Stage, running: Running, caplog: pytest.LogCaptureFixture, fault: Fault
) -> None:
    async with running(stage.platform):
        stage.server.order(replace(fault, method="sendMessage"))
        stage.server.say(ANN, None, "/status")
        await stage.clock.run_until(lambda: "an answer to telegram:1001 is lost" in caplog.text)
    assert stage.server.count("sendMessage") == (1 if fault.status == 429 else 6)


async def test_a_server_that_knows_neither_menu_nor_webhook_is_no_reason_to_stay_away(
    server: TelegramServer, platform: TelegramPlatform, running: Running
) -> None:
    for method in ("deleteWebhook", "setMyCommands"):
        server.order(Fault(method=method, status=404, description="Not Found: method not found"))
    async with running(platform):
        server.say(ANN, None, "/status")
        await server.wait_for_messages(ANN)


async def test_a_server_that_holds_no_poll_open_is_asked_with_pauses(
    server: TelegramServer, platform: TelegramPlatform, clock: FakeClock, running: Running
) -> None:
    server.order(Fault(method="getUpdates", times=1000, body='{"ok": true, "result": []}'))
    async with running(platform):
        began_at = clock.now()
        await clock.run_until(lambda: server.count("getUpdates") >= 20)
        assert clock.now() - began_at >= 15 * timedelta(milliseconds=20)
