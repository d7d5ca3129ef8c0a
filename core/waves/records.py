"""Writes down what became of a wave on one exchange, with what people are told of it; nothing is decided here."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.domain.events import WaveFinished, WaveWaiting
from core.domain.market import ExchangeRef
from core.domain.params import WaveParams
from core.domain.signals import Facts, Signal
from core.domain.verdicts import Verdict, VerdictRecord
from core.domain.waves import WaveResult
from core.ports.edges import Clock
from core.ports.storage import Units
from core.trading.entries import verdict_of
from core.waves.board import LineUp
from core.waves.selection import Rejection


@dataclass(slots=True)
class Run:
    """What is counted while one wave is traded."""

    wave_at: datetime
    started_at: datetime
    line_up: LineUp
    received: int
    refused: int = 0
    selected: int = 0
    valid: int = 0
    topped_up: int = 0
    note: str = ""
    is_halted: bool = False

    @property
    def opened(self) -> int:
        """How many positions were opened; unknown outcomes count."""
        return len(self.line_up.opened)


class WaveRecords:
    """Verdicts and the funnel of one exchange."""

    def __init__(self, *, ref: ExchangeRef, units: Units, clock: Clock) -> None:
        self._ref = ref
        self._units = units
        self._clock = clock

    async def reject(self, run: Run, signal: Signal, verdict: Verdict, facts: Facts) -> None:
        """Store the verdict of one signal, which is not in line any more."""
        run.line_up.drop(signal)
        await self.store(run, [Rejection(signal=signal, verdict=verdict, facts=facts)])

    async def reject_rest(self, run: Run, signals: Sequence[Signal], verdict: Verdict, facts: Facts) -> None:
        """Reject `signals`, after which nothing is left; what people have struck out meanwhile stays struck out."""
        left = [signal for signal in signals if run.line_up.has(signal)]
        run.line_up.close()
        await self.store(run, [Rejection(signal=signal, verdict=verdict, facts=facts) for signal in left])

    async def store(self, run: Run, rejections: Sequence[Rejection]) -> None:
        """Store verdicts, if there are any, and let the card show what has come of it; in one transaction.

        People are told if they are waited for.
        """
        progress = run.line_up.progress
        until_at = progress.veto_until_at
        if not rejections and until_at is None:
            return
        async with self._units.writing() as unit:
            await unit.verdicts.add(self._records(rejections))
            if until_at is None:
                await unit.show(run.line_up.card)
            else:
                await unit.record(
                    WaveWaiting(at=self._clock.now(), exchange=self._ref.name, until_at=until_at, progress=progress)
                )

    def _records(self, rejections: Sequence[Rejection]) -> list[VerdictRecord]:
        now = self._clock.now()
        return [verdict_of(r.signal, r.verdict, r.facts, now) for r in rejections]

    async def finish(self, run: Run, params: WaveParams | None) -> None:
        """Store the funnel and tell people, in one transaction."""
        now = self._clock.now()
        run.line_up.close()
        async with self._units.writing() as unit:
            # Whoever struck something out at the last moment may not have come to write it down.
            await unit.verdicts.add(self._records(run.line_up.struck))
            verdicts = [v for v in await unit.verdicts.of_wave(run.wave_at) if v.exchange_id == self._ref.id]
            counts = Counter(v.verdict.value for v in verdicts)
            result = WaveResult(
                wave_at=run.wave_at,
                exchange=self._ref.name,
                received=run.received,
                selected=run.selected,
                valid=run.valid,
                topped_up=run.topped_up,
                executed=run.opened,
                refused=run.refused,
                duplicates=counts[Verdict.DUPLICATE.value],
                target=0 if params is None else params.max_trades,
                params_source=None if params is None else params.source,
                duration=now - run.started_at,
            )
            await unit.waves.add_result(result)
            await unit.record(
                WaveFinished(
                    at=now,
                    exchange=self._ref.name,
                    result=result,
                    executed=run.line_up.opened,
                    verdicts=tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0]))),
                    note=run.note or _veto_note(run.line_up.struck),
                )
            )


def _veto_note(struck: Sequence[Rejection]) -> str:
    """Return who left the whole wave out, if anybody did; of nobody's word the cause."""
    for rejection in struck:
        if rejection.facts.get("via") == "wave":
            return f"vetoed by {rejection.facts.get('author')}"
        if cause := rejection.facts.get("cause"):
            return str(cause)
    return ""
