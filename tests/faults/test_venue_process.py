"""The real program at two venues from outside: how it starts with keys that are wrong, and what it tells a shell."""

from pathlib import Path

from tests.fakes.venues.binance_server import FakeBinance
from tests.fakes.venues.bybit_server import FakeBybit
from tests.faults.venue_world import venues_in
from tests.faults.world import START_S


async def test_keys_that_a_venue_refuses_are_named_and_end_with_2(tmp_path: Path) -> None:
    async with venues_in(tmp_path) as world:
        binance, bybit = world.markets["binance"], world.markets["bybit"]
        assert isinstance(binance, FakeBinance)
        assert isinstance(bybit, FakeBybit)
        binance.is_key_known = False
        bot = await world.victim()
        assert await bot.end(START_S) == 2
        assert "Binance API key" in bot.log
        assert "Traceback" not in bot.log
        assert binance.api_secret not in bot.log
        binance.is_key_known, bybit.key.is_expired = True, True
        bot = await world.victim()
        assert await bot.end(START_S) == 2
        assert "Bybit API key" in bot.log
        bybit.key.is_expired = False
        bot = await world.victim()
        await world.started(bot, 1)
        assert bot.code is None, bot.log


async def test_venues_that_are_away_keep_nobody_from_starting_and_are_told(tmp_path: Path) -> None:
    async with venues_in(tmp_path) as world:
        for market in world.markets.values():
            market.faults.answer("*", 503, "<html>down</html>", times=None)
        bot = await world.victim()
        await world.started(bot, 1)
        assert bot.code is None, bot.log
        (started,) = world.ask("SELECT payload FROM events WHERE kind = 'started'")
        assert "binance does not answer" in started["payload"]
        assert "bybit does not answer" in started["payload"]
