"""What open positions are worth."""

from decimal import Decimal

from core.domain.positions import PositionSide, PositionState
from handlers.valuations import add_up, value
from tests.builders import make_position, ratio
from tests.fakes.clock import FakeClock
from tests.fakes.prices import FakePrices

FEE = ratio("0.0005")


def test_profit_is_net_of_paid_and_coming_fees() -> None:
    prices = FakePrices(FakeClock())
    prices.set("binance", "SOLUSDT", 110)
    valued = value(make_position(entry=100, size=2), prices, FEE)
    assert valued.pnl_quote == Decimal(20) - Decimal("0.05") - Decimal(220) * Decimal("0.0005")
    assert valued.return_ratio == valued.pnl_quote / 200


def test_a_short_gains_when_the_price_falls() -> None:
    prices = FakePrices(FakeClock())
    prices.set("binance", "SOLUSDT", 90)
    valued = value(make_position(side=PositionSide.SHORT), prices, FEE)
    assert valued.pnl_quote is not None
    assert valued.pnl_quote > 9


def test_without_a_price_or_an_entry_nothing_is_claimed() -> None:
    prices = FakePrices(FakeClock())
    assert value(make_position(), prices, FEE).pnl_quote is None
    prices.set("binance", "SOLUSDT", 90)
    assert value(make_position(state=PositionState.OPENING), prices, FEE).pnl_quote is None


def test_sums_are_weighted_by_size() -> None:
    prices = FakePrices(FakeClock())
    prices.set("binance", "AUSDT", 110)
    prices.set("binance", "BUSDT", 100)
    big = make_position("BUSDT", size=9, fees_quote=0)
    small = make_position("AUSDT", size=1, fees_quote=0)
    total = add_up([value(p, prices, ratio(0)) for p in (big, small, make_position("CUSDT"))])
    assert total.pnl_quote == 10
    assert total.return_ratio == Decimal("0.01")
    assert total.unpriced == 1


def test_nothing_adds_up_to_nothing() -> None:
    assert add_up([]).return_ratio is None
