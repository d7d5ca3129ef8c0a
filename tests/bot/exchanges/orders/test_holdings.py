"""Positions and balances as each venue tells them."""

from decimal import Decimal

import pytest

from core.domain.errors import ConfigurationError, RetryLater
from core.domain.market import Balance
from core.domain.orders import VenuePosition
from core.domain.signals import Side
from tests.builders import make_request, money, price, quantity
from tests.contracts.exchange_benches import OTHER, SYMBOL
from tests.contracts.venue_benches import BinanceBench, BybitBench, VenueBench
from tests.fakes.venues.faults import BAD_GATEWAY


async def test_positions_of_either_side_ours_or_not(bench: VenueBench) -> None:
    await bench.exchange.set_leverage(SYMBOL, 5)
    await bench.exchange.place(make_request("wh-1", quantity=quantity(2)))
    bench.server.account.trade_by_hand(OTHER, Side.SELL, Decimal("0.3"))
    short, long = await bench.exchange.positions()
    assert long == VenuePosition(
        symbol=SYMBOL,
        side=Side.BUY,
        quantity=quantity(2),
        entry_price=price(100),
        liquidation_price=price(bench.server.account.liquidation_price(SYMBOL)),
    )
    assert (short.symbol, short.side, short.quantity) == (OTHER, Side.SELL, Decimal("0.3"))


async def test_a_position_that_is_never_liquidated_has_no_such_price(bench: VenueBench) -> None:
    bench.server.account.trade_by_hand(SYMBOL, Side.BUY, Decimal("0.1"))
    [position] = await bench.exchange.positions()
    assert position.liquidation_price is None


async def test_entry_prices_are_exact(bench: VenueBench) -> None:
    bench.server.account.trade_by_hand(SYMBOL, Side.BUY, Decimal("0.1"))
    await bench.set_price(SYMBOL, "100.07")
    bench.server.account.trade_by_hand(SYMBOL, Side.BUY, Decimal("0.1"))
    assert (await bench.exchange.positions())[0].entry_price == Decimal("100.035")


async def test_more_positions_than_a_page_are_all_read(bybit_bench: BybitBench) -> None:
    for number in range(205):
        symbol = f"C{number:03}USDT"
        bybit_bench.server.list_contract(symbol, "10")
        bybit_bench.server.account.trade_by_hand(symbol, Side.BUY, Decimal(1))
    assert len(await bybit_bench.exchange.positions()) == 205


async def test_the_balance_leaves_out_what_is_not_realised(bench: VenueBench) -> None:
    await bench.exchange.set_leverage(SYMBOL, 5)
    before = await bench.exchange.balance()
    assert before == Balance(total=money(10_000), free=money(10_000))
    filled = await bench.exchange.place(make_request("wh-1", quantity=quantity(2)))
    await bench.set_price(SYMBOL, 150)
    after = await bench.exchange.balance()
    fee = bench.server.account.trades[-1].fee
    assert after.total == 10_000 - fee, filled
    assert 10_000 - fee - 41 < after.free <= 10_000 - fee - 39


@pytest.mark.parametrize("how", ["no answer", "no keys", "ban"])
async def test_reads_raise_nothing_else(bench: VenueBench, how: str) -> None:
    expected: type[Exception] = RetryLater
    if how == "no answer":
        bench.server.faults.answer("*", 502, BAD_GATEWAY, times=None)
    elif how == "ban":
        bench.server.faults.answer("*", 429, "slow down", times=None)
    else:
        expected = ConfigurationError
        if isinstance(bench, BinanceBench):
            bench.server.is_key_known = False
        else:
            bench.server.faults.answer(
                "*", 200, {"retCode": 10003, "retMsg": "API key is invalid.", "result": {}}, times=None
            )
    since_at = bench.clock.now()
    for read in (
        bench.exchange.positions,
        bench.exchange.stops,
        bench.exchange.balance,
        lambda: bench.exchange.fills(SYMBOL, since_at),
        lambda: bench.exchange.funding(SYMBOL, since_at),
        lambda: bench.exchange.find_order(make_request("wh-1")),
    ):
        with pytest.raises(expected):
            await read()
