"""Signals and verdicts."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from core.domain.verdicts import Verdict
from core.ports.storage import Units
from tests.builders import (
    NOW,
    WAVE_AT,
    at,
    make_invalid_signal,
    make_signal,
    make_verdict,
    make_wave_signals,
)

EARLIER = WAVE_AT - timedelta(minutes=15)


async def test_only_new_signals_come_back_in_the_order_given(units: Units) -> None:
    second, first, third = make_signal(2), make_signal(1), make_signal(3, exchange_id=2)
    async with units.writing() as unit:
        assert await unit.signals.add_new([second, first], NOW) == [second, first]
        assert await unit.signals.add_new([], NOW) == []
    again = replace(first, score_week=Decimal(1))
    async with units.writing() as unit:
        assert await unit.signals.add_new([third, again, third, second], NOW) == [third]
    async with units.reading() as unit:
        assert await unit.signals.of_wave(WAVE_AT) == [first, second, third]


async def test_ten_thousand_signals_are_stored_at_once(units: Units) -> None:
    signals = make_wave_signals(10_000)
    async with units.writing() as unit:
        assert await unit.signals.add_new(signals, NOW) == signals
    async with units.reading() as unit:
        assert await unit.signals.known_since(WAVE_AT) == {signal.key for signal in signals}


async def test_the_same_id_on_two_exchanges_is_two_signals(units: Units) -> None:
    binance, bybit = make_signal(7, exchange_id=1), make_signal(7, exchange_id=2)
    async with units.writing() as unit:
        assert await unit.signals.add_new([bybit, binance], NOW) == [bybit, binance]
        assert await unit.signals.find("7") == binance
        assert await unit.signals.find("7", 2) == bybit
        assert await unit.signals.find("8") is None


async def test_unreadable_rows_are_kept_apart_but_known(units: Units) -> None:
    bad, nameless = make_invalid_signal("5"), make_invalid_signal("x", exchange_id=0, symbol="", wave_at=None)
    async with units.writing() as unit:
        assert await unit.signals.add_invalid([bad, nameless, bad], NOW) == [bad, nameless]
        assert await unit.signals.add_invalid([bad], NOW) == []
        assert await unit.signals.add_new([make_signal(5), make_signal(6)], NOW) == [make_signal(6)]
        assert await unit.signals.find("5") is None
        assert await unit.signals.recent(9) == [make_signal(6)]
        assert await unit.signals.of_wave(WAVE_AT) == [make_signal(6)]
        assert await unit.signals.without_verdict(at(60)) == [make_signal(6)]
        assert await unit.signals.known_since(WAVE_AT) == {(1, "5"), (1, "6")}


async def test_recent_signals_by_wave_then_arrival(units: Units) -> None:
    old, new = make_signal(1, wave_at=EARLIER), make_signal(2)
    later, other = make_signal(3), make_signal(4, symbol="XRPUSDT", exchange_id=2)
    async with units.writing() as unit:
        await unit.signals.add_new([new, other], NOW)
        await unit.signals.add_new([old, later], at(1))
        assert await unit.signals.recent(9) == [later, new, other, old]
        assert await unit.signals.recent(1) == [later]
        assert await unit.signals.recent(9, symbol="XRPUSDT") == [other]
        assert await unit.signals.recent(9, exchange_id=1) == [later, new, old]
        assert await unit.signals.known_since(WAVE_AT) == {new.key, later.key, other.key}


async def test_signals_of_a_time_by_wave_then_rank(units: Units) -> None:
    old, weak, strong = make_signal(3, wave_at=EARLIER), make_signal(1, score_week=10), make_signal(2, exchange_id=2)
    async with units.writing() as unit:
        await unit.signals.add_new([weak, strong, old], NOW)
        await unit.signals.add_invalid([make_invalid_signal()], NOW)
        assert await unit.signals.between(EARLIER, at(0)) == [old, strong, weak]
        assert await unit.signals.between(EARLIER, WAVE_AT) == [old]
        assert await unit.signals.between(at(0), at(60)) == []


async def test_signals_without_a_verdict(units: Units) -> None:
    judged, waiting, fresh = make_signal(1, wave_at=EARLIER), make_signal(2, wave_at=EARLIER), make_signal(3)
    async with units.writing() as unit:
        await unit.signals.add_new([fresh, waiting, judged], NOW)
        await unit.verdicts.add([make_verdict(judged, Verdict.STALE)])
        assert await unit.signals.without_verdict(WAVE_AT) == [waiting]


async def test_a_verdict_stands_once_given(units: Units) -> None:
    facts = {"spread": "0.0071", "limit": 5, "is_open": True, "note": None}
    first = make_verdict(verdict=Verdict.SPREAD_TOO_WIDE, facts=facts)
    async with units.writing() as unit:
        await unit.verdicts.add([first])
        await unit.verdicts.add([make_verdict(verdict=Verdict.EXECUTED)])
        await unit.verdicts.settle(make_verdict(verdict=Verdict.EXECUTED))
        await unit.verdicts.add([])
    async with units.reading() as unit:
        assert await unit.verdicts.of_signal("1") == first
        assert await unit.verdicts.of_signal("1", 2) is None


async def test_an_unknown_order_is_settled_once(units: Units) -> None:
    async with units.writing() as unit:
        await unit.verdicts.add([make_verdict(verdict=Verdict.ORDER_UNKNOWN)])
        await unit.verdicts.settle(make_verdict(verdict=Verdict.EXECUTED))
        await unit.verdicts.settle(make_verdict(verdict=Verdict.ORDER_REFUSED))
        await unit.verdicts.settle(make_verdict(make_signal(9), verdict=Verdict.ORDER_REFUSED))
        assert await unit.verdicts.of_signal("1") == make_verdict(verdict=Verdict.EXECUTED)
        assert await unit.verdicts.of_signal("9") is None


async def test_verdicts_of_a_wave_and_of_a_symbol(units: Units) -> None:
    bybit = make_verdict(make_signal(1, symbol="AUSDT", exchange_id=2))
    later = make_verdict(make_signal(2, symbol="BUSDT"), decided_at=at(1))
    early = make_verdict(make_signal(3, symbol="AUSDT"))
    past = make_verdict(make_signal(4, symbol="AUSDT", wave_at=EARLIER), decided_at=at(-15))
    unread = make_verdict(verdict=Verdict.INVALID, signal_id="x", wave_at=None)
    async with units.writing() as unit:
        await unit.verdicts.add([bybit, later, early, past, unread])
        assert await unit.verdicts.of_wave(WAVE_AT) == [early, later, bybit]
        assert await unit.verdicts.of_symbol("AUSDT", 9) == [early, bybit, past]
        assert await unit.verdicts.of_symbol("AUSDT", 1) == [early]
