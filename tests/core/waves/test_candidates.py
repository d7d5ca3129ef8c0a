"""What candidates are judged by, gathered from a venue that may not answer."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from core.domain.errors import RetryLater
from core.domain.people import StopListing
from core.domain.verdicts import Verdict
from core.waves.candidates import Candidates
from tests.builders import NOW, make_facts, make_signal, make_wave_signals, quantity, ratio
from tests.core.desk import Desk
from tests.fakes.exchange import HANG


@pytest.fixture
def candidates(desk: Desk) -> Candidates:
    return desk.exchange_waves[0]._candidates


async def test_both_answers_come_in_the_order_given(desk: Desk, candidates: Candidates) -> None:
    signals = make_wave_signals(6)
    for signal in signals[::2]:
        desk.list_symbol(signal.symbol)
    approvals, rejections = await candidates.judge(signals, ())
    assert [a.signal for a in approvals] == signals[::2]
    assert [r.signal for r in rejections] == signals[1::2]
    assert {r.verdict for r in rejections} == {Verdict.UNKNOWN_SYMBOL}


async def test_a_fresh_price_of_the_stream_comes_before_the_venues(desk: Desk, candidates: Candidates) -> None:
    desk.list_symbol("SOLUSDT", 100)
    desk.prices.set("binance", "SOLUSDT", 50)
    ((approval,), _) = await candidates.judge([make_signal()], ())
    assert approval.quantity == quantity(2)
    await desk.clock.advance(timedelta(seconds=61))
    ((approval,), _) = await candidates.judge([make_signal()], ())
    assert approval.quantity == quantity(1), "a stale price is no price"


async def test_only_a_stale_price_is_no_price(desk: Desk, candidates: Candidates) -> None:
    desk.list_symbol("SOLUSDT")
    desk.venue.facts["SOLUSDT"] = make_facts(price=None)
    desk.prices.set("binance", "SOLUSDT", 50)
    await desk.clock.advance(timedelta(seconds=61))
    (_, (rejection,)) = await candidates.judge([make_signal()], ())
    assert (rejection.verdict, rejection.facts) == (Verdict.NO_PRICE, {"age_s": 61})


@pytest.mark.parametrize("answer", [HANG, RetryLater("busy", timedelta(seconds=1))])
async def test_facts_that_do_not_come_are_noted(make_desk: Callable[..., Desk], answer: str | Exception) -> None:
    desk = make_desk()
    desk.list_symbol("SOLUSDT")
    desk.prices.set("binance", "SOLUSDT", 100)
    desk.venue.script("market_facts", answer)
    ((approval,), _) = await desk.exchange_waves[0]._candidates.judge([make_signal()], ())
    assert approval.noted.startswith("spread")


async def test_the_market_is_asked_for_every_candidate_at_once(desk: Desk, candidates: Candidates) -> None:
    desk.list_symbol("SOLUSDT")
    desk.venue.facts["SOLUSDT"] = make_facts(change_5m_ratio=ratio("0.05"))
    (_, (rejection,)) = await candidates.judge([make_signal()], ())
    assert rejection.verdict is Verdict.OVERHEATED
    assert desk.prices.watched["binance"] == {"SOLUSDT"}
    candidates.release([make_signal()])
    assert desk.prices.watched["binance"] == set()


async def test_a_symbol_that_people_have_listed_is_refused(desk: Desk, candidates: Candidates) -> None:
    listing = StopListing(symbol="C00002USDT", reason="delisting", author="Ann", created_at=NOW)
    signals = make_wave_signals(2)
    for signal in signals:
        desk.list_symbol(signal.symbol)
    approvals, rejections = await candidates.judge(signals, (), [listing])
    assert [a.signal.symbol for a in approvals] == ["C00001USDT"]
    assert [(r.signal.symbol, r.verdict) for r in rejections] == [("C00002USDT", Verdict.STOP_LISTED)]
