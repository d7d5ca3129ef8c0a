"""The main job as people live it: a wave comes in, both chats are told, somebody pauses, everybody can ask why.

The wave of now may only be taken once, so each scene moves to the wave before when it needs a second one. One scene
runs in real time, for everything that virtual time might hide.
"""

from datetime import timedelta
from pathlib import Path

from core.waves.calendar import GRID
from tests.scenarios.talk import PATIENCE_S, ask, ask_slack, press_slack, restart
from tests.scenarios.virtual_world import play
from tests.scenarios.world import (
    ADMIN,
    CHANNEL,
    GROUP,
    SLACK_OPERATOR,
    SLACK_STRANGER,
    STRANGER,
    VIEWER,
    World,
)


def test_a_wave_arrives_and_the_next_one_is_paused_and_both_chats_can_say_why(tmp_path: Path) -> None:
    async def scene(world: World) -> None:
        await world.publish("SOLUSDT", "ADAUSDT")
        for card in (await world.on_telegram("Wave", "2/3"), await world.on_slack("Wave", "2/3")):
            assert "PAPER" in card
            assert "SOL" in card
            assert "ADA" in card

        world.telegram.say(ADMIN, GROUP, "/pause all for 2h news")
        assert "news" in await world.on_telegram("aused", "news")
        assert "news" in await world.on_slack("aused", "news")

        world.wave_at -= GRID
        (signal_id,) = await world.publish("XRPUSDT")
        await world.on_telegram("Wave", "paused")
        await world.on_slack("Wave", "paused")

        world.telegram.say(VIEWER, GROUP, "/why XRPUSDT")
        assert "paused" in await world.on_telegram("XRPUSDT", "not traded")
        await world.slack.command(SLACK_OPERATOR, CHANNEL, "/wave", f"why {signal_id}")
        assert "paused" in await world.on_slack("XRPUSDT", "not traded")

    play(tmp_path, scene)


async def test_what_was_paused_on_telegram_is_resumed_on_slack(tmp_path: Path) -> None:
    async with World(tmp_path) as world:
        world.telegram.say(ADMIN, GROUP, "/pause")
        await world.on_slack("aused")
        await world.slack.command(SLACK_OPERATOR, CHANNEL, "/resume", "all")
        await world.on_telegram("esumed")
        await world.publish("SOLUSDT")
        await world.on_slack("SOLUSDT", "opened")


def test_a_stranger_is_refused_once_and_then_not_heard(tmp_path: Path) -> None:
    async def scene(world: World) -> None:
        refusal = await ask(world, STRANGER, "/positions")
        assert str(STRANGER) in refusal.text
        world.telegram.say(STRANGER, None, "/close SOLUSDT")
        world.telegram.say(STRANGER, None, "/status")
        await world.slack.command(SLACK_STRANGER, CHANNEL, "/wave", "positions")
        await world.slack.wait_for(lambda: world.slack.whispers(CHANNEL, SLACK_STRANGER), PATIENCE_S)
        await world.slack.command(SLACK_STRANGER, CHANNEL, "/pause", "all")
        assert "telegram" in (await ask(world, STRANGER, "/whoami")).text
        assert len(world.telegram.messages(STRANGER)) == 2
        assert len(world.slack.whispers(CHANNEL, SLACK_STRANGER)) == 1
        assert "aused" not in (await ask(world, VIEWER, "/status", GROUP)).text

    play(tmp_path, scene)


def test_a_viewer_may_look_but_not_touch(tmp_path: Path) -> None:
    async def scene(world: World) -> None:
        await world.publish("SOLUSDT")
        await world.on_telegram("SOLUSDT", "opened")
        assert "needs the role operator" in (await ask(world, VIEWER, "/close SOLUSDT", GROUP)).text
        assert "SOL   L" in (await ask(world, VIEWER, "/positions", GROUP)).text
        question = await ask_slack(world, SLACK_OPERATOR, "close SOLUSDT")
        await press_slack(world, SLACK_OPERATOR, question, "Confirm")
        assert "closed by a person" in await world.on_telegram("SOLUSDT", "closed", "Result")

    play(tmp_path, scene)


def test_positions_stops_and_pauses_survive_a_restart(tmp_path: Path) -> None:
    async def scene(world: World) -> None:
        await world.publish("SOLUSDT")
        await world.on_telegram("SOLUSDT", "opened")
        world.telegram.say(ADMIN, GROUP, "/pause bybit")
        await world.on_slack("aused")
        await restart(world)
        await world.on_telegram("Stopped")
        await world.on_telegram("Started", "1 position")
        assert "bybit" in (await ask(world, ADMIN, "/status", GROUP)).text.lower()
        position = (await ask(world, ADMIN, "/position SOLUSDT", GROUP)).text
        assert "Entry" in position
        assert "Stop" in position

    play(tmp_path, scene)


def test_both_exchanges_trade_side_by_side_with_their_own_params(tmp_path: Path) -> None:
    async def scene(world: World) -> None:
        await world.publish("SOLUSDT", "ADAUSDT", "XRPUSDT", max_trades_filter=2)
        await world.publish("SOLUSDT", exchange_id=2, max_trades_filter=1, stop_loss_filter=3)
        await world.on_slack("Binance", "2/2")
        await world.on_slack("Bybit", "1/1")
        shown = (await ask(world, ADMIN, "/params", GROUP)).text
        assert "max trades" in shown
        assert "Binance" in shown
        assert "Bybit" in shown

    play(tmp_path, scene)


def test_the_grid_is_what_the_scenes_assume() -> None:
    assert timedelta(minutes=15) == GRID
