"""Single calls: edits in place, files, and what Telegram says no to."""

import asyncio
import dataclasses
from datetime import timedelta

import pytest

from bot.platforms.telegram import TelegramPlatform
from core.domain.delivery import Destination, Loudness
from core.domain.errors import DestinationLost, DestinationMoved, MessageGone, RetryLater
from core.domain.replies import Button, File, Reply, Tone
from tests.fakes.clock import FakeClock
from tests.fakes.telegram_server import Fault, TelegramServer

GROUP = -100777
TO = Destination(platform="telegram", address=str(GROUP))
ALERT = Reply(title="Stop moved", tone=Tone.NOTICE, banner="PAPER", lines=("SOL <b> & co",), alert_id=7)
ASKING = Reply(lines=("sure?",), buttons=((Button(label="Go", command="/go"),),))
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def group(server: TelegramServer) -> None:
    server.add_chat(GROUP, topics=(5,))


def to(text: str) -> Destination:
    return Destination.parse(text)


# --- files ----------------------------------------------------------------------------------------------------------

EXPORT = File(name="../Signale ü.csv", content=b"a,b\n1,\xc3\xa9\n", media_type="text/csv", summary="2 rows")
FILE_REPLY = Reply(title="Export", file=EXPORT, buttons=ASKING.buttons)


async def test_a_file_carries_its_reply(server: TelegramServer, platform: TelegramPlatform) -> None:
    card = server.say(1001, GROUP, "/export")
    await platform.messenger.send(to(f"telegram:{GROUP}/5"), FILE_REPLY, Loudness.SILENT, f"{GROUP}/{card}")
    [shown] = server.messages(GROUP)
    assert shown.file == ("Signale_u.csv", EXPORT.content)
    assert (shown.text, shown.topic, shown.is_silent, shown.reply_to) == ("Export", 5, True, card)
    assert shown.data_of("Go") == "/go"


async def test_a_file_follows_a_long_reply(
    server: TelegramServer, platform: TelegramPlatform, clock: FakeClock
) -> None:
    reply = dataclasses.replace(FILE_REPLY, lines=("x" * 1100,))
    sending = asyncio.create_task(platform.messenger.send(TO, reply, Loudness.NORMAL))
    await clock.run_until(sending.done)
    text, file = server.messages(GROUP)
    assert (text.file, bool(text.buttons), file.text, bool(file.buttons)) == (None, True, "2 rows", False)
    assert await sending == f"{GROUP}/{text.message_id}"


async def test_words_of_a_refused_file_arrive(
    server: TelegramServer, platform: TelegramPlatform, clock: FakeClock
) -> None:
    refusal = "Bad Request: not enough rights to send documents to the chat"
    server.order(Fault(method="sendDocument", status=400, description=refusal, times=2))
    sending = asyncio.create_task(platform.messenger.send(TO, FILE_REPLY, Loudness.NORMAL))
    await clock.run_until(sending.done)
    [shown] = server.messages(GROUP)
    assert (shown.text, shown.file) == ("Export\nTelegram refused the file.", None)
    assert shown.buttons
    server.block(GROUP)
    await clock.advance(SECOND)
    with pytest.raises(DestinationLost):
        await platform.messenger.send(TO, FILE_REPLY, Loudness.NORMAL)


# --- edits ----------------------------------------------------------------------------------------------------------


async def edit(platform: TelegramPlatform, clock: FakeClock, ref: str, reply: Reply) -> None:
    editing = asyncio.create_task(platform.messenger.edit(TO, ref, reply))
    await clock.run_until(editing.done)
    await editing


async def test_a_card_is_edited_in_place(server: TelegramServer, platform: TelegramPlatform, clock: FakeClock) -> None:
    ref = await platform.messenger.send(TO, ASKING, Loudness.NORMAL)
    await edit(platform, clock, ref, ALERT)
    [shown] = server.messages(GROUP)
    assert (shown.text, shown.buttons, shown.edits) == ("🔔 PAPER · Stop moved\nSOL <b> & co\n#7", [], 1)
    await edit(platform, clock, ref, ASKING)
    assert shown.data_of("Go") == "/go"


