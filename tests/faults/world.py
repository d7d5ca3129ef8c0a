"""The world around a process under test: signal server, chat, settings, and the process itself, started and killed.

What must hold in it is checked by `ledger_checks` and by the tests.
"""

import asyncio
import os
import signal
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

from bot.demo.signal_faults import Row
from bot.demo.signal_script import SignalGenerator
from bot.demo.signal_server import SimulatedSignalServer
from core.ports.edges import Clock
from core.waves.calendar import GRID, floor_to_grid
from tests.fakes.slack_payloads import APP_TOKEN, BOT_TOKEN
from tests.fakes.slack_server import SlackServer
from tests.fakes.telegram_server import TOKEN as CHAT_TOKEN
from tests.fakes.telegram_server import TelegramServer
from tests.faults.victim import Fate, clock_of

ROOT = Path(__file__).resolve().parents[2]
VICTIM = Path(__file__).with_name("victim.py")
SIGNAL_TOKEN = "signals-of-the-test"
CHAT, DUTY = -1001, 1002
"""Chats that are told everything from info, and everything from warning on."""

CHANNEL, STANDBY = "C0001", 1003
"""A channel that is told everything from info on, where there is Slack, and the chat that is told instead of it."""

ADMIN = 1001

START_S = 30.0
"""Longest start on a machine that is busy with other tests."""

_UNTAKEN, _MOST_UNTAKEN = "SELECT count(*) FROM waves WHERE state = 'collecting'", 3

_T = TypeVar("_T")


async def until(condition: Callable[[], _T], timeout_s: float, what: str, every_s: float = 0.002) -> _T:
    """Wait until `condition` returns something true, and return that."""
    end_s = time.monotonic() + timeout_s
    while not (found := condition()):
        assert time.monotonic() < end_s, f"{what}: not within {timeout_s:g} s"
        await asyncio.sleep(every_s)
    return found


class Bot:
    """One process under test; what it writes to stderr is kept in a file."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self._process = process
        self._log = log

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def code(self) -> int | None:
        """Exit code; None while it runs, -9 after a kill."""
        return self._process.returncode

    @property
    def log(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    async def kill(self) -> None:
        """Kill it as the kernel would, and wait until it is gone; safe to repeat."""
        with suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()

    def terminate(self) -> None:
        self._process.send_signal(signal.SIGTERM)

    async def end(self, timeout_s: float) -> int:
        """Wait until it ends by itself and return its exit code."""
        async with asyncio.timeout(timeout_s):
            return await self._process.wait()


class World:
    """Servers and settings around processes that come and go; all of them see the same time."""

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        signals: SimulatedSignalServer,
        *,
        chat: TelegramServer,
        slack: SlackServer | None,
        fate: Fate,
    ) -> None:
        self.folder = folder
        self.clock = clock
        self.signals = signals
        self.chat = chat
        self._slack = slack
        self.fate = fate
        self.database = folder / "w.db"
        self.bots: list[Bot] = []

    @property
    def slack(self) -> SlackServer:
        """Slack, in a world that has it."""
        assert self._slack is not None
        return self._slack

    @property
    def config(self) -> Path:
        return self.folder / "config.yaml"

    def configure(self, sections: Mapping[str, Mapping[str, Any]]) -> None:
        """Write the settings: what every test needs, and `sections` over it."""
        settings: dict[str, Any] = {
            "prices": {"source": "simulated"},
            "terminal": {"enabled": False},
            "access": {"telegram": {str(ADMIN): "admin"}},
            "feed": {"url": self.signals.url},
            "telegram": {"api_url": self.chat.url},
            "database": {"url": f"sqlite:///{self.database}"},
            "routes": self._routes(),
            "ops": {"http": None},
        }
        for name, section in sections.items():
            settings[name] = {**settings.get(name, {}), **section}
        self.config.write_text(yaml.safe_dump(settings), encoding="utf-8")

    def _routes(self) -> list[dict[str, Any]]:
        routes: list[dict[str, Any]] = [
            {"match": {"severity": "info"}, "to": [f"telegram:{CHAT}"]},
            {"match": {"severity": "warning"}, "to": [f"telegram:{DUTY}"]},
        ]
        if self._slack is not None:
            spare = f"telegram:{STANDBY}"
            routes.append({"match": {"severity": "info"}, "to": [f"slack:{CHANNEL}"], "fallback": spare})
        return routes

    async def victim(self, **changes: Any) -> Bot:  # noqa: ANN401 - fields of Fate
        """Start the process on the shared time; returns at once."""
        fate = msgspec.structs.replace(self.fate, **changes)
        return await self.run(str(VICTIM), msgspec.json.encode(fate).decode())

    async def wavehelm(self, *words: str) -> Bot:
        """Start the program as people do, on the machine's time; returns at once."""
        return await self.run("-m", "bot", *words)

    async def run(self, *arguments: str) -> Bot:
        log = self.folder / f"bot-{len(self.bots)}.log"
        with log.open("wb") as file:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *arguments,
                cwd=self.folder,
                env=self.environment(),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=file,
                stderr=file,
            )
        self.bots.append(Bot(process, log))
        return self.bots[-1]

    def environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TZ") if name in os.environ}
        slack = {}
        if self._slack is not None:
            slack = {"SLACK_BOT_TOKEN": BOT_TOKEN, "SLACK_APP_TOKEN": APP_TOKEN, "SLACK_API_URL": self._slack.api_url}
        return {
            **kept,
            **slack,
            "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]),
            "SIGNAL_WS_TOKEN": SIGNAL_TOKEN,
            "TELEGRAM_BOT_TOKEN": CHAT_TOKEN,
        }

    def ask(self, query: str, *values: object) -> list[sqlite3.Row]:
        """Return what the database answers; nothing while it has no such table yet."""
        try:
            with looked_into(self.database) as connection:
                return connection.execute(query, values).fetchall()
        except sqlite3.OperationalError:
            return []

    def count(self, query: str, *values: object) -> int:
        """Return the number that a query for one number answers."""
        rows = self.ask(query, *values)
        return int(rows[0][0]) if rows else 0

    async def started(self, bot: Bot, starts: int) -> None:
        """Wait until the `starts`-th start in the life of the database is recorded by `bot`, or `bot` is dead."""
        query = "SELECT count(*) FROM events WHERE kind = 'started'"
        await until(lambda: bot.code is not None or self.count(query) >= starts, START_S, "the start")

    def starts(self) -> int:
        """Return how many starts are recorded."""
        return self.count("SELECT count(*) FROM events WHERE kind = 'started'")


