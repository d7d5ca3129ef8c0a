"""A process from start to stop: who is refused, and that nothing is left open whatever fails on the way."""

import asyncio
import os
import socket
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from bot.app.edges import Market
from bot.app.journal import Journal
from bot.app.process import Process
from bot.app.trade import Trade
from bot.clock import SystemClock
from bot.control_socket import ask
from bot.platforms.telegram.platform import TelegramPlatform
from bot.settings import Settings, load_settings
from core.delivery.relay import Relay
from core.domain.errors import AlreadyRunning, ConfigurationError, RetryLater, WavehelmError
from storage.engine import Database
from storage.lease import Lease
from tests.fakes.feed import eventually
from tests.fakes.telegram_server import TOKEN, TelegramServer

SECOND = timedelta(seconds=1)
AWAY = RetryLater("away", SECOND)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bot.db"


@pytest.fixture
def settings(path: Path) -> Settings:
    return settings_of(path)


def settings_of(path: Path, *overrides: str, **environment: str) -> Settings:
    environment |= {"DATABASE_URL": f"sqlite:///{path}", "SIGNAL_WS_URL": "ws://127.0.0.1:9"}
    quiet = ("terminal.enabled=false", "ops.http=null", "routes=[]", "prices.source=simulated")
    return load_settings(None, environment, [*quiet, *overrides], folder=path.parent)


def ask_database(path: Path, query: str) -> list[tuple[str]]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def is_held(path: Path) -> bool:
    return ("lease",) in ask_database(path, "SELECT key FROM settings")


def events(path: Path) -> list[str]:
    return [kind for (kind,) in ask_database(path, "SELECT kind FROM events ORDER BY id")]


def files(path: Path) -> list[str]:
    """Return what is beside the database; its log is gone once the last connection is closed."""
    return sorted(one.name for one in path.parent.iterdir())


def tasks() -> set[str]:
    return {task.get_name() for task in asyncio.all_tasks() if task is not asyncio.current_task()}


# --- as it should be ------------------------------------------------------------------------------------------------


async def test_a_process_is_held_answers_and_leaves_nothing(settings: Settings, path: Path) -> None:
    process = Process(settings)
    await process.start()
    assert is_held(path)
    control = settings.database.control_socket
    await eventually(control.is_socket)
    assert "open" in (await ask(control, "/positions")).text
    await process.stop("told to stop")
    await process.stop("told again")
    assert files(path) == ["bot.db"]
    assert not is_held(path)
    assert events(path) == ["started", "stopped"]
    assert tasks() == set()


async def test_the_lease_is_renewed(settings: Settings, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    beats: list[float] = []
    beat = Lease.beat

    async def counted(self: Lease) -> None:
        beats.append(asyncio.get_running_loop().time())
        if len(beats) == 2:
            raise AWAY  # the lease is still ours: no crash, and the next beat comes as soon as ever
        await beat(self)

    monkeypatch.setattr(Lease, "beat", counted)
    monkeypatch.setattr("bot.app.process._BEAT_EVERY", timedelta(milliseconds=2))
    process = Process(settings)
    await process.start()
    await eventually(lambda: len(beats) >= 4)
    await process.stop("told to stop")
    assert "task_crashed" not in events(path)


# --- refused --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["testnet", "live"])
def test_accounts_without_keys_are_refused_before_anything_is_opened(path: Path, mode: str) -> None:
    chosen = (f"trading.mode={mode}", "trading.size_quote=50", "prices.source=exchange")
    with pytest.raises(ConfigurationError, match="BINANCE_API_SECRET is not set") as refusal:
        Process(settings_of(path, *chosen, BINANCE_API_KEY="k" * 64))
    told = str(refusal.value)
    assert f"trading.mode: {mode} needs the keys of every exchange" in told
    assert ("BINANCE_API_KEY is" in told, "BYBIT_API_KEY is" in told) == (False, True)
    assert files(path) == []


@asynccontextmanager
async def held_by_another(path: Path) -> AsyncIterator[None]:
    database = await Database.open(f"sqlite:///{path}")
    lease = Lease(database, SystemClock(), socket.gethostname(), os.getppid())
    await lease.acquire()
    yield
    await lease.release()
    await database.close()


async def test_a_second_instance_does_not_touch_the_socket_of_the_first(settings: Settings, path: Path) -> None:
    first = Process(settings)
    await first.start()
    await first.stop("only the database is needed")
    control = settings.database.control_socket

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b'{"text": "the first is here"}\n')
        writer.close()

    async with held_by_another(path), await asyncio.start_unix_server(answer, path=control):
        second = Process(settings)
        with pytest.raises(AlreadyRunning, match=str(os.getppid())):
            await second.start()
        assert (await ask(control, "/status")).text == "the first is here"
        await second.stop("it never was")


