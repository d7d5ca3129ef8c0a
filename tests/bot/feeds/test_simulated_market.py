"""A market out of a seed: always the same, moving but bounded."""

from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.simulated_market import SimulatedMarket
from core.domain.money import Price
from tests.builders import NOW

SECONDS = st.integers(min_value=0, max_value=10**8)


def path(market: SimulatedMarket, symbol: str, *, hours: int, step_s: int = 60) -> list[Price]:
    times = (NOW + timedelta(seconds=n * step_s) for n in range(hours * 3600 // step_s))
    return [market.price("binance", symbol, at) for at in times]


@given(st.integers(0, 9), st.sampled_from(["BTCUSDT", "1000PEPEUSDT", "FOOUSDT"]), SECONDS)
def test_another_process_sees_the_same_market(seed: int, symbol: str, second: int) -> None:
    at = NOW + timedelta(seconds=second)
    lived_through = SimulatedMarket(seed)
    for hours in (5, 3, 1):
        lived_through.price("binance", symbol, at - timedelta(hours=hours))
    assert lived_through.price("binance", symbol, at) == SimulatedMarket(seed).price("binance", symbol, at)
    assert lived_through.facts("binance", symbol, at) == SimulatedMarket(seed).facts("binance", symbol, at)


def test_another_seed_is_another_market() -> None:
    assert path(SimulatedMarket(1), "BTCUSDT", hours=1) != path(SimulatedMarket(2), "BTCUSDT", hours=1)


@given(st.floats(0.1, 50), st.text("ABCDEFXYZ", min_size=2, max_size=6), SECONDS)
def test_prices_have_few_digits_and_stay_within_reach_of_their_base(volatility: float, coin: str, second: int) -> None:
    market = SimulatedMarket(3, volatility)
    price = market.price("bybit", f"{coin}USDT", NOW + timedelta(seconds=second))
    assert len(price.normalize().as_tuple().digits) <= 5
    base = market.base_price(f"{coin}USDT")
    assert base / 5 < price < base * 5
    assert "E+" not in str(price)


@pytest.mark.parametrize(("symbol", "low", "high"), [("BTCUSDT", 60_000, 200_000), ("SOLUSDT", 90, 350)])
def test_known_coins_cost_about_what_they_do(symbol: str, low: int, high: int) -> None:
    assert all(low < price < high for price in path(SimulatedMarket(1), symbol, hours=24, step_s=600))


def test_exchanges_differ_a_little() -> None:
    market = SimulatedMarket(1)
    pairs = [
        (market.price("binance", "ETHUSDT", at), market.price("bybit", "ETHUSDT", at))
        for at in (NOW + timedelta(minutes=n) for n in range(60))
    ]
    assert any(here != there for here, there in pairs)
    assert all(abs(here / there - 1) < Decimal("0.002") for here, there in pairs)


def test_volatility_makes_swings_wider() -> None:
    def mean_move(volatility: float) -> Decimal:
        prices = path(SimulatedMarket(1, volatility), "SOLUSDT", hours=24, step_s=300)
        moves = [abs(after / before - 1) for before, after in pairwise(prices)]
        return sum(moves, Decimal(0)) / len(moves)

    assert 3 * mean_move(1) < mean_move(5) < 8 * mean_move(1)


def test_there_are_quiet_hours_wild_hours_and_jumps() -> None:
    prices = path(SimulatedMarket(1), "SOLUSDT", hours=72)
    hours = [prices[start : start + 60] for start in range(0, len(prices), 60)]
    ranges = sorted((max(hour) - min(hour)) / hour[0] for hour in hours)
    assert ranges[-5] > 3 * ranges[5]
    assert max(abs(after / before - 1) for before, after in pairwise(prices)) > Decimal("0.005")


def test_most_coins_can_be_traded_and_a_few_cannot() -> None:
    facts = [SimulatedMarket(1).facts("binance", f"A{n}USDT", NOW) for n in range(300)]
    assert all(f.spread_ratio is not None and 0 < f.spread_ratio < Decimal("0.02") for f in facts)
    poor = [f for f in facts if (f.open_interest_quote or 0) < 1_000_000 or (f.volume_1h_quote or 0) < 50_000]
    assert 0 < len(poor) < 100
    assert all(f.change_5m_ratio is not None and abs(f.change_5m_ratio) < Decimal("0.2") for f in facts)
