"""Venues on a bench: each with the levers that the contract suite of Exchange pulls. What must hold is in the suite."""

import asyncio
from typing import Protocol

from bot.exchanges.paper.exchange import PaperExchange
from bot.exchanges.paper.faults import PaperFaults
from bot.exchanges.paper.prices import PaperPrices
from bot.exchanges.paper.simulated_venue import SimulatedVenue
from core.domain.errors import Bug
from core.domain.market import MarketFacts, Tier
from core.domain.money import Price
from core.domain.orders import OrderReport, RefusalReason, Refused, Unknown, VenueNotice
from core.ports.edges import Exchange
from tests.builders import Number, money, price
from tests.fakes.clock import FakeClock
from tests.fakes.exchange import HANG, FakeExchange
from tests.fakes.ledger import MemoryLedger
from tests.fakes.prices import FakePrices

SYMBOL = "SOLUSDT"
OTHER = "ETHUSDT"
UNPRICED = "NEWUSDT"
NO_SYMBOL = "no such thing"
"""What the suite trades: both known symbols cost 100 at first, the third has no price yet."""


class Bench(Protocol):
    """An exchange and the levers."""

    patience_s: float
    """How long a call may take that is to be cut off, in real time."""
    keeps_orphans: bool
    """A stop outlives its position, until whoever placed it takes it back."""
    names_stops: bool
    """Stops are orders with ids of their own; else they are a value of their position."""
    looks_up_at_once: bool
    """What became of an order whose answer was lost is found out within the call."""

    @property
    def exchange(self) -> Exchange: ...

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def set_price(self, symbol: str, value: Number) -> None:
        """Let the market go to `value` on an unbroken path."""

    async def reports(self) -> list[OrderReport]:
        """Return what was reported since the last call; what a notice means is looked up first."""

    def refuse_stop(self, symbol: str) -> None: ...

    def refuse(self, symbol: str, reason: RefusalReason) -> None: ...

    def lose_request(self, symbol: str) -> None: ...

    def lose_answer(self, symbol: str, *, hangs: bool = False) -> None: ...

    def starve(self) -> None:
        """Let almost no money be free."""


class _Reports:
    """Collects what an exchange reports without waiting for more."""

    def __init__(self, exchange: Exchange) -> None:
        self._source = exchange.reports()
        self._task: asyncio.Task[OrderReport | VenueNotice] | None = None

    async def take(self) -> list[OrderReport]:
        found: list[OrderReport] = []
        while True:
            self._task = self._task or asyncio.create_task(self._next())
            for _ in range(5):
                await asyncio.sleep(0)
            if not self._task.done():
                self._task.cancel()
                await asyncio.gather(self._task, return_exceptions=True)
                self._task = None
                return found
            report = self._task.result()
            if isinstance(report, OrderReport):
                found.append(report)
            self._task = None

    async def _next(self) -> OrderReport | VenueNotice:
        async for report in self._source:
            return report
        raise Bug("reports ended")


class PaperBench:
    """The paper exchange over hand-set prices."""

    patience_s = 0.02
    keeps_orphans = False
    names_stops = True
    looks_up_at_once = False

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.prices = FakePrices(self.clock)
        self.ledger = MemoryLedger()
        self.faults = PaperFaults()
        self.exchange = self.make(self.ledger)
        self._market = PaperPrices(self.prices, [self.exchange])

    def make(self, ledger: MemoryLedger, *, start_quote: Number = 10_000) -> PaperExchange:
        """Return a paper exchange on this bench's market; another one with the same ledger is a restart."""
        return PaperExchange(
            name="binance",
            clock=self.clock,
            prices=self.prices,
            venue=SimulatedVenue(reference_price=lambda _: price(100), facts=self._facts),
            ledger=ledger,
            tier_of=lambda _: Tier.MID,
            start_quote=money(start_quote),
            faults=self.faults,
        )

    def _facts(self, symbol: str) -> MarketFacts:
        tick = self.prices.latest("binance", symbol)
        return MarketFacts(price=None if tick is None else tick.price)

    async def open(self) -> None:
        await self.exchange.open()

    async def close(self) -> None:
        """It has nothing to close."""

    async def set_price(self, symbol: str, value: Number) -> None:
        await self.exchange.on_tick(self.prices.set("binance", symbol, value, is_continuous=True))

    async def reports(self) -> list[OrderReport]:
        return await _Reports(self.exchange).take()

    def refuse_stop(self, symbol: str) -> None:
        self.faults.refuse_stop(symbol)

    def refuse(self, symbol: str, reason: RefusalReason) -> None:
        self.faults.refuse(symbol, reason)

    def lose_request(self, symbol: str) -> None:
        self.faults.lose_request(symbol)

    def lose_answer(self, symbol: str, *, hangs: bool = False) -> None:
        self.faults.lose_answer(symbol, hangs=hangs)

    def starve(self) -> None:
        self.exchange = self.make(self.ledger, start_quote=1)


class FakeBench:
    """The scripted fake."""

    patience_s = 0.02
    keeps_orphans = False
    names_stops = True
    looks_up_at_once = False

    def __init__(self) -> None:
        self.exchange = FakeExchange(FakeClock(), symbols=[SYMBOL, OTHER, UNPRICED])

    async def open(self) -> None:
        """It needs no opening."""

    async def close(self) -> None:
        """Nor closing."""

    async def set_price(self, symbol: str, value: Number) -> None:
        self.exchange.set_price(symbol, Price(price(value)))

    async def reports(self) -> list[OrderReport]:
        return await _Reports(self.exchange).take()

    def refuse_stop(self, symbol: str) -> None:
        for call in ("place", "replace_stop"):
            self.exchange.script(call, Refused(reason=RefusalReason.OTHER), symbol=symbol)

    def refuse(self, symbol: str, reason: RefusalReason) -> None:
        self.exchange.script("place", Refused(reason=reason), symbol=symbol)

    def lose_request(self, symbol: str) -> None:
        self.exchange.script("place", Unknown(detail="lost"), symbol=symbol)

    def lose_answer(self, symbol: str, *, hangs: bool = False) -> None:
        answer = HANG if hangs else Unknown(detail="lost")
        self.exchange.script("place", answer, symbol=symbol, is_executed=True)

    def starve(self) -> None:
        self.exchange.free = money(1)
