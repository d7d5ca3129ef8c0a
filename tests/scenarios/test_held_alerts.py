"""What is kept back: quiet hours, digest windows, mutes, repeats, and what has grown old; each ends in one message."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bot.app.process import ProcessOptions
from bot.exchanges.paper.faults import FaultRates, PaperFaults
from core.domain.events import Event, ReconcileReport
from core.domain.money import Ratio
from tests.scenarios.virtual_world import START_AT, VirtualWorld, numbers_told, play
from tests.scenarios.world import ADMIN, CHANNEL, CONFIG, GROUP

BOTH = f'to: ["telegram:{GROUP}", "slack:{CHANNEL}"]'
TEN_THIRTY, ELEVEN = START_AT + timedelta(minutes=30), START_AT + timedelta(hours=1)


def differences(world: VirtualWorld, *names: str) -> Sequence[Event]:
    now = world.clock.now()
    return [ReconcileReport(at=now, exchange="binance", findings=(f"difference {name}",)) for name in names]


def places(world: VirtualWorld) -> tuple[list[str], list[str]]:
    return world.in_group, world.in_channel


async def pass_to(world: VirtualWorld, at: datetime) -> None:
    await world.clock.sleep_until(at)


def test_quiet_hours_let_only_the_urgent_through_and_end_in_one_message(tmp_path: Path) -> None:
    async def scene(world: VirtualWorld) -> None:
        await world.wave("SOLUSDT")
        await pass_to(world, TEN_THIRTY)
        before = [len(texts) for texts in places(world)]
        await world.record(*differences(world, "one", "two"))
        await world.pass_by(minutes=1)
        assert [len(texts) for texts in places(world)] == before
        await world.wave("ADAUSDT", max_trades_filter=9999)
        await world.pass_by(minutes=1)
        for texts, known in zip(places(world), before, strict=True):
            (urgent,) = texts[known:]
            assert "Unusual params" in urgent
        world.telegram.say(ADMIN, GROUP, "/version")
        await world.until(lambda: "Wavehelm" in world.in_group[-1])

        await pass_to(world, ELEVEN + timedelta(seconds=10))
        for texts in places(world):
            digest = texts[-1]
            assert "During quiet hours: 4 alerts" in digest
            assert digest.count("difference") == 2
            assert "ADAUSDT LONG opened #2" in digest
            assert "Wave 10:30: 1/3" in digest
            assert len([text for text in texts if "quiet" in text]) == 1
        await world.pass_by(minutes=1)
        await world.wave("XRPUSDT")
        await world.pass_by(minutes=1)
        for texts in places(world):
            assert [text for text in texts if "XRPUSDT LONG opened" in text]

    config = CONFIG.replace(BOTH, f'{BOTH}, quiet: "10:30-11:00"') + "reports: { timezone: UTC }\n"
    play(tmp_path, scene, config=config)


def test_a_digest_window_gathers_what_is_not_urgent(tmp_path: Path) -> None:
    async def scene(world: VirtualWorld) -> None:
        await world.record(*differences(world, "one", "two"))
        await world.pass_by(minutes=20)
        await world.record(*differences(world, "three"))
        await world.wave("SOLUSDT", max_trades_filter=9999)
        await world.pass_by(minutes=1)
        for texts in places(world):
            (urgent,) = texts
            assert "Unusual params" in urgent
        await pass_to(world, TEN_THIRTY - timedelta(seconds=5))
        assert all(len(texts) == 1 for texts in places(world))
        await pass_to(world, TEN_THIRTY + timedelta(seconds=5))
        for texts in places(world):
            (digest,) = texts[1:]
            assert "Digest: 6 alerts" in digest
            assert sorted(numbers_told(digest)) == [1, 2, 3, 4, 6, 7]
        await pass_to(world, ELEVEN + timedelta(minutes=40))
        assert all(len(texts) == 2 for texts in places(world)), "nothing happened, nothing is said"

    play(tmp_path, scene, config=CONFIG.replace(BOTH, f"{BOTH}, digest_min: 30"))


@pytest.mark.parametrize("is_lifted", [False, True])
def test_a_mute_of_one_chat_ends_in_one_message_there(tmp_path: Path, is_lifted: bool) -> None:
    async def scene(world: VirtualWorld) -> None:
        await world.until(lambda: world.in_group)
        world.telegram.say(ADMIN, GROUP, "/mute reconcile_report for 1h")
        await world.until(lambda: "1 kind muted here" in world.in_group[-1])
        muted_at, known = world.clock.now(), len(world.in_group)
        await world.record(*differences(world, "one", "two"))
        await world.pass_by(minutes=20)
        await world.record(*differences(world, "three"))
        await world.pass_by(minutes=1)
        assert len(world.in_group) == known
        assert len([text for text in world.in_channel if "difference" in text]) == 3, "it is not muted there"

        if is_lifted:
            world.telegram.say(ADMIN, GROUP, "/unmute")
        else:
            await pass_to(world, muted_at + timedelta(minutes=59))
            assert len(world.in_group) == known
            await world.pass_by(minutes=1)
        await world.pass_by(seconds=5)
        (digest,) = [text for text in world.in_group[known:] if "is muted here" not in text]
        assert "While muted: 3 alerts" in digest
        assert sorted(numbers_told(digest)) == [2, 3, 4]
        await world.record(*differences(world, "four"))
        await world.pass_by(seconds=5)
        assert "difference four" in world.in_group[-1]

    play(tmp_path, scene)


def test_thirty_refusals_are_one_message_and_one_digest(tmp_path: Path) -> None:
    async def scene(world: VirtualWorld) -> None:
        await world.wave(*(f"C{index:02}USDT" for index in range(30)), max_trades_filter=30)
        await world.pass_by(minutes=1)
        for texts in places(world):
            assert len([text for text in texts if "refused" in text and "Wave" not in text]) == 1
        await world.pass_by(minutes=5)
        for texts in places(world):
            first, digest = [text for text in texts if "efused" in text and "Wave" not in text]
            assert "C00USDT BUY entry refused" in first
            assert "Order refused \N{MULTIPLICATION SIGN}29" in digest
            assert "C29" in digest
        await world.pass_by(minutes=10)
        assert all(len([text for text in texts if "efused" in text]) == 3 for texts in places(world))

    faults = PaperFaults(FaultRates(refuse=Ratio(Decimal(1))))
    play(tmp_path, scene, options=ProcessOptions(price_interval=timedelta(seconds=10), faults=faults))


def test_what_has_grown_old_comes_in_a_digest_and_is_kept(tmp_path: Path) -> None:
    async def scene(world: VirtualWorld) -> None:
        await world.telegram.down()
        await world.wave("SOLUSDT")
        await world.pass_by(minutes=30)
        await world.wave("ADAUSDT")
        await world.pass_by(minutes=40)
        await world.telegram.up()
        await world.pass_by(minutes=3)
        (digest,) = [text for text in world.in_group if "away" in text]
        assert "While this chat was away: 1 alert" in digest
        assert "Wave 10:00: 1/3" in digest
        assert not [text for text in world.in_group if text.startswith("✅ PAPER · Wave 10:00")], "once is enough"
        for words in ("SOLUSDT LONG opened", "ADAUSDT LONG opened", "Wave 10:30: 1/3"):
            assert len([text for text in world.in_group if words in text]) == 1
        world.telegram.say(ADMIN, GROUP, "/alerts")
        listed = await world.until(lambda: [text for text in world.in_group if "Last 5 alerts" in text])
        assert [
            line for line in listed[0].splitlines() if "10:00" in line and "wave finished" in line and "late" in line
        ]

    # Nobody gives it up in so short a time.
    config = CONFIG.replace(BOTH, f'to: ["telegram:{GROUP}"]') + "delivery: { failover_after_s: 86400 }\n"
    play(tmp_path, scene, config=config)
