"""Fills and funding as each venue tells them."""

from datetime import timedelta
from decimal import Decimal

import pytest

from core.domain.errors import RetryLater
from core.domain.orders import OrderLeg, VenueFill
from core.domain.signals import Side
from tests.builders import make_request, make_stop_request, money, price, quantity
from tests.contracts.exchange_benches import OTHER, SYMBOL
from tests.contracts.venue_benches import BinanceBench, BybitBench, VenueBench

HOUR = timedelta(hours=1)
ENTRY = make_request("wh-entry", quantity=quantity(2))


async def fills(bench: VenueBench, symbol: str = SYMBOL) -> list[VenueFill]:
    return list(await bench.exchange.fills(symbol, bench.clock.now() - timedelta(hours=12)))


def named(found: list[VenueFill]) -> list[tuple[str | None, Side, Decimal, bool]]:
    return [(fill.client_order_id, fill.side, fill.quantity, fill.is_liquidation) for fill in found]


async def test_an_order_is_one_fill_however_many_trades_it_took(bench: VenueBench) -> None:
    bench.server.account.levers.trades_an_order = 4
    await bench.exchange.place(ENTRY)
    [fill] = await fills(bench)
    account = bench.server.account
    assert fill == VenueFill(
        client_order_id="wh-entry",
        symbol=SYMBOL,
        side=Side.BUY,
        quantity=quantity(2),
        price=price(100),
        fee_quote=money(sum(trade.fee for trade in account.trades)),
        filled_at=fill.filled_at,
    )
    assert fill.filled_at.timestamp() * 1000 == account.trades[-1].time_ms


async def test_what_ended_a_position_is_told_oldest_first(bench: VenueBench) -> None:
    await bench.exchange.place(ENTRY)
    bench.clock.pass_time(HOUR)
    close = make_request("wh-exit", quantity=quantity(1), side=Side.SELL, leg=OrderLeg.EXIT, reduce_only=True)
    await bench.exchange.place(close)
    bench.clock.pass_time(HOUR)
    bench.server.account.close_by_hand(SYMBOL)
    found = await fills(bench)
    assert named(found)[:2] == [
        ("wh-entry", Side.BUY, Decimal(2), False),
        ("wh-exit", Side.SELL, Decimal(1), False),
    ]
    # A person's order has the name that the venue's own application gave it, or none; never one of ours.
    assert not (found[2].client_order_id or "").startswith("wh-")
    assert await fills(bench, OTHER) == []


async def test_what_is_older_is_left_out(bench: VenueBench) -> None:
    await bench.exchange.place(ENTRY)
    bench.clock.pass_time(timedelta(hours=13))
    assert await fills(bench) == []


async def test_a_liquidation_is_told_as_one(bench: VenueBench) -> None:
    await bench.exchange.place(ENTRY)
    bench.clock.pass_time(HOUR)
    bench.server.account.deleverage(SYMBOL, Decimal("0.5"))
    bench.clock.pass_time(HOUR)
    bench.server.account.liquidate(SYMBOL)
    assert named(await fills(bench))[1:] == [
        (None, Side.SELL, Decimal("0.5"), True),
        (None, Side.SELL, Decimal("1.5"), True),
    ]


async def test_a_stop_has_its_name_where_it_has_one(bench: VenueBench) -> None:
    await bench.exchange.place(ENTRY)
    await bench.exchange.place(make_stop_request("wh-stop", 95, quantity=quantity(2)))
    bench.clock.pass_time(HOUR)
    await bench.set_price(SYMBOL, 95)
    name = "wh-stop" if isinstance(bench, BinanceBench) else None
    assert named(await fills(bench))[1:] == [(name, Side.SELL, Decimal(2), False)]


async def test_weeks_are_read_week_by_week(bench: VenueBench) -> None:
    since_at = bench.clock.now() - HOUR
    for number in range(3):
        await bench.exchange.place(make_request(f"wh-{number}", quantity=quantity(1)))
        bench.clock.pass_time(timedelta(days=6))
    found = await bench.exchange.fills(SYMBOL, since_at)
    assert [fill.client_order_id for fill in found] == ["wh-0", "wh-1", "wh-2"]


async def test_more_trades_than_a_page_are_all_read(bybit_bench: BybitBench) -> None:
    for _ in range(130):
        bybit_bench.server.account.trade_by_hand(SYMBOL, Side.BUY, Decimal(1))
        bybit_bench.clock.pass_time(timedelta(seconds=1))
    found = await fills(bybit_bench)
    assert len(found) == 130
    assert [fill.filled_at for fill in found] == sorted(fill.filled_at for fill in found)


async def test_an_order_is_asked_for_its_name_once(binance_bench: BinanceBench) -> None:
    await binance_bench.exchange.place(ENTRY)
    first = await fills(binance_bench)
    asked = len(binance_bench.server.asked("GET /fapi/v1/order"))
    assert await fills(binance_bench) == first
    assert len(binance_bench.server.asked("GET /fapi/v1/order")) == asked


async def test_an_order_that_cannot_be_found_yet_is_asked_for_its_name_again(binance_bench: BinanceBench) -> None:
    await binance_bench.exchange.place(ENTRY)
    binance_bench.server.orders.lag_ms = 3_000
    with pytest.raises(RetryLater):
        await fills(binance_bench)
    binance_bench.clock.pass_time(timedelta(seconds=3))
    assert named(await fills(binance_bench)) == [("wh-entry", Side.BUY, Decimal(2), False)]


async def test_an_order_that_is_never_found_has_no_name(binance_bench: BinanceBench) -> None:
    await binance_bench.exchange.place(ENTRY)
    binance_bench.server.orders.lag_ms = 3_600_000
    with pytest.raises(RetryLater):
        await fills(binance_bench)
    binance_bench.clock.pass_time(timedelta(seconds=30))
    assert named(await fills(binance_bench)) == [(None, Side.BUY, Decimal(2), False)]


async def test_funding_adds_up_what_was_paid_and_received(bench: VenueBench) -> None:
    since_at = bench.clock.now()
    assert await bench.exchange.funding(SYMBOL, since_at) == 0
    await bench.exchange.place(ENTRY)
    bench.server.account.trade_by_hand(OTHER, Side.BUY, Decimal(1))
    paid = bench.server.account.pay_funding(SYMBOL, Decimal("0.0001"))
    bench.clock.pass_time(timedelta(hours=8))
    received = bench.server.account.pay_funding(SYMBOL, Decimal("-0.0003"))
    bench.server.account.pay_funding(OTHER, Decimal("0.01"))
    assert paid < 0 < received
    assert await bench.exchange.funding(SYMBOL, since_at) == paid + received
    assert await bench.exchange.funding(SYMBOL, bench.clock.now() - HOUR) == received
