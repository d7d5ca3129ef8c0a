"""The real program while a chat is away, slow or silent: the trade goes on, and people are told all of it."""

import asyncio
from pathlib import Path

from tests.fakes.telegram_server import Fault
from tests.faults.alert_checks import Chat, misdelivered
from tests.faults.backlog import multiply
from tests.faults.ledger_checks import read_books
from tests.faults.phones import messages_at
from tests.faults.scenes import SYMBOLS, WAIT_S, at_peace, end, opened, publish, running, told
from tests.faults.world import CHAT, DUTY, World, until

TELEGRAM = f"telegram:{CHAT}"


def shown(world: World, repeats: int = 0) -> Chat:
    """Return what the chat shows, beside the books."""
    messages, books = messages_at(world, TELEGRAM), read_books(world.database)
    return Chat(destination=TELEGRAM, messages=messages, books=books, repeats=repeats)


async def all_told(world: World) -> None:
    """Wait until nothing is on its way to anybody."""
    waiting = (
        "SELECT (SELECT count(*) FROM deliveries WHERE state = 'pending')"
        " + (SELECT count(*) FROM cards WHERE version > shown_version)"
    )
    await until(lambda: not world.count(waiting), WAIT_S, "the last alert")


async def test_without_telegram_it_trades_and_tells_everything_later(tmp_path: Path) -> None:
    async with at_peace(tmp_path, speed=60, delivery={"failover_after_s": 30}) as world:
        await world.chat.down()
        bot = await running(world, await world.victim())
        await publish(world, "SOLUSDT", "ADAUSDT")
        await opened(world, 2)
        missed = "SELECT count(*) FROM deliveries WHERE state = 'pending' AND fold = 'missed'"
        await until(lambda: world.count(missed) > 0, WAIT_S, "that nobody waits for Telegram any more")
        assert not world.chat.messages(CHAT)
        await world.chat.up()
        digest = await told(world, "While this chat was away")
        assert "Started" in digest
        await all_told(world)
        await end(bot)
        await told(world, "Stopped")
        assert list(misdelivered(shown(world))) == []
        assert [message.title for message in shown(world).messages].count(digest.partition("\n")[0]) == 1


async def test_answers_that_telegram_loses_cost_one_repeat_each_and_no_alert(tmp_path: Path) -> None:
    async with at_peace(tmp_path, speed=60) as world:
        for method in ("sendMessage", "editMessageText"):
            world.chat.order(Fault(method=method, loses_answer=True, times=2))
        bot = await running(world, await world.victim())
        await publish(world, "SOLUSDT", "ADAUSDT")
        await told(world, r"Wave.*2/10")
        await opened(world, 2)
        await all_told(world)
        await end(bot)
        chat = shown(world, repeats=2)
        assert list(misdelivered(chat)) == []
        named = {row["message_ref"] for row in (*chat.deliveries, *chat.cards.values())}
        assert len(chat.messages) == len(named) + 2


async def test_a_wave_does_not_wait_for_a_telegram_that_takes_three_seconds_for_everything(tmp_path: Path) -> None:
    async with at_peace(tmp_path, speed=20) as world:
        bot = await running(world, await world.victim())
        await told(world, "Started")
        for method in ("sendMessage", "editMessageText"):
            world.chat.order(Fault(method=method, delay_s=3, times=1000))
        await publish(world, *SYMBOLS)
        await opened(world, len(SYMBOLS))
        await until(lambda: world.count("SELECT count(*) FROM wave_results"), WAIT_S, "the end of the wave")
        # Eight positions and a wave are told in nine messages.
        assert len(world.chat.messages(CHAT)) < 1 + len(SYMBOLS) / 2
        world.chat.relent()
        await all_told(world)
        await end(bot)
        assert list(misdelivered(shown(world))) == []


async def test_a_full_outbox_and_chats_that_hang_do_not_hold_up_the_end(tmp_path: Path) -> None:
    async with at_peace(tmp_path, speed=20, waves={"delay_s": 5}) as world:
        bot = await running(world, await world.victim())
        await told(world, "Started")
        world.chat.order(Fault(method="editMessageText", holds_answer=True))
        await publish(world, *SYMBOLS[:3])
        await until(lambda: world.chat.held, WAIT_S, "an edit on its way")
        world.chat.order(Fault(method="sendMessage", holds_answer=True))
        for chat, count in ((CHAT, 10_000), (DUTY, 1)):
            multiply(world.database, f"telegram:{chat}", count)
        ending = asyncio.create_task(end(bot))
        await until(lambda: world.chat.held > 1 or ending.done(), WAIT_S, "a message on its way")
        assert not ending.done()
        await ending
        assert world.count("SELECT count(*) FROM deliveries WHERE state = 'pending'") > 10_000
