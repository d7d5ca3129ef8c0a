"""Executes a wave at most once ever: one durable claim, all exchanges side by side, one final state."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime

from core.domain.cards import wave_card
from core.domain.events import WaveInterrupted
from core.domain.settings import WaveSettings
from core.domain.signals import Signal
from core.domain.verdicts import Verdict, VerdictRecord
from core.domain.waves import WaveState
from core.ports.edges import Clock
from core.ports.storage import UnitOfWork, Units
from core.waves.collector import stale_verdict
from core.waves.exchange_wave import ExchangeWave

_log = logging.getLogger(__name__)


class WaveExecutor:
    """Claims waves and sees them through."""

    def __init__(
        self,
        *,
        units: Units,
        clock: Clock,
        exchange_waves: Sequence[ExchangeWave],
        settings: WaveSettings,
        halting: asyncio.Event,
    ) -> None:
        self._units = units
        self._clock = clock
        self._exchange_waves = exchange_waves
        self._settings = settings
        self._halting = halting
        self._executing = asyncio.Lock()

    async def execute(self, wave_at: datetime) -> None:
        """Execute the wave unless anybody ever claimed it before, or the process is halting."""
        async with self._executing:
            if self._halting.is_set():
                return
            async with self._units.writing() as unit:
                if not await unit.waves.claim(wave_at, self._clock.now()):
                    return
                await self._show(unit, wave_at, await unit.signals.of_wave(wave_at))
            failures = await self._see_through(wave_at)
        if failures:
            raise failures[0]

    async def rest(self) -> None:
        """Wait until no wave is being executed; with `halting` set that is after the order in flight."""
        async with self._executing:
            return

    async def recover(self) -> tuple[str, ...]:
        """Bring waves that a dead process left in the middle to an end; unknown orders are settled before this.

        A wave younger than `resume_within` goes on with the signals that have no verdict; an older one ends
        interrupted.

        Returns:
            A sentence a wave, for the restart report.
        """
        async with self._units.reading() as unit:
            waves = await unit.waves.in_state(WaveState.EXECUTING)
        found = []
        for wave in waves:
            age = self._clock.now() - (wave.claimed_at or wave.wave_at)
            if age <= self._settings.resume_within:
                found.append(f"wave {wave.wave_at:%H:%M} goes on where it was left")
                # A fault in it must not keep the process from starting: open positions wait to be guarded.
                for failure in await self._see_through(wave.wave_at, is_resumed=True):
                    found.append(f"wave {wave.wave_at:%H:%M} failed: {type(failure).__name__}: {failure}")
                    _log.error("resumed_wave_failed", exc_info=failure, extra={"wave": wave.wave_at.isoformat()})
            else:
                found.append(f"wave {wave.wave_at:%H:%M} was interrupted")
                await self._interrupt(wave.wave_at)
        return tuple(found)

    async def _see_through(self, wave_at: datetime, *, is_resumed: bool = False) -> list[Exception]:
        """Let every exchange trade its part, end the wave, and return what failed in them."""
        async with self._units.reading() as unit:
            signals = await unit.signals.of_wave(wave_at)
            verdicts = await unit.verdicts.of_wave(wave_at)
            finished = {result.exchange for result in await unit.waves.results(wave_at)}
        answers = await asyncio.gather(
            *(
                part.trade(wave_at, mine, [v for v in verdicts if v.exchange_id == part.ref.id], is_resumed=is_resumed)
                for part in self._exchange_waves
                if part.ref.name not in finished and (mine := [s for s in signals if s.exchange_id == part.ref.id])
            ),
            return_exceptions=True,
        )
        failures = [answer for answer in answers if isinstance(answer, Exception)]
        if not all(answer is True for answer in answers):
            await self._interrupt(wave_at)
        else:
            await self._finish(wave_at)
        return failures

    async def _finish(self, wave_at: datetime) -> None:
        async with self._units.writing() as unit:
            verdicts = await unit.verdicts.of_wave(wave_at)
            is_skipped = bool(verdicts) and all(v.verdict is Verdict.PAUSED for v in verdicts)
            state = WaveState.SKIPPED if is_skipped else WaveState.FINISHED
            await unit.waves.end(wave_at, state, self._clock.now())

    async def _interrupt(self, wave_at: datetime) -> None:
        """End the wave where it stands: what is left of it is not traded, and people are told."""
        now = self._clock.now()
        async with self._units.writing() as unit:
            signals = await unit.signals.of_wave(wave_at)
            verdicts = await unit.verdicts.of_wave(wave_at)
            left = _without(signals, verdicts)
            placed = sum(v.verdict in {Verdict.EXECUTED, Verdict.ORDER_UNKNOWN} for v in verdicts)
            if left:
                await unit.verdicts.add([stale_verdict(s, self._settings, now, "interrupted") for s in left])
            if await unit.waves.end(wave_at, WaveState.INTERRUPTED, now):
                await self._show(unit, wave_at, signals)
                await unit.record(WaveInterrupted(at=now, wave_at=wave_at, placed=placed, not_continued=len(left)))

    async def _show(self, unit: UnitOfWork, wave_at: datetime, signals: Sequence[Signal]) -> None:
        """Let the card of every exchange that has signals be shown."""
        ids = {signal.exchange_id for signal in signals}
        for part in self._exchange_waves:
            if part.ref.id in ids:
                await unit.show(wave_card(wave_at, part.ref.name))


def _without(signals: Sequence[Signal], verdicts: Sequence[VerdictRecord]) -> list[Signal]:
    judged = {(v.exchange_id, v.signal_id) for v in verdicts}
    return [signal for signal in signals if signal.key not in judged]
