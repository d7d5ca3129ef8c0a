import asyncio
from datetime import timedelta

import pytest

from bot.platforms.telegram import TelegramPlatform, TelegramSettings
from bot.platforms.telegram.outbound import parse_target
from core.domain.delivery import Destination, Loudness
from core.domain.errors import RetryLater, Undeliverable
from core.domain.replies import Button, Reply, Tone
from tests.bot.platforms.telegram.conftest import ScriptedDispatch
from tests.fakes.clock import FakeClock
from tests.fakes.telegram_server import Fault, TelegramServer

GROUP = -100777
ALERT = Reply(title="Stop moved", tone=Tone.NOTICE, banner="PAPER", lines=("SOL <b> & co",), alert_id=7)


@pytest.fixture(autouse=True)
def group(server: TelegramServer) -> None:
    server.add_chat(GROUP, topics=(5,))


def to(text: str) -> Destination:
    return Destination.parse(text)


@pytest.mark.parametrize(("loudness", "is_silent"), [(Loudness.SILENT, True), (Loudness.NORMAL, False)])
async def test_an_alert_arrives(
    server: TelegramServer, platform: TelegramPlatform, loudness: Loudness, is_silent: bool
) -> None:
    ref = await platform.messenger.send(to(f"telegram:{GROUP}/5"), ALERT, loudness)
    [shown] = server.messages(GROUP)
    assert ref == f"{GROUP}/{shown.message_id}"
    assert shown.text == "🔔 PAPER · Stop moved\nSOL <b> & co\n#7"
    assert (shown.topic, shown.is_silent) == (5, is_silent)


async def test_flood_control_names_the_wait(server: TelegramServer, platform: TelegramPlatform) -> None:
    server.order(Fault(method="sendMessage", status=429, retry_after_s=42))
    with pytest.raises(RetryLater) as caught:
        await platform.messenger.send(to(f"telegram:{GROUP}"), ALERT, Loudness.NORMAL)
    assert caught.value.wait == timedelta(seconds=42)
    assert server.messages(GROUP) == []


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=500),
        Fault(status=502),
        Fault(status=401, description="Unauthorized"),
        Fault(body="<html>"),
        Fault(body='{"ok":true}'),
        Fault(loses_answer=True),
    ],
)
async def test_trouble_on_the_way_is_tried_later(
    server: TelegramServer, platform: TelegramPlatform, fault: Fault
) -> None:
    server.order(fault)
    with pytest.raises(RetryLater):
        await platform.messenger.send(to(f"telegram:{GROUP}"), ALERT, Loudness.NORMAL)
    await platform.messenger.send(to(f"telegram:{GROUP}"), ALERT, Loudness.NORMAL)
    assert len(server.messages(GROUP)) == (2 if fault.loses_answer else 1)


async def test_a_server_that_is_down_is_tried_later(server: TelegramServer, platform: TelegramPlatform) -> None:
    await server.down()
    with pytest.raises(RetryLater, match="away"):
        await platform.messenger.send(to(f"telegram:{GROUP}"), ALERT, Loudness.NORMAL)


async def test_a_slow_server_is_not_waited_for(
    server: TelegramServer, dispatch: ScriptedDispatch, clock: FakeClock
) -> None:
    hasty = TelegramSettings(token=server.token, api_url=server.url, call_timeout=timedelta(milliseconds=50))
    platform = TelegramPlatform(hasty, dispatch, [], clock)
    server.order(Fault(method="sendMessage", delay_s=0.5))
    with pytest.raises(RetryLater, match="no answer"):
        await platform.messenger.send(to(f"telegram:{GROUP}"), ALERT, Loudness.NORMAL)
    await platform.close()


async def test_nothing_is_sent_after_the_close(platform: TelegramPlatform) -> None:
    await platform.close()
    await platform.close()
    with pytest.raises(RetryLater):
        await platform.messenger.send(to(f"telegram:{GROUP}"), ALERT, Loudness.NORMAL)


async def test_who_cannot_be_reached_is_given_up(server: TelegramServer, platform: TelegramPlatform) -> None:
    server.add_chat(1001, "private")
    server.block(1001)
    for address in ("telegram:1001", "telegram:404", f"telegram:{GROUP}/6", "telegram:nobody", "telegram:1/x"):
        with pytest.raises(Undeliverable):
            await platform.messenger.send(to(address), ALERT, Loudness.NORMAL)
    assert server.count("sendMessage") == 3


async def test_refused_markup_is_sent_as_plain_text(server: TelegramServer, platform: TelegramPlatform) -> None:
    server.order(Fault(method="sendMessage", status=400, description="Bad Request: can't parse entities: oops"))
    await platform.messenger.send(to(f"telegram:{GROUP}"), ALERT, Loudness.NORMAL)
    [shown] = server.messages(GROUP)
    assert shown.is_plain
    assert shown.text == "🔔 PAPER · Stop moved\nSOL <b> & co\n#7"


async def test_what_is_refused_as_plain_text_too_is_given_up(
    server: TelegramServer, platform: TelegramPlatform
) -> None:
    server.order(Fault(method="sendMessage", status=400, description="Bad Request: whatever", times=2))
    with pytest.raises(Undeliverable, match=r"(?i)whatever"):
        await platform.messenger.send(to(f"telegram:{GROUP}"), ALERT, Loudness.NORMAL)


async def test_a_chat_that_moved_is_followed_once(
    server: TelegramServer, platform: TelegramPlatform, caplog: pytest.LogCaptureFixture
) -> None:
    server.add_chat(-5, "group")
    server.migrate(-5, -1005)
    ref = await platform.messenger.send(to("telegram:-5"), ALERT, Loudness.NORMAL)
    assert ref.startswith("-1005/")
    assert "chat -5 is now -1005" in caplog.text
    server.migrate(-1005, -1006)
    with pytest.raises(Undeliverable, match="moved twice"):
        await platform.messenger.send(to("telegram:-5"), ALERT, Loudness.NORMAL)


async def test_a_long_reply_is_split(server: TelegramServer, platform: TelegramPlatform) -> None:
    lines = tuple(f"{number} " + "words & more " * 20 for number in range(40))
    reply = Reply(lines=lines, buttons=((Button(label="Go", command="/go"),),))
    ref = await platform.messenger.send(to(f"telegram:{GROUP}"), reply, Loudness.NORMAL)
    shown = server.messages(GROUP)
    assert len(shown) > 2
    assert ref == f"{GROUP}/{shown[0].message_id}"
    assert "\n".join(message.text for message in shown).split("\n") == [line.strip() for line in lines]
    assert [bool(message.buttons) for message in shown] == [False] * (len(shown) - 1) + [True]


async def test_a_split_reply_goes_on_where_it_was_stopped(
    server: TelegramServer, platform: TelegramPlatform, clock: FakeClock
) -> None:
    reply = Reply(lines=tuple(f"{number} " + "x" * 3000 for number in range(3)))
    sending = asyncio.create_task(platform.messenger.send(to(f"telegram:{GROUP}"), reply, Loudness.NORMAL))
    await server.wait_for_messages(GROUP)
    server.order(Fault(method="sendMessage", status=429, retry_after_s=30))
    await clock.run_until(sending.done)
    assert [message.text[0] for message in server.messages(GROUP)] == ["0", "1", "2"]


def test_destinations_are_read() -> None:
    assert (parse_target(to("telegram:-1001/5")).chat, parse_target(to("telegram:-1001/5")).topic_id) == (-1001, 5)
    assert parse_target(to("telegram:@news")).chat == "@news"
    with pytest.raises(Undeliverable):
        parse_target(to("slack:C0001"))
