"""In-memory signals, verdicts, waves and params."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from core.domain.params import ParamChange, ParamOverride, StoredParams
from core.domain.signals import InvalidSignal, Signal
from core.domain.verdicts import Verdict, VerdictRecord
from core.domain.waves import Wave, WaveResult, WaveState
from tests.fakes.memory_store import SignalKey, Store


class MemorySignals:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def add_new(self, signals: Sequence[Signal], received_at: datetime) -> Sequence[Signal]:
        return [signal for signal in signals if self._add(signal.key, signal, received_at)]

    async def add_invalid(self, signals: Sequence[InvalidSignal], received_at: datetime) -> Sequence[InvalidSignal]:
        return [signal for signal in signals if self._add((signal.exchange_id, signal.id), signal, received_at)]

    def _add(self, key: SignalKey, signal: Signal | InvalidSignal, received_at: datetime) -> bool:
        if key in self._store.signals:
            return False
        self._store.signals[key] = signal
        self._store.received[key] = received_at
        return True

    async def known_since(self, at: datetime) -> Collection[SignalKey]:
        return {
            key for key, signal in self._store.signals.items() if signal.wave_at is not None and signal.wave_at >= at
        }

    async def of_wave(self, wave_at: datetime) -> Sequence[Signal]:
        return sorted((s for s in self._valid() if s.wave_at == wave_at), key=lambda s: (s.rank, s.exchange_id))

    async def without_verdict(self, before: datetime) -> Sequence[Signal]:
        waiting = (s for s in self._valid() if s.wave_at < before and s.key not in self._store.verdicts)
        return sorted(waiting, key=lambda s: (s.wave_at, s.exchange_id, s.id))

    async def find(self, signal_id: str, exchange_id: int | None = None) -> Signal | None:
        found = [s for s in self._valid() if s.id == signal_id and exchange_id in {None, s.exchange_id}]
        return min(found, key=lambda s: s.exchange_id, default=None)

    async def recent(self, limit: int, symbol: str | None = None, exchange_id: int | None = None) -> Sequence[Signal]:
        found = [s for s in self._valid() if symbol in {None, s.symbol} and exchange_id in {None, s.exchange_id}]
        found.sort(key=lambda s: s.key)
        found.sort(key=lambda s: (s.wave_at, self._store.received[s.key]), reverse=True)
        return found[:limit]

    async def between(self, since: datetime, until: datetime) -> Sequence[Signal]:
        found = [s for s in self._valid() if since <= s.wave_at < until]
        return sorted(found, key=lambda s: (s.wave_at, s.rank, s.exchange_id))

    def _valid(self) -> list[Signal]:
        return [signal for signal in self._store.signals.values() if isinstance(signal, Signal)]


class MemoryVerdicts:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, verdicts: Sequence[VerdictRecord]) -> None:
        for verdict in verdicts:
            self._store.verdicts.setdefault((verdict.exchange_id, verdict.signal_id), verdict)

    async def settle(self, verdict: VerdictRecord) -> None:
        key = (verdict.exchange_id, verdict.signal_id)
        known = self._store.verdicts.get(key)
        if known is not None and known.verdict is Verdict.ORDER_UNKNOWN:
            self._store.verdicts[key] = verdict

    async def of_wave(self, wave_at: datetime) -> Sequence[VerdictRecord]:
        found = [v for v in self._store.verdicts.values() if v.wave_at == wave_at]
        return sorted(found, key=lambda v: (v.exchange_id, v.symbol, v.signal_id))

    async def of_signal(self, signal_id: str, exchange_id: int | None = None) -> VerdictRecord | None:
        found = [
            v
            for v in self._store.verdicts.values()
            if v.signal_id == signal_id and exchange_id in {None, v.exchange_id}
        ]
        return min(found, key=lambda v: v.exchange_id, default=None)

    async def of_symbol(self, symbol: str, limit: int) -> Sequence[VerdictRecord]:
        found = sorted(
            (v for v in self._store.verdicts.values() if v.symbol == symbol),
            key=lambda v: (v.exchange_id, v.signal_id),
        )
        return sorted(found, key=lambda v: v.decided_at, reverse=True)[:limit]

    async def decided(self) -> Sequence[VerdictRecord]:
        return sorted(self._store.verdicts.values(), key=lambda v: (v.decided_at, v.exchange_id, v.signal_id))


class MemoryWaves:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def get(self, wave_at: datetime) -> Wave | None:
        return self._store.waves.get(wave_at)

    async def collect(self, wave_at: datetime) -> None:
        self._store.waves.setdefault(wave_at, Wave(wave_at=wave_at, state=WaveState.COLLECTING))

    async def claim(self, wave_at: datetime, at: datetime) -> bool:
        known = self._store.waves.get(wave_at)
        if known is not None and known.state.is_taken:
            return False
        self._store.waves[wave_at] = Wave(wave_at=wave_at, state=WaveState.EXECUTING, claimed_at=at)
        return True

    async def end(self, wave_at: datetime, state: WaveState, at: datetime) -> bool:
        known = self._store.waves.get(wave_at, Wave(wave_at=wave_at, state=WaveState.COLLECTING))
        if known.state not in {WaveState.COLLECTING, WaveState.EXECUTING}:
            return False
        self._store.waves[wave_at] = replace(known, state=state, ended_at=at)
        return True

    async def in_state(self, state: WaveState) -> Sequence[Wave]:
        return sorted((w for w in self._store.waves.values() if w.state is state), key=lambda w: w.wave_at)

    async def recent(
        self, limit: int, *, since: datetime | None = None, until: datetime | None = None
    ) -> Sequence[Wave]:
        found = [
            wave
            for wave in self._store.waves.values()
            if wave.state is not WaveState.NOT_FOUND
            and (since is None or wave.wave_at >= since)
            and (until is None or wave.wave_at < until)
        ]
        return sorted(found, key=lambda w: w.wave_at, reverse=True)[:limit]

    async def add_result(self, result: WaveResult) -> None:
        self._store.results[result.wave_at, result.exchange] = result

    async def results(self, wave_at: datetime) -> Sequence[WaveResult]:
        return sorted((r for r in self._store.results.values() if r.wave_at == wave_at), key=lambda r: r.exchange)


class MemoryParams:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def get(self, exchange_id: int) -> StoredParams | None:
        return self._store.params.get(exchange_id)

    async def save(self, params: StoredParams, changes: Sequence[ParamChange]) -> None:
        self._store.params[params.exchange_id] = params
        self._store.changes.extend(changes)

    async def history(self, exchange_id: int, limit: int, name: str | None = None) -> Sequence[ParamChange]:
        found = [c for c in self._store.changes if c.exchange_id == exchange_id and name in {None, c.name}]
        return found[::-1][:limit]

    async def overrides(self, exchange_id: int, at: datetime) -> Sequence[ParamOverride]:
        return [
            o for o in self._store.overrides if o.exchange_id == exchange_id and (o.until_at is None or at < o.until_at)
        ]
