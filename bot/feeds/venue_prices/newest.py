"""The newest price of each symbol, waiting for the one consumer. What a price is worth is not judged here."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator

from core.domain.market import Tick


class NewestTicks(AsyncIterator[Tick]):
    """Iterates without end, for one consumer, and is bounded by the number of symbols.

    A newer price takes the place of one that still waits, and keeps its turn. Nothing but the newest is kept: the
    extremes a slow consumer misses are the venue's business, for the stop that rests there saw every trade, and an exit
    decided on a price that is gone already would be sold at the newest one anyway.
    """

    def __init__(self) -> None:
        self._waiting: OrderedDict[tuple[str, str], Tick] = OrderedDict()
        self._arrived = asyncio.Event()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, tick: Tick) -> None:
        """Let `tick` wait."""
        self._waiting[tick.exchange, tick.symbol] = tick
        self._arrived.set()

    def forget(self, exchange: str, symbol: str) -> None:
        """Let no price of `symbol` wait."""
        self._waiting.pop((exchange, symbol), None)

    def __aiter__(self) -> AsyncIterator[Tick]:
        return self

    async def __anext__(self) -> Tick:
        while not self._waiting:
            self._arrived.clear()
            await self._arrived.wait()
        return self._waiting.popitem(last=False)[1]
