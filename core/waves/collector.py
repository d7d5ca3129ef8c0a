"""Takes signals in: stored before anything acts on them, each once; too old or too late ones get their verdict here."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from core.domain.settings import WaveSettings
from core.domain.signals import InvalidSignal, Signal, SignalBatch
from core.domain.verdicts import Verdict, VerdictRecord
from core.ports.edges import Clock, SignalSource
from core.ports.storage import UnitOfWork, Units
from core.trading.entries import verdict_of
from core.waves.calendar import GRID


class Collector:
    """Stores what the signal server sends and remembers which waves have signals."""

    def __init__(self, *, units: Units, clock: Clock, settings: WaveSettings) -> None:
        self._units = units
        self._clock = clock
        self._settings = settings
        self._waves: set[datetime] = set()
        self.arrivals: asyncio.Queue[datetime] = asyncio.Queue()

    async def run(self, source: SignalSource) -> None:
        """Take in batch after batch; ends only when the source does."""
        async for batch in source.batches():
            await self.receive(batch)

    def has(self, wave_at: datetime) -> bool:
        """Return True if a tradable signal of the wave came in while this process ran."""
        return wave_at in self._waves

    async def receive(self, batch: SignalBatch) -> None:
        """Store a batch; safe to repeat, a signal that is stored already changes nothing."""
        if not batch.signals and not batch.invalid:
            return
        now = self._clock.now()
        async with self._units.writing() as unit:
            invalid = await unit.signals.add_invalid(batch.invalid, now) if batch.invalid else ()
            signals = await unit.signals.add_new(batch.signals, now) if batch.signals else ()
            verdicts = [_invalid_verdict(row, now) for row in invalid]
            fresh: set[datetime] = set()
            for wave_at in sorted({signal.wave_at for signal in signals}):
                members = [signal for signal in signals if signal.wave_at == wave_at]
                judged = await self._judge_arrivals(unit, wave_at, members, now)
                verdicts += judged
                if not judged:
                    fresh.add(wave_at)
            if verdicts:
                await unit.verdicts.add(verdicts)
        self._announce(fresh, now)

    async def _judge_arrivals(
        self, unit: UnitOfWork, wave_at: datetime, signals: Sequence[Signal], now: datetime
    ) -> list[VerdictRecord]:
        """Return the verdicts of signals that came too late for their wave; none while it can still be taken."""
        if wave_at > now:
            problem = f"its wave, {wave_at:%d %b %H:%M} UTC, has not begun: a clock is wrong"
            return [verdict_of(signal, Verdict.INVALID, {"problem": problem}, now) for signal in signals]
        wave = await unit.waves.get(wave_at)
        if wave is not None and wave.state.is_taken:
            facts = {"claimed_at": (wave.claimed_at or wave.ended_at or now).isoformat()}
            return [verdict_of(signal, Verdict.LATE, facts, now) for signal in signals]
        if now - wave_at > self._settings.max_signal_age:
            return [stale_verdict(signal, self._settings, now) for signal in signals]
        await unit.waves.collect(wave_at)
        return []

    def _announce(self, fresh: set[datetime], now: datetime) -> None:
        for wave_at in sorted(fresh - self._waves):
            self.arrivals.put_nowait(wave_at)
        kept_from = now - self._settings.max_signal_age - GRID
        self._waves = {wave_at for wave_at in self._waves | fresh if wave_at >= kept_from}


def stale_verdict(signal: Signal, settings: WaveSettings, at: datetime, cause: str | None = None) -> VerdictRecord:
    """Return the verdict of a signal that is too old to trade; `cause` says why it came to that, None: it came so."""
    facts: dict[str, str | int | bool | None] = {
        "age_min": int((at - signal.wave_at).total_seconds() // 60),
        "limit_min": int(settings.max_signal_age.total_seconds() // 60),
    }
    if cause is not None:
        facts["cause"] = cause
    return verdict_of(signal, Verdict.STALE, facts, at)


def _invalid_verdict(row: InvalidSignal, at: datetime) -> VerdictRecord:
    return VerdictRecord(
        exchange_id=row.exchange_id,
        signal_id=row.id,
        symbol=row.symbol,
        wave_at=row.wave_at,
        verdict=Verdict.INVALID,
        decided_at=at,
        facts={"problem": row.problem},
    )
