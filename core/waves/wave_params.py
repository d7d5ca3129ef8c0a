"""Brings the stored params up to date from a wave and says what the wave is traded with."""

from collections.abc import Sequence
from datetime import datetime

from core.domain.errors import RetryLater
from core.domain.events import ParamsChanged, ParamsUnusual
from core.domain.market import ExchangeRef
from core.domain.params import StoredParams, WaveParams
from core.domain.signals import Filters, Signal
from core.ports.edges import Clock
from core.ports.storage import UnitOfWork, Units
from core.waves.params import ParamsUpdate, is_unusual, resolve_params, update_params

_HISTORY = 50


class WaveParamsKeeper:
    """The params of one exchange around one wave."""

    def __init__(self, *, ref: ExchangeRef, units: Units, clock: Clock, defaults: StoredParams | None) -> None:
        self._ref = ref
        self._units = units
        self._clock = clock
        self._defaults = defaults

    async def take(self, wave_at: datetime, signals: Sequence[Signal]) -> WaveParams | None:
        """Store what the first signal (by rank) carries, in one transaction with what people are told of it.

        Safe to repeat: unchanged values write nothing. An update that cannot be stored now does not stop the wave: it
        is traded with what is stored already.

        Returns:
            The params of the wave; None if a needed one is nowhere to be had.

        Raises:
            RetryLater: the database can neither be written nor read.
        """
        try:
            return await self._update(wave_at, signals)
        except RetryLater:
            async with self._units.reading() as unit:
                stored = await unit.params.get(self._ref.id)
                overrides = await unit.params.overrides(self._ref.id, self._clock.now())
            return resolve_params(stored, self._defaults, overrides, is_from_wave=False)

    async def _update(self, wave_at: datetime, signals: Sequence[Signal]) -> WaveParams | None:
        now = self._clock.now()
        filters = min(signals, key=lambda s: s.rank).filters if signals else Filters()
        async with self._units.writing() as unit:
            stored = await unit.params.get(self._ref.id)
            update = update_params(stored or StoredParams(exchange_id=self._ref.id), filters, wave_at, now)
            problems = update.problems + await self._unusual(unit, update)
            if update.changes:
                await unit.params.save(update.params, update.changes)
            if update.loud:
                await unit.record(
                    ParamsChanged(at=now, exchange=self._ref.name, changes=update.loud, source="wave", wave_at=wave_at)
                )
            if problems:
                await unit.record(ParamsUnusual(at=now, exchange=self._ref.name, problems=problems, wave_at=wave_at))
            overrides = await unit.params.overrides(self._ref.id, now)
        has_row = stored is not None or bool(update.changes)
        return resolve_params(
            update.params if has_row else None, self._defaults, overrides, is_from_wave=update.is_from_wave
        )

    async def _unusual(self, unit: UnitOfWork, update: ParamsUpdate) -> tuple[tuple[str, str, str], ...]:
        """Return a problem for each new value that is far from the usual ones; such a value is stored all the same."""
        found = []
        for change in update.changes:
            history = await unit.params.history(self._ref.id, _HISTORY, change.name)
            if change.new is not None and is_unusual(change.new, history):
                found.append((change.name, str(change.new), "far from its usual values; taken all the same"))
        return tuple(found)