async def test_an_edit_that_changes_nothing_is_fine(
    server: TelegramServer, platform: TelegramPlatform, clock: FakeClock
) -> None:
    ref = await platform.messenger.send(TO, ASKING, Loudness.NORMAL)
    await edit(platform, clock, ref, ASKING)
    assert server.count("editMessageText") == 1
    assert server.messages(GROUP)[0].edits == 0


async def test_a_card_that_grew_too_long_is_shortened(
    server: TelegramServer, platform: TelegramPlatform, clock: FakeClock
) -> None:
    ref = await platform.messenger.send(TO, ASKING, Loudness.NORMAL)
    await edit(platform, clock, ref, Reply(lines=("<&>" * 400,) * 20, buttons=ASKING.buttons))
    [shown] = server.messages(GROUP)
    assert shown.text.endswith("more lines are left out")
    assert shown.buttons


async def test_an_edit_whose_markup_is_refused_is_plain(
    server: TelegramServer, platform: TelegramPlatform, clock: FakeClock
) -> None:
    ref = await platform.messenger.send(TO, ASKING, Loudness.NORMAL)
    server.order(Fault(method="editMessageText", status=400, description="Bad Request: can't parse entities: oops"))
    await edit(platform, clock, ref, ALERT)
    assert server.messages(GROUP)[0].source == "🔔 PAPER · Stop moved\nSOL <b> & co\n#7"


async def test_messages_that_cannot_be_edited_are_gone(
    server: TelegramServer, platform: TelegramPlatform, clock: FakeClock
) -> None:
    ref = await platform.messenger.send(TO, ASKING, Loudness.NORMAL)
    theirs = server.say(1001, GROUP, "hello")
    server.delete(server.messages(GROUP)[0])
    for gone in (ref, f"{GROUP}/{theirs}", "-5/1", "nonsense", ""):
        with pytest.raises(MessageGone):
            await edit(platform, clock, gone, ALERT)
    assert server.count("editMessageText") == 2, "what is in another chat or nowhere is not asked for"


async def test_a_file_is_no_card(server: TelegramServer, platform: TelegramPlatform, clock: FakeClock) -> None:
    ref = await platform.messenger.send(TO, FILE_REPLY, Loudness.NORMAL)
    with pytest.raises(MessageGone):
        await edit(platform, clock, ref, ALERT)


async def test_trouble_with_an_edit_is_named_like_any_other(
    server: TelegramServer, platform: TelegramPlatform, clock: FakeClock
) -> None:
    ref = await platform.messenger.send(TO, ASKING, Loudness.NORMAL)
    await clock.advance(SECOND)
    server.order(Fault(method="editMessageText", status=429, retry_after_s=7))
    with pytest.raises(RetryLater):
        await platform.messenger.edit(TO, ref, ALERT)
    assert platform.messenger.ready_at(TO) == clock.now() + timedelta(seconds=7)
    await clock.advance(timedelta(seconds=7))
    server.migrate(GROUP, -100888)
    with pytest.raises(DestinationMoved):
        await platform.messenger.edit(TO, ref, ALERT)
    await clock.advance(SECOND)
    with pytest.raises(MessageGone):
        await platform.messenger.edit(to("telegram:-100888"), ref, ALERT)
    server.block(GROUP)


async def test_an_edit_that_lost_its_answer_is_made_again(
    server: TelegramServer, platform: TelegramPlatform, clock: FakeClock
) -> None:
    ref = await platform.messenger.send(TO, ASKING, Loudness.NORMAL)
    server.order(Fault(method="editMessageText", loses_answer=True))
    with pytest.raises(RetryLater):
        await edit(platform, clock, ref, ALERT)
    await edit(platform, clock, ref, ALERT)
    assert server.messages(GROUP)[0].edits == 1
