"""A scripted venue's market: one price for every symbol, told in the words of Binance or of Bybit."""

from collections.abc import Iterable, Mapping
from typing import Any

from bot.exchanges.profiles import BINANCE, BYBIT
from tests.fakes.listed_markets import binance_market, bybit_market, listed
from tests.fakes.scripted_venue import Params, ScriptedVenue

DAY, BOOK, MARKS = "fapiPublicGetTicker24hr", "fapiPublicGetTickerBookTicker", "fapiPublicGetPremiumIndex"
LASTS, INTEREST, CANDLES = "fapiPublicV2GetTickerPrice", "fapiPublicGetOpenInterest", "fapiPublicGetKlines"
TICKERS, BYBIT_CANDLES = "publicGetV5MarketTickers", "publicGetV5MarketKline"

FROM_MS = 1_761_480_000_000
FRAMES_MS = {"1m": 60_000, "5m": 300_000, "1h": 3_600_000, "1": 60_000, "5": 300_000, "60": 3_600_000}


def told_by_binance(symbols: Iterable[str]) -> ScriptedVenue:
    """Last 101 after 100 until this minute, mark 100, book 100.9 to 101.1, 5 coins of interest, 10 USDT a candle."""
    names = list(symbols)
    venue = ScriptedVenue(BINANCE)
    venue.answers = {
        "load_markets": listed(*(binance_market(name) for name in names)),
        DAY: [{"symbol": name, "lastPrice": "101.00", "quoteVolume": "1234567.8900"} for name in names],
        BOOK: [{"symbol": name, "bidPrice": "100.90", "askPrice": "101.10"} for name in names],
        MARKS: [{"symbol": name, "markPrice": "100.00000000"} for name in names],
        LASTS: [{"symbol": name, "price": "101.00"} for name in names],
        INTEREST: lambda params: {"symbol": params["symbol"], "openInterest": "5.000"},
        CANDLES: lambda params: [
            [opened_ms, "100", "102", "99", close, "0.1", opened_ms + frame_ms - 1, "10", 3, "0", "0", "0"]
            for opened_ms, frame_ms, close in _candles(params)
        ],
    }
    return venue


def told_by_bybit(symbols: Iterable[str]) -> ScriptedVenue:
    """The same market; Bybit tells the open interest with the prices, and candles newest first."""
    names = list(symbols)
    venue = ScriptedVenue(BYBIT)
    rows = [bybit_row(name) for name in names]
    venue.answers = {
        "load_markets": listed(*(bybit_market(name) for name in names)),
        TICKERS: {"retCode": 0, "result": {"category": "linear", "list": rows}},
        BYBIT_CANDLES: lambda params: {
            "result": {
                "list": [
                    [str(opened_ms), "100", "102", "99", close, "0.1", "10"]
                    for opened_ms, _, close in reversed(_candles(params))
                ]
            }
        },
    }
    return venue


def bybit_row(symbol: str, **changes: Any) -> Mapping[str, Any]:  # noqa: ANN401
    """What Bybit tells of one symbol."""
    row = {
        "symbol": symbol,
        "lastPrice": "101.00",
        "markPrice": "100.00",
        "bid1Price": "100.90",
        "ask1Price": "101.10",
        "turnover24h": "1234567.8900",
        "openInterest": "5",
        "openInterestValue": "500.00",
    }
    return {**row, **changes}


def _candles(params: Params) -> list[tuple[int, int, str]]:
    """As many as are asked for: when each opens, how long it runs, its last price."""
    frame_ms, count = FRAMES_MS[params["interval"]], params["limit"]
    return [(FROM_MS + place * frame_ms, frame_ms, "101" if place == count - 1 else "100") for place in range(count)]
