"""The whole bot with no address of a venue in its settings: it finds both under their real names, in every mode.

The names lead to servers of this machine, which answer with TLS; what orders do there is tested elsewhere.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path as Folder

import pytest

from bot.app.process import ProcessOptions
from bot.exchanges.rest.ccxt_loading import import_client_class
from bot.virtual_time import VirtualClock
from tests.fakes.venues.account import Path
from tests.fakes.venues.binance_server import FakeBinance
from tests.fakes.venues.bybit_server import FakeBybit
from tests.fakes.venues.names import real_names, strays
from tests.scenarios.talk import ask, press, rows
from tests.scenarios.venue_world import CONFIG
from tests.scenarios.virtual_world import START_AT, CountingLoop, VirtualWorld
from tests.scenarios.world import ADMIN, GROUP

BINANCE, BYBIT = 1, 2
Scene = Callable[[VirtualWorld, FakeBinance, FakeBybit], Awaitable[None]]

STREAMS = {
    "paper": {
        "fstream.binance.com/market/ws",
        "stream.bybit.com/v5/public/linear",
    },
    "testnet": {
        "demo-fstream.binance.com/market/ws",
        "demo-fstream.binance.com/private/ws",
        "stream-testnet.bybit.com/v5/public/linear",
        "stream-testnet.bybit.com/v5/private",
    },
    "live": {
        "fstream.binance.com/market/ws",
        "fstream.binance.com/private/ws",
        "stream.bybit.com/v5/public/linear",
        "stream.bybit.com/v5/private",
    },
}
"""What is connected in each mode."""


def play(folder: Folder, mode: str, scene: Scene) -> None:
    """Run `scene` with a bot in `mode`, on virtual time; then see where it went."""
    for ccxt_id in ("binanceusdm", "bybit"):
        # Beforehand: the thread that would import it is not waited for by virtual time.
        import_client_class(ccxt_id)
    worlds: list[VirtualWorld] = []
    loop = CountingLoop(START_AT, lambda: any(hasattr(w, "process") and w.process.is_writing for w in worlds))
    clock = VirtualClock(loop)

    def now_ms() -> int:
        return int(clock.now().timestamp() * 1000)

    async def whole() -> None:
        async with FakeBinance(now_ms=now_ms, is_tls=True) as binance, FakeBybit(now_ms=now_ms, is_tls=True) as bybit:
            for venue in (binance, bybit):
                for symbol, price in (("BTCUSDT", "60000"), ("SOLUSDT", "150"), ("ETHUSDT", "2500")):
                    venue.list_contract(symbol, price)
            world = VirtualWorld(
                folder,
                clock=clock,
                config=CONFIG.replace("mode: testnet", f"mode: {mode}") + "prices: { source: exchange }\n",
                options=ProcessOptions(clock=clock),
                enforces_limits=True,
                environment={
                    "BINANCE_API_KEY": binance.api_key,
                    "BINANCE_API_SECRET": binance.api_secret,
                    "BYBIT_API_KEY": bybit.api_key,
                    "BYBIT_API_SECRET": bybit.api_secret,
                },
            )
            worlds.append(world)
            with real_names(folder, binance, bybit):
                async with world:
                    await scene(world, binance, bybit)
            is_testnet = mode == "testnet"
            assert strays(binance, "binance", is_testnet=is_testnet) == []
            assert strays(bybit, "bybit", is_testnet=is_testnet) == []
            connected = {f"{up.host}{up.path}" for up in (*binance.upgrades, *bybit.upgrades)}
            assert connected == STREAMS[mode]

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(whole())


async def held(world: VirtualWorld, *expected: tuple[str, str]) -> None:
    """Wait until those positions, and no others, are open, each with its stop."""

    def stand() -> bool:
        query = "SELECT exchange, symbol, stop_order_id FROM positions WHERE state = 'open' ORDER BY exchange, symbol"
        found = rows(world, query)
        return [row[:2] for row in found] == list(expected) and all(row[2] for row in found)

    await world.until(stand)


@pytest.mark.parametrize("mode", ["paper", "testnet", "live"])
def test_a_wave_is_traded_at_both_venues_from_its_signals_to_its_exits(mode: str, tmp_path: Folder) -> None:
    async def scene(world: VirtualWorld, binance: FakeBinance, bybit: FakeBybit) -> None:
        await world.pass_by(seconds=10)
        if mode == "live":
            await press(world, ADMIN, await ask(world, ADMIN, "/mode live", GROUP), "Confirm")
        await world.wave("SOLUSDT", exchange_id=BINANCE)
        await world.publish("ETHUSDT", exchange_id=BYBIT)
        await held(world, ("binance", "SOLUSDT"), ("bybit", "ETHUSDT"))
        assert bool(binance.account.positions()) is (mode != "paper")
        assert bool(bybit.account.positions()) is (mode != "paper")

        # The price streams lead to trails; the prices fall back through them.
        for venue, symbol, prices in ((binance, "SOLUSDT", ("154.5", "152")), (bybit, "ETHUSDT", ("2600", "2550"))):
            for price in prices:
                venue.account.set_price(symbol, Decimal(price), path=Path.UNBROKEN)
                await world.pass_by(seconds=20)
        ended = rows(world, "SELECT exchange, exit_reason FROM positions WHERE state = 'closed' ORDER BY exchange")
        assert ended == [("binance", "trailing_stop"), ("bybit", "trailing_stop")]

    play(tmp_path, mode, scene)


@pytest.mark.parametrize("mode", ["testnet", "live"])
def test_the_accounts_own_streams_tell_what_a_person_does_there(mode: str, tmp_path: Folder) -> None:
    async def scene(world: VirtualWorld, binance: FakeBinance, bybit: FakeBybit) -> None:
        await world.pass_by(seconds=10)
        if mode == "live":
            await press(world, ADMIN, await ask(world, ADMIN, "/mode live", GROUP), "Confirm")
        await world.wave("SOLUSDT", exchange_id=BINANCE)
        await world.publish("ETHUSDT", exchange_id=BYBIT)
        await held(world, ("binance", "SOLUSDT"), ("bybit", "ETHUSDT"))
        started_at = world.clock.now()
        binance.account.close_by_hand("SOLUSDT")
        bybit.account.close_by_hand("ETHUSDT")
        await held(world)
        # A comparison by request would come minutes later.
        assert world.clock.now() - started_at < timedelta(seconds=15)

    play(tmp_path, mode, scene)
