"""A world at peace, in which things go wrong one at a time: what is done and waited for there. No test is here."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from core.waves.calendar import GRID, floor_to_grid
from tests.faults.world import CHAT, Bot, World, rows_of, until, world_in

SYMBOLS = ("ADAUSDT", "ATOMUSDT", "BNBUSDT", "DOGEUSDT", "ETHUSDT", "JUPUSDT", "SOLUSDT", "XRPUSDT")
LOOSE: Mapping[str, Mapping[str, Any]] = {
    "waves": {"mode": "on_arrival", "settle_s": 0, "delay_s": 0, "max_signal_age_min": 1440},
    "validation": {
        "max_spread_pct": 100, "min_open_interest_quote": 0, "min_volume_1h_quote": 0, "max_move_5m_pct": 100,
    },
}  # fmt: skip
"""Settings with which every signal trades as soon as it comes."""
WAIT_S = 20.0
"""For whatever takes well below a second on a machine that is not busy."""


@asynccontextmanager
async def at_peace(folder: Path, speed: float = 1.0, **sections: Mapping[str, Any]) -> AsyncIterator[World]:
    """Yield a world whose settings are `LOOSE` and `sections`."""
    async with world_in(folder, speed=speed, price_interval_s=speed / 5) as world:
        world.configure({name: {**LOOSE.get(name, {}), **sections.get(name, {})} for name in {*LOOSE, *sections}})
        yield world


async def publish(world: World, *symbols: str, max_trades: int = 10) -> None:
    """Let the signal server tell of the last wave with these symbols."""
    wave_at = floor_to_grid(world.clock.now()) - GRID
    await world.signals.publish(rows_of(wave_at, symbols, max_trades_filter=max_trades))


async def opened(world: World, count: int) -> None:
    query = "SELECT count(*) FROM positions WHERE stop_order_id IS NOT NULL"
    await until(lambda: world.count(query) >= count, WAIT_S, f"{count} protected positions")


async def told(world: World, words: str, chat: int = CHAT) -> str:
    """Wait until the chat shows a message with `words` and return it."""

    def find() -> str:
        return next((m.text for m in world.chat.messages(chat) if re.search(words, m.text)), "")

    return await until(find, WAIT_S, f"an alert with {words!r}")


async def running(world: World, bot: Bot) -> Bot:
    """Wait until `bot` listens to signals and commands."""
    reached = world.database.with_suffix(".sock").exists
    await until(lambda: bot.code is not None or (reached() and world.signals.clients), WAIT_S, "the bot to listen")
    assert bot.code is None, bot.log
    return bot


async def end(bot: Bot) -> None:
    """Tell `bot` to end; that takes 10 s at most."""
    bot.terminate()
    assert await bot.end(10.0) == 0, bot.log
