"""What Bybit's public streams say: tickers (whole, then changes), trades, candles, books; who listens is elsewhere."""

import uuid
from collections.abc import Callable, Iterable

from tests.fakes.venues.account import FakeAccount
from tests.fakes.venues.book import PriceMoved
from tests.fakes.venues.bybit_market import INTERVALS_MS, BybitMarket
from tests.fakes.venues.bybit_rows import Row
from tests.fakes.venues.wire import VenueSocket, plain


class PublicNews:
    """Writes the messages of the public streams."""

    def __init__(self, account: FakeAccount, market: BybitMarket, server_ms: Callable[[], int]) -> None:
        self._account = account
        self._market = market
        self._server_ms = server_ms

    def send_first(self, socket: VenueSocket, topic: str) -> None:
        """Send what a new subscription begins with."""
        kind, symbol = topic.split(".", 1)[0], topic.rpartition(".")[2]
        if not self._account.has_price(symbol):
            return
        if kind == "tickers":
            self._send_ticker(socket, symbol)
        elif kind == "orderbook":
            self._send_book(socket, topic, symbol)

    def _send_ticker(self, socket: VenueSocket, symbol: str) -> None:
        now = self._server_ms()
        row = self._market.ticker(symbol) | {"tickDirection": "ZeroPlusTick"}
        before: Row | None = socket.state.setdefault("tickers", {}).get(symbol)
        data = row if before is None else {name: value for name, value in row.items() if before[name] != value}
        if not data:
            return
        socket.state["tickers"][symbol] = row
        socket.send(
            {
                "topic": f"tickers.{symbol}",
                "type": "snapshot" if before is None else "delta",
                "data": {"symbol": symbol} | data,
                "cs": self._market.sequence,
                "ts": now,
            }
        )

    def _send_book(self, socket: VenueSocket, topic: str, symbol: str) -> None:
        book = self._market.book(symbol, int(topic.split(".")[1]))
        data = {name: book[name] for name in ("s", "b", "a", "u", "seq")}
        socket.send({"topic": topic, "type": "snapshot", "ts": book["ts"], "data": data, "cts": book["cts"]})

    def _send_trade(self, socket: VenueSocket, topic: str, fact: PriceMoved) -> None:
        now = self._server_ms()
        trade = {
            "T": now,
            "s": fact.symbol,
            "S": "Buy",
            "v": plain(fact.quantity),
            "p": plain(fact.prices.last),
            "L": "PlusTick",
            "i": str(uuid.uuid4()),
            "BT": False,
        }
        if fact.quantity:
            socket.send({"topic": topic, "type": "snapshot", "ts": now, "data": [trade]})

    def _send_candle(self, socket: VenueSocket, topic: str, symbol: str) -> None:
        _, interval, _ = topic.split(".", 2)
        bars, now = self._market.seen(symbol, interval), self._server_ms()
        last_sent: int | None = socket.state.setdefault("candles", {}).get(topic)
        news = [bar for bar in bars[-2:] if last_sent is not None and bar.start_ms >= last_sent] or bars[-1:]
        socket.state["candles"][topic] = bars[-1].start_ms
        for bar in news:
            start, opened, high, low, close, volume, turnover = bar.row()
            data = {
                "start": int(start),
                "end": int(start) + INTERVALS_MS[interval] - 1,
                "interval": interval,
                "open": opened,
                "close": close,
                "high": high,
                "low": low,
                "volume": volume,
                "turnover": turnover,
                "confirm": bar is not bars[-1],
                "timestamp": now,
            }
            socket.send({"topic": topic, "data": [data], "ts": now, "type": "snapshot"})

    def tell(self, sockets: Iterable[VenueSocket], fact: PriceMoved) -> None:
        """Send a new price to those who asked for it."""
        for socket in sockets:
            for topic in [one for one in socket.topics if one.endswith(f".{fact.symbol}")]:
                kind = topic.split(".", 1)[0]
                if kind == "tickers":
                    self._send_ticker(socket, fact.symbol)
                elif kind == "publicTrade":
                    self._send_trade(socket, topic, fact)
                elif kind == "kline":
                    self._send_candle(socket, topic, fact.symbol)
                else:
                    self._send_book(socket, topic, fact.symbol)
