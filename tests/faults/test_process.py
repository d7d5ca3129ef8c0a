"""The real program from outside: how it starts and ends, what it tells a shell, what it does while others are away."""

import asyncio
import socket
import stat
from pathlib import Path

from tests.faults.ledger_checks import damage, doubles, read_books
from tests.faults.scenes import SYMBOLS, WAIT_S, at_peace, end, opened, publish, running, told
from tests.faults.world import DUTY, until

# --- ending in order ------------------------------------------------------------------------------------------------


async def test_sigterm_in_a_wave_finishes_the_order_in_flight_and_nothing_more(tmp_path: Path) -> None:
    async with at_peace(tmp_path, speed=6, waves={"delay_s": 6}) as world:
        bot = await running(world, await world.victim())
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
    async with at_peace(tmp_path, speed=6, waves={"delay_s": 6}) as world:
        bot = await running(world, await world.victim())
        await publish(world, *SYMBOLS)
        await opened(world, 1)
        await bot.kill()
        bot = await world.victim()
        await opened(world, 2)
        await end(bot)
        books = read_books(world.database)
        assert [wave["state"] for wave in books["waves"]] == ["interrupted"]
        assert [event["kind"] for event in books["events"] if event["kind"] in {"started", "stopped"}] == [
            "started", "started", "stopped",
        ]  # fmt: skip


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
    async with at_peace(tmp_path, speed=6, ops={"http": f"127.0.0.1:{port}"}) as world:
        bot = await running(world, await world.victim())
        await publish(world, *SYMBOLS[:2])
        await opened(world, 2)
        await _alive(port)
        await bot.kill()
        sock = world.database.with_suffix(".sock")
        assert sock.exists()
        bot = await world.victim()
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
