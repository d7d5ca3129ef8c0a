"""Which edges settings give, and which settings are refused."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bot.app.edges import (
    open_market,
    refs_of,
    replayed_venue,
    signal_socket,
    simulated_prices,
    simulated_venue,
)
from bot.clock import SystemClock
from bot.demo.signal_server import SimulatedSignalServer
from bot.settings import Settings, load_settings
from core.domain.market import MarketFacts
from core.domain.money import Price
from core.domain.orders import Filled
from tests.builders import make_request, quantity
from tests.fakes.clock import FakeClock
from tests.fakes.feed import Consumer, RecordingListener, eventually
from tests.fakes.ledger import MemoryLedger
from tests.fakes.prices import FakePrices

SECOND = timedelta(seconds=1)


def settings_of(folder: Path, *overrides: str) -> Settings:
    return load_settings(None, {}, overrides, folder=folder)


def test_exchanges_come_in_the_order_of_their_ids_without_those_that_are_off(tmp_path: Path) -> None:
    assert [(ref.id, ref.name) for ref in refs_of(settings_of(tmp_path))] == [(1, "binance"), (2, "bybit")]
    assert [ref.name for ref in refs_of(settings_of(tmp_path, "exchanges.binance.enabled=false"))] == ["bybit"]


async def test_the_simulated_market_depends_on_its_seed_alone(tmp_path: Path) -> None:
    def price(seed: int) -> Price:
        settings = settings_of(tmp_path, f"prices.seed={seed}")
        prices, _ = simulated_prices(settings, FakeClock(), volatility=1.0, interval=SECOND)
        prices.watch("binance", {"SOLUSDT"})
        tick = prices.latest("binance", "SOLUSDT")
        assert tick is not None
        return tick.price

    assert price(7) == price(7)
    assert price(7) != price(8)


async def test_the_simulated_venue_lists_any_symbol_with_facts_of_now(tmp_path: Path) -> None:
    clock = FakeClock()
    _, market = simulated_prices(settings_of(tmp_path), clock, volatility=5.0, interval=SECOND)
    venue = simulated_venue("bybit", market, clock)
    assert "NEWUSDT" in await venue.instruments()
    before = await venue.market_facts("NEWUSDT")
    assert before == market.facts("bybit", "NEWUSDT", clock.now())
    await clock.advance(timedelta(hours=3))
    assert await venue.market_facts("NEWUSDT") != before


async def test_a_replayed_venue_has_a_price_only_while_its_candles_go_on() -> None:
    clock = FakeClock()
    prices = FakePrices(clock)
    venue = replayed_venue("binance", prices, clock, timedelta(minutes=1))
    assert await venue.market_facts("SOLUSDT") == MarketFacts()
    prices.set("binance", "SOLUSDT", 140)
    await clock.advance(timedelta(minutes=1))
    assert await venue.market_facts("SOLUSDT") == MarketFacts(price=Price(Decimal(140)))
    await clock.advance(SECOND)
    assert await venue.market_facts("SOLUSDT") == MarketFacts()


async def test_paper_exchanges_open_where_their_ledgers_left_off(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, "paper.start_quote=500", "exchanges.bybit.enabled=false")
    clock, ledger = FakeClock(), MemoryLedger()
    prices, simulated = simulated_prices(settings, clock, volatility=1.0, interval=SECOND)
    venues = {"binance": simulated_venue("binance", simulated, clock)}

    async def open_binance() -> tuple[Decimal, int]:
        market = await open_market(settings, clock=clock, prices=prices, venues=venues, ledger=ledger, faults=None)
        assert list(market.exchanges) == ["binance"]
        binance = market.exchanges["binance"]
        market.prices.watch("binance", {"SOLUSDT"})
        seen = ((await binance.balance()).total, len(await binance.positions()))
        if not seen[1]:
            assert isinstance(await binance.place(make_request(quantity=quantity("0.5"))), Filled)
        return seen

    assert await open_binance() == (Decimal(500), 0)
    total, positions = await open_binance()
    assert positions == 1
    assert Decimal(450) < total < Decimal(500)


@pytest.mark.parametrize("exchange_ids", [{1}, {1, 2}])
async def test_the_signal_socket_is_let_in_and_hears_the_exchanges_that_are_traded(
    tmp_path: Path, exchange_ids: set[int]
) -> None:
    clock = SystemClock()
    async with SimulatedSignalServer(token="open sesame", clock=clock) as server:
        environment = {"SIGNAL_WS_URL": server.url, "SIGNAL_WS_TOKEN": "open sesame"}
        settings = load_settings(None, environment, [f"exchanges.bybit.enabled={2 in exchange_ids}"], folder=tmp_path)
        source = signal_socket(settings, refs_of(settings), clock, RecordingListener())
        async with Consumer(source.batches()) as consumer:
            await eventually(lambda: server.clients == 1)
            await server.publish([row(number) for number in (1, 2, 3)])
            await eventually(lambda: len(consumer.signals) >= len(exchange_ids))
    assert {signal.exchange_id for signal in consumer.signals} == exchange_ids


def row(exchange_id: int) -> dict[str, object]:
    return {
        "id": exchange_id,
        "pair_symbol": "SOLUSDT",
        "recommended_action": "BUY",
        "score_week": 80.0,
        "score_month": 70.0,
        "timestamp": "2026-11-20T10:00:00+00:00",
        "created_at": "2026-11-20T10:18:00+00:00",
        "trading_pair_id": 1,
        "exchange_id": exchange_id,
    }
