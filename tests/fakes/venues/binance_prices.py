"""How Binance writes prices on its market streams, and which stream is served where; no subscriptions."""

import itertools
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from tests.fakes.venues.account import FakeAccount
from tests.fakes.venues.binance_answers import money, price_text, quantity_text
from tests.fakes.venues.binance_market import BinanceMarket
from tests.fakes.venues.contracts import Contract
from tests.fakes.venues.wire import plain

Event = dict[str, Any]


def category(stream: str) -> str:
    """Return under which path a stream is served: public (books and single trades) or market (everything else)."""
    kind = stream.removeprefix("!") if stream.startswith("!") else stream.partition("@")[2]
    return "public" if kind.startswith(("bookTicker", "depth", "rpiDepth", "trade")) else "market"


class BinancePrices:
    """Writes the events of one price."""

    def __init__(self, account: FakeAccount, market: BinanceMarket) -> None:
        self._account = account
        self._market = market
        self._ids = itertools.count(181_349)

    def of(self, contract: Contract, quantity: Decimal, now_ms: int) -> Iterator[tuple[str, Event]]:
        """Yield (stream, event) for what happened to one contract; `quantity` 0: nothing was traded."""
        name = contract.symbol.lower()
        mark, ticker = self.mark(contract, now_ms), self.ticker(contract, now_ms)
        yield from ((f"{name}@markPrice{speed}", mark) for speed in ("", "@1s"))
        if quantity:
            trade = next(self._ids)
            price = price_text(contract, self._account.prices(contract.symbol).last)
            traded = {"s": contract.symbol, "p": price, "q": quantity_text(contract, quantity), "T": now_ms, "m": False}
            yield f"{name}@aggTrade", {"e": "aggTrade", "E": now_ms, "a": trade, "f": trade, "l": trade} | traded
            yield f"{name}@trade", {"e": "trade", "E": now_ms, "t": trade, "X": "MARKET"} | traded
        yield f"{name}@miniTicker", self.mini(ticker)
        yield f"{name}@ticker", ticker
        book = self._book(contract, now_ms)
        yield f"{name}@bookTicker", book
        yield "!bookTicker", book

    def arrays(self, contracts: list[Contract], now_ms: int) -> Iterator[tuple[str, list[Event]]]:
        """Yield (stream, events) of the streams for all contracts that changed."""
        tickers = [self.ticker(contract, now_ms) for contract in contracts]
        marks = [self.mark(contract, now_ms) for contract in contracts]
        yield "!miniTicker@arr", [self.mini(ticker) for ticker in tickers]
        yield "!ticker@arr", tickers
        yield from ((f"!markPrice@arr{speed}", marks) for speed in ("", "@1s"))

    def mark(self, contract: Contract, now_ms: int) -> Event:
        """Return a markPriceUpdate."""
        mark = money(self._account.prices(contract.symbol).mark)
        return {
            "e": "markPriceUpdate",
            "E": now_ms,
            "s": contract.symbol,
            "p": mark,
            "ap": mark,
            "P": mark,
            "i": mark,
            "r": money(self._market.of(contract.symbol).funding_ratio),
            "T": self._market.next_funding_ms(),
        }

    def ticker(self, contract: Contract, now_ms: int) -> Event:
        """Return a 24hrTicker."""
        row = self._market.ticker_row(contract)
        return {
            "e": "24hrTicker",
            "E": now_ms,
            "s": contract.symbol,
            "p": row["priceChange"],
            "P": row["priceChangePercent"],
            "w": row["weightedAvgPrice"],
            "c": row["lastPrice"],
            "Q": row["lastQty"],
            "o": row["openPrice"],
            "h": row["highPrice"],
            "l": row["lowPrice"],
            "v": row["volume"],
            "q": row["quoteVolume"],
            "O": row["openTime"],
            "C": row["closeTime"],
            "F": row["firstId"],
            "L": row["lastId"],
            "n": row["count"],
        }

    def mini(self, ticker: Event) -> Event:
        """Return the 24hrMiniTicker of a 24hrTicker."""
        return {"e": "24hrMiniTicker"} | {key: ticker[key] for key in ("E", "s", "c", "o", "h", "l", "v", "q")}

    def _book(self, contract: Contract, now_ms: int) -> Event:
        prices = self._account.prices(contract.symbol)
        return {
            "e": "bookTicker",
            "u": 7_000_000_000 + next(self._ids),
            "s": contract.symbol,
            "b": price_text(contract, prices.bid),
            "B": plain(contract.min_quantity * 100),
            "a": price_text(contract, prices.ask),
            "A": plain(contract.min_quantity * 90),
            "T": now_ms,
            "E": now_ms,
        }
