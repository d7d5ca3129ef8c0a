"""The calls that read a venue's market, each answer checked for its shape. Caching and limits are `market.data`'s."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta

from bot.exchanges.market.last_hour import MINUTES, LastHour, read_last_hour
from bot.exchanges.market.numbers import RawCandle, amount, dig, read_candles
from bot.exchanges.market.reads import BatchRead, CandleRead, InterestRead, VenueReader
from core.domain.errors import RetryLater
from core.domain.money import Quantity

Rows = Mapping[str, Mapping[str, object]]
"""What a batch tells, by native symbol."""

_AGAIN = timedelta(seconds=5)
_MINUTE = timedelta(minutes=1)


class MarketCalls:
    """Asks the venue; an answer of another shape than it has is as good as none: `RetryLater`."""

    def __init__(self, client: VenueReader) -> None:
        self._client = client
        self._one_by_one = asyncio.Lock()

    async def rows(self, read: BatchRead) -> Rows:
        """Return what a batch tells."""
        rows = dig(await self._client.ask(read.method, dict(read.params)), read.rows)
        if not isinstance(rows, list):
            raise self._strange()
        return {str(row["symbol"]): row for row in rows if isinstance(row, Mapping) and "symbol" in row}

    async def interest(self, read: InterestRead, symbol: str) -> Quantity:
        """Return the open interest of `symbol`, in coins."""
        coins = amount(dig(await self._client.ask(read.method, {"symbol": symbol}), (read.key,)))
        if coins is None:
            raise self._strange()
        return Quantity(coins)

    async def candles(self, read: CandleRead, symbol: str, frame: timedelta, count: int) -> Sequence[RawCandle]:
        """Return the newest candles, at most `count`, oldest first; fewer of a younger contract."""
        rows = await self._candle_rows(read, symbol, frame, count)
        candles = read_candles(rows, read.quote_volume)
        if candles is None:
            raise self._strange()
        return candles[-count:]

    async def last_hour(self, read: CandleRead, symbol: str) -> LastHour:
        """Return what the candles of the last hour tell."""
        rows = await self._candle_rows(read, symbol, _MINUTE, MINUTES)
        # Answers for a whole wave come in together; the loop turns between them, so that nobody else waits for all.
        async with self._one_by_one:
            await asyncio.sleep(0)
            hour = read_last_hour(rows, read.quote_volume)
        if hour is None:
            raise self._strange()
        return hour

    async def _candle_rows(self, read: CandleRead, symbol: str, frame: timedelta, count: int) -> Sequence[object]:
        params = {**dict(read.params), "symbol": symbol, "interval": read.intervals[frame], "limit": count}
        rows = dig(await self._client.ask(read.method, params), read.rows)
        if not isinstance(rows, list):
            raise self._strange()
        return rows

    def _strange(self) -> RetryLater:
        return RetryLater(f"{self._client.profile.title} answered something else than was asked for", _AGAIN)