async def test_a_process_that_loses_the_database_ends(
    settings: Settings, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.app.process._BEAT_EVERY", timedelta(milliseconds=2))
    process = Process(settings)
    await process.start()
    database = await Database.open(f"sqlite:///{path}")
    async with database.write() as connection:
        await connection.exec_driver_sql("DELETE FROM settings WHERE key = 'lease'")
    await Lease(database, SystemClock(), "elsewhere", 7).acquire()
    async with asyncio.timeout(5):
        failure = await process.failure()
    assert isinstance(failure, AlreadyRunning)
    assert "lost its hold of the database" in str(failure)
    await process.stop(str(failure))
    assert is_held(path)
    await database.close()
    assert files(path) == ["bot.db"]


async def test_two_instances_whose_sockets_collide_are_told_apart(path: Path) -> None:
    first = Process(settings_of(path))
    await first.start()
    await eventually(path.with_suffix(".sock").is_socket)
    second = Process(settings_of(path.with_suffix(".sqlite")))
    await second.start()
    async with asyncio.timeout(5):
        assert "another process listens" in str(await second.failure())
    await second.stop("mend it")
    assert (await ask(path.with_suffix(".sock"), "/version")).text
    await first.stop("told to stop")


# --- when something fails -------------------------------------------------------------------------------------------


def no_market(*_: object, **__: object) -> Market:
    raise AWAY


async def no_recovery(_: Trade) -> tuple[str, ...]:
    raise AWAY


async def no_record(*_: object, **__: object) -> None:
    raise AWAY


def no_beginning(_: Trade) -> None:
    raise LookupError("half of it")


@pytest.mark.parametrize(
    ("place", "failing", "error"),
    [
        ("bot.app.process.open_chosen_market", no_market, RetryLater),
        ("bot.app.process.Trade.recover", no_recovery, RetryLater),
        ("bot.app.process.Journal.started", no_record, RetryLater),
        ("bot.app.process.Trade.start", no_beginning, LookupError),
    ],
)
async def test_a_start_that_fails_half_way_leaves_nothing_open(
    path: Path, monkeypatch: pytest.MonkeyPatch, place: str, failing: object, error: type[Exception]
) -> None:
    monkeypatch.setattr(place, failing)
    async with TelegramServer() as telegram:
        settings = settings_of(path, TELEGRAM_BOT_TOKEN=TOKEN, TELEGRAM_API_URL=telegram.url)
        process = Process(settings)
        with pytest.raises(error):
            await process.start()
        await process.stop("it never was")
        assert not any("telegram" in name or name in {"lease", "relay"} for name in tasks())
    assert files(path) == ["bot.db"]
    assert not is_held(path)


async def test_a_start_that_is_cancelled_leaves_nothing_open(
    settings: Settings, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached = asyncio.Event()

    async def slow(_: Trade) -> tuple[str, ...]:
        reached.set()
        await asyncio.Event().wait()
        return ()

    monkeypatch.setattr(Trade, "recover", slow)
    starting = asyncio.create_task(Process(settings).start())
    await reached.wait()
    starting.cancel()
    await asyncio.gather(starting, return_exceptions=True)
    assert files(path) == ["bot.db"]
    assert not is_held(path)


@pytest.mark.parametrize("error", [AWAY, ConfigurationError("the token is wrong")])
async def test_a_platform_that_does_not_close_keeps_nothing_else_open(
    path: Path, monkeypatch: pytest.MonkeyPatch, error: WavehelmError, caplog: pytest.LogCaptureFixture
) -> None:
    close = TelegramPlatform.close

    async def refusing(self: TelegramPlatform) -> None:
        await close(self)
        raise error

    monkeypatch.setattr(TelegramPlatform, "close", refusing)
    async with TelegramServer() as telegram:
        process = Process(settings_of(path, TELEGRAM_BOT_TOKEN=TOKEN, TELEGRAM_API_URL=telegram.url))
        await process.start()
        await process.stop("told to stop")
    assert "not_closed_in_order" in [record.message for record in caplog.records]
    assert files(path) == ["bot.db"]
    assert not is_held(path)
    assert events(path) == ["started", "stopped"]


async def test_a_start_at_real_venues_that_fails_half_way_leaves_no_connection(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = [
        f"exchanges.{name}.{root}"
        for name in ("binance", "bybit")
        for root in ("rest_url=http://127.0.0.1:9", "stream_url=ws://127.0.0.1:9")
    ]
    monkeypatch.setattr("bot.app.process.Trade.recover", no_recovery)
    process = Process(settings_of(path, "prices.source=exchange", *away))
    with pytest.raises(RetryLater):
        await process.start()
    assert files(path) == ["bot.db"]
    assert tasks() == set()


async def test_an_end_that_cannot_be_recorded_still_closes_everything(
    settings: Settings, path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Journal, "stopped", no_record)
    process = Process(settings)
    await process.start()
    await process.stop("told to stop")
    assert "ended_without_a_record" in [record.message for record in caplog.records]
    assert files(path) == ["bot.db"]
    assert not is_held(path)


async def test_a_setting_that_proves_wrong_later_is_the_failure(path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = Process(settings_of(path, f"ops.http=127.0.0.1:{taken.getsockname()[1]}"))
        await process.start()
        async with asyncio.timeout(5):
            failure = await process.failure()
        await process.stop(str(failure))
    assert isinstance(failure, ConfigurationError)
    assert "ops.http" in str(failure)


async def test_the_time_for_last_words_begins_when_the_process_is_told_to_stop(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    patiences = []

    async def note(_: Relay, patience: timedelta) -> None:
        patiences.append(patience)

    monkeypatch.setattr(Relay, "flush", note)
    loop = asyncio.get_running_loop()
    process = Process(settings)
    told_s = loop.time()
    process.halt()  # In the middle of its start.
    await process.start()
    started_s = loop.time()
    await process.stop("told to")
    (left,) = patiences
    at_once = Process(settings)
    await at_once.start()
    await at_once.stop("told to")
    assert patiences[1] - left > timedelta(seconds=started_s - told_s) / 2
