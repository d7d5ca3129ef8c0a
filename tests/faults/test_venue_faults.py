"""One fault of a venue at a time, each to its end: late answers, limits, silence. Refusals are elsewhere."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.fakes.venues.binance_server import FakeBinance
from tests.fakes.venues.book import Fact, OrderChanged
from tests.faults.venue_scenes import assert_books_agree, close, ended, limit, posts, show_late, told
from tests.faults.venue_world import ORDERS
from tests.scenarios.talk import rows
from tests.scenarios.venue_world import CONFIG, AtVenue, play_at

MAINTENANCE = "<html><body><h1>503 Service Temporarily Unavailable</h1></body></html>"


@pytest.fixture(params=["binance", "bybit"])
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


# --- late answers and fills -----------------------------------------------------------------------------------------


def test_an_answer_after_our_time_limit_is_settled_without_a_second_order(name: str, tmp_path: Path) -> None:
    async def scene(at: AtVenue) -> None:
        at.market.faults.answer_late(ORDERS[name], 25, method="POST", times=1)
        await at.wave("SOLUSDT")
        await at.positions(1)
        assert at.verdicts() == {"SOLUSDT": "executed"}
        assert len(told(at, "order_unknown")) == len(told(at, "order_settled")) == 1
        at.market.faults.answer_late(ORDERS[name], 25, method="POST", times=1)
        await close(at, "SOLUSDT")
        assert await ended(at, 1) == {"SOLUSDT": "closed_by_person"}
        await at.world.pass_by(seconds=30)
        assert posts(at, ORDERS[name]) == 2
        assert_books_agree(at)

    play_at(name, tmp_path, scene)


def test_fills_that_show_three_seconds_late_are_neither_missed_nor_sent_again(name: str, tmp_path: Path) -> None:
    async def scene(at: AtVenue) -> None:
        show_late(at.market, 3_000)
        await at.wave("SOLUSDT", "ETHUSDT")
        await at.positions(2)
        assert set(at.verdicts().values()) == {"executed"}
        assert len(at.stops()["SOLUSDT"]) == len(at.stops()["ETHUSDT"]) == 1
        await close(at, "SOLUSDT")
        at.price("ETHUSDT", "2300")
        assert await ended(at, 2) == {"SOLUSDT": "closed_by_person", "ETHUSDT": "stop_loss"}
        await at.world.pass_by(seconds=30)
        assert len({trade.order_id for trade in at.market.account.trades}) == 4
        assert_books_agree(at)

    play_at(name, tmp_path, scene)


def test_what_is_filled_in_part_is_protected_and_closed_as_it_is(name: str, tmp_path: Path) -> None:
    async def scene(at: AtVenue) -> None:
        at.market.account.levers.fill_ratios.append(Decimal("0.6"))
        await at.wave("SOLUSDT")
        await at.positions(1)
        held = at.market.account.position("SOLUSDT").amount
        assert 0 < held < Decimal("1.3")
        at.market.account.levers.fill_ratios.append(Decimal("0.5"))
        await close(at, "SOLUSDT")
        await at.world.until(lambda: told(at, "position_reduced") or told(at, "position_closed"))
        assert len(at.stops()["SOLUSDT"]) == 1
        at.price("SOLUSDT", "140")
        assert len(await ended(at, 1)) == 1
        await at.world.pass_by(seconds=30)
        assert_books_agree(at)

    play_at(name, tmp_path, scene)


# --- limits, clocks, maintenance ------------------------------------------------------------------------------------


def test_a_ban_in_a_wave_is_kept_and_told_once_while_the_stops_go_on_working(name: str, tmp_path: Path) -> None:
    async def scene(at: AtVenue) -> None:
        def ban(fact: Fact) -> None:
            if isinstance(fact, OrderChanged) and fact.order.trigger_price and fact.order.symbol == "ETHUSDT":
                forget()
                limit(at.market, 120)

        forget = at.market.account.subscribe(ban)
        await at.wave("SOLUSDT", "ETHUSDT", "XRPUSDT")
        await at.world.until(lambda: told(at, "venue_limited"))
        asked = len(at.market.requests)
        at.price("SOLUSDT", "140")
        await at.world.pass_by(seconds=100)
        # Binance tells how long it will last; Bybit does not, and is asked once a minute.
        assert len(at.market.requests) - asked <= {"binance": 0, "bybit": 1}[name]
        assert at.market.account.position("SOLUSDT").amount == 0
        await at.world.pass_by(seconds=85 if name == "bybit" else 25)
        asked_at = at.world.clock.now()
        await close(at, "ETHUSDT")
        await at.world.until(lambda: at.market.account.position("ETHUSDT").amount == 0)
        assert at.world.clock.now() - asked_at < timedelta(seconds=5)
        await at.closed(2)
        assert len(told(at, "venue_limited")) == len(told(at, "venue_restored")) == 1
        assert at.verdicts() == {"SOLUSDT": "executed", "ETHUSDT": "executed", "XRPUSDT": "order_refused"}
        assert_books_agree(at)

    play_at(name, tmp_path, scene)


@pytest.mark.parametrize("drift_ms", [-5_000, 5_000])
def test_a_clock_that_is_five_seconds_off_costs_no_order(name: str, drift_ms: int, tmp_path: Path) -> None:
    async def scene(at: AtVenue) -> None:
        await at.wave("SOLUSDT")
        await at.positions(1)
        at.market.faults.clock_drift_ms = drift_ms
        await at.world.pass_by(minutes=15)
        await at.wave("ETHUSDT")
        await at.positions(2)
        assert set(at.verdicts().values()) == {"executed"}
        at.price("SOLUSDT", "160")
        await at.world.pass_by(seconds=20)
        assert at.stops()["SOLUSDT"] == [Decimal("159.20")]
        await close(at, "ETHUSDT")
        at.price("SOLUSDT", "150")
        assert await ended(at, 2) == {"SOLUSDT": "trailing_stop", "ETHUSDT": "closed_by_person"}
        await at.world.pass_by(seconds=10)
        assert_books_agree(at)

    play_at(name, tmp_path, scene)


def test_five_minutes_of_maintenance_leave_nothing_behind(name: str, tmp_path: Path) -> None:
    async def scene(at: AtVenue) -> None:
        await at.wave("SOLUSDT", "ETHUSDT", "XRPUSDT")
        await at.positions(3)
        fault = at.market.faults.answer("*", 503, MAINTENANCE, times=None)
        at.price("SOLUSDT", "160")
        await close(at, "XRPUSDT")
        for minute in range(5):
            at.price("ETHUSDT", str(2500 - minute * 40))
            await at.world.pass_by(minutes=1)
        assert fault.used < 400, "it was asked again and again"
        at.market.faults.clear()
        await at.world.pass_by(minutes=2)
        at.price("SOLUSDT", "150")
        await at.world.pass_by(minutes=2)
        left = [symbol for (symbol,) in rows(at.world, "SELECT symbol FROM positions WHERE state != 'closed'")]
        if left:
            assert left == ["XRPUSDT"]
            await close(at, "XRPUSDT")
        reasons = await ended(at, 3)
        assert reasons == {"SOLUSDT": "trailing_stop", "ETHUSDT": "stop_loss", "XRPUSDT": "closed_by_person"}
        await at.world.pass_by(minutes=1)
        assert_books_agree(at)

    play_at(name, tmp_path, scene)


# --- silence --------------------------------------------------------------------------------------------------------


def test_prices_that_are_asked_for_decide_an_exit_while_the_stream_is_silent(name: str, tmp_path: Path) -> None:
    async def scene(at: AtVenue) -> None:
        await at.wave("SOLUSDT")
        await at.positions(1)
        at.market.faults.are_sockets_silent = True
        await at.world.pass_by(seconds=15)
        at.price("SOLUSDT", "155")
        started_at = at.world.clock.now()
        assert await ended(at, 1) == {"SOLUSDT": "take_profit"}
        assert at.world.clock.now() - started_at < timedelta(seconds=15)
        await at.world.pass_by(seconds=60)
        at.market.faults.are_sockets_silent = False
        await at.world.pass_by(seconds=5)
        assert_books_agree(at)

    play_at(name, tmp_path, scene, config=CONFIG.replace("guard: {", "guard: { take_profit_pct: 3,"))


def test_a_stop_that_fires_behind_a_black_hole_is_found_with_its_true_result(name: str, tmp_path: Path) -> None:
    async def scene(at: AtVenue) -> None:
        await at.wave("SOLUSDT", "XRPUSDT")
        await at.positions(2)
        at.market.faults.is_black_hole = True
        await at.world.pass_by(seconds=30)
        at.price("SOLUSDT", "140")
        await at.world.pass_by(minutes=3)
        assert rows(at.world, "SELECT count(*) FROM positions WHERE state = 'open'") == [(2,)]
        at.market.faults.clear()
        started_at = at.world.clock.now()
        assert await ended(at, 1) == {"SOLUSDT": "stop_loss"}
        assert at.world.clock.now() - started_at < timedelta(minutes=5, seconds=30)
        await close(at, "XRPUSDT")
        await at.closed(2)
        await at.world.pass_by(seconds=5)
        assert_books_agree(at)

    play_at(name, tmp_path, scene)


def test_news_go_on_after_the_listen_key_has_expired(tmp_path: Path) -> None:
    async def scene(at: AtVenue) -> None:
        assert isinstance(at.market, FakeBinance)
        await at.wave("SOLUSDT", "ETHUSDT")
        await at.positions(2)
        at.market.streams.expire_key()
        await at.world.pass_by(seconds=30)
        started_at = at.world.clock.now()
        at.market.account.close_by_hand("SOLUSDT")
        assert await ended(at, 1) == {"SOLUSDT": "closed_outside"}
        assert at.world.clock.now() - started_at < timedelta(seconds=15)
        at.market.streams.expire_key()
        at.market.account.close_by_hand("ETHUSDT")
        assert await ended(at, 2) == {"SOLUSDT": "closed_outside", "ETHUSDT": "closed_outside"}
        assert at.world.clock.now() - started_at < timedelta(minutes=1)
        assert_books_agree(at)

    play_at("binance", tmp_path, scene)


# --- money ----------------------------------------------------------------------------------------------------------


def test_fees_and_funding_of_the_venue_are_in_the_result_to_the_last_digit(name: str, tmp_path: Path) -> None:
    async def scene(at: AtVenue) -> None:
        at.market.account.rules.taker_fee_ratio = Decimal("0.000437")
        at.market.account.levers.trades_an_order = 3
        at.market.account.levers.slippage_ratio = Decimal("0.0011")
        await at.wave("SOLUSDT", "ETHUSDT")
        await at.positions(2)
        await at.world.pass_by(minutes=60 - at.world.clock.now().minute)
        for symbol in ("SOLUSDT", "ETHUSDT"):
            at.market.account.pay_funding(symbol, Decimal("0.000123"))
        await at.world.pass_by(seconds=30)
        at.price("SOLUSDT", "141")
        await close(at, "ETHUSDT")
        await at.closed(2)
        await at.world.pass_by(seconds=5)
        paid = [Decimal(row[0]) for row in rows(at.world, "SELECT funding_quote FROM positions")]
        assert len(paid) == 2
        assert all(amount < 0 for amount in paid)
        assert_books_agree(at)

    play_at(name, tmp_path, scene)
