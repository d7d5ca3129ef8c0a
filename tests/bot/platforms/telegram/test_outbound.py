import asyncio
import dataclasses
from datetime import timedelta

import pytest

from bot.platforms.telegram import TelegramPlatform, TelegramSettings
from core.domain.delivery import Destination, Loudness
from core.domain.errors import DestinationLost, DestinationMoved, RetryLater, Undeliverable
from core.domain.replies import Button, File, Reply, Tone
from tests.bot.platforms.telegram.conftest import Make
from tests.fakes.clock import FakeClock
from tests.fakes.telegram_server import Fault, TelegramServer

GROUP = -100777
TO = Destination(platform="telegram", address=str(GROUP))
ALERT = Reply(title="Stop moved", tone=Tone.NOTICE, banner="PAPER", lines=("SOL <b> & co",), alert_id=7)
ASKING = Reply(lines=("sure?",), buttons=((Button(label="Go", command="/go"),),))
SECOND = timedelta(seconds=1)
FILE_REPLY = Reply(file=File(name="a.csv", content=b"a,b\n", media_type="text/csv", summary="2 rows"))


@pytest.fixture(autouse=True)
def group(server: TelegramServer) -> None:
    server.add_chat(GROUP, topics=(5,))


def to(text: str) -> Destination:
    return Destination.parse(text)


# --- sending --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("loudness", "is_silent", "mark"),
    [(Loudness.SILENT, True, ""), (Loudness.NORMAL, False, ""), (Loudness.MENTION, False, "📣 ")],
)
async def test_an_alert_arrives(
    server: TelegramServer, platform: TelegramPlatform, loudness: Loudness, is_silent: bool, mark: str
) -> None:
    ref = await platform.messenger.send(to(f"telegram:{GROUP}/5"), ALERT, loudness)
    [shown] = server.messages(GROUP)
    assert ref == f"{GROUP}/{shown.message_id}"
    assert shown.text == f"{mark}🔔 PAPER · Stop moved\nSOL <b> & co\n#7"
    assert (shown.topic, shown.is_silent) == (5, is_silent)


async def test_a_detail_replies_to_its_card(
    server: TelegramServer, platform: TelegramPlatform, clock: FakeClock
) -> None:
    card = await platform.messenger.send(TO, ALERT, Loudness.NORMAL)
    for thread in (card, "-5/1", "nonsense", f"{GROUP}/999"):
        await clock.advance(SECOND)
        await platform.messenger.send(TO, ALERT, Loudness.SILENT, thread)
    first, *others = server.messages(GROUP)
    assert [shown.reply_to for shown in others] == [first.message_id, None, None, None]


async def test_flood_control_names_the_wait(
    server: TelegramServer, platform: TelegramPlatform, clock: FakeClock
) -> None:
    server.order(Fault(method="sendMessage", status=429, retry_after_s=42))
    for _ in range(2):
        with pytest.raises(RetryLater) as caught:
            await platform.messenger.send(TO, ALERT, Loudness.NORMAL)
        assert caught.value.wait == timedelta(seconds=42)
    assert server.count("sendMessage") == 1, "a chat that asks to wait is not even asked"
    assert platform.messenger.ready_at(to(f"telegram:{GROUP}/5")) == clock.now() + timedelta(seconds=42)
    assert platform.messenger.ready_at(to("telegram:1001")) is None
    await clock.advance(timedelta(seconds=42))
    assert platform.messenger.ready_at(TO) is None
    await platform.messenger.send(TO, ALERT, Loudness.NORMAL)


async def test_the_limits_are_met_beforehand(
    server: TelegramServer, platform: TelegramPlatform, clock: FakeClock
) -> None:
    assert platform.messenger.ready_at(TO) is None
    began_at = clock.now()
    ref = await platform.messenger.send(TO, ALERT, Loudness.NORMAL)
    assert platform.messenger.ready_at(TO) == began_at + SECOND
    editing = asyncio.create_task(platform.messenger.edit(TO, ref, ASKING))
    await clock.run_until(editing.done)
    assert clock.now() == began_at + SECOND, "who does not ask beforehand waits"
    assert platform.messenger.ready_at(to("telegram:nobody")) is None


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=500),
        Fault(status=502),
        Fault(body="<html>"),
        Fault(body='{"ok":true}'),
        Fault(loses_answer=True),
    ],
)
async def test_trouble_on_the_way_is_tried_later(
    server: TelegramServer, platform: TelegramPlatform, clock: FakeClock, fault: Fault
) -> None:
    server.order(fault)
    with pytest.raises(RetryLater):
        await platform.messenger.send(TO, ALERT, Loudness.NORMAL)
    await clock.advance(SECOND)
    await platform.messenger.send(TO, ALERT, Loudness.NORMAL)
    assert len(server.messages(GROUP)) == (2 if fault.loses_answer else 1)


async def test_a_refused_token_loses_every_chat(server: TelegramServer, platform: TelegramPlatform) -> None:
    server.order(Fault(status=401, description="Unauthorized"))
    with pytest.raises(DestinationLost, match="TELEGRAM_BOT_TOKEN"):
        await platform.messenger.send(TO, ALERT, Loudness.NORMAL)


async def test_a_server_that_is_down_is_tried_later(server: TelegramServer, platform: TelegramPlatform) -> None:
    await server.down()
    with pytest.raises(RetryLater, match="away"):
        await platform.messenger.send(TO, ALERT, Loudness.NORMAL)


