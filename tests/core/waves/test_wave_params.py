"""The stored params around a wave: brought up to date, told of, resolved."""

from contextlib import _AsyncGeneratorContextManager
from datetime import timedelta
from decimal import Decimal

from core.domain.errors import RetryLater
from core.domain.events import ParamsChanged, ParamsUnusual
from core.domain.params import StoredParams, WaveParams
from core.domain.signals import Filters, Signal
from core.domain.waves import ParamsSource
from core.ports.storage import UnitOfWork
from core.waves.wave_params import WaveParamsKeeper
from tests.builders import (
    WAVE_AT,
    make_filters,
    make_param_change,
    make_param_override,
    make_signal,
    make_stored_params,
    ratio,
)
from tests.core.desk import REFS, Desk
from tests.fakes.units import MemoryUnits


async def take(desk: Desk, *signals: Signal, defaults: StoredParams | None = None) -> WaveParams | None:
    keeper = WaveParamsKeeper(ref=REFS[0], units=desk.units, clock=desk.clock, defaults=defaults)
    return await keeper.take(WAVE_AT, signals)


async def test_the_first_signal_by_rank_carries_the_params(desk: Desk) -> None:
    params = await take(
        desk,
        make_signal(1, score_week=50, filters=make_filters(stop_loss="9")),
        make_signal(2, score_week=90, filters=make_filters(stop_loss="5")),
    )
    assert params is not None
    assert (params.stop_loss, params.source) == (ratio("0.05"), ParamsSource.WAVE)
    assert desk.units.store.params[1].stop_loss == 5
    assert {change.name for change in desk.units.store.changes} == {
        "max_trades",
        "stop_loss",
        "trailing_activation",
        "trailing_distance",
    }
    assert desk.events(ParamsChanged) == []


async def test_the_same_again_writes_nothing(desk: Desk) -> None:
    await take(desk, make_signal(filters=make_filters()))
    before = desk.units.store
    await take(desk, make_signal(filters=make_filters()))
    assert desk.units.store == before


async def test_a_large_change_is_told_with_both_values(desk: Desk) -> None:
    await take(desk, make_signal(filters=make_filters()))
    await take(desk, make_signal(filters=make_filters(stop_loss="6")))
    (event,) = desk.events(ParamsChanged)
    assert (event.exchange, event.source, event.wave_at) == ("binance", "wave", WAVE_AT)
    assert event.changes == (("stop_loss", Decimal(4), Decimal(6)),)


async def test_a_refused_value_is_told_and_the_stored_one_is_used(desk: Desk) -> None:
    await take(desk, make_signal(filters=make_filters()))
    params = await take(desk, make_signal(filters=make_filters(stop_loss="500")))
    assert params is not None
    assert params.stop_loss == ratio("0.04")
    (event,) = desk.events(ParamsUnusual)
    ((name, sent, problem),) = event.problems
    assert (name, sent) == ("stop_loss", "500")
    assert "0.1 to 50" in problem


async def test_an_unusual_value_is_told_and_taken_all_the_same(desk: Desk) -> None:
    async with desk.units.writing() as unit:
        changes = [make_param_change(new=Decimal(value)) for value in (3, 5) * 5]
        await unit.params.save(make_stored_params(), changes)
    params = await take(desk, make_signal(filters=Filters(stop_loss="20")))
    assert params is not None
    assert params.stop_loss == ratio("0.2")
    assert [problem[:2] for event in desk.events(ParamsUnusual) for problem in event.problems] == [("stop_loss", "20")]


async def test_overrides_win_while_the_wave_is_recorded_beneath(desk: Desk) -> None:
    desk.units.store.overrides.append(make_param_override("stop_loss", 2))
    params = await take(desk, make_signal(filters=make_filters(stop_loss="7")))
    assert params is not None
    assert (params.stop_loss, params.source) == (ratio("0.02"), ParamsSource.OVERRIDE)
    assert desk.units.store.params[1].stop_loss == 7


async def test_without_filters_the_stored_then_the_defaults_are_used(desk: Desk) -> None:
    assert await take(desk, make_signal()) is None
    fallen = await take(desk, make_signal(), defaults=make_stored_params(0))
    assert fallen is not None
    assert fallen.source is ParamsSource.DEFAULTS
    async with desk.units.writing() as unit:
        await unit.params.save(make_stored_params(), [])
    stored = await take(desk, make_signal())
    assert stored is not None
    assert stored.source is ParamsSource.STORED


async def test_no_signals_are_no_reason_to_fail(desk: Desk) -> None:
    assert await take(desk, defaults=make_stored_params(0)) is not None


class UnwritableUnits(MemoryUnits):
    """A full disk: what is there can be read, nothing can be changed."""

    def writing(self) -> _AsyncGeneratorContextManager[UnitOfWork, None]:
        raise RetryLater("the disk is full", timedelta(seconds=1))


async def test_an_update_that_cannot_be_stored_does_not_stop_the_wave(desk: Desk) -> None:
    await take(desk, make_signal(filters=make_filters(stop_loss="5")))
    units = UnwritableUnits()
    units.store = desk.units.store
    keeper = WaveParamsKeeper(ref=REFS[0], units=units, clock=desk.clock, defaults=None)
    params = await keeper.take(WAVE_AT, [make_signal(filters=make_filters(stop_loss="9"))])
    assert params is not None
    assert (params.stop_loss, params.source) == (ratio("0.05"), ParamsSource.STORED)
