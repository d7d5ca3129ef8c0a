"""Bybit's public questions: contracts, prices, candles, books, the time; what needs a key belongs elsewhere."""

from collections.abc import Callable, Mapping

from tests.fakes.venues.account import FakeAccount
from tests.fakes.venues.bybit_answers import Answer, BybitSaysNo, parameter_error
from tests.fakes.venues.bybit_market import INTERVALS_MS, Bar, BybitMarket
from tests.fakes.venues.bybit_records import page
from tests.fakes.venues.bybit_rows import STATUS_WORDS, instrument_row
from tests.fakes.venues.contracts import Contract, ContractStatus
from tests.fakes.venues.wire import plain

Handler = Callable[[Mapping[str, str]], Answer]
_LISTED = {ContractStatus.TRADING, ContractStatus.SETTLING}


def check_category(params: Mapping[str, str]) -> None:
    """Refuse every category that is not served here."""
    if params.get("category") != "linear":
        raise BybitSaysNo(181001, "category only support linear or option")


class PublicDesk:
    """Answers what anybody may ask.

    Attributes:
        routes: By `GET /path`.
    """

    def __init__(self, account: FakeAccount, market: BybitMarket, server_ms: Callable[[], int]) -> None:
        self._account = account
        self._market = market
        self._server_ms = server_ms
        self.routes: Mapping[str, Handler] = {
            "GET /v5/market/time": self._time,
            "GET /v5/market/instruments-info": self._instruments,
            "GET /v5/market/tickers": self._tickers,
            "GET /v5/market/open-interest": self._open_interest,
            "GET /v5/market/kline": self._candles,
            "GET /v5/market/mark-price-kline": self._mark_candles,
            "GET /v5/market/orderbook": self._book,
        }

    def _time(self, params: Mapping[str, str]) -> Answer:
        now = self._server_ms()
        return {"timeSecond": str(now // 1_000), "timeNano": str(now * 1_000_000)}

    def _symbol(self, params: Mapping[str, str]) -> str:
        check_category(params)
        symbol = params.get("symbol", "")
        contract = self._account.contracts.get(symbol)
        if contract is None or contract.status is ContractStatus.CLOSED:
            raise parameter_error("Not supported symbols")
        return symbol

    def _instruments(self, params: Mapping[str, str]) -> Answer:
        check_category(params)
        symbol, word = params.get("symbol"), params.get("status")
        contracts = [
            contract
            for contract in self._account.contracts.values()
            if symbol in {None, contract.symbol} and self._is_listed(contract, symbol, word)
        ]
        if symbol and not contracts:
            raise parameter_error("params error: symbol invalid")
        return page([instrument_row(contract) for contract in contracts], params, default=500, most=1_000, ends=True)

    def _is_listed(self, contract: Contract, symbol: str | None, word: str | None) -> bool:
        if word is not None:
            return STATUS_WORDS[contract.status] == word
        return symbol is not None or contract.status in _LISTED

    def _tickers(self, params: Mapping[str, str]) -> Answer:
        check_category(params)
        if "symbol" in params:
            symbols = [self._symbol(params)]
        else:
            symbols = [one.symbol for one in self._account.contracts.values() if one.status in _LISTED]
        return {"category": "linear", "list": [self._market.ticker(symbol) for symbol in symbols]}

    def _open_interest(self, params: Mapping[str, str]) -> Answer:
        symbol = self._symbol(params)
        if params.get("intervalTime") not in {"5min", "15min", "30min", "1h", "4h", "1d"}:
            raise parameter_error("params error: IntervalTime is invalid")
        amount = plain(self._market.open_interest(symbol))
        row = {"openInterest": amount, "timestamp": str(self._server_ms() // 300_000 * 300_000)}
        return {"symbol": symbol, "category": "linear", "list": [row], "nextPageCursor": ""}

    def _chosen_bars(self, params: Mapping[str, str]) -> tuple[str, list[Bar]]:
        symbol = self._symbol(params)
        if params.get("interval") not in INTERVALS_MS:
            raise parameter_error("Invalid period!")
        limit = int(params.get("limit") or 200)
        if not 1 <= limit <= 1_000:
            raise parameter_error("params error: limit is invalid")
        start, end = int(params.get("start") or 0), int(params.get("end") or 2**53)
        bars = [bar for bar in self._market.bars(symbol, params["interval"]) if start <= bar.start_ms <= end]
        newest_first = list(reversed(bars))
        return symbol, newest_first[-limit:] if "start" in params and "end" not in params else newest_first[:limit]

    def _candles(self, params: Mapping[str, str]) -> Answer:
        symbol, bars = self._chosen_bars(params)
        return {"category": "linear", "symbol": symbol, "list": [bar.row() for bar in bars]}

    def _mark_candles(self, params: Mapping[str, str]) -> Answer:
        symbol, bars = self._chosen_bars(params)
        return {"category": "linear", "symbol": symbol, "list": [bar.row()[:5] for bar in bars]}

    def _book(self, params: Mapping[str, str]) -> Answer:
        symbol, depth = self._symbol(params), int(params.get("limit") or 25)
        if not 1 <= depth <= 500:
            raise parameter_error("params error: limit is invalid")
        return self._market.book(symbol, depth)
