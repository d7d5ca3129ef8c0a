"""What is made sure of before entries: one-way mode, isolated margin, leverage."""

from datetime import timedelta
from decimal import Decimal

import pytest

from core.domain.orders import Accepted, OrderOutcome, RefusalReason, Refused, Unknown
from core.domain.signals import Side
from tests.contracts.exchange_benches import NO_SYMBOL, OTHER, SYMBOL
from tests.contracts.venue_benches import BinanceBench, BybitBench, VenueBench
from tests.fakes.venues.book import MarginMode
from tests.fakes.venues.faults import BAD_GATEWAY

LEVERAGE_PATHS = {"binance": "/fapi/v1/leverage", "bybit": "/v5/position/set-leverage"}
MODE_PATHS = {"binance": "/fapi/v1/positionSide/dual", "bybit": "/v5/position/switch-mode"}
MARGIN_PATHS = {"binance": "/fapi/v1/marginType", "bybit": "/v5/account/set-margin-mode"}


def refusal(outcome: OrderOutcome) -> Refused:
    assert isinstance(outcome, Refused), outcome
    return outcome


def changes(bench: VenueBench, paths: dict[str, str]) -> int:
    return len(bench.server.asked(f"POST {paths[bench.exchange.name]}"))


def is_isolated(bench: VenueBench, symbol: str) -> bool:
    if isinstance(bench, BybitBench):
        return bench.server.desk.standing.margin_mode == "ISOLATED_MARGIN"
    return bench.server.account.position(symbol).margin_mode is MarginMode.ISOLATED


async def test_an_account_is_made_ready_once(bench: VenueBench) -> None:
    for _ in range(3):
        assert isinstance(await bench.exchange.set_leverage(SYMBOL, 5), Accepted)
    assert isinstance(await bench.exchange.set_leverage(OTHER, 3), Accepted)
    account = bench.server.account
    assert (account.position(SYMBOL).leverage, account.position(OTHER).leverage) == (5, 3)
    assert is_isolated(bench, SYMBOL)
    assert is_isolated(bench, OTHER)
    assert changes(bench, MODE_PATHS) == 1
    assert changes(bench, LEVERAGE_PATHS) == 2
    # Bybit's accounts have one margin mode for all symbols.
    assert changes(bench, MARGIN_PATHS) == (1 if isinstance(bench, BybitBench) else 2)


async def test_another_leverage_is_set_again(bench: VenueBench) -> None:
    await bench.exchange.set_leverage(SYMBOL, 5)
    assert isinstance(await bench.exchange.set_leverage(SYMBOL, 6), Accepted)
    assert bench.server.account.position(SYMBOL).leverage == 6


async def test_what_is_so_already_is_success(bench: VenueBench) -> None:
    await bench.exchange.set_leverage(SYMBOL, 5)
    await bench.restart()
    assert isinstance(await bench.exchange.set_leverage(SYMBOL, 5), Accepted)
    assert changes(bench, MARGIN_PATHS) == 1


async def test_a_hedge_mode_account_is_switched(bench: VenueBench) -> None:
    bench.server.account.set_hedge_mode(True)
    assert isinstance(await bench.exchange.set_leverage(SYMBOL, 5), Accepted)
    assert not bench.server.account.hedge_mode


async def test_a_hedge_mode_account_with_positions_is_for_a_person_to_mend(bench: VenueBench) -> None:
    bench.server.account.trade_by_hand(OTHER, Side.BUY, Decimal(1))
    bench.server.account.hedge_mode = True
    answer = refusal(await bench.exchange.set_leverage(SYMBOL, 5))
    assert answer.reason is RefusalReason.MISCONFIGURED
    assert "one-way mode" in answer.detail
    assert changes(bench, LEVERAGE_PATHS) == 0


async def test_a_margin_mode_that_cannot_be_set_is_for_a_person_to_mend(bench: VenueBench) -> None:
    if isinstance(bench, BybitBench):
        bench.server.desk.refuses_modes = True
    else:
        bench.server.account.trade_by_hand(SYMBOL, Side.BUY, Decimal(1))
    answer = refusal(await bench.exchange.set_leverage(SYMBOL, 5))
    assert answer.reason is RefusalReason.MISCONFIGURED
    assert "margin" in answer.detail
    assert changes(bench, LEVERAGE_PATHS) == 0


async def test_leverage_that_does_not_stay_is_refused(bench: VenueBench) -> None:
    path = LEVERAGE_PATHS[bench.exchange.name]
    bench.server.faults.answer(path, 200, {"retCode": 0, "retMsg": "OK", "result": {}}, method="POST")
    answer = refusal(await bench.exchange.set_leverage(SYMBOL, 5))
    assert answer.reason is RefusalReason.LEVERAGE
    assert isinstance(await bench.exchange.set_leverage(SYMBOL, 5), Accepted)


@pytest.mark.parametrize("leverage", [0, 101])
async def test_leverage_out_of_range_is_not_asked_for(bench: VenueBench, leverage: int) -> None:
    assert refusal(await bench.exchange.set_leverage(SYMBOL, leverage)).reason is RefusalReason.LEVERAGE
    assert refusal(await bench.exchange.set_leverage(NO_SYMBOL, 2)).reason is RefusalReason.UNKNOWN_SYMBOL
    assert changes(bench, LEVERAGE_PATHS) == 0


async def test_the_venue_s_own_limit_is_its_reason(bench: VenueBench) -> None:
    account = bench.server.account
    bench.server.list_contract(SYMBOL, "100", max_leverage=3)
    answer = refusal(await bench.exchange.set_leverage(SYMBOL, 5))
    assert answer.reason is RefusalReason.LEVERAGE
    assert account.position(SYMBOL).leverage != 5


async def test_silence_is_unknown_and_may_be_asked_again(bench: VenueBench) -> None:
    bench.server.faults.answer(LEVERAGE_PATHS[bench.exchange.name], 502, BAD_GATEWAY, method="POST")
    assert isinstance(await bench.exchange.set_leverage(SYMBOL, 5), Unknown)
    assert isinstance(await bench.exchange.set_leverage(SYMBOL, 5), Accepted)


async def test_an_overloaded_venue_is_nothing_to_mend(binance_bench: BinanceBench) -> None:
    overloaded = {"code": -1008, "msg": "Server is currently overloaded with other requests."}
    binance_bench.server.faults.answer(MODE_PATHS["binance"], 503, overloaded, method="POST")
    assert refusal(await binance_bench.exchange.set_leverage(SYMBOL, 5)).reason is RefusalReason.RATE_LIMITED


async def test_the_same_failure_is_not_asked_for_long(bench: VenueBench) -> None:
    bench.server.faults.answer(LEVERAGE_PATHS[bench.exchange.name], 502, BAD_GATEWAY, method="POST", times=None)
    for _ in range(7):
        outcome = await bench.exchange.set_leverage(SYMBOL, 5)
    assert refusal(outcome).reason is RefusalReason.HELD_BACK
    assert changes(bench, LEVERAGE_PATHS) == 5
    assert [told[1] for told in bench.held_back.told] == ["leverage"]
    bench.server.faults.clear()
    bench.clock.pass_time(timedelta(minutes=1))
    assert isinstance(await bench.exchange.set_leverage(SYMBOL, 5), Accepted)
