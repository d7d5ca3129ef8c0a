"""Fees of executions: told, added up, or estimated."""

from decimal import Decimal
from typing import Any

import pytest

from core.domain.orders import Filled
from tests.builders import make_request, quantity
from tests.contracts.venue_benches import BinanceBench, BybitBench
from tests.fakes.venues.faults import BAD_GATEWAY

ENTRY = make_request("wh-entry", quantity=quantity(2))
TRADES = "/fapi/v1/userTrades"


async def fee_of(bench: BinanceBench | BybitBench) -> Decimal:
    outcome = await bench.exchange.place(ENTRY)
    assert isinstance(outcome, Filled)
    return outcome.fee_quote


def trade(quantity_: str, coin: str, fee: str) -> dict[str, Any]:
    return {
        "symbol": "SOLUSDT",
        "id": 1,
        "orderId": 1,
        "side": "BUY",
        "price": "100",
        "qty": quantity_,
        "quoteQty": "200",
        "commission": fee,
        "commissionAsset": coin,
        "time": 1761480000000,
        "maker": False,
    }


async def test_where_the_order_tells_its_fee_no_trades_are_asked_for(bybit_bench: BybitBench) -> None:
    assert await fee_of(bybit_bench) == Decimal("0.11")
    assert not bybit_bench.server.asked("GET /v5/execution/list")


async def test_fees_that_cannot_be_read_now_are_estimated(binance_bench: BinanceBench) -> None:
    binance_bench.server.account.rules.taker_fee_ratio = Decimal("0.0004")
    binance_bench.server.faults.answer(TRADES, 502, BAD_GATEWAY)
    assert await fee_of(binance_bench) == Decimal("0.1")
    report = await binance_bench.exchange.find_order(ENTRY)
    assert report is not None
    assert isinstance(report.outcome, Filled)
    assert report.outcome.fee_quote == Decimal("0.08")


async def test_fees_that_do_not_come_are_not_waited_for(binance_bench: BinanceBench) -> None:
    binance_bench.server.faults.hang(TRADES)
    assert await fee_of(binance_bench) == Decimal("0.1")


@pytest.mark.parametrize(
    ("trades", "fee"),
    [
        ([trade("2", "USDT", "0.07")], "0.07"),
        ([trade("2", "USDT", "-0.02")], "-0.02"),
        # Paid in another coin: its price is not known here.
        ([trade("2", "BNB", "0.0001")], "0.1"),
        # The venue lists only a part of the trades yet.
        ([trade("1", "USDT", "0.03")], "0.1"),
        ([], "0.1"),
    ],
)
async def test_fees_are_what_the_trades_add_up_to(
    binance_bench: BinanceBench, trades: list[dict[str, Any]], fee: str
) -> None:
    binance_bench.server.faults.answer(TRADES, 200, trades)
    assert await fee_of(binance_bench) == Decimal(fee)
