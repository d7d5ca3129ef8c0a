"""The reading half of a real venue, without keys: contracts, facts, prices. Orders belong to `ccxt_futures`."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from bot.exchanges.market.data import MarketData, Quote
from bot.exchanges.market.instruments import VenueInstruments
from bot.exchanges.market.reads import VenueReader
from core.domain.market import Candle, Instrument, Instruments, MarketFacts
from core.domain.money import Price
from core.ports.edges import Clock


class VenueMarket:
    """Implements PaperVenue over a venue's client.

    Every call that waits raises `RetryLater` when the venue cannot tell now, and `ConfigurationError` when a person
    must mend settings first.
    """

    def __init__(self, client: VenueReader, *, clock: Clock, patience: timedelta = timedelta(seconds=6)) -> None:
        self._contracts = VenueInstruments(client, clock=clock, patience=patience)
        self._data = MarketData(client, clock=clock, patience=patience)

    async def instruments(self) -> Instruments:
        """Return all contracts by symbol; what is returned follows later refreshes."""
        return await self._contracts.all()

    async def instrument(self, symbol: str) -> Instrument | None:
        """Return one contract, None if the venue does not have it."""
        return await self._contracts.find(symbol)

    def known(self, symbol: str) -> Instrument | None:
        """Return a contract as it was last listed, without asking; None if it was not."""
        return self._contracts.known(symbol)

    async def market_facts(self, symbol: str) -> MarketFacts:
        """Return what can be told of `symbol` now; empty facts of what is not listed."""
        if await self._contracts.find(symbol) is None:
            return MarketFacts()
        return await self._data.facts(symbol)

    async def quotes(self, symbols: Iterable[str]) -> Mapping[str, Quote]:
        """Return the prices of those of `symbols` that have credible ones, by few calls however many they are."""
        return await self._data.quotes(symbols)

    async def price(self, symbol: str) -> Price | None:
        """Return the last price of `symbol`, at most a minute old; None if there is none that is credible."""
        return await self._data.recent_price(symbol)

    async def candles(self, symbol: str, frame: timedelta, count: int) -> Sequence[Candle]:
        """Return the newest `count` candles (1 to 1,000), oldest first, the last still running; all of them or none."""
        return await self._data.candles(symbol, frame, count)

    def doubt_instruments(self) -> None:
        """Note that the venue contradicted the list of contracts (a symbol is not trading)."""
        self._contracts.doubt()

    def unified(self, native: str) -> str:
        """Return ccxt's name (1000TAG/USDT:USDT) of the venue's own (1000TAGUSDT)."""
        return self._contracts.unified(native)

    def native(self, unified: str) -> str:
        """Return the venue's own name of what ccxt names `unified`."""
        return self._contracts.native(unified)
