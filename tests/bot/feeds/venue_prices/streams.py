"""What the tests of the price source share: servers that answer as venues do, prices by request, a bench."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from random import Random

from websockets.asyncio.server import ServerConnection

from bot.feeds.venue_prices.binance import BinanceStream
from bot.feeds.venue_prices.bybit import BybitStream
from bot.feeds.venue_prices.dialect import VenueStream
from bot.feeds.venue_prices.quotes import Quote
from bot.feeds.venue_prices.settings import StreamedPriceSettings
from bot.feeds.venue_prices.streamed import StreamedPrices
from core.domain.money import Price
from tests.fakes.clock import FakeClock
from tests.fakes.feed import eventually
from tests.fakes.stream_server import StreamServer

SECOND = timedelta(seconds=1)


class Venue:
    """Answers requests as Binance or Bybit do; remembers who follows what on which connection."""

    def __init__(self, server: StreamServer) -> None:
        self.server = server
        self.topics: dict[ServerConnection, set[str]] = {}
        self.unknown: set[str] = set()
        self.is_mute = False
        server.answer = self.answer

    @property
    def followed(self) -> list[set[str]]:
        """The topics of each connection that stands."""
        return [self.topics.get(connection, set()) for connection in self.server.open]

    @property
    def requests(self) -> list[dict[str, object]]:
        asked = [json.loads(message) for message in self.server.received]
        return [message for message in asked if message.get("op") != "ping"]

    def answer(self, connection: ServerConnection, message: str) -> Iterable[str]:
        asked = json.loads(message)
        topics = self.topics.setdefault(connection, set())
        if self.is_mute:
            return []
        return self.binance(asked, topics) if "method" in asked else self.bybit(asked, topics)

    def binance(self, asked: dict[str, object], topics: set[str]) -> Iterable[str]:
        named = {str(name) for name in as_list(asked["params"])}
        if named & self.unknown:
            yield json.dumps({"error": {"code": 2, "msg": "Invalid request: invalid stream"}, "id": asked["id"]})
            return
        topics.update(named) if asked["method"] == "SUBSCRIBE" else topics.difference_update(named)
        yield json.dumps({"result": None, "id": asked["id"]})

    def bybit(self, asked: dict[str, object], topics: set[str]) -> Iterable[str]:
        if asked["op"] == "ping":
            yield '{"success":true,"ret_msg":"pong","conn_id":"x","req_id":"","op":"ping"}'
            return
        named = [str(name) for name in as_list(asked["args"])]
        reply = {"success": True, "ret_msg": "", "conn_id": "x", "req_id": asked["req_id"], "op": asked["op"]}
        if asked["op"] == "unsubscribe":
            topics.difference_update(named)
        elif bad := next((name for name in named if name in self.unknown), None):
            reply |= {"success": False, "ret_msg": f"error:handler not found,topic:{bad}"}
        elif bad := next((name for name in named if name in topics), None):
            reply |= {"success": False, "ret_msg": f"error:already subscribed,topic:{bad}"}
        else:
            topics.update(named)
        yield json.dumps(reply)


def as_list(value: object) -> list[object]:
    assert isinstance(value, list)
    return value


class Quotes:
    """Answers by request what a test sets; remembers what was asked and when."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.prices: dict[str, str] = {}
        self.asked: list[list[str]] = []
        self.asked_at: list[float] = []
        self.error: Exception | None = None
        self._started_at = clock.now()

    async def __call__(self, symbols: Collection[str]) -> Mapping[str, Quote]:
        self.asked.append(sorted(symbols))
        self.asked_at.append((self.clock.now() - self._started_at) / SECOND)
        if self.error is not None:
            raise self.error
        now = self.clock.now()
        return {
            symbol: Quote(last=Price(Decimal(price)), mark=None, received_at=now)
            for symbol, price in self.prices.items()
            if symbol in symbols
        }


class Bench:
    def __init__(self, server: StreamServer, dialect: type[BinanceStream | BybitStream]) -> None:
        self.server = server
        self.venue = Venue(server)
        self.clock = FakeClock()
        self.quotes = Quotes(self.clock)
        self.stream: VenueStream = dialect(server.url)
        self.prices = StreamedPrices(
            self.clock,
            {"venue": self.stream},
            StreamedPriceSettings(),
            random=Random(1),
            quotes={"venue": self.quotes},
        )

    @asynccontextmanager
    async def running(self, *symbols: str) -> AsyncIterator[StreamedPrices]:
        self.prices.watch("venue", symbols)
        task = asyncio.create_task(self.prices.run())
        try:
            if symbols:
                await self.until(lambda: sum(len(topics) for topics in self.venue.followed) >= len(symbols))
            yield self.prices
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def until(self, condition: Callable[[], bool], limit: timedelta = timedelta(hours=1)) -> None:
        await self.clock.run_until(condition, limit)

    def price(self, symbol: str) -> str | None:
        tick = self.prices.latest("venue", symbol)
        return None if tick is None else str(tick.price)

    async def tell(self, symbol: str, last: str) -> None:
        await self.server.tell(ticker(symbol, last))
        await eventually(lambda: self.price(symbol) == last)


def trade(symbol: str, price: str, at_ms: int = 1) -> str:
    return json.dumps({"e": "aggTrade", "E": at_ms, "s": symbol, "p": price, "T": at_ms})


def ticker(symbol: str, last: str) -> str:
    data = {"symbol": symbol, "lastPrice": last, "markPrice": last}
    return json.dumps({"topic": f"tickers.{symbol}", "type": "snapshot", "ts": 0, "data": data})
