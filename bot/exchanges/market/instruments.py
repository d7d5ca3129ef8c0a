"""The contracts of a venue, kept up to date, and both their names. How one is described belongs to `contract_rules`."""

import asyncio
import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from bot.exchanges.market.contract_rules import is_linear_perpetual, read_instrument
from bot.exchanges.market.reads import READS, VenueReader
from bot.exchanges.market.shared_answers import SharedAnswer
from core.domain.errors import RetryLater
from core.domain.market import Instrument, Instruments
from core.ports.edges import Clock

_log = logging.getLogger(__name__)

_GOOD_FOR = timedelta(days=1)
_PAUSE = timedelta(minutes=1)


class _Listed(Mapping[str, Instrument]):
    """The newest list, whoever holds it; notes that somebody asked for what is not on it."""

    def __init__(self) -> None:
        self.by_symbol: dict[str, Instrument] = {}
        self.was_missed = False

    def __getitem__(self, symbol: str) -> Instrument:
        found = self.by_symbol.get(symbol)
        if found is None:
            self.was_missed = True
            raise KeyError(symbol)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self.by_symbol)

    def __len__(self) -> int:
        return len(self.by_symbol)


class VenueInstruments:
    """A venue's linear perpetual contracts by native symbol.

    The list is asked for at least once a day, and earlier, but once a minute at most, when a symbol is not on it or
    somebody has reason to `doubt` it. One that cannot be had anew, or not within `patience`, stays as it is. A contract
    that is no longer listed is kept, not trading: what is open in it has to be closed.
    """

    def __init__(self, client: VenueReader, *, clock: Clock, patience: timedelta = timedelta(seconds=6)) -> None:
        self._client = client
        self._clock = clock
        self._patience = patience
        self._rules = READS[client.profile.name].contracts
        self._settle = client.profile.settle
        self._listed = _Listed()
        self._unified: dict[str, str] = {}
        self._native: dict[str, str] = {}
        self._answer = SharedAnswer(self._load, clock=clock)
        self._tried_at: datetime | None = None
        self._loaded_at: datetime | None = None
        self._is_doubted = False

    async def all(self) -> Instruments:
        """Return all contracts; what is returned follows later refreshes.

        Raises:
            RetryLater: they were never had and cannot be had now.
            ConfigurationError: a person must mend settings first.
        """
        await self._refresh()
        return self._listed

    async def find(self, symbol: str) -> Instrument | None:
        """Return the contract `symbol`, asking the venue anew (see above) if it is not known; raises as `all`."""
        await self._refresh()
        if symbol in self._listed:
            return self._listed[symbol]
        await self._refresh()
        return self._listed.get(symbol)

    def known(self, symbol: str) -> Instrument | None:
        """Return the contract as it was when the list was last had, without asking."""
        return self._listed.by_symbol.get(symbol)

    def doubt(self) -> None:
        """Note that the venue contradicted the list (a symbol is not trading): the next who asks has it refreshed."""
        self._is_doubted = True

    def unified(self, native: str) -> str:
        """Return ccxt's name (SOL/USDT:USDT) of SOLUSDT; of a contract that is not known, the one it would have."""
        base = native.removesuffix(self._settle)
        return self._unified.get(native) or f"{base}/{self._settle}:{self._settle}"

    def native(self, unified: str) -> str:
        """Return the venue's own name of a contract that ccxt names `unified`; the other way round than `unified`."""
        base, _, rest = unified.partition("/")
        return self._native.get(unified) or base + rest.partition(":")[0]

    async def _refresh(self) -> None:
        if not self._is_due():
            return
        if not self._listed.by_symbol:
            await self._answer.get(timedelta(0))
            return
        try:
            async with asyncio.timeout(self._patience.total_seconds()):
                await self._answer.get(timedelta(0))
        except (RetryLater, TimeoutError) as error:
            _log.warning("instruments_not_refreshed", extra={"venue": self._client.profile.name, "error": str(error)})

    def _is_due(self) -> bool:
        if self._loaded_at is None or self._tried_at is None:
            return True
        now = self._clock.now()
        if now - self._tried_at < _PAUSE:
            return False
        return self._is_doubted or self._listed.was_missed or now - self._loaded_at >= _GOOD_FOR

    async def _load(self) -> None:
        self._tried_at = self._clock.now()
        markets = await self._client.ask("load_markets", True)
        if not isinstance(markets, Mapping):
            markets = {}
        fresh: dict[str, Instrument] = {}
        names: dict[str, str] = {}
        for unified, market in markets.items():
            if not is_linear_perpetual(market, self._settle):
                continue
            native = str(market["id"])
            instrument = read_instrument(native, market["info"], self._rules, self._clock.now())
            if instrument is None:
                _log.warning("instrument_without_steps", extra={"venue": self._client.profile.name, "symbol": native})
                continue
            fresh[native] = instrument
            names[native] = unified
        if not fresh:
            raise RetryLater(f"{self._client.profile.title} listed no contracts", _PAUSE)
        self._take(fresh, names)

    def _take(self, fresh: Mapping[str, Instrument], names: Mapping[str, str]) -> None:
        gone = {
            symbol: replace(instrument, is_trading=False)
            for symbol, instrument in self._listed.by_symbol.items()
            if symbol not in fresh
        }
        self._listed.by_symbol = {**fresh, **gone}
        self._listed.was_missed = False
        self._unified.update(names)
        self._native.update({unified: native for native, unified in names.items()})
        self._loaded_at = self._clock.now()
        self._is_doubted = False
