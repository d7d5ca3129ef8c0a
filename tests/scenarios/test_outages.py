"""Chats that are down or hang for an hour: who is told what instead, when it is back, and over a restart of the bot."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.app.process import ProcessOptions
from core.domain.events import Event, ReconcileReport
from tests.fakes.telegram_server import Fault
from tests.scenarios.virtual_world import VirtualWorld, numbers_told, play
from tests.scenarios.world import CHANNEL, CONFIG, GROUP

BOTH = f'to: ["telegram:{GROUP}", "slack:{CHANNEL}"]'
WITH_FALLBACK = CONFIG.replace(BOTH, f'to: ["telegram:{GROUP}"], fallback: "slack:{CHANNEL}"')
TELEGRAM_ALONE = CONFIG.replace(BOTH, f'to: ["telegram:{GROUP}"]')
SLACK_FIRST = CONFIG.replace(BOTH, f'to: ["slack:{CHANNEL}"], fallback: "telegram:{GROUP}"')
WILD = ProcessOptions(price_interval=timedelta(seconds=10), volatility=5)

URGENT_WITHIN, FAILOVER_AFTER = timedelta(seconds=10), timedelta(minutes=5)
HOUR_OF_TRIES = 140
"""A poll and a message a minute, and some in the beginning, when waits are short."""

AWAY = "While this chat was away"


async def take_away(world: VirtualWorld, *, hangs: bool) -> None:
    if hangs:
        world.telegram.order(Fault(times=1_000_000, status=500, delay_s=60))
    else:
        await world.telegram.down()


async def bring_back(world: VirtualWorld, *, hangs: bool) -> None:
    if hangs:
        world.telegram._faults.clear()
    else:
        await world.telegram.up()


async def when_on_slack(world: VirtualWorld, *words: str, within: timedelta) -> datetime:
    """Return when a message with all of `words` stands in the channel."""
    await world.until(lambda: [text for text in world.in_channel if all(word in text for word in words)], within)
    return world.clock.now()


def reports(world: VirtualWorld, *names: str) -> Sequence[Event]:
    now = world.clock.now()
    return [ReconcileReport(at=now, exchange="binance", findings=(f"difference {name}",)) for name in names]


def tries(world: VirtualWorld) -> int:
    """How often the bot has asked anything of Telegram, heard or not."""
    return max(len(world.telegram.calls), world.dialled(world.telegram.url))


async def check_that_slack_is_told(world: VirtualWorld) -> str:
    """Urgent at once, the rest after five minutes; returns how long that took."""
    wave_at = world.clock.now()
    await world.wave("XRPUSDT", "DOGEUSDT", max_trades_filter=9999)
    urgent_after = await when_on_slack(world, "Unusual params", within=URGENT_WITHIN) - wave_at
    await world.pass_by(minutes=4, seconds=30)
    assert not [text for text in world.in_channel if "XRP" in text], "what is not urgent is waited for"
    rest_after = await when_on_slack(world, "Wave 10:15: 2/3", within=timedelta(seconds=90)) - wave_at
    assert FAILOVER_AFTER <= rest_after <= FAILOVER_AFTER + timedelta(seconds=30)
    for symbol in ("XRPUSDT", "DOGEUSDT"):
        await when_on_slack(world, f"{symbol} LONG opened", within=timedelta(seconds=5))
    return f"urgent after {urgent_after.total_seconds():.1f} s, the rest after {rest_after.total_seconds():.0f} s"


async def check_that_a_lost_feed_is_told(world: VirtualWorld) -> None:
    await world.signals.close()
    await world.pass_by(seconds=60)
    await when_on_slack(world, "Feed lost", within=URGENT_WITHIN)
    await world.signals.start()
    await world.pass_by(seconds=90)
    health = await world.ask_slack("health")
    assert "Not well: telegram:-1001" in health
    assert "failing since 10:16" in health


async def check_that_one_digest_comes(world: VirtualWorld, on_slack: Sequence[int]) -> str:
    """All that Slack was told is in one message; returns how soon that came, and the message."""
    seen, back_at = len(world.in_group), world.clock.now()
    await world.until(lambda: len(world.in_group) > seen, timedelta(minutes=2))
    digest, after = world.in_group[-1], world.clock.now() - back_at
    await world.pass_by(seconds=30)
    assert len(world.in_group) == seen + 1, "one message tells all of it"
    assert f"{AWAY}: {len(on_slack)} alerts" in digest
    assert sorted(numbers_told(digest)) == sorted(on_slack)
    return f"back after {after.total_seconds():.0f} s:\n{digest}"


async def check_that_all_is_as_before(world: VirtualWorld) -> None:
    known = len(world.in_channel)
    await world.pass_by(minutes=1)
    await world.wave("AVAXUSDT")
    await world.pass_by(minutes=1)
    assert [text for text in world.in_group if "Wave 11:15: 1/3" in text]
    assert [text for text in world.in_group if "AVAXUSDT LONG opened" in text]
    assert len(world.in_channel) == known, "the fallback is told nothing any more"


@pytest.mark.parametrize("hangs", [pytest.param(False, id="down"), pytest.param(True, id="hangs")])
def test_an_hour_of_telegram_away(tmp_path: Path, hangs: bool) -> None:
    async def scene(world: VirtualWorld) -> None:
        await world.wave("SOLUSDT", "ADAUSDT")
        await world.pass_by(minutes=10)
        calm_turns = world.turns
        await world.pass_by(minutes=6)
        calm_turns = (world.turns - calm_turns) * 10

        await take_away(world, hangs=hangs)
        away_at, turns, calls, seen = world.clock.now(), world.turns, tries(world), len(world.in_group)
        await world.pass_by(seconds=20)
        figures = await check_that_slack_is_told(world)
        await check_that_a_lost_feed_is_told(world)
        await world.pass_by(minutes=8)
        await world.wave("LINKUSDT")
        await when_on_slack(world, "Wave 10:30: 1/3", within=URGENT_WITHIN)
        await world.clock.sleep_until(away_at + timedelta(hours=1))
        calls, turns = tries(world) - calls, world.turns - turns
        figures += f"; {calls} tries in an hour, {turns} turns of the loop ({calm_turns} in a calm hour)"
        assert len(world.in_group) == seen
        assert calls < HOUR_OF_TRIES
        assert turns < 3 * calm_turns, "a bot that waits does next to nothing"
        on_slack = [number for text in world.in_channel for number in numbers_told(text)]
        assert len(on_slack) == len(set(on_slack)), "nothing is told twice"

        await bring_back(world, hangs=hangs)
        figures += f"; {await check_that_one_digest_comes(world, on_slack)}"
        print(f"\n{figures}")  # noqa: T201 - figures
        await check_that_all_is_as_before(world)

    play(tmp_path, scene, config=WITH_FALLBACK)


def test_slack_away_is_made_up_for_by_telegram(tmp_path: Path) -> None:
    async def scene(world: VirtualWorld) -> None:
        await world.pass_by(minutes=1)
        await world.slack.down()
        await world.wave("XRPUSDT", max_trades_filter=9999)
        await world.until(lambda: [text for text in world.in_group if "Unusual params" in text], URGENT_WITHIN)
        await world.until(lambda: [text for text in world.in_group if "Wave 10:00: 1/" in text], timedelta(minutes=6))
        await world.slack.up()
        await world.until(lambda: AWAY in world.in_channel[-1], timedelta(minutes=2))
        assert sorted(numbers_told(world.in_channel[-1])) == [2, 3, 4]
        await world.pass_by(minutes=14)
        told = len(world.in_group)
        await world.wave("ADAUSDT")
        await world.pass_by(minutes=1)
        assert [text for text in world.in_channel if "ADAUSDT LONG opened" in text]
        assert len(world.in_group) == told

    play(tmp_path, scene, config=SLACK_FIRST)


def test_a_short_outage_only_delays(tmp_path: Path) -> None:
    async def scene(world: VirtualWorld) -> None:
        await world.pass_by(minutes=1)
        await world.telegram.down()
        await world.record(*reports(world, "one", "two", "three"))
        await world.wave("SOLUSDT")
        await world.pass_by(minutes=3)
        await world.telegram.up()
        await world.pass_by(minutes=2)
        told = [number for text in world.in_group for number in numbers_told(text)]
        assert sorted(told) == [1, 2, 3, 4, 5, 6]
        assert not [text for text in world.in_group if AWAY in text]

    play(tmp_path, scene, config=TELEGRAM_ALONE)


def test_cards_that_were_there_before_come_to_their_last_state(tmp_path: Path) -> None:
    async def scene(world: VirtualWorld) -> None:
        await world.publish("SOLUSDT", "ADAUSDT", stop_loss_filter=3, trailing_activation_filter=1)
        await world.pass_by(minutes=5)
        await world.telegram.down()
        before = len(world.in_group)
        await world.pass_by(minutes=25)
        await world.telegram.up()
        await world.pass_by(minutes=3)
        assert len(world.in_group) == before + 1
        assert f"{AWAY}: 2 alerts" in world.in_group[-1]
        for symbol in ("SOLUSDT", "ADAUSDT"):
            (card,) = [text for text in world.in_group[:-1] if symbol in text]
            assert "closed" in card
            assert "Result" in card

    play(tmp_path, scene, options=WILD)


@pytest.mark.parametrize("is_killed", [False, True])
def test_a_bot_that_ends_during_an_outage_loses_nothing(tmp_path: Path, is_killed: bool) -> None:
    async def scene(world: VirtualWorld) -> None:
        await world.pass_by(minutes=1)
        await world.telegram.down()
        await world.record(*reports(world, "one", "two"))
        await world.wave("SOLUSDT")
        await world.pass_by(seconds=50)
        await (world.crash() if is_killed else world.stop())
        await world.pass_by(minutes=3)
        await world.start()
        await world.record(*reports(world, "three"))
        await world.pass_by(minutes=12)
        await world.wave("ADAUSDT")
        await world.pass_by(minutes=1)
        await world.telegram.up()
        await world.pass_by(minutes=3)

        (digest,) = world.in_group[1:]
        kinds = [2, 1, 2, 2, 1, *([] if is_killed else [1])]
        assert f"{AWAY}: {sum(kinds)} alerts" in digest
        assert set(numbers_told(digest)) == set(range(2, 2 + sum(kinds)))
        assert re.search(r"closed|opened", digest)
        assert not await world.keeping.outbox.backlog()

    play(tmp_path, scene, config=TELEGRAM_ALONE)


@pytest.mark.parametrize("is_killed", [False, True])
def test_a_bot_that_ends_while_its_messages_go_out_says_all_of_them(tmp_path: Path, is_killed: bool) -> None:
    async def scene(world: VirtualWorld) -> None:
        await world.pass_by(minutes=1)
        names = [f"number {index}" for index in range(30)]
        await world.record(*reports(world, *names))
        await world.pass_by(seconds=5.5)
        await (world.crash() if is_killed else world.stop())
        await world.start()
        await world.pass_by(minutes=3)
        # It does not know any more what its last life has said in this minute: it is told, and obeys.
        assert len(world.telegram.violations) <= 5
        assert len(world.slack.violations) <= 5
        world.telegram.violations.clear()
        world.slack.violations.clear()
        for texts in (world.in_group, world.in_channel):
            for name in names:
                assert len([text for text in texts if f"difference {name}\n" in text]) == 1

    play(tmp_path, scene)
