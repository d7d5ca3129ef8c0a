"""What waits for a slow consumer."""

import asyncio
from decimal import Decimal

from bot.feeds.venue_prices.newest import NewestTicks
from core.domain.market import Tick
from core.domain.money import Price
from tests.fakes.clock import START_AT


def tick(symbol: str, price: int) -> Tick:
    return Tick(exchange="binance", symbol=symbol, price=Price(Decimal(price)), received_at=START_AT)


async def test_only_the_newest_of_each_symbol_waits_in_the_order_of_their_first() -> None:
    newest = NewestTicks()
    for price in range(1, 1000):
        newest.put(tick("A", price))
        newest.put(tick("B", price))
    assert len(newest) == 2
    assert await anext(newest) == tick("A", 999)
    newest.put(tick("A", 1000))
    newest.put(tick("B", 1001))
    assert [await anext(newest), await anext(newest)] == [tick("B", 1001), tick("A", 1000)]


async def test_the_consumer_waits_for_the_next() -> None:
    newest = NewestTicks()
    waiting = asyncio.ensure_future(anext(newest))
    await asyncio.sleep(0)
    assert not waiting.done()
    newest.put(tick("A", 1))
    assert await waiting == tick("A", 1)


async def test_what_is_forgotten_does_not_come() -> None:
    newest = NewestTicks()
    newest.put(tick("A", 1))
    newest.put(tick("B", 1))
    newest.forget("binance", "A")
    newest.forget("binance", "C")
    assert (await anext(newest)).symbol == "B"
