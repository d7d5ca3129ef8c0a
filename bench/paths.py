"""The paths where money waits, each beside the least code that does the same work by hand; figures, no judgement."""

import asyncio
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import msgspec

from bot.clock import SystemClock
from bot.feeds.signal_messages import FrameDecoder
from core.domain.market import Tick, TradingMode
from core.domain.money import Price
from core.domain.settings import WaveSettings
from core.domain.signals import SignalBatch
from core.waves.collector import Collector
from storage.engine import Database
from storage.schema import upgrade
from storage.unit_of_work import SqlUnits
from tests.builders import make_position
from tests.core.desk import Desk
from tests.fakes.router import EveryRoute

ROUNDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """Medians of one path and its floor, in microseconds."""

    path: str
    floor_us: float
    ours_us: float

    @property
    def ratio(self) -> float:
        """Ours over the floor."""
        return self.ours_us / self.floor_us


def frame(count: int, first_id: int) -> bytes:
    """Return a frame of `count` signals of the wave of now, as the server writes it."""
    wave_at = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    rows = [
        {
            "id": first_id + n,
            "pair_symbol": f"C{n}USDT",
            "recommended_action": "BUY",
            "score_week": 80.0,
            "score_month": 70.0,
            "timestamp": wave_at.isoformat(),
            "created_at": (wave_at + timedelta(minutes=18)).isoformat(),
            "trading_pair_id": n,
            "exchange_id": 1,
            "max_trades_filter": 3,
            "stop_loss_filter": 5.0,
        }
        for n in range(count)
    ]
    return msgspec.json.encode({"type": "signals", "count": count, "data": rows})


class BareSignal(msgspec.Struct):
    """What the floor decodes a row into."""

    id: int
    pair_symbol: str
    recommended_action: str
    score_week: float
    score_month: float
    timestamp: str
    created_at: str
    exchange_id: int


class BareFrame(msgspec.Struct):
    """What the floor decodes a frame into."""

    type: str
    data: list[BareSignal]


def timed(work: Callable[[], object], repeat: int = 1) -> float:
    """Return the median of `ROUNDS` runs in microseconds a call."""
    found = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for _ in range(repeat):
            work()
        found.append((time.perf_counter() - began) / repeat * 1e6)
    return statistics.median(found)


async def timed_async(work: Callable[[int], Awaitable[object]]) -> float:
    """Return the median of `ROUNDS` runs in microseconds."""
    found = []
    for number in range(ROUNDS):
        began = time.perf_counter()
        await work(number)
        found.append((time.perf_counter() - began) * 1e6)
    return statistics.median(found)


def decoding(count: int) -> Figure:
    """A frame of new signals to typed ones, against bare structs."""
    raw = frame(count, 1)
    bare, decoder = msgspec.json.Decoder(BareFrame), FrameDecoder(frozenset({1, 2}))
    return Figure(
        path=f"decode a frame of {count}",
        floor_us=timed(lambda: bare.decode(raw)),
        ours_us=timed(lambda: decoder.decode(raw, frozenset())),
    )


async def storing(folder: Path) -> Figure:
    """100 new signals, durable, against one statement and one commit in a thread."""
    wave_at = datetime.now(UTC)
    database = await Database.open(f"sqlite:///{folder / 'ours.db'}")
    await upgrade(database)
    units = SqlUnits(database, TradingMode.PAPER, EveryRoute())
    collector = Collector(units=units, clock=SystemClock(), settings=WaveSettings(max_signal_age=timedelta(days=1)))
    decoder = FrameDecoder(frozenset({1, 2}))
    batches: list[SignalBatch] = [decoder.decode(frame(100, 1 + 1000 * n), frozenset()).batch for n in range(ROUNDS)]
    ours = await timed_async(lambda n: collector.receive(batches[n]))
    await database.close()

    bare = sqlite3.connect(folder / "bare.db", check_same_thread=False, isolation_level=None)
    bare.execute("PRAGMA journal_mode=WAL")
    bare.execute("PRAGMA synchronous=NORMAL")
    bare.execute("CREATE TABLE s (exchange_id, id, symbol, side, week, month, at, PRIMARY KEY (exchange_id, id))")

    def insert(number: int) -> None:
        bare.execute("BEGIN IMMEDIATE")
        rows = [(s.exchange_id, s.id, s.symbol, s.side, "80", "70", str(wave_at)) for s in batches[number].signals]
        bare.executemany("INSERT OR IGNORE INTO s VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        bare.execute("COMMIT")

    floor = await timed_async(lambda n: asyncio.to_thread(insert, n))
    bare.close()
    return Figure(path="store 100 new signals", floor_us=floor, ours_us=ours)


def ticks() -> Figure:
    """A price that changes nothing, with 300 positions open, against a look into a dict of bands."""
    desk = Desk()
    now = desk.clock.now()
    positions = [replace(make_position(symbol=f"C{n}USDT"), id=n, opened_at=now, created_at=now) for n in range(1, 301)]
    for position in positions:
        desk.book.put(position)
    prices = [
        Tick(exchange=p.exchange, symbol=p.symbol, price=Price(p.entry * Decimal("1.0001")), received_at=now)
        for p in positions
    ]
    bands = {(p.exchange, p.symbol): (p.entry * Decimal("0.97"), p.entry * Decimal("1.02")) for p in positions}

    def look() -> None:
        for tick in prices:
            low, high = bands[tick.exchange, tick.symbol]
            if not low < tick.price < high:
                raise ValueError(tick)

    def see() -> None:
        for tick in prices:
            desk.guardian.see(tick)

    see()
    return Figure(path="a price that changes nothing", floor_us=timed(look) / 300, ours_us=timed(see) / 300)


def repeats() -> Figure:
    """A broadcast whose signals are all known, against decoding a new one: here smaller than one is right."""
    raw = frame(100, 1)
    decoder = FrameDecoder(frozenset({1, 2}))
    known = frozenset(signal.key for signal in decoder.decode(raw, frozenset()).batch.signals)
    return Figure(
        path="a frame of 100 known signals (floor: new ones)",
        floor_us=timed(lambda: decoder.decode(raw, frozenset())),
        ours_us=timed(lambda: decoder.decode(raw, known)),
    )


async def measure() -> list[Figure]:
    """Return every path."""
    with tempfile.TemporaryDirectory() as folder:
        return [decoding(100), decoding(10_000), repeats(), await storing(Path(folder)), ticks()]
