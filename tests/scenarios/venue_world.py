"""The whole bot on a venue's test net: the real client libraries, and a server that behaves like the venue."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from bot.app.process import ProcessOptions
from bot.exchanges.rest.ccxt_loading import import_client_class
from bot.virtual_time import VirtualClock
from tests.fakes.venues.account import Path as PricePath
from tests.fakes.venues.binance_server import FakeBinance
from tests.fakes.venues.book import OrderStatus
from tests.fakes.venues.bybit_server import FakeBybit
from tests.scenarios.talk import rows
from tests.scenarios.virtual_world import START_AT, CountingLoop, VirtualWorld
from tests.scenarios.world import ADMIN, CHANNEL, GROUP, SLACK_OPERATOR, VIEWER

T = TypeVar("T")
Market = FakeBinance | FakeBybit
IDS = {"binance": 1, "bybit": 2}
COINS = {"SOLUSDT": ("150.00", "0.01"), "ETHUSDT": ("2500.00", "0.01"), "XRPUSDT": ("0.5000", "0.0001")}
"""Price and price step."""

CONFIG = f"""
trading: {{ mode: testnet, size_quote: 200, leverage: 2 }}
waves: {{ mode: on_arrival, settle_s: 0.4, delay_s: 0 }}
guard: {{ reconcile_every_min: 5, trail_min_interval_s: 5 }}
validation: {{ min_open_interest_quote: 0, min_volume_1h_quote: 0 }}
terminal: {{ enabled: false }}
access:
  telegram: {{ "{ADMIN}": admin, "{VIEWER}": viewer }}
  slack: {{ "{SLACK_OPERATOR}": operator }}
routes:
  - {{ match: {{ severity: info }}, to: ["telegram:{GROUP}", "slack:{CHANNEL}"] }}
ops: {{ http: null }}
"""


@dataclass(frozen=True, slots=True)
class AtVenue:
    """A running bot and the venue that it trades at."""

    name: str
    world: VirtualWorld
    market: Market

    async def wave(self, *symbols: str, action: str = "BUY", **changes: Any) -> list[str]:  # noqa: ANN401 - of the wire
        """Let signals of the wave that is due come."""
        return await self.world.wave(*symbols, action=action, exchange_id=IDS[self.name], **changes)

    def price(self, symbol: str, price: str) -> None:
        """Let the market trade at `price`, all the way from where it was."""
        self.market.account.set_price(symbol, Decimal(price), path=PricePath.UNBROKEN)

    async def positions(self, count: int) -> None:
        """Wait until `count` positions are open here, each with its stop."""

        def stand() -> bool:
            found = rows(self.world, "SELECT stop_order_id FROM positions WHERE state = 'open'")
            return len(found) == count and all(row[0] for row in found)

        await self.world.until(stand)

    async def closed(self, count: int) -> list[tuple[Any, ...]]:
        """Wait until `count` positions are closed; return (symbol, reason, pnl) of all, in the order of closing."""
        query = "SELECT symbol, exit_reason, pnl_quote FROM positions WHERE state = 'closed' ORDER BY closed_at, id"
        await self.world.until(lambda: len(rows(self.world, query)) == count, timedelta(minutes=7))
        return rows(self.world, query)

    def verdicts(self) -> dict[str, str]:
        """Return what became of each symbol's newest signal."""
        return dict(rows(self.world, "SELECT symbol, verdict FROM verdicts ORDER BY decided_at"))

    def stops(self) -> dict[str, list[Decimal]]:
        """Return the triggers of the stops that stand at the venue, by symbol."""
        standing: dict[str, list[Decimal]] = {}
        account = self.market.account
        for position in account.positions():
            orders = [*account.resting(position.symbol), *([position.attached] if position.attached else [])]
            triggers = {o.id: o.trigger_price for o in orders if o.trigger_price is not None}
            standing[position.symbol] = sorted(triggers.values())
        return standing

    def assert_books_agree(self) -> None:
        """Nothing is open on either side, and what was earned, paid and traded is the same in both books."""
        account = self.market.account
        assert account.positions() == []
        assert [o for s in COINS for o in account.resting(s) if o.status is OrderStatus.NEW] == []
        assert rows(self.world, "SELECT * FROM positions WHERE state NOT IN ('closed', 'failed')") == []
        legs = rows(self.world, "SELECT quantity, price, fee_quote FROM position_legs")
        assert len(legs) == len({trade.order_id for trade in account.trades})
        ours = [Decimal(row[0]) for row in rows(self.world, "SELECT pnl_quote FROM positions WHERE state = 'closed'")]
        assert sum(ours, Decimal(0)) == account.wallet - Decimal(10_000)
        paid = sum((Decimal(leg[2]) for leg in legs), Decimal(0))
        assert paid == sum((trade.fee for trade in account.trades), Decimal(0))


def play_at(name: str, folder: Path, scene: Callable[[AtVenue], Awaitable[T]], *, config: str = CONFIG) -> T:
    """Run `scene` with the bot on the test net of `name`, on virtual time."""
    for ccxt_id in ("binanceusdm", "bybit"):
        # Beforehand: the thread that would import it is not waited for by virtual time.
        import_client_class(ccxt_id)
    worlds: list[VirtualWorld] = []

    def is_busy() -> bool:
        return any(hasattr(world, "process") and world.process.is_writing for world in worlds)

    loop = CountingLoop(START_AT, is_busy)
    clock = VirtualClock(loop)

    async def whole() -> T:
        make = FakeBinance if name == "binance" else FakeBybit
        async with make(now_ms=lambda: int(clock.now().timestamp() * 1000)) as market:
            for symbol, (price, step) in {**COINS, "BTCUSDT": ("60000", "0.1")}.items():
                market.list_contract(symbol, price, price_step=Decimal(step))
            environment = {
                f"{name.upper()}_API_KEY": market.api_key,
                f"{name.upper()}_API_SECRET": market.api_secret,
                **{
                    f"WAVEHELM_EXCHANGES__{name.upper()}__{key.upper()}": getattr(market, key)
                    for key in ("rest_url", "stream_url", "private_stream_url")
                },
                **{f"WAVEHELM_EXCHANGES__{other.upper()}__ENABLED": "false" for other in IDS if other != name},
            }
            world = VirtualWorld(
                folder,
                clock=clock,
                config=config,
                options=ProcessOptions(clock=clock),
                enforces_limits=True,
                environment=environment,
            )
            worlds.append(world)
            async with world:
                return await scene(AtVenue(name, world, market))

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(whole())
