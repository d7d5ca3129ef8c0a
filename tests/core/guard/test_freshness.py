"""Prices that stop coming, and time that decides alone."""

from collections.abc import Callable
from datetime import timedelta

from core.domain.events import PricesStale
from core.domain.positions import ExitReason, PositionState
from core.domain.settings import GuardSettings
from tests.builders import make_position, price, ratio
from tests.core.desk import Desk


async def look(desk: Desk, seconds: float = 0) -> None:
    await desk.clock.advance(timedelta(seconds=seconds))
    await desk.freshness.look()
    await desk.clock.settle()


async def test_open_positions_are_watched_and_let_go_when_they_end(desk: Desk) -> None:
    held = await desk.keep(make_position())
    await look(desk)
    assert desk.prices.watched["binance"] == {"SOLUSDT"}
    await desk.guardian.close(held.id, share=ratio(1), author="Ann")
    await look(desk)
    assert desk.prices.watched["binance"] == set()


async def test_stale_prices_are_told_once_an_episode_and_asked_for_anew(desk: Desk) -> None:
    await desk.keep(make_position())
    await desk.keep(make_position("ADAUSDT"))
    desk.prices.set("binance", "SOLUSDT", 100)
    desk.prices.set("binance", "ADAUSDT", 100)
    await look(desk)
    await look(desk, 61)
    await look(desk, 300)
    (event,) = desk.events(PricesStale)
    assert (event.exchange, event.symbols) == ("binance", ("ADAUSDT", "SOLUSDT"))
    assert desk.prices.resubscribed == [("binance", "ADAUSDT"), ("binance", "SOLUSDT")]
    desk.prices.set("binance", "SOLUSDT", 100)
    await look(desk, 1)
    await look(desk, 61)
    assert [event.symbols for event in desk.events(PricesStale)][1:] == [("SOLUSDT",)]


async def test_each_exchange_is_told_of_its_own(desk: Desk) -> None:
    await desk.keep(make_position())
    await desk.keep(make_position(exchange="bybit"))
    await look(desk)
    await look(desk, 61)
    assert [event.exchange for event in desk.events(PricesStale)] == ["binance", "bybit"]


async def test_a_start_with_old_positions_is_no_alarm(desk: Desk) -> None:
    await desk.keep(make_position())
    await desk.clock.advance(timedelta(hours=2))
    await look(desk)
    assert desk.events(PricesStale) == []
    await look(desk, 30)
    assert desk.events(PricesStale) == []
    await look(desk, 31)
    assert len(desk.events(PricesStale)) == 1


async def test_time_alone_ends_a_position(make_desk: Callable[..., Desk]) -> None:
    desk = make_desk(guard=GuardSettings(max_age=None, time_exit=timedelta(hours=1)))
    await desk.keep(make_position())
    await desk.clock.advance(timedelta(minutes=59, seconds=30))
    desk.prices.set("binance", "SOLUSDT", 100)
    await look(desk, 10)
    assert desk.position().state is PositionState.OPEN
    await look(desk, 20)
    assert desk.position().exit_reason is ExitReason.TIME_EXIT


async def test_a_stale_price_decides_nothing(make_desk: Callable[..., Desk]) -> None:
    desk = make_desk(guard=GuardSettings(max_age=timedelta(hours=1)))
    await desk.keep(make_position())
    desk.prices.set("binance", "SOLUSDT", 101)
    await look(desk)
    await look(desk, 3700)
    assert desk.position().state is PositionState.OPEN


async def test_a_stop_that_waits_is_moved_without_a_new_price(desk: Desk) -> None:
    await desk.keep(make_position())
    desk.venue.set_price("SOLUSDT", 103)
    desk.prices.set("binance", "SOLUSDT", 103)
    desk.spawn("freshness", desk.freshness.run())
    await desk.clock.advance(timedelta(seconds=29))
    assert desk.position().stop_price == 96
    await desk.clock.advance(timedelta(seconds=10))
    assert desk.position().stop_price == price("102.485")
