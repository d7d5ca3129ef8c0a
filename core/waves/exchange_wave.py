"""One wave on one exchange, from params to the last order; the other exchange is unseen here."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from core.domain.events import WaveFinished
from core.domain.market import ExchangeRef
from core.domain.params import WaveParams
from core.domain.pauses import EVERYTHING, Pause
from core.domain.positions import ExitPlan
from core.domain.settings import TradingSettings, WaveSettings
from core.domain.signals import Facts, Signal
from core.domain.verdicts import Verdict, VerdictRecord
from core.domain.waves import WaveResult
from core.ports.edges import Clock, Exchange
from core.ports.storage import Units
from core.trading.book import PositionBook
from core.trading.entries import Entries, Entry, EntryResult, verdict_of
from core.waves.candidates import Candidates
from core.waves.selection import Rejection, Selection, select, top_up_count, unselected
from core.waves.validation import Approval, pause_facts
from core.waves.wave_params import WaveParamsKeeper


@dataclass(slots=True)
class _Run:
    """What is counted while one wave is traded."""

    wave_at: datetime
    started_at: datetime
    received: int
    opened: int = 0
    refused: int = 0
    selected: int = 0
    valid: int = 0
    topped_up: int = 0
    executed: list[tuple[str, str]] = field(default_factory=list)
    note: str = ""
    is_halted: bool = False


class ExchangeWave:
    """Trades waves on one exchange, one at a time."""

    def __init__(
        self,
        *,
        ref: ExchangeRef,
        exchange: Exchange,
        units: Units,
        clock: Clock,
        book: PositionBook,
        params: WaveParamsKeeper,
        candidates: Candidates,
        entries: Entries,
        waves: WaveSettings,
        trading: TradingSettings,
        halting: asyncio.Event,
    ) -> None:
        self.ref = ref
        self._exchange = exchange
        self._units = units
        self._clock = clock
        self._book = book
        self._params = params
        self._candidates = candidates
        self._entries = entries
        self._waves = waves
        self._trading = trading
        self._halting = halting

    async def trade(self, wave_at: datetime, signals: Sequence[Signal], done: Sequence[VerdictRecord]) -> bool:
        """Trade the wave's `signals`, leaving out those that have a verdict in `done`.

        Every signal has its verdict when this returns True.

        Returns:
            True when the exchange is done with the wave; False when the process is halting and signals are left.
        """
        judged = {(v.exchange_id, v.signal_id): v.verdict for v in done}
        left = [signal for signal in signals if signal.key not in judged]
        run = _Run(wave_at=wave_at, started_at=self._clock.now(), received=len(signals))
        run.opened = sum(v in {Verdict.EXECUTED, Verdict.ORDER_UNKNOWN} for v in judged.values())
        params = await self._params.take(wave_at, signals)
        pauses = await self._active_pauses()
        pause = next((p for p in pauses if p.scope in {EVERYTHING, self.ref.name}), None)
        if params is None:
            await self._reject_all(left, Verdict.NO_PARAMS, {})
            run.note = "no params: none stored and no defaults set"
        elif pause is not None:
            await self._reject_all(left, Verdict.PAUSED, pause_facts(pause))
            run.note = f"paused by {pause.author}" + (f": {pause.reason}" if pause.reason else "")
        else:
            await self._trade(run, left, params, pauses)
        if run.is_halted:
            return False
        await self._finish(run, params)
        return True

    async def _trade(self, run: _Run, signals: Sequence[Signal], params: WaveParams, pauses: Sequence[Pause]) -> None:
        selection = select(
            signals,
            params,
            buffer_extra=self._waves.buffer_extra,
            apply_score_filters=self._waves.apply_score_filters,
        )
        approvals, rejections = await self._validate(run, selection, params, pauses)
        await self._store(selection.rejections, rejections)
        await self._execute(run, approvals, params)
        self._candidates.release(selection.head + selection.reserve)

    async def _validate(
        self, run: _Run, selection: Selection, params: WaveParams, pauses: Sequence[Pause]
    ) -> tuple[list[Approval], list[Rejection]]:
        """Validate the head, and once as many of the reserve as the top-up asks for."""
        approvals, rejections = await self._candidates.judge(selection.head, pauses)
        extra = selection.reserve[: top_up_count(len(approvals), params.max_trades - run.opened)]
        if extra:
            more, refused = await self._candidates.judge(extra, pauses)
            approvals += more
            rejections += refused
        run.selected, run.topped_up, run.valid = len(selection.head), len(extra), len(approvals)
        taken = len(selection.head) + len(extra)
        rejections += unselected(selection.reserve[len(extra) :], taken, params, self._waves.buffer_extra)
        return approvals, rejections

    async def _execute(self, run: _Run, approvals: Sequence[Approval], params: WaveParams) -> None:
        """Send order after order until the target is reached, the money is out, or people say stop."""
        plan = ExitPlan(
            stop_loss=params.stop_loss,
            trailing_activation=params.trailing_activation,
            trailing_distance=params.trailing_distance,
        )
        has_sent = False
        for place, approval in enumerate(approvals):
            rest = [a.signal for a in approvals[place:]]
            if run.opened >= params.max_trades:
                await self._store(_unused(rest, place, run.opened, params))
                return
            if has_sent:
                await self._clock.sleep(self._waves.delay)
            if self._halting.is_set():
                run.is_halted = True
                return
            if await self._is_held_back(approval.signal):
                continue
            has_sent = True
            result = await self._entries.open(self._exchange, self._entry(approval, plan))
            if result is EntryResult.NO_FUNDS:
                run.refused += 1
                await self._reject_all(rest[1:], Verdict.INSUFFICIENT_FUNDS, {"cause": approval.signal.symbol})
                return
            await self._count(run, approval.signal, result)

    async def _count(self, run: _Run, signal: Signal, result: EntryResult) -> None:
        if result is EntryResult.REFUSED:
            run.refused += 1
        elif result is EntryResult.HELD:
            await self._reject_all([signal], Verdict.DUPLICATE, {"cause": "opened meanwhile"})
        else:
            run.opened += 1
            run.executed.append((signal.symbol, signal.side.value))

    async def _is_held_back(self, signal: Signal) -> bool:
        """Judge anew what may have changed since validation: a pause, or the other exchange filled the book."""
        pauses = await self._active_pauses()
        pause = next((p for p in pauses if p.scope in {EVERYTHING, self.ref.name, signal.symbol}), None)
        if pause is not None:
            await self._reject_all([signal], Verdict.PAUSED, pause_facts(pause))
            return True
        if self._book.count >= self._trading.max_positions:
            facts: Facts = {"open": self._book.count, "limit": self._trading.max_positions}
            await self._reject_all([signal], Verdict.MAX_POSITIONS, facts)
            return True
        exposure, limit = self._book.exposure_quote, self._trading.max_exposure_quote
        if limit is not None and exposure + (self._trading.size_quote or 0) > limit:
            facts = {"exposure_quote": str(exposure), "limit_quote": str(limit)}
            await self._reject_all([signal], Verdict.MAX_EXPOSURE, facts)
            return True
        return False

    def _entry(self, approval: Approval, plan: ExitPlan) -> Entry:
        return Entry(
            signal=approval.signal,
            instrument=approval.instrument,
            quantity=approval.quantity,
            plan=plan,
            leverage=min(self._trading.leverage, self._trading.max_leverage),
            noted=approval.noted,
        )

    async def _active_pauses(self) -> Sequence[Pause]:
        async with self._units.reading() as unit:
            return await unit.pauses.active(self._clock.now())

    async def _reject_all(self, signals: Sequence[Signal], verdict: Verdict, facts: Facts) -> None:
        await self._store(Rejection(signal=signal, verdict=verdict, facts=facts) for signal in signals)

    async def _store(self, *groups: Iterable[Rejection]) -> None:
        now = self._clock.now()
        records = [verdict_of(r.signal, r.verdict, r.facts, now) for group in groups for r in group]
        if not records:
            return
        async with self._units.writing() as unit:
            await unit.verdicts.add(records)

    async def _finish(self, run: _Run, params: WaveParams | None) -> None:
        """Store the funnel and tell people, in one transaction."""
        now = self._clock.now()
        async with self._units.writing() as unit:
            verdicts = [v for v in await unit.verdicts.of_wave(run.wave_at) if v.exchange_id == self.ref.id]
            counts = Counter(v.verdict.value for v in verdicts)
            result = WaveResult(
                wave_at=run.wave_at,
                exchange=self.ref.name,
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
                    exchange=self.ref.name,
                    result=result,
                    executed=tuple(run.executed),
                    verdicts=tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0]))),
                    note=run.note,
                )
            )


def _unused(signals: Sequence[Signal], place: int, opened: int, params: WaveParams) -> list[Rejection]:
    return [
        Rejection(
            signal=signal,
            verdict=Verdict.UNUSED_BUFFER,
            facts={"rank": place + offset, "opened": opened, "max_trades": params.max_trades},
        )
        for offset, signal in enumerate(signals, start=1)
    ]
