"""Never above what Telegram bears: alerts, edits and answers of one bot against a server that counts."""

import asyncio
import math
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.platforms.telegram import TelegramPlatform
from core.domain.delivery import Destination, Loudness
from core.domain.replies import Reply
from tests.bot.platforms.telegram.conftest import Running, ScriptedDispatch
from tests.fakes.clock import FakeClock
from tests.fakes.telegram_server import TelegramServer

GROUPS = (-1001, -1002)
PEOPLE = (1001, 1002)
ALERTS = 40


@pytest.fixture
async def server(clock: FakeClock) -> AsyncIterator[TelegramServer]:
    async with TelegramServer(now_s=lambda: clock.now().timestamp(), enforce_limits=True) as server:
        yield server


async def deliver(platform: TelegramPlatform, clock: FakeClock, chat: int) -> None:
    """Do as the relay does: ask when, then send; every third time edit instead."""
    to = Destination(platform="telegram", address=str(chat))
    ref = ""
    for number in range(ALERTS):
        while (at := platform.messenger.ready_at(to)) is not None:
            await clock.sleep_until(at)
        reply = Reply(lines=(f"alert {number}",))
        if ref and number % 3 == 0:
            await platform.messenger.edit(to, ref, reply)
        else:
            ref = await platform.messenger.send(to, reply, Loudness.NORMAL)


async def test_a_burst_takes_the_time_that_the_limits_allow(
    server: TelegramServer, platform: TelegramPlatform, clock: FakeClock
) -> None:
    chats = [*GROUPS, *PEOPLE]
    for chat in chats:
        server.add_chat(chat, "private" if chat > 0 else "supergroup")
    began_at = clock.now()
    tasks = [asyncio.create_task(deliver(platform, clock, chat)) for chat in chats]
    await clock.run_until(lambda: all(task.done() for task in tasks))
    assert server.violations == []
    assert all(len(server.messages(chat)) + sum(m.edits for m in server.messages(chat)) == ALERTS for chat in chats)
    assert clock.now() - began_at <= math.ceil(ALERTS / 18) * timedelta(minutes=1)


async def test_answers_go_through_a_storm_of_alerts(
    server: TelegramServer,
    platform: TelegramPlatform,
    dispatch: ScriptedDispatch,
    clock: FakeClock,
    running: Running,
) -> None:
    server.add_chat(GROUPS[0])
    storm = asyncio.create_task(deliver(platform, clock, GROUPS[0]))
    async with running(platform):
        await clock.run_until(lambda: server.count("sendMessage") >= 10)
        server.say(PEOPLE[0], GROUPS[0], "/stop")
        asked_at = clock.now()
        await clock.run_until(lambda: any("/stop" in shown.text for shown in server.messages(GROUPS[0])))
        assert clock.now() - asked_at <= timedelta(seconds=3)
        await clock.run_until(storm.done)
    assert server.violations == []


async def test_a_long_alert_that_has_begun_does_not_wait_for_the_next_minute(
    server: TelegramServer, platform: TelegramPlatform, clock: FakeClock
) -> None:
    server.add_chat(GROUPS[0])
    to = Destination(platform="telegram", address=str(GROUPS[0]))
    for number in range(17):
        await platform.messenger.send(to, Reply(lines=(f"alert {number}",)), Loudness.NORMAL)
        await clock.advance(timedelta(seconds=1))
    began_at = clock.now()
    assert platform.messenger.ready_at(to) is None
    long = Reply(lines=tuple("x" * 3000 for _ in range(3)))
    sending = asyncio.create_task(platform.messenger.send(to, long, Loudness.NORMAL))
    await clock.run_until(sending.done)
    assert clock.now() - began_at == timedelta(seconds=2)
    assert server.violations == []
