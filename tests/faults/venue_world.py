"""The world of a process that trades at two venues whose servers outlive it: books, prices, waves, and no mischief yet.

What is done to it belongs to `venue_mischief`, what must hold in it to `venue_books`.
"""

import asyncio
import math
import os
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from bot.app.venues import PULSE
from bot.demo.signal_faults import Row
from bot.demo.signal_server import SimulatedSignalServer
from core.domain.money import round_down
from core.waves.calendar import GRID, floor_to_grid
from tests.fakes.telegram_server import TelegramServer
from tests.fakes.venues.account import Path as PricePath
from tests.fakes.venues.binance_server import FakeBinance
from tests.fakes.venues.bybit_server import FakeBybit
from tests.faults.victim import Fate, clock_of
from tests.faults.world import ADMIN, DUTY, World, rows_of, until

Market = FakeBinance | FakeBybit
IDS = {"binance": 1, "bybit": 2}
ORDERS = {"binance": "/fapi/v1/order", "bybit": "/v5/order/create"}
STOPS = {"binance": "/fapi/v1/algoOrder", "bybit": "/v5/position/trading-stop"}
WALLET = Decimal(10_000)
COINS = {
    "SOLUSDT": ("150.00", "0.01"),
    "ETHUSDT": ("2500.00", "0.01"),
    "XRPUSDT": ("0.5000", "0.0001"),
    "ADAUSDT": ("0.8000", "0.0001"),
    "LTCUSDT": ("90.00", "0.01"),
}
"""Price and price step."""

FILTERS = {
    "max_trades_filter": 3,
    "stop_loss_filter": 1.0,
    "trailing_activation_filter": 0.6,
    "trailing_distance_filter": 0.3,
}
READER = 1004
"""Is told everything from info on; in private, where Telegram takes three times as much as in a group."""

SPEED = 15.0
"""At more the real latency of this machine would outlast the venues' receive windows."""

_TAKEN = "SELECT count(*) FROM waves WHERE wave_at = ? AND state <> 'collecting'"
_PRICE_EVERY_S, _LONGEST_WAIT_S = 0.06, 120.0
_STEP, _SPIKE, _SPIKE_RATIO, _HOME = 0.0015, 0.015, 0.012, 0.01
_SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "trading": {
        "mode": "testnet",
        "size_quote": 200,
        "leverage": 2,
        "order_timeout_s": 1,
        "stop_deadline_s": 15,
        "settle_waits_s": [4, 4, 8, 15],
    },
    "waves": {"mode": "on_arrival", "settle_s": 1, "delay_s": 1, "resume_within_s": 60, "max_signal_age_min": 1440},
    "validation": {
        "max_move_5m_pct": 100, "max_spread_pct": 100, "min_open_interest_quote": 0, "min_volume_1h_quote": 0,
    },
    "guard": {
        "max_age_h": None, "time_exit_h": 0.05, "trail_min_interval_s": 1, "price_stale_after_s": 3600,
        "reconcile_every_min": 0.3,
    },
    "feed": {"backoff_max_s": 4},
    "prices": {"source": "exchange"},
}  # fmt: skip


class VenueWorld(World):
    """A world with both venues.

    Attributes:
        markets: The servers, by name; their books outlive every process.
    """

    markets: Mapping[str, Market]

    def environment(self) -> dict[str, str]:
        keys = {
            f"{name.upper()}_API_{kind}": getattr(market, f"api_{kind.lower()}")
            for name, market in self.markets.items()
            for kind in ("KEY", "SECRET")
        }
        return {**super().environment(), **keys}

    def _routes(self) -> list[dict[str, Any]]:
        return [
            {"match": {"severity": "info"}, "to": [f"telegram:{READER}"]},
            {"match": {"severity": "warning"}, "to": [f"telegram:{DUTY}"]},
        ]

    def configure_venues(self) -> None:
        """Write settings with which much happens within seconds, at these venues."""
        urls = {
            name: {key: getattr(market, key) for key in ("rest_url", "stream_url", "private_stream_url")}
            for name, market in self.markets.items()
        }
        self.configure({**_SETTINGS, "exchanges": urls})


