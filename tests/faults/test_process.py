"""The real program from outside: how it starts and ends, what it tells a shell, what it does while others are away."""

import asyncio
import re
import socket
import stat
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from core.waves.calendar import GRID, floor_to_grid
from tests.fakes.telegram_server import Fault
from tests.faults.ledger_checks import damage, doubles, read_books
from tests.faults.world import CHAT, DUTY, Bot, World, rows_of, until, world_in

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


# --- ending in order ------------------------------------------------------------------------------------------------


async def test_sigterm_in_a_wave_finishes_the_order_in_flight_and_nothing_more(tmp_path: Path) -> None:
    async with at_peace(tmp_path, waves={"delay_s": 2}) as world:
        bot = await running(world, await world.wavehelm("run", "-c", str(world.config)))
        await publish(world, *SYMBOLS)
        await opened(world, 1)
        await end(bot)
        await told(world, "Stopped")
        books = read_books(world.database)
        assert [wave["state"] for wave in books["waves"]] == ["interrupted"]
        assert len(books["verdicts"]) == len(SYMBOLS)
        assert {order["state"] for order in books["orders"]} == {"filled", "resting"}
        assert {p["state"] for p in books["positions"]} == {"open"}
        assert len(books["positions"]) < len(SYMBOLS)
        assert {d["state"] for d in books["deliveries"]} == {"sent"}
        assert not damage(world.database)
        assert not world.database.with_suffix(".sock").exists()


async def test_sigterm_is_heard_while_recovery_goes_on_with_a_wave(tmp_path: Path) -> None:
    async with at_peace(tmp_path, waves={"delay_s": 3}) as world:
        bot = await running(world, await world.wavehelm("run", "-c", str(world.config)))
        await publish(world, *SYMBOLS)
        await opened(world, 1)
        await bot.kill()
        bot = await world.wavehelm("run", "-c", str(world.config))
        await opened(world, 2)
        await end(bot)
        books = read_books(world.database)
        assert [wave["state"] for wave in books["waves"]] == ["interrupted"]
        assert [event["kind"] for event in books["events"] if event["kind"] in {"started", "stopped"}] == [
            "started", "started", "stopped",
        ]  # fmt: skip


async def test_a_chat_that_hangs_does_not_hold_up_the_end(tmp_path: Path) -> None:
    async with at_peace(tmp_path) as world:
        bot = await running(world, await world.wavehelm("run", "-c", str(world.config)))
        await told(world, "Started")
        world.chat.order(Fault(method="sendMessage", delay_s=5))
        await publish(world, "SOLUSDT")
        await until(lambda: world.chat.count("sendMessage") > 1, WAIT_S, "a message on its way")
        await end(bot)
        assert world.count("SELECT count(*) FROM deliveries WHERE state = 'pending'") > 0
        await told(world, "SOLUSDT")  # The server's handler ends, too.


# --- what a shell is told -------------------------------------------------------------------------------------------


async def test_one_instance_a_database_and_commands_through_its_socket(tmp_path: Path) -> None:
    async with at_peace(tmp_path) as world:
        bot = await running(world, await world.wavehelm("run", "-c", str(world.config)))
        second = await world.wavehelm("run", "-c", str(world.config))
        asked = await world.wavehelm("do", "/status", "-c", str(world.config))
        assert await second.end(WAIT_S) == 3
        assert f"process {bot.pid} on {socket.gethostname()}" in second.log
        assert await asked.end(WAIT_S) == 0, asked.log
        assert "PAPER" in asked.log
        assert stat.S_IMODE(world.database.with_suffix(".sock").stat().st_mode) == 0o600
        assert bot.code is None
        await end(bot)


async def test_wrong_settings_are_named_and_end_with_2(tmp_path: Path) -> None:
    async with at_peace(tmp_path, waves={"window_z": 5}, trading={"size_quote": "much"}) as world:
        bot = await world.wavehelm("run", "-c", str(world.config))
        assert await bot.end(WAIT_S) == 2
        assert "waves.window_z" in bot.log
        assert "window_s" in bot.log
        assert "trading.size_quote" in bot.log
        assert "Traceback" not in bot.log
        assert not world.database.exists()


async def test_a_command_without_a_running_process_ends_with_4(tmp_path: Path) -> None:
    async with at_peace(tmp_path) as world:
        asked = await world.wavehelm("do", "/status", "-c", str(world.config))
        assert await asked.end(WAIT_S) == 4
        assert "wavehelm run" in asked.log
        assert "Traceback" not in asked.log


async def test_a_restart_right_after_a_kill_takes_everything_over(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    async with at_peace(tmp_path, ops={"http": f"127.0.0.1:{port}"}) as world:
        bot = await running(world, await world.wavehelm("run", "-c", str(world.config)))
        await publish(world, *SYMBOLS[:2])
        await opened(world, 2)
        await _alive(port)
        await bot.kill()
        sock = world.database.with_suffix(".sock")
        assert sock.exists()
        bot = await world.wavehelm("run", "-c", str(world.config))
        await world.started(bot, 2)
        await until(lambda: bot.code is not None or world.signals.clients, WAIT_S, "the bot to listen")
        await _alive(port)
        asked = await world.wavehelm("do", "/positions", "-c", str(world.config))
        assert await asked.end(WAIT_S) == 0, asked.log
        assert "ADA" in asked.log
        assert "ATOM" in asked.log
        await end(bot)
        assert not list(doubles(read_books(world.database)))


async def _alive(port: int) -> None:
    """Wait until the health server answers that the process lives."""
    await until(lambda: _listens(port), WAIT_S, "the health server")
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /healthz HTTP/1.0\r\n\r\n")
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert b" 200 " in answer


def _listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


# --- others are away ------------------------------------------------------------------------------------------------


async def test_without_a_signal_server_it_runs_and_says_so_and_trades_when_it_comes(tmp_path: Path) -> None:
    async with at_peace(tmp_path, speed=60) as world:
        await world.signals.close()
        bot = await world.victim()
        await told(world, "Started")
        assert "signal" in (await told(world, r"(?i)feed.*lost|lost.*feed", DUTY)).lower()
        await world.signals.start()
        await until(lambda: world.signals.clients, WAIT_S, "the bot to reconnect")
        await publish(world, "SOLUSDT")
        await opened(world, 1)
        await told(world, r"SOLUSDT.*opened")
        await told(world, r"(?i)feed.*(back|restored)", DUTY)
        await end(bot)


async def test_without_telegram_it_trades_and_tells_everything_later(tmp_path: Path) -> None:
    async with at_peace(tmp_path, speed=60) as world:
        await world.chat.down()
        bot = await running(world, await world.victim())
        await publish(world, "SOLUSDT", "ADAUSDT")
        await opened(world, 2)
        assert not world.chat.messages(CHAT)
        await world.chat.up()
        await told(world, r"Wave.*2/10")
        titles = [message.text.splitlines()[0] for message in world.chat.messages(CHAT)]
        assert "Started" in titles[0]
        assert sum("opened" in title and "USDT" in title for title in titles) == 2
        await end(bot)
        await told(world, "Stopped")
