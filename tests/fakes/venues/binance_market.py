"""The public endpoints of the Binance server: contracts, prices, candles, open interest. No account is looked at."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.fakes.venues.account import FakeAccount
from tests.fakes.venues.binance_answers import Refusal, fixed, money, needed, number, price_text
from tests.fakes.venues.binance_contracts import contract_row, exchange_info
from tests.fakes.venues.binance_routes import Route, Routes, Security
from tests.fakes.venues.contracts import Contract, ContractStatus
from tests.fakes.venues.wire import plain

HOUR_MS = 3_600_000
INTERVALS_MS = {
    "1m": 60_000,
    "3m": 180_000,
    "5m": 300_000,
    "15m": 900_000,
    "30m": 1_800_000,
    "1h": HOUR_MS,
    "2h": 2 * HOUR_MS,
    "4h": 4 * HOUR_MS,
    "6h": 6 * HOUR_MS,
    "8h": 8 * HOUR_MS,
    "12h": 12 * HOUR_MS,
    "1d": 24 * HOUR_MS,
}
_OPEN = Security.NONE


@dataclass(slots=True, kw_only=True)
class Statistics:
    """What a contract's market looks like besides its prices; a test may set any of it.

    Attributes:
        volume_24h_quote: Spread evenly over the day's candles.
        open_interest: Coins; None: worth 50 million at the last price.
        opened_24h: The price a day ago; None: the price now.
        candles: By interval, rows of (open time ms, open, high, low, close, coins traded); otherwise flat ones.
    """

    volume_24h_quote: Decimal = Decimal(120_000_000)
    open_interest: Decimal | None = None
    opened_24h: Decimal | None = None
    funding_ratio: Decimal = Decimal("0.0001")
    candles: dict[str, list[tuple[int, Decimal, Decimal, Decimal, Decimal, Decimal]]] = field(default_factory=dict)


class BinanceMarket:
    """Answers what anyone may ask.

    Attributes:
        statistics: By symbol; what is absent has defaults.
        recorded: A recorded exchangeInfo that is served as it is, except for contracts that were listed since.
    """

    def __init__(self, account: FakeAccount, server_ms: Callable[[], int], weight_limit: Callable[[], int]) -> None:
        self._account = account
        self._server_ms = server_ms
        self._weight_limit = weight_limit
        self.statistics: dict[str, Statistics] = {}
        self.recorded: dict[str, dict[str, Any]] = {}

    def routes(self) -> Routes:
        """Return the endpoints by method and path."""
        return {
            "GET /fapi/v1/ping": Route(act=lambda _: {}, security=_OPEN),
            "GET /fapi/v1/time": Route(act=lambda _: {"serverTime": self._server_ms()}, security=_OPEN),
            "GET /fapi/v1/exchangeInfo": Route(act=self._exchange_info, security=_OPEN),
            "GET /fapi/v1/ticker/24hr": Route(act=self._each(self.ticker_row), weight_all=40, security=_OPEN),
            "GET /fapi/v1/ticker/price": Route(act=self._each(self._price_row), weight_all=2, security=_OPEN),
            "GET /fapi/v2/ticker/price": Route(act=self._each(self._price_row), weight_all=2, security=_OPEN),
            "GET /fapi/v1/ticker/bookTicker": Route(
                act=self._each(self._book_row), weight=2, weight_all=5, security=_OPEN
            ),
            "GET /fapi/v1/premiumIndex": Route(act=self._each(self._mark_row), weight_all=10, security=_OPEN),
            "GET /fapi/v1/openInterest": Route(act=self._open_interest, security=_OPEN),
            "GET /fapi/v1/klines": Route(act=self._klines, security=_OPEN),
        }

    def of(self, symbol: str) -> Statistics:
        """Return the statistics of `symbol`, to be read or changed."""
        return self.statistics.setdefault(symbol, Statistics())

    def _each(self, row: Callable[[Contract], dict[str, Any]]) -> Callable[[Mapping[str, str]], object]:
        def answer(params: Mapping[str, str]) -> object:
            if "symbol" in params:
                return row(self._contract(params))
            return [row(contract) for contract in self.priced()]

        return answer

    def priced(self) -> list[Contract]:
        """Return the contracts that have a price and are not closed."""
        account = self._account
        return [
            contract
            for contract in account.contracts.values()
            if account.has_price(contract.symbol) and contract.status is not ContractStatus.CLOSED
        ]

    def _contract(self, params: Mapping[str, str]) -> Contract:
        return self._account.contract(needed(params, "symbol"))

    def _exchange_info(self, _: Mapping[str, str]) -> object:
        rows = [self.recorded.get(c.symbol) or contract_row(c) for c in self._account.contracts.values()]
        return exchange_info(rows, self._server_ms(), self._weight_limit())

    def ticker_row(self, contract: Contract) -> dict[str, Any]:
        """Return the last day of a contract, as ticker/24hr has it."""
        prices, facts = self._account.prices(contract.symbol), self.of(contract.symbol)
        opened = facts.opened_24h or prices.last
        change = prices.last - opened
        now = self._server_ms()
        return {
            "symbol": contract.symbol,
            "priceChange": price_text(contract, change),
            "priceChangePercent": fixed(change / opened * 100, 3),
            "weightedAvgPrice": price_text(contract, (opened + prices.last) / 2),
            "lastPrice": price_text(contract, prices.last),
            "lastQty": plain(contract.min_quantity),
            "openPrice": price_text(contract, opened),
            "highPrice": price_text(contract, max(opened, prices.last)),
            "lowPrice": price_text(contract, min(opened, prices.last)),
            "volume": fixed(facts.volume_24h_quote / prices.last, 3),
            "quoteVolume": fixed(facts.volume_24h_quote, 2),
            "openTime": now - 24 * HOUR_MS,
            "closeTime": now,
            "firstId": 28_385,
            "lastId": 28_460,
            "count": 76,
        }

    def _price_row(self, contract: Contract) -> dict[str, Any]:
        last = self._account.prices(contract.symbol).last
        return {"symbol": contract.symbol, "price": price_text(contract, last), "time": self._server_ms()}

    def _book_row(self, contract: Contract) -> dict[str, Any]:
        prices = self._account.prices(contract.symbol)
        return {
            "symbol": contract.symbol,
            "bidPrice": price_text(contract, prices.bid),
            "bidQty": "431.0",
            "askPrice": price_text(contract, prices.ask),
            "askQty": "9.0",
            "time": self._server_ms(),
            "lastUpdateId": 7_000_000_000 + self._server_ms() % 10**9,
        }

    def next_funding_ms(self) -> int:
        """Return when funding is settled next: every eight hours."""
        return (self._server_ms() // (8 * HOUR_MS) + 1) * 8 * HOUR_MS

    def _mark_row(self, contract: Contract) -> dict[str, Any]:
        mark = self._account.prices(contract.symbol).mark
        return {
            "symbol": contract.symbol,
            "markPrice": money(mark),
            "indexPrice": money(mark),
            "estimatedSettlePrice": money(mark),
            "lastFundingRate": money(self.of(contract.symbol).funding_ratio),
            "interestRate": "0.00010000",
            "nextFundingTime": self.next_funding_ms(),
            "time": self._server_ms(),
        }

    def _open_interest(self, params: Mapping[str, str]) -> object:
        contract = self._contract(params)
        last, facts = self._account.prices(contract.symbol).last, self.of(contract.symbol)
        coins = Decimal(50_000_000) / last if facts.open_interest is None else facts.open_interest
        return {"openInterest": fixed(coins, 3), "symbol": contract.symbol, "time": self._server_ms()}

    def _klines(self, params: Mapping[str, str]) -> object:
        contract = self._contract(params)
        interval = needed(params, "interval")
        if interval not in INTERVALS_MS:
            raise Refusal(-1120, "Invalid interval.")
        step = INTERVALS_MS[interval]
        end = number(params, "endTime", self._server_ms())
        limit = min(number(params, "limit", 500), 1500)
        start = number(params, "startTime", 0)
        listed = self.of(contract.symbol).candles.get(interval)
        rows = listed if listed is not None else self._flat(contract, step, min(end, self._server_ms()), limit)
        rows = [row for row in rows if start <= row[0] <= end]
        chosen = rows[:limit] if "startTime" in params else rows[-limit:]
        return [self._kline(contract, row, step) for row in chosen]

    def _flat(
        self, contract: Contract, step: int, end: int, count: int
    ) -> list[tuple[int, Decimal, Decimal, Decimal, Decimal, Decimal]]:
        last = self._account.prices(contract.symbol).last
        coins = self.of(contract.symbol).volume_24h_quote * step / (24 * HOUR_MS) / last
        newest = end // step * step
        return [(newest - step * back, last, last, last, last, coins) for back in range(count - 1, -1, -1)]

    def _kline(
        self, contract: Contract, row: tuple[int, Decimal, Decimal, Decimal, Decimal, Decimal], step: int
    ) -> list[Any]:
        opened, *prices, coins = row
        quote = fixed(coins * prices[-1], 5)
        return [
            opened,
            *(price_text(contract, price) for price in prices),
            fixed(coins, 3),
            opened + step - 1,
            quote,
            308,
            fixed(coins / 2, 3),
            quote,
            "0",
        ]
