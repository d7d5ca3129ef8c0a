"""From the wave to the exit at each venue: the real clients, raw venue JSON, faults in between, and equal books."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.scenarios.talk import ask, press
from tests.scenarios.venue_world import AtVenue, play_at
from tests.scenarios.world import ADMIN, GROUP

ORDERS = {"binance": "/fapi/v1/order", "bybit": "/v5/order/create"}
STOPS = {"binance": "/fapi/v1/algoOrder", "bybit": "/v5/position/trading-stop"}


@pytest.fixture(params=["binance", "bybit"])
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_wave_is_entered_protected_trailed_and_ends_flat(name: str, tmp_path: Path) -> None:
    async def scene(at: AtVenue) -> None:
        await at.wave("SOLUSDT", "ETHUSDT")
        await at.positions(2)
        assert at.verdicts() == {"SOLUSDT": "executed", "ETHUSDT": "executed"}
        assert at.stops() == {"SOLUSDT": [Decimal("142.50")], "ETHUSDT": [Decimal(2375)]}
        at.price("SOLUSDT", "154.50")
        await at.world.pass_by(seconds=20)
        assert at.stops()["SOLUSDT"] == [Decimal("153.73")]
        at.price("SOLUSDT", "153.00")
        at.price("ETHUSDT", "2370")
        ended = {symbol: reason for symbol, reason, _ in await at.closed(2)}
        assert ended == {"SOLUSDT": "trailing_stop", "ETHUSDT": "stop_loss"}
        at.assert_books_agree()

    play_at(name, tmp_path, scene)


def test_a_short_is_the_mirror_of_a_long(name: str, tmp_path: Path) -> None:
    async def scene(at: AtVenue) -> None:
        await at.wave("SOLUSDT", action="SELL")
        await at.positions(1)
        assert at.stops() == {"SOLUSDT": [Decimal("157.50")]}
        at.price("SOLUSDT", "158")
        assert [row[1] for row in await at.closed(1)] == ["stop_loss"]
        at.assert_books_agree()

    play_at(name, tmp_path, scene)


def test_lost_answers_refused_stops_and_cut_streams_change_nothing_in_the_end(name: str, tmp_path: Path) -> None:
    async def scene(at: AtVenue) -> None:
        faults = at.market.faults
        faults.lose(ORDERS[name])
        faults.answer(STOPS[name], 502, "<html>Bad Gateway</html>", method="POST")
        await at.wave("SOLUSDT", "ETHUSDT", "XRPUSDT")
        await at.positions(3)
        assert set(at.verdicts().values()) == {"executed"}
        await at.market.disconnect_sockets()
        faults.lose(STOPS[name])
        at.price("ETHUSDT", "2600")
        await at.world.pass_by(seconds=60)
        assert at.stops()["ETHUSDT"] == [Decimal("2587.00")]
        faults.lose(ORDERS[name])
        question = await ask(at.world, ADMIN, "/close SOLUSDT", GROUP)
        await press(at.world, ADMIN, question, "Confirm")
        assert [row[:2] for row in await at.closed(1)] == [("SOLUSDT", "closed_by_person")]
        at.price("ETHUSDT", "2580")
        at.price("XRPUSDT", "0.47")
        await at.world.pass_by(minutes=2)
        at.assert_books_agree()

    play_at(name, tmp_path, scene)


def test_killed_between_entry_and_stop_it_protects_before_it_listens(name: str, tmp_path: Path) -> None:
    async def scene(at: AtVenue) -> None:
        at.market.faults.hang(STOPS[name], method="POST")
        await at.wave("SOLUSDT")
        await at.world.until(at.market.account.positions)
        await at.world.crash()
        at.market.faults.clear()
        await at.world.start()
        assert at.stops() == {"SOLUSDT": [Decimal("142.50")]}
        at.price("SOLUSDT", "142")
        assert [row[1] for row in await at.closed(1)] == ["stop_loss"]
        at.assert_books_agree()

    play_at(name, tmp_path, scene)


def test_a_stop_that_fired_while_nobody_ran_is_found_with_its_true_result(name: str, tmp_path: Path) -> None:
    async def scene(at: AtVenue) -> None:
        await at.wave("SOLUSDT", "XRPUSDT")
        await at.positions(2)
        await at.world.crash()
        at.price("SOLUSDT", "140")
        await at.world.pass_by(minutes=3)
        await at.world.start()
        assert [row[:2] for row in await at.closed(1)] == [("SOLUSDT", "stop_loss")]
        at.price("XRPUSDT", "0.40")
        await at.closed(2)
        at.assert_books_agree()

    play_at(name, tmp_path, scene)


def test_what_people_and_the_venue_do_to_a_position_is_noticed_within_seconds(name: str, tmp_path: Path) -> None:
    async def scene(at: AtVenue) -> None:
        await at.wave("SOLUSDT", "ETHUSDT")
        await at.positions(2)
        started_at = at.world.clock.now()
        at.market.account.close_by_hand("SOLUSDT")
        at.market.account.liquidate("ETHUSDT")
        ended = {symbol: reason for symbol, reason, _ in await at.closed(2)}
        assert ended == {"SOLUSDT": "closed_outside", "ETHUSDT": "liquidated"}
        assert at.world.clock.now() - started_at < timedelta(seconds=15)

    play_at(name, tmp_path, scene)
