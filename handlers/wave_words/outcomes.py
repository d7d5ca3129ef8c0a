"""What is on record of a wave on one exchange, and its end told anew from that; no words."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.domain.events import WaveFinished
from core.domain.signals import Signal
from core.domain.verdicts import Verdict, VerdictRecord
from core.domain.waves import WaveResult, WaveState
from core.ports.storage import Units
from handlers.verdict_texts import counted, tally


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveOutcome:
    """What is stored of a wave on one exchange.

    Attributes:
        result: The funnel; None until the exchange is done.
    """

    wave_at: datetime
    exchange: str
    state: WaveState
    ended_at: datetime | None
    signals: Sequence[Signal]
    verdicts: Sequence[VerdictRecord]
    result: WaveResult | None

    @property
    def opened(self) -> tuple[tuple[str, str], ...]:
        """Symbols with their side in order of execution; orders of which nobody knows yet count."""
        sides = {signal.key: signal.side.value for signal in self.signals}
        done = [v for v in self.verdicts if v.verdict in {Verdict.EXECUTED, Verdict.ORDER_UNKNOWN}]
        done.sort(key=lambda record: record.decided_at)
        return tuple((record.symbol, sides.get((record.exchange_id, record.signal_id), "")) for record in done)

    def counts(self, *, leave_out: Verdict) -> str:
        """Return how many signals ended with which verdict, in a line."""
        return counted([pair for pair in tally(self.verdicts) if pair[0] is not leave_out])

    def event(self) -> WaveFinished | None:
        """Return the event that told of the end, as far as it can be told from the records; None before the end."""
        if self.result is None:
            return None
        counts = Counter(record.verdict.value for record in self.verdicts)
        return WaveFinished(
            at=self.ended_at or self.wave_at,
            exchange=self.exchange,
            result=self.result,
            executed=self.opened,
            verdicts=tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0]))),
        )


async def read_outcome(units: Units, wave_at: datetime, exchange: str, exchange_id: int | None) -> WaveOutcome | None:
    """Return what is on record of a wave on one exchange, or None if the wave was never seen."""
    async with units.reading() as unit:
        wave = await unit.waves.get(wave_at)
        if wave is None:
            return None
        signals = await unit.signals.of_wave(wave_at)
        verdicts = await unit.verdicts.of_wave(wave_at)
        results = await unit.waves.results(wave_at)
    return WaveOutcome(
        wave_at=wave_at,
        exchange=exchange,
        state=wave.state,
        ended_at=wave.ended_at,
        signals=[signal for signal in signals if signal.exchange_id == exchange_id],
        verdicts=[record for record in verdicts if record.exchange_id == exchange_id],
        result=next((result for result in results if result.exchange == exchange), None),
    )