class Prices:
    """Lets the prices of both venues go up and down: noise, spikes through stops, and back home by and by."""

    def __init__(self, markets: Mapping[str, Market], seed: int) -> None:
        self._markets = markets
        self._random = Random(f"prices {seed}")

    async def run(self) -> None:
        """Move one coin after the other, without end."""
        while True:
            for market in self._markets.values():
                market.account.set_price(PULSE, market.account.prices(PULSE).last)
                for symbol in COINS:
                    self._move(market, symbol)
            await asyncio.sleep(_PRICE_EVERY_S)

    def _move(self, market: Market, symbol: str) -> None:
        home, step = (Decimal(number) for number in COINS[symbol])
        now = market.account.prices(symbol).last
        away = math.log(now / home)
        change = self._random.gauss(-_HOME * away, _STEP)
        if self._random.random() < _SPIKE_RATIO:
            change += self._random.choice((-_SPIKE, _SPIKE))
        price = round_down(now * Decimal(str(math.exp(change))), step)
        path = self._random.choice((PricePath.GAP, PricePath.UNBROKEN))
        market.account.set_price(symbol, price, path=path)


class Waves:
    """Publishes a wave for both venues every so often, of a candle each, those of the past first."""

    def __init__(self, world: VenueWorld, seed: int) -> None:
        self._world = world
        self._random = Random(f"waves {seed}")

    async def run(self, every_s: float) -> None:
        """Publish without end."""
        wave_at = floor_to_grid(self._world.clock.now() - timedelta(hours=22))
        while True:
            await self._world.signals.publish(self.rows(wave_at))
            await asyncio.sleep(every_s)
            # A process that hardly lives must not be buried under waves.
            at = wave_at.isoformat(timespec="microseconds")
            await until(lambda: self._world.count(_TAKEN, at), _LONGEST_WAIT_S, "a wave to be taken", every_s=0.1)  # noqa: B023 - waited for here
            wave_at += GRID

    def rows(self, wave_at: datetime) -> list[Row]:
        """Return the signals of a wave: four coins a venue, bought or sold."""
        return [
            row
            for id_ in IDS.values()
            for row in rows_of(
                wave_at,
                self._random.sample(sorted(COINS), 4),
                exchange_id=id_,
                recommended_action=self._random.choice(("BUY", "SELL")),
                **FILTERS,
            )
        ]


@asynccontextmanager
async def venues_in(folder: Path) -> AsyncIterator[VenueWorld]:
    """Yield a world with both venues; whatever still runs at the end is killed."""
    start_at, began_s = datetime.now(UTC), time.time()
    clock = clock_of(start_at, began_s, SPEED)
    now_ms = lambda: int(clock.now().timestamp() * 1000)  # noqa: E731 - the venues' clocks
    async with AsyncExitStack() as stack:
        signals = await stack.enter_async_context(SimulatedSignalServer(token="signals-of-the-test", clock=clock))
        chat = await stack.enter_async_context(TelegramServer(now_s=lambda: clock.now().timestamp()))
        for person in (ADMIN, DUTY, READER):
            chat.add_chat(person, "private")
        binance = await stack.enter_async_context(FakeBinance(now_ms=now_ms, wallet=WALLET))
        bybit = await stack.enter_async_context(FakeBybit(now_ms=now_ms, wallet=WALLET))
        config = str(folder / "config.yaml")
        born = Fate(config=config, start_at=start_at, began_s=began_s, speed=SPEED, parent=os.getpid())
        world = VenueWorld(folder, clock, signals, chat=chat, slack=None, fate=born)
        world.markets = {"binance": binance, "bybit": bybit}
        for market in world.markets.values():
            for symbol, (price, step) in COINS.items():
                market.list_contract(symbol, price, price_step=Decimal(step))
        world.configure_venues()
        try:
            yield world
        finally:
            for bot in world.bots:
                await bot.kill()