async def test_a_slow_server_is_not_waited_for(
    server: TelegramServer, settings: TelegramSettings, make: Make, clock: FakeClock
) -> None:
    platform = make(
        dataclasses.replace(
            settings, call_timeout=timedelta(milliseconds=50), upload_timeout=timedelta(milliseconds=60)
        )
    )
    server.order(Fault(method="sendMessage", delay_s=0.5))
    with pytest.raises(RetryLater, match="no answer"):
        await platform.messenger.send(TO, ALERT, Loudness.NORMAL)
    await clock.advance(SECOND)
    server.order(Fault(method="sendDocument", delay_s=0.5))
    with pytest.raises(RetryLater, match="no answer"):
        await platform.messenger.send(TO, FILE_REPLY, Loudness.NORMAL)


async def test_nothing_is_sent_after_the_close(platform: TelegramPlatform) -> None:
    await platform.close()
    await platform.close()
    with pytest.raises(RetryLater):
        await platform.messenger.send(TO, ALERT, Loudness.NORMAL)


async def test_who_cannot_be_reached_is_lost(
    server: TelegramServer, platform: TelegramPlatform, clock: FakeClock
) -> None:
    server.add_chat(1001, "private")
    server.block(1001)
    for address in ("telegram:1001", "telegram:404", f"telegram:{GROUP}/6", "telegram:nobody", "telegram:1/x"):
        with pytest.raises(DestinationLost):
            await platform.messenger.send(to(address), ALERT, Loudness.NORMAL)
    assert server.count("sendMessage") == 3


async def test_a_chat_that_moved_is_named_and_nothing_is_sent(
    server: TelegramServer, platform: TelegramPlatform
) -> None:
    server.add_chat(-5, "group")
    server.migrate(-5, -1005)
    with pytest.raises(DestinationMoved) as caught:
        await platform.messenger.send(to("telegram:-5"), ALERT, Loudness.NORMAL)
    assert caught.value.address == "-1005"
    assert server.messages(-1005) == server.messages(-5) == []


async def test_refused_markup_is_sent_as_plain_text_with_its_buttons(
    server: TelegramServer, platform: TelegramPlatform, clock: FakeClock
) -> None:
    server.order(Fault(method="sendMessage", status=400, description="Bad Request: can't parse entities: oops"))
    reply = dataclasses.replace(ALERT, buttons=ASKING.buttons)
    sending = asyncio.create_task(platform.messenger.send(TO, reply, Loudness.NORMAL))
    await clock.run_until(sending.done)
    [shown] = server.messages(GROUP)
    assert shown.is_plain
    assert shown.text == "🔔 PAPER · Stop moved\nSOL <b> & co\n#7"
    assert shown.data_of("Go") == "/go"


async def test_a_refused_keyboard_is_left_out(
    server: TelegramServer, platform: TelegramPlatform, clock: FakeClock
) -> None:
    server.order(Fault(method="sendMessage", status=400, description="Bad Request: BUTTON_DATA_INVALID"))
    sending = asyncio.create_task(platform.messenger.send(TO, ASKING, Loudness.NORMAL))
    await clock.run_until(sending.done)
    assert [(shown.text, shown.buttons) for shown in server.messages(GROUP)] == [("sure?", [])]


async def test_what_is_refused_as_plain_text_too_is_given_up(
    server: TelegramServer, platform: TelegramPlatform, clock: FakeClock
) -> None:
    server.order(Fault(method="sendMessage", status=400, description="Bad Request: whatever", times=2))
    sending = asyncio.create_task(platform.messenger.send(TO, ALERT, Loudness.NORMAL))
    await clock.run_until(sending.done)
    with pytest.raises(Undeliverable, match=r"(?i)whatever") as caught:
        await sending
    assert not isinstance(caught.value, DestinationLost)


async def test_a_long_reply_is_split(server: TelegramServer, platform: TelegramPlatform, clock: FakeClock) -> None:
    lines = tuple(f"{number} " + "words & more " * 20 for number in range(30))
    reply = Reply(lines=lines, buttons=((Button(label="Go", command="/go"),),))
    began_at = clock.now()
    sending = asyncio.create_task(platform.messenger.send(TO, reply, Loudness.NORMAL))
    await clock.run_until(sending.done)
    shown = server.messages(GROUP)
    assert len(shown) > 2
    assert await sending == f"{GROUP}/{shown[-1].message_id}", "the message with the buttons is the one that counts"
    assert "\n".join(message.text for message in shown).split("\n") == [line.strip() for line in lines]
    assert [bool(message.buttons) for message in shown] == [False] * (len(shown) - 1) + [True]
    assert clock.now() - began_at == (len(shown) - 1) * SECOND


async def test_a_split_reply_goes_on_where_it_was_stopped(
    server: TelegramServer, platform: TelegramPlatform, clock: FakeClock
) -> None:
    reply = Reply(lines=tuple(f"{number} " + "x" * 3000 for number in range(3)))
    sending = asyncio.create_task(platform.messenger.send(TO, reply, Loudness.NORMAL))
    await server.wait_for_messages(GROUP)
    server.order(Fault(method="sendMessage", status=429, retry_after_s=30))
    await clock.run_until(sending.done)
    assert [message.text[0] for message in server.messages(GROUP)] == ["0", "1", "2"]
    assert await sending == f"{GROUP}/{server.messages(GROUP)[0].message_id}"


async def test_a_split_reply_follows_a_chat_that_moves_in_between(
    server: TelegramServer, platform: TelegramPlatform, clock: FakeClock
) -> None:
    reply = Reply(lines=tuple(f"{number} " + "x" * 3000 for number in range(3)))
    sending = asyncio.create_task(platform.messenger.send(TO, reply, Loudness.NORMAL))
    await server.wait_for_messages(GROUP)
    server.migrate(GROUP, -100888)
    await clock.run_until(sending.done)
    assert [message.text[0] for message in server.messages(-100888)] == ["1", "2"]
