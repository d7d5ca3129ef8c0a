"""Paper, testnet and live as people live them: whose money is at stake is said, and begins by a confirmed word alone.

The venues are servers on this machine; what they do to orders is tested with the adapters.
"""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.app.process import ProcessOptions
from bot.exchanges.rest.ccxt_loading import import_client_class
from bot.virtual_time import VirtualClock
from core.domain.errors import ConfigurationError
from core.waves.calendar import GRID
from tests.fakes.venues.binance_server import FakeBinance
from tests.fakes.venues.bybit_server import FakeBybit
from tests.scenarios.talk import (
    OPERATOR,
    PATIENCE_S,
    SLACK_ADMIN,
    TEAM,
    ask,
    ask_slack,
    press,
    press_slack,
    restart,
    rows,
)
from tests.scenarios.virtual_world import START_AT, CountingLoop, VirtualWorld
from tests.scenarios.world import ADMIN, GROUP, SLACK_OPERATOR, VIEWER, World

DUTY = "C0002"
EVERYWHERE = TEAM.replace(
    "ops:",
    f'  - {{ match: {{ kinds: [paused], modes: [paper] }}, to: ["slack:{DUTY}"] }}\nops:',
)
"""A route besides that matches next to nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Venues:
    """Both exchanges, and how the bot is told of them."""

    binance: FakeBinance
    bybit: FakeBybit

    @property
    def all(self) -> tuple[FakeBinance | FakeBybit, ...]:
        return (self.binance, self.bybit)

    def config(self, mode: str, config: str = TEAM) -> str:
        """Return `config` for `mode` at these exchanges."""
        roots = ("rest_url", "stream_url", "private_stream_url")
        exchanges = {
            name: {root: getattr(venue, root) for root in roots}
            for name, venue in (("binance", self.binance), ("bybit", self.bybit))
        }
        return (
            config.replace("mode: paper, size_quote: 100", f"mode: {mode}, size_quote: 50")
            .replace("source: simulated", "source: exchange")
            .replace("prices:", f"exchanges: {exchanges}\nprices:")
        )

    def keys(self) -> dict[str, str]:
        """Return the environment that gives the bot its keys."""
        return {
            "BINANCE_API_KEY": self.binance.api_key,
            "BINANCE_API_SECRET": self.binance.api_secret,
            "BYBIT_API_KEY": self.bybit.api_key,
            "BYBIT_API_SECRET": self.bybit.api_secret,
        }


Scene = Callable[[VirtualWorld, Venues], Awaitable[None]]


def play(folder: Path, scene: Scene, *, mode: str, config: str = TEAM) -> None:
    """Run `scene` with a bot that trades in `mode` on two venues of this machine, on virtual time."""
    for name in ("binanceusdm", "bybit"):
        # Beforehand: the thread that would import it is not waited for by virtual time.
        import_client_class(name)
    worlds: list[VirtualWorld] = []
    loop = CountingLoop(START_AT, lambda: any(hasattr(w, "process") and w.process.is_writing for w in worlds))
    clock = VirtualClock(loop)

    def now_ms() -> int:
        return int(clock.now().timestamp() * 1000)

    async def whole() -> None:
        async with FakeBinance(now_ms=now_ms) as binance, FakeBybit(now_ms=now_ms) as bybit:
            venues = Venues(binance=binance, bybit=bybit)
            for venue in venues.all:
                for symbol, price in (("BTCUSDT", "68000"), ("SOLUSDT", "143.2"), ("ADAUSDT", "0.645")):
                    venue.list_contract(symbol, price)
            world = VirtualWorld(
                folder,
                clock=clock,
                config=venues.config(mode, config),
                options=ProcessOptions(clock=clock),
                enforces_limits=True,
                environment=venues.keys(),
            )
            worlds.append(world)
            async with world:
                await scene(world, venues)

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(whole())


def verdicts(world: World) -> list[str]:
    return [verdict for (verdict,) in rows(world, "SELECT verdict FROM verdicts ORDER BY decided_at, signal_id")]


# --- live -----------------------------------------------------------------------------------------------------------


def test_live_trading_is_said_everywhere_and_begins_by_a_confirmed_word_alone(tmp_path: Path) -> None:
    async def scene(world: VirtualWorld, venues: Venues) -> None:
        for told in (
            await world.on_telegram("REAL MONEY"),
            await world.on_slack("REAL MONEY"),
            await world.slack.wait_for(lambda: next((m.words for m in world.slack.messages(DUTY)), ""), PATIENCE_S),
        ):
            for words in ("LIVE", "50 USDT", "HELD BACK until somebody confirms", "10,000 USDT", "pause holds"):
                assert words in told

        (signal_id,) = await world.publish("SOLUSDT")
        await world.on_telegram("Wave", "paused")
        assert verdicts(world) == ["paused"]
        await ask(world, OPERATOR, "/resume all", GROUP)
        assert "live trading is not released: /mode live" in (await ask(world, VIEWER, f"/why {signal_id}", GROUP)).text
        assert "held back" in (await ask_slack(world, SLACK_OPERATOR, "status")).words

        assert "needs the role admin" in (await ask(world, OPERATOR, "/mode live", GROUP)).text
        question = await ask(world, ADMIN, "/mode live", GROUP)
        for words in ("LIVE", "Let live trading begin?", "50 USDT a position", "Balance Bybit", "10,000 USDT free"):
            assert words in question.text
        assert not venues.binance.account.positions()
        await press(world, ADMIN, question, "Confirm")
        assert "Person 1001" in await world.on_slack("Live trading is released")

        world.wave_at -= GRID
        await world.publish("ADAUSDT")
        await world.telegram.wait_for(lambda: "executed" in verdicts(world), PATIENCE_S)
        assert venues.binance.account.position("ADAUSDT").amount > 0
        assert not venues.bybit.account.position("ADAUSDT").amount

        held = await ask_slack(world, SLACK_OPERATOR, "mode hold")
        assert "nothing is entered" in held.words
        world.wave_at -= GRID
        await world.publish("BTCUSDT")
        await world.telegram.wait_for(lambda: verdicts(world).count("paused") == 2, PATIENCE_S)

    play(tmp_path, scene, mode="live", config=EVERYWHERE)


def test_a_release_outlives_a_restart_but_not_the_keys(tmp_path: Path) -> None:
    async def scene(world: VirtualWorld, venues: Venues) -> None:
        await world.pass_by(seconds=10)
        question = await ask_slack(world, SLACK_ADMIN, "mode live")
        assert "Let live trading begin?" in question.words
        await press_slack(world, SLACK_ADMIN, question, "Confirm")
        await restart(world)
        await world.on_telegram("REAL MONEY", "released by u0003")
        await world.stop()
        venues.binance.api_key = world._environment["BINANCE_API_KEY"] = "n" * 64
        await world.start()
        assert "HELD BACK" in await world.on_telegram("REAL MONEY", "HELD BACK")
        assert "was for other keys" in (await ask(world, VIEWER, "/mode", GROUP)).text

    play(tmp_path, scene, mode="live")


# --- the mode of a database -----------------------------------------------------------------------------------------


def test_a_database_of_one_mode_is_refused_by_another(tmp_path: Path) -> None:
    async def scene(world: VirtualWorld, venues: Venues) -> None:
        await world.stop()
        for other in ("paper", "testnet"):
            world._config = venues.config(other)
            with pytest.raises(
                ConfigurationError, match=rf"belongs to live trading.*another database\.url for {other}"
            ):
                await world.start()
        with closing(sqlite3.connect(world.database)) as connection:
            assert connection.execute("SELECT value FROM settings WHERE key = 'lease'").fetchall() == []
        world._config = venues.config("live")
        await world.start()

    play(tmp_path, scene, mode="live")


# --- without money --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["paper", "testnet"])
def test_without_money_at_stake_waves_are_traded_at_once_and_mode_live_says_what_to_change(
    tmp_path: Path, mode: str
) -> None:
    async def scene(world: VirtualWorld, venues: Venues) -> None:
        await world.publish("SOLUSDT")
        assert mode.upper() in await world.on_telegram("SOLUSDT", "opened")
        assert mode.upper() in await world.on_slack("SOLUSDT", "opened")
        assert verdicts(world) == ["executed"]
        assert (venues.binance.account.position("SOLUSDT").amount > 0) is (mode == "testnet")
        told = (await ask(world, ADMIN, "/mode live", GROUP)).text
        assert f"trades on {mode}" in told
        assert "trading.mode: live" in told
        assert all("REAL MONEY" not in text for text in world.in_group)

    play(tmp_path, scene, mode=mode)


def test_paper_at_real_prices_never_shows_its_keys_to_a_venue(tmp_path: Path) -> None:
    async def scene(world: VirtualWorld, venues: Venues) -> None:
        await world.publish("SOLUSDT")
        await world.on_telegram("SOLUSDT", "opened")
        seen = [request for venue in (venues.binance, venues.bybit) for request in venue.requests]
        assert seen
        assert not [r for r in seen if any("api" in name.lower() and "key" in name.lower() for name in r.headers)]

    play(tmp_path, scene, mode="paper")


def test_a_venue_that_is_away_at_the_start_of_paper_stops_nobody(tmp_path: Path) -> None:
    async def scene(world: VirtualWorld, venues: Venues) -> None:
        await world.stop()
        for venue in (venues.binance, venues.bybit):
            venue.faults.drop("*", times=None)
            venue.faults.are_sockets_refused = True
        await world.start()
        await world.publish("SOLUSDT")
        await world.telegram.wait_for(lambda: verdicts(world), PATIENCE_S)
        assert verdicts(world) == ["unknown_symbol"]
        assert "binance prices" in (await ask(world, VIEWER, "/health", GROUP)).text

        for venue in (venues.binance, venues.bybit):
            venue.faults.clear()
            venue.faults.are_sockets_refused = False
        await world.pass_by(minutes=2)
        world.wave_at -= GRID
        await world.publish("ADAUSDT")
        await world.on_telegram("ADAUSDT", "opened")

    play(tmp_path, scene, mode="paper")
