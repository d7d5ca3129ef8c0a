"""Real venues' adapters on a bench: the real ccxt classes against local servers. What must hold is in the suites."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from decimal import Decimal

from bot.exchanges.access import VenueAccess
from bot.exchanges.ccxt_futures import CcxtFutures
from bot.exchanges.market.venue_market import VenueMarket
from bot.exchanges.profiles import BINANCE, BYBIT, VenueProfile
from bot.exchanges.rest.client import VenueClient
from core.domain.orders import OrderOutcome, OrderReport, OrderRequest, RefusalReason, VenueNotice
from tests.builders import Number
from tests.contracts.exchange_benches import OTHER, SYMBOL, UNPRICED
from tests.fakes.clock import START_AT
from tests.fakes.venues.account import Path
from tests.fakes.venues.binance_server import FakeBinance
from tests.fakes.venues.book import Fact, OrderChanged, OrderKind, OrderStatus
from tests.fakes.venues.bybit_server import FakeBybit
from tests.fakes.venues.faults import End
from tests.fakes.venues.refusals import No


class EagerClock:
    """Implements Clock: who waits is there at once, and time with him. Nothing else moves it but `pass_time`."""

    def __init__(self, start_at: datetime = START_AT) -> None:
        self._now = start_at

    def now(self) -> datetime:
        return self._now

    def now_ms(self) -> int:
        return int(self._now.timestamp() * 1000)

    def pass_time(self, duration: timedelta) -> None:
        self._now += duration

    async def sleep(self, duration: timedelta) -> None:
        self._now += max(duration, timedelta(0))
        await asyncio.sleep(0)

    async def sleep_until(self, at: datetime) -> None:
        self._now = max(self._now, at)
        await asyncio.sleep(0)


class HeldBack:
    """Listens to what is held back."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, str, str]] = []

    async def call_held_back(self, venue: str, call: str, symbol: str, detail: str) -> None:
        self.told.append((venue, call, symbol, detail))


class NotedFutures(CcxtFutures):
    """Remembers the stops it was told to put, for those who look up what a notice means."""

    asked: dict[str, OrderRequest]

    async def place(self, request: OrderRequest) -> OrderOutcome:
        self._note(request)
        return await super().place(request)

    async def replace_stop(self, old: str, request: OrderRequest) -> OrderOutcome:
        self._note(request)
        return await super().replace_stop(old, request)

    def _note(self, request: OrderRequest) -> None:
        if request.trigger_price is not None:
            self.asked[request.client_order_id] = request


class VenueBench:
    """A venue's server, the adapter before it, and the levers of both."""

    server: FakeBinance | FakeBybit
    exchange: NotedFutures
    order_path: str
    stop_path: str
    patience_s = 0.5
    keeps_orphans = False
    names_stops = True
    looks_up_at_once = True

    def __init__(self, *, wallet: Number = 10_000) -> None:
        self.clock = EagerClock()
        self.held_back = HeldBack()
        self.notices: asyncio.Queue[VenueNotice] = asyncio.Queue()
        self.server = self.build(Decimal(wallet))

    def build(self, wallet: Decimal) -> FakeBinance | FakeBybit:
        """Return the server."""
        raise NotImplementedError

    @property
    def profile(self) -> VenueProfile:
        """Return what the venue is like."""
        raise NotImplementedError

    def access(self) -> VenueAccess:
        """Return how the server is reached."""
        return VenueAccess(
            profile=self.profile,
            rest_url=self.server.rest_url,
            api_key=self.server.api_key,
            api_secret=self.server.api_secret,
        )

    def make(self) -> NotedFutures:
        """Return an adapter at the server."""
        client = VenueClient(self.access(), clock=self.clock)
        made = NotedFutures(
            client,
            VenueMarket(client, clock=self.clock),
            clock=self.clock,
            notices=self._notices,
            listener=self.held_back,
        )
        made.asked = {}
        return made

    async def open(self) -> None:
        """Let the server run, and the adapter know its contracts."""
        await self.serve()
        self.exchange = self.make()
        for symbol in (SYMBOL, OTHER):
            self.server.list_contract(symbol, "100")
        self.server.list_contract(UNPRICED, None)
        self.server.account.subscribe(self._hear)
        await self.exchange.open()
        await self.exchange.instruments()

    async def serve(self) -> None:
        """Let the server run."""
        await self.server.__aenter__()

    async def restart(self) -> None:
        """Let the adapter be a new one, that knows nothing of what was before."""
        await self.exchange.close()
        self.exchange = self.make()

    async def close(self) -> None:
        await self.exchange.close()
        await self.server.__aexit__(None, None, None)

    async def set_price(self, symbol: str, value: Number) -> None:
        self.server.account.set_price(symbol, Decimal(value), path=Path.UNBROKEN)

    async def reports(self) -> list[OrderReport]:
        found = []
        while not self.notices.empty():
            notice = self.notices.get_nowait()
            for request in self.exchange.asked.values():
                if request.symbol == notice.symbol and notice.client_order_id in {None, request.client_order_id}:
                    report = await self.exchange.find_order(request)
                    found += [] if report is None else [report]
        return found

    def refuse_stop(self, symbol: str) -> None:
        self.server.account.levers.refusals.append((symbol, No.TOO_MANY_STOPS))

    def refuse(self, symbol: str, reason: RefusalReason) -> None:
        why = {RefusalReason.PRICE_BAND: No.PRICE_BAND_HIGH}[reason]
        self.server.account.levers.refusals.append((symbol, why))

    def lose_request(self, symbol: str) -> None:
        self.server.faults.drop(self.order_path, method="POST")

    def lose_answer(self, symbol: str, *, hangs: bool = False) -> None:
        self.server.faults.lose(self.order_path, end=End.HANG if hangs else End.DROP)

    def starve(self) -> None:
        self.server.account.wallet = Decimal(1)

    async def _notices(self) -> AsyncIterator[VenueNotice]:
        while True:
            yield await self.notices.get()

    def _hear(self, fact: Fact) -> None:
        if not isinstance(fact, OrderChanged) or fact.order.kind not in {OrderKind.STOP, OrderKind.ATTACHED}:
            return
        if fact.order.status is OrderStatus.FILLED:
            name = fact.order.client_id or None
            notice = VenueNotice(exchange=self.exchange.name, symbol=fact.order.symbol, client_order_id=name)
            self.notices.put_nowait(notice)


class BinanceBench(VenueBench):
    """Binance: stops are orders, answers are full."""

    server: FakeBinance
    order_path = "/fapi/v1/order"
    stop_path = "/fapi/v1/algoOrder"
    # The owner of a stop takes it back when its position is gone.
    keeps_orphans = True

    profile = BINANCE

    def build(self, wallet: Decimal) -> FakeBinance:
        return FakeBinance(now_ms=self.clock.now_ms, wallet=wallet, lists_contracts=False)


class BybitBench(VenueBench):
    """Bybit: stops are values of positions, answers are ids."""

    server: FakeBybit
    order_path = "/v5/order/create"
    stop_path = "/v5/position/trading-stop"
    names_stops = False

    profile = BYBIT

    def build(self, wallet: Decimal) -> FakeBybit:
        return FakeBybit(now_ms=self.clock.now_ms, wallet=wallet)
