"""What is on record of a wave on one exchange."""

from datetime import timedelta

from core.domain.verdicts import Verdict
from core.domain.waves import WaveState
from handlers.wave_words.outcomes import WaveOutcome, read_outcome
from tests.builders import NOW, WAVE_AT, make_signal, make_verdict, make_wave_result, make_wave_signals
from tests.fakes.units import MemoryUnits


async def outcome_of(units: MemoryUnits, exchange: str = "binance", number: int | None = 1) -> WaveOutcome:
    found = await read_outcome(units, WAVE_AT, exchange, number)
    assert found is not None
    return found


async def units_with_wave() -> MemoryUnits:
    """Three signals of one exchange, opened in another order than they rank, and one of the other."""
    units = MemoryUnits()
    signals = make_wave_signals(3)
    async with units.writing() as unit:
        await unit.signals.add_new([*signals, make_signal(1, exchange_id=2)], NOW)
        await unit.waves.claim(WAVE_AT, NOW)
        await unit.verdicts.add(
            [
                make_verdict(signals[0], Verdict.ORDER_UNKNOWN, decided_at=NOW + timedelta(seconds=2)),
                make_verdict(signals[1], decided_at=NOW + timedelta(seconds=1)),
                make_verdict(signals[2], Verdict.VETOED),
            ]
        )
    return units


async def test_an_unseen_wave_has_none() -> None:
    assert await read_outcome(MemoryUnits(), WAVE_AT, "binance", 1) is None


async def test_one_exchange_sees_its_own_in_order_of_execution() -> None:
    outcome = await outcome_of(await units_with_wave())
    assert (outcome.state, len(outcome.signals)) == (WaveState.EXECUTING, 3)
    assert outcome.opened == (("C00002USDT", "BUY"), ("C00001USDT", "BUY"))
    assert outcome.counts(leave_out=Verdict.EXECUTED) == "1 order unknown, 1 vetoed"
    assert outcome.event() is None


async def test_the_end_can_be_told_again() -> None:
    units = await units_with_wave()
    async with units.writing() as unit:
        await unit.waves.add_result(make_wave_result(executed=2))
        await unit.waves.add_result(make_wave_result("bybit", executed=0))
    event = (await outcome_of(units)).event()
    assert event is not None
    assert (event.exchange, event.result.executed) == ("binance", 2)
    assert event.verdicts == (("executed", 1), ("order_unknown", 1), ("vetoed", 1))


async def test_an_exchange_that_is_not_traded_any_more_has_nothing() -> None:
    outcome = await outcome_of(await units_with_wave(), "kraken", None)
    assert (outcome.signals, outcome.verdicts, outcome.event()) == ([], [], None)
