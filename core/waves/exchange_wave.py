"""One wave on one exchange, from params to the last order; the other exchange is unseen here."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.domain.market import ExchangeRef
from core.domain.money import NO_MONEY
from core.domain.params import WaveParams
from core.domain.pauses import EVERYTHING, Pause
from core.domain.people import StopListing
from core.domain.positions import ExitPlan
from core.domain.release import RELEASE, UNRELEASED, is_released
from core.domain.settings import TradingSettings, WaveSettings
from core.domain.signals import Facts, Signal
from core.domain.verdicts import Verdict, VerdictRecord
from core.ports.edges import Clock, Exchange
from core.ports.storage import Units
from core.trading.book import PositionBook
from core.trading.entries import Entries, Entry, EntryResult
from core.waves.board import LineUp, WaveBoard
from core.waves.candidates import Candidates
from core.waves.records import Run, WaveRecords
from core.waves.selection import Rejection, Selection, select, top_up_count, unselected
from core.waves.validation import Approval, pause_facts
from core.waves.veto import VetoWindow
from core.waves.wave_params import WaveParamsKeeper

_UNRELEASED: Facts = {"scope": "mode", "reason": UNRELEASED}
"""Facts of a `paused` verdict that no /resume ends."""


@dataclass(frozen=True, slots=True)
class _Holds:
    """What people hold back: pauses, symbols on the stop list, live trading; as in force when the wave began."""

    pauses: Sequence[Pause]
    listings: Sequence[StopListing]
    is_released: bool


class ExchangeWave:
    """Trades waves on one exchange, one at a time.

    Args:
        live_keys: The fingerprints of the keys in use, which entries must be released for; None: no money is at stake.
    """

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
        board: WaveBoard,
        live_keys: Mapping[str, str] | None = None,
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
        self._board = board
        self._live_keys = live_keys
        self._records = WaveRecords(ref=ref, units=units, clock=clock)
        self._window = VetoWindow(units=units, clock=clock, settings=waves, halting=halting)

    async def trade(
        self, wave_at: datetime, signals: Sequence[Signal], done: Sequence[VerdictRecord], *, is_resumed: bool = False
    ) -> bool:
        """Trade the wave's `signals`, leaving out those that have a verdict in `done`.

        Every signal has its verdict when this returns True. A wave that `is_resumed` waits for no veto: while the
        process starts nobody is heard, so the default is followed at once.

        Returns:
            True when the exchange is done with the wave; False when the process is halting and signals are left.
        """
        judged = {(v.exchange_id, v.signal_id): v.verdict for v in done}
        left = [signal for signal in signals if signal.key not in judged]
        line_up = LineUp(wave_at=wave_at, exchange=self.ref.name, received=len(signals), signals=left)
        line_up.resume(
            opened=[s for s in signals if judged.get(s.key) in {Verdict.EXECUTED, Verdict.ORDER_UNKNOWN}],
            vetoed=[s for s in signals if judged.get(s.key) is Verdict.VETOED],
        )
        run = Run(wave_at=wave_at, started_at=self._clock.now(), line_up=line_up, received=len(signals))
        self._board.put(line_up)
        try:
            params = await self._params.take(wave_at, signals)
            await self._trade(run, left, params, is_resumed=is_resumed)
            if run.is_halted:
                return False
            await self._records.finish(run, params)
        finally:
            self._board.remove(line_up)
        return True

    async def _trade(self, run: Run, signals: Sequence[Signal], params: WaveParams | None, *, is_resumed: bool) -> None:
        """Trade `signals` unless something holds all of them back."""
        holds = await self._holds()
        pause = next((p for p in holds.pauses if p.scope in {EVERYTHING, self.ref.name}), None)
        if params is None:
            run.note = "no params: none stored and no defaults set"
            await self._records.reject_rest(run, signals, Verdict.NO_PARAMS, {})
        elif not holds.is_released:
            run.note = UNRELEASED
            await self._records.reject_rest(run, signals, Verdict.PAUSED, _UNRELEASED)
        elif pause is not None:
            run.note = f"paused by {pause.author}" + (f": {pause.reason}" if pause.reason else "")
            await self._records.reject_rest(run, signals, Verdict.PAUSED, pause_facts(pause))
        else:
            run.line_up.plan(params)
            await self._trade_selected(run, [s for s in signals if run.line_up.has(s)], params, holds, is_resumed)

    async def _trade_selected(
        self, run: Run, signals: Sequence[Signal], params: WaveParams, holds: _Holds, is_resumed: bool
    ) -> None:
        selection = select(
            signals,
            params,
            buffer_extra=self._waves.buffer_extra,
            apply_score_filters=self._waves.apply_score_filters,
        )
        approvals, rejections = await self._validate(run, selection, params, holds)
        waits = not is_resumed and self._window.begin(run.line_up)
        await self._records.store(run, [*selection.rejections, *rejections])
        if waits:
            await self._window.let_pass(run.line_up)
            approvals = await self._judge_anew(run, approvals)
        else:
            await self._window.end(run.line_up)
        await self._execute(run, approvals, params)
        self._candidates.release(selection.head + selection.reserve)

    async def _validate(
        self, run: Run, selection: Selection, params: WaveParams, holds: _Holds
    ) -> tuple[list[Approval], list[Rejection]]:
        """Validate the head, and once as many of the reserve as the top-up asks for."""
        approvals, rejections = await self._candidates.judge(selection.head, holds.pauses, holds.listings)
        extra = selection.reserve[: top_up_count(len(approvals), params.max_trades - run.opened)]
        if extra:
            more, refused = await self._candidates.judge(extra, holds.pauses, holds.listings)
            approvals += more
            rejections += refused
        run.selected, run.topped_up, run.valid = len(selection.head), len(extra), len(approvals)
        taken = len(selection.head) + len(extra)
        rejections += unselected(selection.reserve[len(extra) :], taken, params, self._waves.buffer_extra)
        run.line_up.narrow([a.signal for a in approvals], selected=run.selected, valid=run.valid)
        return approvals, rejections

    async def _judge_anew(self, run: Run, approvals: Sequence[Approval]) -> list[Approval]:
        """Judge what is left once more: prices and markets have moved while people were waited for."""
        if self._halting.is_set():
            return list(approvals)
        holds = await self._holds()
        left = [approval.signal for approval in approvals if run.line_up.has(approval.signal)]
        fresh, rejections = await self._candidates.judge(left, holds.pauses, holds.listings)
        # What is struck out at this very moment has its verdict already.
        refused = [rejection for rejection in rejections if run.line_up.has(rejection.signal)]
        for rejection in refused:
            run.line_up.drop(rejection.signal)
        await self._records.store(run, refused)
        return fresh

    async def _execute(self, run: Run, approvals: Sequence[Approval], params: WaveParams) -> None:
        """Send order after order until the target is reached, the money is out, or people say stop."""
        plan = ExitPlan(
            stop_loss=params.stop_loss,
            trailing_activation=params.trailing_activation,
            trailing_distance=params.trailing_distance,
        )
        line_up, has_sent = run.line_up, False
        for place, approval in enumerate(approvals):
            signal, rest = approval.signal, [a.signal for a in approvals[place:] if line_up.has(a.signal)]
            if run.opened >= params.max_trades:
                line_up.close()
                await self._records.store(run, _unused(rest, place, run.opened, params))
                return
            if not line_up.has(signal):
                continue
            if has_sent:
                await self._clock.sleep(self._waves.delay)
            if self._halting.is_set():
                run.is_halted = True
                return
            if await self._is_held_back(run, signal) or not line_up.take(signal):
                continue
            has_sent = True
            result = await self._entries.open(self._exchange, self._entry(approval, plan))
            if result is EntryResult.NO_FUNDS:
                run.refused += 1
                await self._records.reject_rest(run, rest[1:], Verdict.INSUFFICIENT_FUNDS, {"cause": signal.symbol})
                return
            await self._count(run, signal, result)

    async def _count(self, run: Run, signal: Signal, result: EntryResult) -> None:
        run.line_up.land(signal, is_open=result in {EntryResult.OPENED, EntryResult.UNKNOWN})
        if result is EntryResult.REFUSED:
            run.refused += 1
        elif result is EntryResult.HELD:
            await self._records.reject(run, signal, Verdict.DUPLICATE, {"cause": "opened meanwhile"})

    async def _is_held_back(self, run: Run, signal: Signal) -> bool:
        """Judge anew what may have changed since validation: a pause, or the other exchange filled the book."""
        holds = await self._holds()
        if not holds.is_released:
            await self._records.reject(run, signal, Verdict.PAUSED, _UNRELEASED)
            return True
        pause = next((p for p in holds.pauses if p.scope in {EVERYTHING, self.ref.name, signal.symbol}), None)
        if pause is not None:
            await self._records.reject(run, signal, Verdict.PAUSED, pause_facts(pause))
            return True
        if self._book.count >= self._trading.max_positions:
            facts: Facts = {"open": self._book.count, "limit": self._trading.max_positions}
            await self._records.reject(run, signal, Verdict.MAX_POSITIONS, facts)
            return True
        size, limit = self._trading.size_quote or NO_MONEY, self._trading.max_exposure_quote
        exposure = self._book.exposure_quote + size * self._book.opening
        if limit is not None and exposure + size > limit:
            facts = {"exposure_quote": str(exposure), "limit_quote": str(limit)}
            await self._records.reject(run, signal, Verdict.MAX_EXPOSURE, facts)
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

    async def _holds(self) -> _Holds:
        async with self._units.reading() as unit:
            now = self._clock.now()
            release = None if self._live_keys is None else await unit.state.get(RELEASE)
            pauses, listings = await unit.pauses.active(now), await unit.stop_list.active(now)
            return _Holds(pauses, listings, is_released(release, self._live_keys))


def _unused(signals: Sequence[Signal], place: int, opened: int, params: WaveParams) -> list[Rejection]:
    return [
        Rejection(
            signal=signal,
            verdict=Verdict.UNUSED_BUFFER,
            facts={"rank": place + offset, "opened": opened, "max_trades": params.max_trades},
        )
        for offset, signal in enumerate(signals, start=1)
    ]
