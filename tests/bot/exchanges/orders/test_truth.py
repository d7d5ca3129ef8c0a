"""Looking orders up by our ids."""

from datetime import timedelta
from decimal import Decimal

import pytest

from core.domain.errors import RetryLater
from core.domain.orders import Filled, Refused, Unknown
from tests.builders import make_request, quantity
from tests.contracts.exchange_benches import OTHER, SYMBOL
from tests.contracts.venue_benches import BinanceBench, BybitBench, VenueBench
from tests.fakes.venues.book import OrderKind, OrderStatus
from tests.fakes.venues.faults import BAD_GATEWAY

ENTRY = make_request("wh-entry", quantity=quantity(2))


async def test_an_order_is_found_by_id_and_symbol(bench: VenueBench) -> None:
    first = await bench.exchange.place(ENTRY)
    await bench.restart()
    report = await bench.exchange.find_order(ENTRY)
    assert report is not None
    assert (report.client_order_id, report.exchange, report.symbol) == ("wh-entry", bench.exchange.name, SYMBOL)
    assert report.outcome == first
    assert await bench.exchange.find_order(make_request("wh-other", quantity=quantity(2))) is None
    assert await bench.exchange.find_order(make_request("wh-entry", symbol=OTHER, quantity=quantity(2))) is None


async def test_a_person_s_order_is_never_ours(bench: VenueBench) -> None:
    bench.server.account.trade_by_hand(SYMBOL, ENTRY.side, Decimal(2))
    assert await bench.exchange.find_order(ENTRY) is None


async def test_an_old_order_is_found_in_the_history(bybit_bench: BybitBench) -> None:
    first = await bybit_bench.exchange.place(ENTRY)
    bybit_bench.server.orders.has_forgotten_closed = True
    bybit_bench.clock.pass_time(timedelta(days=2))
    report = await bybit_bench.exchange.find_order(ENTRY)
    assert report is not None
    assert report.outcome == first
    bybit_bench.server.orders.history_ms = 10 * 86_400_000
    assert await bybit_bench.exchange.find_order(ENTRY) is None


async def test_an_order_that_is_working_is_not_settled(binance_bench: BinanceBench) -> None:
    account = binance_bench.server.account
    working = account.new_order(SYMBOL, ENTRY.side, OrderKind.MARKET, Decimal(2), client_id="wh-entry")
    report = await binance_bench.exchange.find_order(ENTRY)
    assert report is not None
    assert isinstance(report.outcome, Unknown)
    account.finish(working, OrderStatus.EXPIRED)
    report = await binance_bench.exchange.find_order(ENTRY)
    assert report is not None
    assert isinstance(report.outcome, Refused)


async def test_a_look_up_that_fails_once_is_tried_again_while_the_order_is_waited_for(bybit_bench: BybitBench) -> None:
    bybit_bench.server.faults.answer("/v5/order/realtime", 502, BAD_GATEWAY, times=3)
    assert isinstance(await bybit_bench.exchange.place(ENTRY), Filled)


async def test_a_venue_that_cannot_tell_says_try_later(bench: VenueBench) -> None:
    await bench.exchange.place(ENTRY)
    bench.server.faults.answer("*", 503, BAD_GATEWAY, times=None)
    with pytest.raises(RetryLater):
        await bench.exchange.find_order(ENTRY)
