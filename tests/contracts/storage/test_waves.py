"""Waves and params."""

import asyncio
from datetime import timedelta
from decimal import Decimal

from core.domain.waves import WaveState
from core.ports.storage import Units
from tests.builders import (
    NOW,
    WAVE_AT,
    at,
    make_param_change,
    make_stored_params,
    make_wave_result,
)

EARLIER = WAVE_AT - timedelta(minutes=15)


async def test_a_wave_is_claimed_once_ever(units: Units) -> None:
    async with units.writing() as unit:
        await unit.waves.collect(WAVE_AT)
        assert await unit.waves.claim(WAVE_AT, NOW)
        assert not await unit.waves.claim(WAVE_AT, at(1))
        await unit.waves.collect(WAVE_AT)
        assert await unit.waves.claim(EARLIER, NOW)
        found = await unit.waves.get(WAVE_AT)
        assert found is not None
        assert (found.state, found.claimed_at) == (WaveState.EXECUTING, NOW)
        assert await unit.waves.end(WAVE_AT, WaveState.FINISHED, at(2))
        assert not await unit.waves.end(WAVE_AT, WaveState.INTERRUPTED, at(3))
        assert not await unit.waves.claim(WAVE_AT, at(4))
        found = await unit.waves.get(WAVE_AT)
        assert found is not None
        assert (found.state, found.claimed_at, found.ended_at) == (WaveState.FINISHED, NOW, at(2))


async def test_of_many_that_claim_a_wave_one_gets_it(units: Units) -> None:
    async def claim() -> bool:
        async with units.writing() as unit:
            return await unit.waves.claim(WAVE_AT, NOW)

    claims = await asyncio.gather(*(claim() for _ in range(20)))
    assert sum(claims) == 1


async def test_a_wave_can_end_unseen(units: Units) -> None:
    async with units.writing() as unit:
        assert await unit.waves.get(WAVE_AT) is None
        assert await unit.waves.end(WAVE_AT, WaveState.NOT_FOUND, NOW)
        assert not await unit.waves.claim(WAVE_AT, NOW)
        await unit.waves.collect(EARLIER)
        assert await unit.waves.end(EARLIER, WaveState.SKIPPED, NOW)
        assert [wave.wave_at for wave in await unit.waves.recent(9)] == [EARLIER]


async def test_waves_by_state_and_age(units: Units) -> None:
    async with units.writing() as unit:
        for wave_at in (WAVE_AT, EARLIER):
            await unit.waves.claim(wave_at, NOW)
        await unit.waves.collect(at(60))
        assert [wave.wave_at for wave in await unit.waves.in_state(WaveState.EXECUTING)] == [EARLIER, WAVE_AT]
        assert [wave.wave_at for wave in await unit.waves.recent(2)] == [at(60), WAVE_AT]


async def test_the_last_funnel_of_an_exchange_stays(units: Units) -> None:
    final = make_wave_result("binance", executed=4, params_source=None)
    async with units.writing() as unit:
        for result in (make_wave_result("bybit"), make_wave_result("binance"), final):
            await unit.waves.add_result(result)
    async with units.reading() as unit:
        assert await unit.waves.results(WAVE_AT) == [final, make_wave_result("bybit")]
        assert await unit.waves.results(EARLIER) == []


async def test_params_and_their_history(units: Units) -> None:
    stored = make_stored_params(stop_loss=Decimal("4.50"), score_week=None)
    first, second = (
        make_param_change("stop_loss", old=None),
        make_param_change("max_trades", author="Ann", wave_at=None),
    )
    third = make_param_change("stop_loss", old=Decimal(5), new=None)
    async with units.writing() as unit:
        assert await unit.params.get(1) is None
        await unit.params.save(make_stored_params(), [first])
        await unit.params.save(stored, [second, third])
        await unit.params.save(stored, [])
    async with units.reading() as unit:
        assert await unit.params.get(1) == stored
        assert await unit.params.get(2) is None
        assert await unit.params.history(1, 9) == [third, second, first]
        assert await unit.params.history(1, 1, "stop_loss") == [third]
        assert await unit.params.history(2, 9) == []
        assert await unit.params.overrides(1, NOW) == []