class _Closing:
    """A read-only connection, closed at the end of the block."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)
        self._connection.row_factory = sqlite3.Row

    def __enter__(self) -> sqlite3.Connection:
        return self._connection

    def __exit__(self, *_: object) -> None:
        self._connection.close()


def looked_into(path: Path) -> _Closing:
    """Return a read-only connection to the database at `path`."""
    return _Closing(path)


@asynccontextmanager
async def world_in(
    folder: Path,
    *,
    speed: float = 1.0,
    has_slack: bool = False,
    **fate: Any,  # noqa: ANN401 - see Fate
) -> AsyncIterator[World]:
    """Yield a world whose time runs `speed` times as fast; whatever still runs at the end is killed."""
    start_at, began_s = datetime.now(UTC), time.time()
    clock = clock_of(start_at, began_s, speed)
    config = str(folder / "config.yaml")
    async with AsyncExitStack() as stack:
        signals = await stack.enter_async_context(SimulatedSignalServer(token=SIGNAL_TOKEN, clock=clock))
        now_s = lambda: clock.now().timestamp()  # noqa: E731 - the servers' clocks
        chat = await stack.enter_async_context(TelegramServer(now_s=now_s))
        slack = await stack.enter_async_context(SlackServer(now_s=now_s)) if has_slack else None
        chat.add_chat(CHAT)
        for person in (ADMIN, DUTY, STANDBY):
            chat.add_chat(person, "private")
        born = Fate(config=config, start_at=start_at, began_s=began_s, speed=speed, parent=os.getpid(), **fate)
        world = World(folder, clock, signals, chat=chat, slack=slack, fate=born)
        try:
            yield world
        finally:
            for bot in world.bots:
                await bot.kill()


def rows_of(wave_at: datetime, symbols: Sequence[str], **fields: Any) -> list[Row]:  # noqa: ANN401 - of the wire
    """Return signals to buy `symbols` on Binance, the first of them the best."""
    slot = int(wave_at.timestamp()) // 900 * 100
    return [
        {
            "id": slot + place,
            "pair_symbol": symbol,
            "recommended_action": "BUY",
            "score_week": 90 - place,
            "score_month": 90,
            "timestamp": wave_at.isoformat(),
            "created_at": (wave_at + timedelta(minutes=18)).isoformat(),
            "exchange_id": 1,
            **fields,
        }
        for place, symbol in enumerate(symbols)
    ]


class Feed:
    """Plays waves: those of the last hours one after the other, then each as its time comes."""

    def __init__(self, world: World, *, seed: int, filters: Mapping[str, Any]) -> None:
        self._world = world
        self._generator = SignalGenerator(seed=seed)
        self._clock = world.clock
        self._filters = dict(filters)

    async def play(self, behind: timedelta, every: timedelta, *, created: bool) -> None:
        """Publish a wave each `every`, beginning `behind` the present, without end.

        Args:
            behind: None of them is published before its candle opened.
            every: Of the world's time.
            created: Publish each when the scorer would have written it instead, else never many more than are taken:
                a busy machine must not be buried under waves.
        """
        wave_at = floor_to_grid(self._clock.now() - behind)
        while True:
            await self._clock.sleep_until(self._generator.created_at(wave_at) if created else wave_at)
            await self._world.signals.publish(self.rows(wave_at))
            while not created:
                await self._clock.sleep(every)
                if self._world.count(_UNTAKEN) < _MOST_UNTAKEN:
                    break
            wave_at += GRID

    def rows(self, wave_at: datetime) -> list[Row]:
        """Return the signals of a wave."""
        return [{**row, **self._filters} for row in self._generator.wave(wave_at)]
