"""What a venue tells of its market, asked for in batches, kept for seconds, within a share of its request limit.

What the figures mean belongs to `market.numbers`; which contracts there are, to `instruments`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from bot.exchanges.market.budget import ReadBudget
from bot.exchanges.market.calls import MarketCalls, Rows
from bot.exchanges.market.last_hour import MINUTES, LastHour
from bot.exchanges.market.numbers import (
    amount,
    credible,
    is_unbroken,
    price,
    spread,
    value_at,
    whole_candles,
)
from bot.exchanges.market.reads import READS, BatchRead, Told, VenueReader
from bot.exchanges.market.shared_answers import SharedAnswer
from core.domain.errors import ConfigurationError, RetryLater
from core.domain.market import Candle, MarketFacts
from core.domain.money import Money, Price, Quantity
from core.ports.edges import Clock

T = TypeVar("T")
Failure = RetryLater | ConfigurationError
Snapshot = Mapping[BatchRead, Rows]

FACTS_SHARE = 3
"""One part in so many of the venue's limit is for market facts; the rest stays free for orders and guards."""

_BATCH_AGE = timedelta(seconds=5)
_QUOTE_AGE = timedelta(seconds=1)
_SYMBOL_AGE = timedelta(seconds=30)
_AGAIN = timedelta(seconds=5)
_AT_ONCE = 20
_LATELY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """Prices of a symbol. `received_at` is when we had them, by our clock; `mark` is None where it is not told."""

    last: Price
    mark: Price | None
    received_at: datetime


