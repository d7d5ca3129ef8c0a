"""The venue sees each price before we do."""

from bot.exchanges.paper.prices import PaperPrices
from core.domain.market import Tick
from core.domain.signals import Side
from tests.builders import make_request, make_stop_request
from tests.contracts.exchange_benches import SYMBOL, PaperBench
from tests.fakes.clock import FakeClock
from tests.fakes.prices import FakePrices


class Venue:
    """Notes what it is given."""

    def __init__(self, name: str, notes: list[tuple[str, Tick]]) -> None:
        self.name = name
        self._notes = notes

    async def on_tick(self, tick: Tick) -> None:
        self._notes.append((self.name, tick))


async def test_a_price_goes_to_the_venue_of_its_exchange_and_then_on() -> None:
    notes: list[tuple[str, Tick]] = []
    source = FakePrices(FakeClock())
    tap = PaperPrices(source, [Venue("binance", notes), Venue("bybit", notes)])
    for exchange in ("binance", "bybit", "kraken"):
        tap.watch(exchange, [SYMBOL])
        source.set(exchange, SYMBOL, 100)
    source.end()
    async for tick in tap.ticks():
        notes.append(("us", tick))  # noqa: PERF401 - the order of the notes is what is tested
    assert [(who, tick.exchange) for who, tick in notes] == [
        ("binance", "binance"),
        ("us", "binance"),
        ("bybit", "bybit"),
        ("us", "bybit"),
        ("us", "kraken"),
    ]


async def test_the_rest_is_the_source_s() -> None:
    source = FakePrices(FakeClock())
    tap = PaperPrices(source, [])
    tap.watch("binance", [SYMBOL, "ETHUSDT"])
    tap.unwatch("binance", ["ETHUSDT"])
    await tap.resubscribe("binance", [SYMBOL])
    assert source.watched["binance"] == {SYMBOL}
    assert source.resubscribed == [("binance", SYMBOL)]
    assert tap.latest("binance", SYMBOL) is None
    tick = source.set("binance", SYMBOL, 3)
    assert tap.latest("binance", SYMBOL) == tick


async def test_a_stop_has_been_executed_by_the_time_its_price_is_seen() -> None:
    bench = PaperBench()
    await bench.open()
    await bench.set_price(SYMBOL, 100)
    tap = PaperPrices(bench.prices, [bench.exchange])
    await bench.exchange.place(make_request(side=Side.SELL))
    await bench.exchange.place(make_stop_request("stop", 105, side=Side.BUY))
    bench.prices.set("binance", SYMBOL, 106)
    bench.prices.end()
    seen = [await bench.exchange.positions() async for _ in tap.ticks()]
    assert seen == [[]]
