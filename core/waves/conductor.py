"""Decides when a wave is taken: at the check minutes, or soon after its first signal; and buries what never was."""

from datetime import datetime, timedelta

from core.domain.settings import WaveMode, WaveSettings
from core.domain.waves import WaveState
from core.ports.edges import Clock, SignalSource
from core.ports.storage import Units
from core.waves.calendar import expected_wave, next_check
from core.waves.collector import Collector, stale_verdict
from core.waves.executor import WaveExecutor

_LOOK_EVERY = timedelta(seconds=1)
_SWEEP_EVERY = timedelta(minutes=5)


class Conductor:
    """Runs the calendar of waves."""

    def __init__(
        self,
        *,
        units: Units,
        clock: Clock,
        source: SignalSource,
        collector: Collector,
        executor: WaveExecutor,
        settings: WaveSettings,
    ) -> None:
        self._units = units
        self._clock = clock
        self._source = source
        self._collector = collector
        self._executor = executor
        self._settings = settings

    async def run(self) -> None:
        """Take wave after wave in the mode that is set; never ends."""
        if self._settings.mode is WaveMode.ON_ARRIVAL:
            await self._run_on_arrival()
        else:
            await self._run_scheduled()

    def upcoming(self) -> tuple[datetime, datetime] | None:
        """Return when the next wave is looked for and which one it is; None when waves are taken as they arrive."""
        if self._settings.mode is WaveMode.ON_ARRIVAL:
            return None
        check_at = next_check(self._clock.now(), self._settings.check_minutes, timedelta(0))
        return check_at, expected_wave(check_at)

    async def sweep_always(self) -> None:
        """Bury signals whose wave was never taken, every few minutes; never ends."""
        while True:
            await self.sweep()
            await self._clock.sleep(_SWEEP_EVERY)

    async def sweep(self) -> None:
        """Give every signal that is too old and has no verdict its `stale`; its wave, if never taken, is skipped."""
        now = self._clock.now()
        async with self._units.reading() as unit:
            if not await unit.signals.without_verdict(now - self._settings.max_signal_age):
                return
        async with self._units.writing() as unit:
            left = await unit.signals.without_verdict(now - self._settings.max_signal_age)
            executing = {wave.wave_at for wave in await unit.waves.in_state(WaveState.EXECUTING)}
            buried = [signal for signal in left if signal.wave_at not in executing]
            await unit.verdicts.add([stale_verdict(s, self._settings, now, "never_taken") for s in buried])
            for wave_at in sorted({signal.wave_at for signal in buried}):
                await unit.waves.end(wave_at, WaveState.SKIPPED, now)

    async def _run_scheduled(self) -> None:
        window = self._settings.window
        after = self._clock.now()
        while True:
            check_at = next_check(after, self._settings.check_minutes, window)
            await self._clock.sleep_until(check_at)
            await self._take(expected_wave(check_at), check_at + window)
            after = max(self._clock.now(), check_at + window)

    async def _take(self, wave_at: datetime, until: datetime) -> None:
        """Look for signals of the wave until `until`, then execute it or note that there was none."""
        async with self._units.reading() as unit:
            wave = await unit.waves.get(wave_at)
            has_signals = bool(await unit.signals.of_wave(wave_at))
        if wave is not None and wave.state.is_taken:
            return
        while not (has_signals or self._collector.has(wave_at)):
            if self._clock.now() >= until:
                async with self._units.writing() as unit:
                    await unit.waves.end(wave_at, WaveState.NOT_FOUND, self._clock.now())
                return
            await self._source.request()
            await self._clock.sleep(_LOOK_EVERY)
        await self._clock.sleep(self._settings.collect_settle)
        await self._executor.execute(wave_at)

    async def _run_on_arrival(self) -> None:
        async with self._units.reading() as unit:
            waiting = await unit.waves.in_state(WaveState.COLLECTING)
        for wave in waiting:
            self._collector.arrivals.put_nowait(wave.wave_at)
        while True:
            wave_at = await self._collector.arrivals.get()
            await self._clock.sleep(self._settings.settle)
            if self._clock.now() - wave_at <= self._settings.max_signal_age:
                await self._executor.execute(wave_at)
