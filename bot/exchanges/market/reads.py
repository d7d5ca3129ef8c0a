"""Where each venue tells what of its market, and what asking costs there, as data. Asking belongs to `market.data`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Protocol

from bot.exchanges.profiles import VenueProfile


class VenueReader(Protocol):
    """The part of a venue's client that only reads."""

    @property
    def profile(self) -> VenueProfile:
        """What the venue is like."""
        ...

    async def ask(self, method: str, *arguments: object, **named: object) -> Any:  # noqa: ANN401 - ccxt's answers
        """Return what ccxt's `method` answers; raises `RetryLater` and `ConfigurationError` only."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRead:
    """One call that tells about every symbol.

    Attributes:
        params: Names and values that always go with it.
        rows: The keys that lead to the list of rows; each row names its `symbol`.
        weight: What the venue counts it as.
    """

    method: str
    weight: int
    params: tuple[tuple[str, str], ...] = ()
    rows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A field of the rows of a batch."""

    read: BatchRead
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InterestRead:
    """A call that tells the open interest of one symbol, in coins, under `key`."""

    method: str
    weight: int
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CandleRead:
    """A call that tells candles of one symbol, each a list: opening time in ms, open, high, low, close, coins, ...

    Attributes:
        intervals: The venue's word for each timeframe it knows.
        quote_volume: Place of the traded quote amount in a candle.
        weights: Largest count that has the weight beside it, smallest first; the last is the largest that is given.
    """

    method: str
    intervals: Mapping[timedelta, str]
    quote_volume: int
    weights: tuple[tuple[int, int], ...]
    params: tuple[tuple[str, str], ...] = ()
    rows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractRules:
    """Where the rules of a contract lie in the venue's own description of it, dotted; a filter goes by its type.

    Of several steps the coarsest counts, of several limits the tightest.

    Attributes:
        trading_status: The one status in which new positions are taken.
        ends_at_ms: When it will be delivered or delisted.
        pre_listing: Set true while a contract is only being introduced.
        max_leverage: None where it is told only to those with a key.
    """

    price_step: str
    quantity_steps: tuple[str, ...]
    min_quantities: tuple[str, ...]
    max_quantities: tuple[str, ...]
    min_notional: str
    trading_status: str
    ends_at_ms: str
    pre_listing: str = ""
    max_leverage: str | None = None
    default_leverage: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketReads:
    """How one venue's market is read.

    Attributes:
        quick_last: The last price where it is cheapest, for those who want nothing else.
        interest_quote: Open interest in USDT, where a batch tells it; else `interest` is asked, symbol by symbol.
        limit: Weight that the venue takes from one address in `window`.
    """

    last: Told
    quick_last: Told
    mark: Told
    bid: Told
    ask: Told
    volume_24h_quote: Told
    candles: CandleRead
    contracts: ContractRules
    limit: int
    window: timedelta
    interest_quote: Told | None = None
    interest: InterestRead | None = None
    batches: tuple[BatchRead, ...] = field(init=False)

    def __post_init__(self) -> None:
        places = (self.last, self.mark, self.bid, self.ask, self.volume_24h_quote, self.interest_quote)
        reads = dict.fromkeys(place.read for place in places if place is not None)
        object.__setattr__(self, "batches", tuple(reads))


def _minutes(words: Mapping[int, str]) -> Mapping[timedelta, str]:
    return MappingProxyType({timedelta(minutes=minutes): word for minutes, word in words.items()})


_BINANCE_DAY = BatchRead(method="fapiPublicGetTicker24hr", weight=40)
_BINANCE_BOOK = BatchRead(method="fapiPublicGetTickerBookTicker", weight=5)
_BINANCE_MARKS = BatchRead(method="fapiPublicGetPremiumIndex", weight=10)
_BINANCE_LASTS = BatchRead(method="fapiPublicV2GetTickerPrice", weight=2)
_LOTS = ("filters.LOT_SIZE", "filters.MARKET_LOT_SIZE")

_BINANCE = MarketReads(
    last=Told(read=_BINANCE_DAY, key="lastPrice"),
    quick_last=Told(read=_BINANCE_LASTS, key="price"),
    mark=Told(read=_BINANCE_MARKS, key="markPrice"),
    bid=Told(read=_BINANCE_BOOK, key="bidPrice"),
    ask=Told(read=_BINANCE_BOOK, key="askPrice"),
    volume_24h_quote=Told(read=_BINANCE_DAY, key="quoteVolume"),
    interest=InterestRead(method="fapiPublicGetOpenInterest", weight=1, key="openInterest"),
    candles=CandleRead(
        method="fapiPublicGetKlines",
        intervals=_minutes({1: "1m", 3: "3m", 5: "5m", 15: "15m", 30: "30m", 60: "1h", 240: "4h", 1440: "1d"}),
        quote_volume=7,
        weights=((99, 1), (499, 2), (1000, 5)),
    ),
    contracts=ContractRules(
        price_step="filters.PRICE_FILTER.tickSize",
        quantity_steps=tuple(f"{lot}.stepSize" for lot in _LOTS),
        min_quantities=tuple(f"{lot}.minQty" for lot in _LOTS),
        max_quantities=tuple(f"{lot}.maxQty" for lot in _LOTS),
        min_notional="filters.MIN_NOTIONAL.notional",
        trading_status="TRADING",
        ends_at_ms="deliveryDate",
    ),
    limit=2400,
    window=timedelta(minutes=1),
)

_LINEAR = (("category", "linear"),)
_BYBIT_TICKERS = BatchRead(method="publicGetV5MarketTickers", weight=1, params=_LINEAR, rows=("result", "list"))

_BYBIT = MarketReads(
    last=Told(read=_BYBIT_TICKERS, key="lastPrice"),
    quick_last=Told(read=_BYBIT_TICKERS, key="lastPrice"),
    mark=Told(read=_BYBIT_TICKERS, key="markPrice"),
    bid=Told(read=_BYBIT_TICKERS, key="bid1Price"),
    ask=Told(read=_BYBIT_TICKERS, key="ask1Price"),
    volume_24h_quote=Told(read=_BYBIT_TICKERS, key="turnover24h"),
    interest_quote=Told(read=_BYBIT_TICKERS, key="openInterestValue"),
    candles=CandleRead(
        method="publicGetV5MarketKline",
        intervals=_minutes({1: "1", 3: "3", 5: "5", 15: "15", 30: "30", 60: "60", 240: "240", 1440: "D"}),
        quote_volume=6,
        weights=((1000, 1),),
        params=_LINEAR,
        rows=("result", "list"),
    ),
    contracts=ContractRules(
        price_step="priceFilter.tickSize",
        quantity_steps=("lotSizeFilter.qtyStep",),
        min_quantities=("lotSizeFilter.minOrderQty",),
        max_quantities=("lotSizeFilter.maxOrderQty", "lotSizeFilter.maxMktOrderQty"),
        min_notional="lotSizeFilter.minNotionalValue",
        trading_status="Trading",
        ends_at_ms="deliveryTime",
        pre_listing="isPreListing",
        max_leverage="leverageFilter.maxLeverage",
    ),
    limit=600,
    window=timedelta(seconds=5),
)

READS: Mapping[str, MarketReads] = MappingProxyType({"binance": _BINANCE, "bybit": _BYBIT})
"""By the name of the profile."""