class MarketData:
    """Facts, quotes and candles of one venue.

    Many may ask at once: what is the same for several of them is one call. A fact that the venue does not tell within
    `patience`, or for which there is no room in the budget, is None.
    """

    def __init__(self, client: VenueReader, *, clock: Clock, patience: timedelta = timedelta(seconds=6)) -> None:
        self._profile = client.profile
        self._calls = MarketCalls(client)
        self._clock = clock
        self._patience = patience
        self._reads = READS[client.profile.name]
        self._budget = ReadBudget(limit=self._reads.limit // FACTS_SHARE, window=self._reads.window, clock=clock)
        self._batches: dict[BatchRead, SharedAnswer[Rows]] = {}
        self._hours: dict[str, SharedAnswer[LastHour]] = {}
        self._all_batches = SharedAnswer(self._snapshot, clock=clock)
        self._interests: dict[str, SharedAnswer[Quantity | None]] = {}
        # What one symbol costs must leave room for what serves all of them.
        self._leave = sum(read.weight for read in self._reads.batches)
        # Few at once: neither an order nor the loop has to wait for the facts of a whole wave.
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def facts(self, symbol: str) -> MarketFacts:
        """Return what can be told of `symbol` now.

        Raises:
            RetryLater: nothing at all can.
            ConfigurationError: a person must mend settings first.
        """
        until_at = self._clock.now() + self._patience
        # Batches first: they cost little and tell most.
        told = await self._all_batches.get(timedelta(0))
        hour, interest = await asyncio.gather(
            self._settled(partial(self._hour, symbol), until_at),
            self._settled(partial(self._interest, symbol), until_at),
        )
        for answer in (hour, interest, told):
            if isinstance(answer, ConfigurationError):
                raise answer
        if isinstance(hour, RetryLater) and isinstance(told, RetryLater):
            raise told
        return self._facts(
            symbol,
            told={} if isinstance(told, Failure) else told,
            hour=LastHour() if isinstance(hour, Failure) else hour,
            interest=None if isinstance(interest, Failure) else interest,
        )

    async def quotes(self, symbols: Iterable[str]) -> Mapping[str, Quote]:
        """Return the prices of those of `symbols` that have credible ones; raises as `facts`."""
        last, mark = self._reads.quick_last, self._reads.mark
        reads = dict.fromkeys((last.read, mark.read))
        answers = await asyncio.gather(*(self._batch(read, _QUOTE_AGE, is_fact=False) for read in reads))
        told = dict(zip(reads, answers, strict=True))
        # Of several answers the oldest counts; one that was kept is as old as it is.
        received_at = min(self._batches[read].received_at or self._clock.now() for read in reads)
        quotes: dict[str, Quote] = {}
        for symbol in symbols:
            at_mark = price(_figure(told, mark, symbol))
            at_last = credible(price(_figure(told, last, symbol)), at_mark)
            if at_last is not None:
                quotes[symbol] = Quote(last=at_last, mark=at_mark, received_at=received_at)
        return quotes

    async def recent_price(self, symbol: str) -> Price | None:
        """Return the last price of `symbol` as it was within the last minute, None if none is credible; as `facts`.

        Nothing is asked if the facts of that minute told it: what an order is worth need not wait for a request.
        """
        last, mark = self._reads.last, self._reads.mark
        kept = {place.read: self._batches.get(place.read) for place in (last, mark)}
        told = {read: rows for read, answer in kept.items() if answer and (rows := answer.kept(_LATELY)) is not None}
        if last.read not in told:
            quote = (await self.quotes((symbol,))).get(symbol)
            return None if quote is None else quote.last
        return credible(price(_figure(told, last, symbol)), price(_figure(told, mark, symbol)))

    async def candles(self, symbol: str, frame: timedelta, count: int) -> Sequence[Candle]:
        """Return the newest `count` candles, oldest first; the last of them still runs.

        Raises:
            RetryLater: the venue does not give them all, whole and without a hole.
            ConfigurationError: a person must mend settings first.
            ValueError: venues have no such frame, or do not give so many at once.
        """
        if frame not in self._reads.candles.intervals:
            raise ValueError(f"venues have no candles of {frame}")
        self._budget.charge(self._candle_weight(count))
        raw = await self._calls.candles(self._reads.candles, symbol, frame, count)
        if len(raw) < count or not is_unbroken(raw, frame):
            raise RetryLater(f"{symbol} has {len(raw)} candles, not {count} without a hole", frame)
        return whole_candles(self._profile.name, symbol, frame, raw)

    async def _snapshot(self) -> Snapshot | Failure:
        """Return what the batches tell; those that cannot be had are left out. A failure, if none can."""
        until_at = self._clock.now() + self._patience / 2
        reads = self._reads.batches
        answers = await asyncio.gather(
            *(self._settled(partial(self._batch, read, _BATCH_AGE, is_fact=True), until_at) for read in reads)
        )
        failures = [answer for answer in answers if isinstance(answer, Failure)]
        told = {read: rows for read, rows in zip(reads, answers, strict=True) if not isinstance(rows, Failure)}
        fatal = next((failure for failure in failures if isinstance(failure, ConfigurationError)), None)
        return fatal or told or failures[0]

    async def _batch(self, read: BatchRead, max_age: timedelta, *, is_fact: bool) -> Rows:
        answer = self._batches.get(read)
        if answer is None:
            answer = SharedAnswer(partial(self._calls.rows, read), clock=self._clock)
            self._batches[read] = answer
        spend = self._budget.take if is_fact else self._budget.charge
        return await answer.get(max_age, admit=lambda: spend(read.weight))

    async def _hour(self, symbol: str) -> LastHour:
        async def read() -> LastHour:
            return await self._calls.last_hour(self._reads.candles, symbol)

        answer = self._hours.get(symbol)
        if answer is None:
            answer = self._hours[symbol] = SharedAnswer(read, clock=self._clock)
        weight = self._candle_weight(MINUTES)
        async with self._turns:
            return await answer.get(_SYMBOL_AGE, admit=lambda: self._budget.take(weight, leave=self._leave))

    async def _interest(self, symbol: str) -> Quantity | None:
        """Return the open interest in coins; None where a batch tells it."""
        how = self._reads.interest
        if how is None:
            return None

        async def read() -> Quantity:
            return await self._calls.interest(how, symbol)

        answer = self._interests.get(symbol)
        if answer is None:
            answer = self._interests[symbol] = SharedAnswer(read, clock=self._clock)
        async with self._turns:
            return await answer.get(_SYMBOL_AGE, admit=lambda: self._budget.take(how.weight, leave=self._leave))

    async def _settled(self, ask: Callable[[], Awaitable[T]], until_at: datetime) -> T | Failure:
        # Never longer than we are willing to wait, even if the clock is set back meanwhile.
        left = min(until_at - self._clock.now(), self._patience)
        try:
            async with asyncio.timeout(left.total_seconds()):
                return await ask()
        except TimeoutError:
            return RetryLater(f"{self._profile.title} did not answer in time", _AGAIN)
        except (RetryLater, ConfigurationError) as error:
            return error

    def _facts(self, symbol: str, *, told: Snapshot, hour: LastHour, interest: Quantity | None) -> MarketFacts:
        reads = self._reads
        mark = price(_figure(told, reads.mark, symbol))
        last = credible(price(_figure(told, reads.last, symbol)), mark)
        bid, ask = price(_figure(told, reads.bid, symbol)), price(_figure(told, reads.ask, symbol))
        interest_quote = _money(_figure(told, reads.interest_quote, symbol))
        if interest_quote is None:
            interest_quote = value_at(interest, mark or last)
        return MarketFacts(
            price=last,
            spread_ratio=spread(bid, ask),
            open_interest_quote=interest_quote,
            volume_1h_quote=hour.volume_quote,
            volume_24h_quote=_money(_figure(told, reads.volume_24h_quote, symbol)),
            change_5m_ratio=hour.change_5m_ratio,
        )

    def _candle_weight(self, count: int) -> int:
        for most, weight in self._reads.candles.weights:
            if 0 < count <= most:
                return weight
        raise ValueError(f"venues do not give {count} candles at once")


def _figure(told: Snapshot, place: Told | None, symbol: str) -> object:
    """Return what is told of `symbol` at `place`, None if nothing is."""
    return None if place is None else told.get(place.read, {}).get(symbol, {}).get(place.key)


def _money(value: object) -> Money | None:
    number = amount(value)
    return None if number is None else Money(number)
