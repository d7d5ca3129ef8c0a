"""What a venue refuses: stops, accounts in the wrong mode, keys. Answers that are late or missing are elsewhere."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.domain.errors import ConfigurationError
from core.domain.signals import Side
from tests.fakes.venues.binance_server import FakeBinance
from tests.faults.venue_scenes import assert_books_agree, close, ended, posts, revoke, told
from tests.faults.venue_world import ORDERS, STOPS
from tests.scenarios.venue_world import AtVenue, play_at


@pytest.fixture(params=["binance", "bybit"])
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


# --- stops that cannot be placed or moved ---------------------------------------------------------------------------


def test_a_price_that_falls_through_the_stop_before_it_stands_is_sold_at_once_and_once(
    name: str, tmp_path: Path
) -> None:
    async def scene(at: AtVenue) -> None:
        at.market.faults.delay(STOPS[name], 1, method="POST")
        await at.wave("SOLUSDT")
        await at.world.until(at.market.account.positions)
        started_at = at.world.clock.now()
        at.market.account.set_price("SOLUSDT", Decimal(135))
        assert await ended(at, 1) == {"SOLUSDT": "stop_loss"}
        assert at.world.clock.now() - started_at < timedelta(seconds=5)
        await at.world.pass_by(minutes=6)
        assert posts(at, ORDERS[name]) == 2
        assert_books_agree(at)

    play_at(name, tmp_path, scene)


REFUSALS: dict[str, tuple[int, object]] = {
    "binance": (400, {"code": -4131, "msg": "The counterparty's best price does not meet the PERCENT_PRICE filter."}),
    "bybit": (200, {"retCode": 110092, "retMsg": "expect Rising, but trigger_price", "result": {}, "time": 0}),
}


def test_a_stop_that_may_not_be_moved_is_tried_a_few_times_and_told_once(name: str, tmp_path: Path) -> None:
    async def scene(at: AtVenue) -> None:
        await at.wave("SOLUSDT")
        await at.positions(1)
        stood = at.stops()["SOLUSDT"]
        status, body = REFUSALS["binance"] if name == "binance" else (200, bybit_says_no())
        fault = at.market.faults.answer(STOPS[name], status, body, method="POST", times=None)
        for step in range(60):
            at.price("SOLUSDT", str(154 + step * Decimal("0.20")))
            await at.world.pass_by(seconds=5)
        assert at.stops()["SOLUSDT"] == stood
        assert 5 <= fault.used <= 10
        held_back = told(at, "call_held_back")
        assert [(each["call"], each["symbol"]) for each in held_back] == [("stop", "SOLUSDT")]
        at.market.faults.clear()
        await at.world.pass_by(minutes=5)
        at.price("SOLUSDT", "166.10")
        await at.world.pass_by(seconds=30)
        assert at.stops()["SOLUSDT"] == [Decimal("165.27")]
        at.price("SOLUSDT", "160")
        assert await ended(at, 1) == {"SOLUSDT": "trailing_stop"}
        await at.world.pass_by(seconds=5)
        assert_books_agree(at)

    play_at(name, tmp_path, scene)


def bybit_says_no() -> dict[str, Any]:
    return {"retCode": 10001, "retMsg": "params error: invalid tpslMode", "result": {}, "retExtInfo": {}, "time": 0}


def test_a_first_stop_that_is_refused_again_and_again_ends_the_position_once(name: str, tmp_path: Path) -> None:
    async def scene(at: AtVenue) -> None:
        status, body = REFUSALS["binance"] if name == "binance" else (200, bybit_says_no())
        fault = at.market.faults.answer(STOPS[name], status, body, method="POST", times=None)
        await at.wave("SOLUSDT")
        assert await ended(at, 1) == {"SOLUSDT": "unprotected"}
        assert fault.used <= 6
        assert len(told(at, "unprotected_position")) == 1
        await at.world.pass_by(minutes=1)
        assert posts(at, ORDERS[name]) == 2
        assert_books_agree(at)

    play_at(name, tmp_path, scene)


# --- accounts and keys ----------------------------------------------------------------------------------------------


def test_an_account_in_hedge_mode_is_switched_before_the_first_order(name: str, tmp_path: Path) -> None:
    async def scene(at: AtVenue) -> None:
        at.market.account.hedge_mode = True
        await at.wave("SOLUSDT")
        await at.positions(1)
        assert not at.market.account.hedge_mode
        at.price("SOLUSDT", "140")
        await at.closed(1)
        assert_books_agree(at)

    play_at(name, tmp_path, scene)


def test_an_account_in_hedge_mode_with_a_position_of_somebody_else_takes_no_entries(name: str, tmp_path: Path) -> None:
    async def scene(at: AtVenue) -> None:
        at.market.account.trade_by_hand("ETHUSDT", Side.BUY, Decimal("0.1"))
        at.market.account.hedge_mode = True
        await at.wave("SOLUSDT", "XRPUSDT")
        await at.world.until(lambda: len(at.verdicts()) == 2)
        assert set(at.verdicts().values()) == {"order_refused"}
        refused = told(at, "order_refused")
        assert all("one-way" in each["detail"] for each in refused)
        assert posts(at, ORDERS[name]) == 0

    play_at(name, tmp_path, scene)


def test_a_key_that_may_not_trade_enters_nothing_and_says_so(name: str, tmp_path: Path) -> None:
    async def scene(at: AtVenue) -> None:
        if isinstance(at.market, FakeBinance):
            at.market.private.permissions["enableFutures"] = False
        else:
            at.market.key.can_trade = False
        await at.wave("SOLUSDT")
        await at.world.until(at.verdicts)
        assert at.verdicts() == {"SOLUSDT": "order_refused"}
        assert "permission" in told(at, "order_refused")[0]["detail"].lower()
        assert told(at, "task_crashed") == []
        await at.world.pass_by(minutes=11)
        assert told(at, "task_crashed") == []

    play_at(name, tmp_path, scene)


def test_a_key_that_is_revoked_while_positions_are_open_is_told_and_can_be_given_back(
    name: str, tmp_path: Path
) -> None:
    async def scene(at: AtVenue) -> None:
        await at.wave("SOLUSDT", "XRPUSDT")
        await at.positions(2)
        revoke(at.market, is_known=False)
        await at.world.pass_by(minutes=11)
        assert told(at, "task_crashed") == []
        assert told(at, "reconcile_report") != []
        at.price("SOLUSDT", "140")
        await at.world.pass_by(minutes=1)
        revoke(at.market, is_known=True)
        assert await ended(at, 1) == {"SOLUSDT": "stop_loss"}
        await close(at, "XRPUSDT")
        await at.closed(2)
        await at.world.pass_by(seconds=5)
        assert_books_agree(at)

    play_at(name, tmp_path, scene)


def test_a_start_with_a_wrong_key_is_refused_with_what_to_mend_and_goes_well_once_it_is(
    name: str, tmp_path: Path
) -> None:
    async def scene(at: AtVenue) -> None:
        await at.wave("SOLUSDT")
        await at.positions(1)
        await at.world.crash()
        revoke(at.market, is_known=False)
        with pytest.raises(ConfigurationError, match=r"check the B.* API key"):
            await at.world.start()
        revoke(at.market, is_known=True)
        at.price("SOLUSDT", "140")
        await at.world.start()
        assert await ended(at, 1) == {"SOLUSDT": "stop_loss"}
        assert_books_agree(at)

    play_at(name, tmp_path, scene)
