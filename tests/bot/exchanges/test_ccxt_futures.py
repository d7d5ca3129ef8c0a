"""The adapter's front: what never reaches the venue, ids that are sent once, notices."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest

from bot.exchanges.ccxt_futures import CcxtFutures
from bot.exchanges.market.venue_market import VenueMarket
from core.domain.orders import (
    Accepted,
    Filled,
    OrderLeg,
    OrderRequest,
    RefusalReason,
    Refused,
    VenueNotice,
)
from core.domain.signals import Side
from core.ports.edges import Exchange
from tests.builders import make_request, make_stop_request, quantity
from tests.contracts.exchange_benches import NO_SYMBOL, SYMBOL, UNPRICED
from tests.contracts.venue_benches import VenueBench
from tests.fakes.venues.contracts import ContractStatus
from tests.fakes.venues.faults import BAD_GATEWAY

ENTRY = make_request("wh-entry", quantity=quantity(2))


def orders_sent(bench: VenueBench) -> int:
    return len(bench.server.asked(f"POST {bench.order_path}")) + len(bench.server.asked(f"POST {bench.stop_path}"))


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (make_request(symbol=NO_SYMBOL), RefusalReason.UNKNOWN_SYMBOL),
        (make_request(symbol=UNPRICED, quantity=quantity(2)), RefusalReason.NO_PRICE),
        (make_request(symbol="OLDUSDT", quantity=quantity(2)), RefusalReason.NOT_TRADING),
        (make_request(quantity=quantity("0.01")), RefusalReason.BELOW_MINIMUM),
        (make_request(quantity=quantity("0.1"), symbol="CHEAPUSDT"), RefusalReason.BELOW_MINIMUM),
        (make_request(quantity=quantity(1_000_000)), RefusalReason.ABOVE_MAXIMUM),
        (make_stop_request(trigger="95.001", quantity=quantity(2)), RefusalReason.OTHER),
        (make_stop_request(reduce_only=False), RefusalReason.REDUCE_ONLY),
    ],
)
async def test_what_would_be_refused_anyhow_is_not_sent(
    bench: VenueBench, request_: OrderRequest, reason: RefusalReason
) -> None:
    bench.server.list_contract("OLDUSDT", "100", status=ContractStatus.SETTLING)
    bench.server.list_contract("CHEAPUSDT", "0.5")
    await bench.restart()
    outcome = await bench.exchange.place(request_)
    assert isinstance(outcome, Refused)
    assert outcome.reason is reason
    assert orders_sent(bench) == 0


async def test_prices_that_cannot_be_had_leave_the_judgement_to_the_venue(bench: VenueBench) -> None:
    for path in ("/fapi/v1/ticker/price", "/fapi/v1/premiumIndex", "/v5/market/tickers"):
        bench.server.faults.answer(path, 502, BAD_GATEWAY, times=None)
    assert isinstance(await bench.exchange.place(ENTRY), Filled)


async def test_without_contracts_nothing_is_sent(bench: VenueBench) -> None:
    await bench.restart()
    for path in ("/fapi/v1/exchangeInfo", "/v5/market/instruments-info"):
        bench.server.faults.answer(path, 502, BAD_GATEWAY, times=None)
    outcome = await bench.exchange.place(ENTRY)
    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.RATE_LIMITED
    assert orders_sent(bench) == 0


async def test_an_id_that_was_sent_is_never_sent_again(bench: VenueBench) -> None:
    first = await bench.exchange.place(ENTRY)
    await bench.set_price(SYMBOL, 120)
    assert await bench.exchange.place(ENTRY) == first
    both = await asyncio.gather(*(bench.exchange.place(make_request("wh-two", quantity=quantity(1))) for _ in "ab"))
    assert both[0] == both[1]
    assert bench.server.account.position(SYMBOL).amount == 3
    assert orders_sent(bench) == 2


async def test_a_stop_that_was_sent_is_looked_up(bench: VenueBench) -> None:
    await bench.exchange.place(ENTRY)
    stop = make_stop_request("wh-stop", 95, quantity=quantity(2))
    for _ in range(2):
        assert isinstance(await bench.exchange.place(stop), Accepted)
    assert len(bench.server.asked(f"POST {bench.stop_path}")) == 1


async def test_notices_are_passed_on(bench: VenueBench) -> None:
    reports = bench.exchange.reports()
    told = VenueNotice(exchange=bench.exchange.name, symbol=SYMBOL, client_order_id="wh-1")
    bench.notices.put_nowait(told)
    assert await anext(reports) == told
    await reports.aclose()  # type: ignore[attr-defined]


async def test_without_a_stream_nothing_is_told_and_nothing_ends(bench: VenueBench) -> None:
    client = bench.exchange._client
    silent: Exchange = CcxtFutures(client, VenueMarket(client, clock=bench.clock), clock=bench.clock)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await anext(silent.reports())


async def test_a_whole_trade_leaves_the_books_equal(bench: VenueBench) -> None:
    exchange, account = bench.exchange, bench.server.account
    began_at = bench.clock.now()
    assert isinstance(await exchange.set_leverage(SYMBOL, 3), Accepted)
    before = (await exchange.balance()).total
    opened = await exchange.place(ENTRY)
    await exchange.place(make_stop_request("wh-s1", 95, quantity=quantity(2)))
    await bench.set_price(SYMBOL, 110)
    assert isinstance(
        await exchange.replace_stop("wh-s1", make_stop_request("wh-s2", 108, quantity=quantity(2))), Accepted
    )
    part = make_request("wh-x1", quantity=quantity(1), side=Side.SELL, leg=OrderLeg.EXIT, reduce_only=True)
    closed = await exchange.place(part)
    account.pay_funding(SYMBOL, Decimal("0.0001"))
    await bench.set_price(SYMBOL, 107)
    [report] = await bench.reports()
    assert isinstance(opened, Filled)
    assert isinstance(closed, Filled)
    assert isinstance(report.outcome, Filled)
    assert await exchange.positions() == []
    assert await exchange.stops() == []
    gain = closed.price + report.outcome.price - 2 * opened.price
    fees = opened.fee_quote + closed.fee_quote + report.outcome.fee_quote
    funding = await exchange.funding(SYMBOL, began_at)
    assert (await exchange.balance()).total == before + gain - fees + funding == account.wallet
    assert sum(fill.fee_quote for fill in await exchange.fills(SYMBOL, began_at)) == fees


async def test_what_closes_or_protects_waits_for_no_newer_list_of_contracts(bench: VenueBench) -> None:
    await bench.exchange.place(ENTRY)
    path = {"binance": "/fapi/v1/exchangeInfo", "bybit": "/v5/market/instruments-info"}[bench.exchange.name]
    read = len(bench.server.asked(f"GET {path}"))
    bench.clock.pass_time(timedelta(days=1))
    stop = await bench.exchange.place(make_stop_request("wh-stop", 95, quantity=quantity(2)))
    exit_ = make_request("wh-exit", quantity=quantity(2), side=Side.SELL, leg=OrderLeg.EXIT, reduce_only=True)
    closed = await bench.exchange.place(exit_)
    assert isinstance(stop, Accepted)
    assert isinstance(closed, Filled)
    assert len(bench.server.asked(f"GET {path}")) == read > 0
