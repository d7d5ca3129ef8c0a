"""Bybit's public figures of a contract: tickers, candles, books, open interest; what a test does not set is made up."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal

from tests.fakes.venues.account import FakeAccount
from tests.fakes.venues.book import ZERO, Fact, PriceMoved
from tests.fakes.venues.bybit_rows import Row, short
from tests.fakes.venues.contracts import Prices
from tests.fakes.venues.wire import plain

MINUTE_MS = 60_000
DAY_MS = 1440 * MINUTE_MS
OPEN_INTEREST_QUOTE = Decimal(50_000_000)
INTERVALS_MS = {str(minutes): minutes * MINUTE_MS for minutes in (1, 3, 5, 15, 30, 60, 120, 240, 360, 720)} | {
    "D": 1440 * MINUTE_MS,
    "W": 7 * 1440 * MINUTE_MS,
}


@dataclass(slots=True, kw_only=True)
class Statistics:
    """What a contract's market looks like besides its prices; a test may set any of it.

    Attributes:
        volume_24h_quote: Spread evenly over the day's candles.
        open_interest: Coins; None: worth 50 million at the last price.
        opened_24h: The price a day ago; None: the first price there was.
        candles: By interval as Bybit names it ("1", "5", "60"), rows of (open time ms, open, high, low, close, coins
            traded), oldest first; otherwise what was seen, and flat ones before it.
    """

    volume_24h_quote: Decimal = Decimal(120_000_000)
    open_interest: Decimal | None = None
    opened_24h: Decimal | None = None
    funding_ratio: Decimal = Decimal("0.0001")
    candles: dict[str, list[tuple[int, Decimal, Decimal, Decimal, Decimal, Decimal]]] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Bar:
    """One candle."""

    start_ms: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal = ZERO

    def add(self, price: Decimal, quantity: Decimal) -> None:
        """Take a trade in."""
        self.high, self.low, self.close = max(self.high, price), min(self.low, price), price
        self.volume += quantity

    def row(self) -> list[str]:
        """Return it as kline lists it."""
        prices = (self.open, self.high, self.low, self.close)
        return [str(self.start_ms), *map(plain, prices), plain(self.volume), short(self.volume * self.close)]


class BybitMarket:
    """The market data of one server.

    Attributes:
        statistics: By symbol; what is absent has defaults.
        sequence: Counts the changes of all prices.
    """

    def __init__(self, account: FakeAccount, server_ms: Callable[[], int]) -> None:
        self.statistics: dict[str, Statistics] = {}
        self.sequence = 1_000
        self._account = account
        self._server_ms = server_ms
        self._seen: dict[str, list[Bar]] = {}
        account.subscribe(self._note)

    def of(self, symbol: str) -> Statistics:
        """Return the statistics of `symbol`, to read or to change."""
        return self.statistics.setdefault(symbol, Statistics())

    def _note(self, fact: Fact) -> None:
        if not isinstance(fact, PriceMoved):
            return
        self.sequence += 1
        last, seen = fact.prices.last, self._seen.setdefault(fact.symbol, [])
        start = self._server_ms() // MINUTE_MS * MINUTE_MS
        if not seen or seen[-1].start_ms < start:
            opened = seen[-1].close if seen else last
            seen.append(Bar(start_ms=start, open=opened, high=opened, low=opened, close=opened))
        seen[-1].add(last, fact.quantity)

    def _opened(self, symbol: str) -> Decimal:
        opened, seen = self.of(symbol).opened_24h, self._seen.get(symbol)
        return opened if opened is not None else (seen[0].open if seen else ZERO)

    def open_interest(self, symbol: str) -> Decimal:
        """Return the coins that are open."""
        amount, seen = self.of(symbol).open_interest, self._seen.get(symbol)
        if amount is not None:
            return amount
        return (OPEN_INTEREST_QUOTE / seen[-1].close).quantize(Decimal("0.001")) if seen else ZERO

    def ticker(self, symbol: str) -> Row:
        """Return the ticker of `symbol` as tickers lists it."""
        prices = self._account.prices(symbol) if self._account.has_price(symbol) else None
        statistics, last, amount = self.of(symbol), prices.last if prices else ZERO, self.open_interest(symbol)
        previous, seen = self._opened(symbol), self._seen.get(symbol, [])
        return {
            "symbol": symbol,
            "lastPrice": plain(last),
            "indexPrice": plain(last),
            "markPrice": plain(prices.mark if prices else ZERO),
            "prevPrice24h": plain(previous),
            "price24hPcnt": short(last / previous - 1) if previous else "0",
            "highPrice24h": plain(max([bar.high for bar in seen] + [previous])),
            "lowPrice24h": plain(min([bar.low for bar in seen] + [previous])),
            "prevPrice1h": plain(previous),
            "openInterest": plain(amount),
            "openInterestValue": short(amount * last),
            "turnover24h": plain(statistics.volume_24h_quote),
            "volume24h": short(statistics.volume_24h_quote / last) if last else "0",
            "fundingRate": plain(statistics.funding_ratio),
            "nextFundingTime": str((self._server_ms() // (480 * MINUTE_MS) + 1) * 480 * MINUTE_MS),
            "predictedDeliveryPrice": "",
            "basisRate": "",
            "deliveryFeeRate": "",
            "deliveryTime": "0",
            **self._top(prices),
            "fundingIntervalHour": "8",
        }

    def _top(self, prices: Prices | None) -> Row:
        if prices is None:
            return {"bid1Price": "", "bid1Size": "", "ask1Price": "", "ask1Size": ""}
        return {
            "bid1Price": plain(prices.bid),
            "bid1Size": "100",
            "ask1Price": plain(prices.ask),
            "ask1Size": "100",
        }

    def book(self, symbol: str, depth: int) -> Row:
        """Return the order book: `depth` levels of the same size, a step apart."""
        prices, step = self._account.prices(symbol), self._account.contract(symbol).price_step
        now = self._server_ms()
        return {
            "s": symbol,
            "b": [[plain(prices.bid - step * level), "100"] for level in range(depth) if prices.bid > step * level],
            "a": [[plain(prices.ask + step * level), "100"] for level in range(depth)],
            "ts": now,
            "u": self.sequence,
            "seq": self.sequence,
            "cts": now,
        }

    def seen(self, symbol: str, interval: str) -> list[Bar]:
        """Return the candles of the prices that were seen, oldest first."""
        length = INTERVALS_MS[interval]
        merged: list[Bar] = []
        for minute in self._seen.get(symbol, []):
            start = minute.start_ms // length * length
            if not merged or merged[-1].start_ms != start:
                opened = minute.open
                merged.append(Bar(start_ms=start, open=opened, high=opened, low=opened, close=opened))
            bar = merged[-1]
            bar.high, bar.low, bar.close = max(bar.high, minute.high), min(bar.low, minute.low), minute.close
            bar.volume += minute.volume
        return merged

    def bars(self, symbol: str, interval: str) -> list[Bar]:
        """Return a thousand candles, oldest first: the test's, or those seen with flat ones before and between."""
        given = self.of(symbol).candles.get(interval)
        if given is not None:
            return [
                Bar(start_ms=at, open=opened, high=high, low=low, close=close, volume=volume)
                for at, opened, high, low, close, volume in given
            ]
        length, price = INTERVALS_MS[interval], self._opened(symbol)
        if not price:
            return []
        known = {bar.start_ms: bar for bar in self.seen(symbol, interval)}
        now = self._server_ms() // length * length
        listed: list[Bar] = []
        for start in range(now - 999 * length, now + 1, length):
            bar = known.get(start) or Bar(start_ms=start, open=price, high=price, low=price, close=price)
            price = bar.close
            even = self.of(symbol).volume_24h_quote * length / DAY_MS / price
            listed.append(replace(bar, volume=bar.volume + even.quantize(Decimal("0.001"))))
        return listed
