"""What the exchanges trade right now, how far they are, and who may still be struck out; nothing is stored here."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from core.domain.cards import Card, wave_card
from core.domain.params import WaveParams
from core.domain.signals import Facts, Signal
from core.domain.verdicts import Verdict
from core.domain.waves import WaveProgress, WaveStage
from core.waves.selection import Rejection


class LineUp:
    """One wave on one exchange while it is traded.

    What was taken cannot be struck out any more, and what was struck out cannot be taken: neither waits for anything.
    """

    def __init__(self, *, wave_at: datetime, exchange: str, received: int, signals: Sequence[Signal]) -> None:
        """Begin with `signals`, those of `received` that have no verdict yet."""
        self._view = WaveProgress(wave_at=wave_at, exchange=exchange, stage=WaveStage.RECEIVED, received=received)
        self._left = {signal.key: signal for signal in signals}
        self._struck: dict[tuple[int, str], Rejection] = {}
        self._sent: Signal | None = None
        self.has_go = False
        self.decided = asyncio.Event()
        """Set when the wait for a veto has nothing left to wait for: somebody said go, or everything is struck out."""

    @property
    def progress(self) -> WaveProgress:
        """How far it is, for people."""
        if self._view.stage is WaveStage.RECEIVED:
            return self._view
        # The one whose order is on its way may still be opened; only striking it out is too late.
        may_come = [*([self._sent] if self._sent else []), *self._left.values()]
        return replace(self._view, candidates=tuple((s.symbol, s.side.value) for s in may_come))

    @property
    def card(self) -> Card:
        """The living message that shows it."""
        return wave_card(self._view.wave_at, self._view.exchange)

    @property
    def opened(self) -> tuple[tuple[str, str], ...]:
        """Symbols with their side, in order of execution."""
        return self._view.opened

    @property
    def struck(self) -> tuple[Rejection, ...]:
        """Everything that was struck out while it was traded here."""
        return tuple(self._struck.values())

    @property
    def is_waiting(self) -> bool:
        """True while people are waited for."""
        return self._view.stage is WaveStage.WAITING

    def resume(self, opened: Sequence[Signal], vetoed: Sequence[Signal]) -> None:
        """Take in what an earlier process made of the wave."""
        pairs = tuple((signal.symbol, signal.side.value) for signal in opened)
        self._view = replace(self._view, opened=pairs, vetoed=tuple(signal.symbol for signal in vetoed))

    def plan(self, params: WaveParams) -> None:
        """Note what the wave is traded with."""
        self._view = replace(self._view, target=params.max_trades, params_source=params.source)

    def narrow(self, signals: Sequence[Signal], *, selected: int, valid: int) -> None:
        """Keep the validated `signals` alone, best first; those struck out meanwhile stay out."""
        self._left = {signal.key: signal for signal in signals if signal.key not in self._struck}
        self._view = replace(self._view, stage=WaveStage.VALIDATED, selected=selected, valid=valid)

    def wait(self, until_at: datetime, *, trades_by_default: bool) -> None:
        """Say that people are waited for until `until_at`."""
        self._view = replace(
            self._view, stage=WaveStage.WAITING, veto_until_at=until_at, trades_by_default=trades_by_default
        )
        if not self._left:
            self.decided.set()

    def execute(self) -> None:
        """Say that orders are being sent."""
        self._view = replace(self._view, stage=WaveStage.EXECUTING, veto_until_at=None)

    def go(self) -> bool:
        """End the wait for a veto; False if nothing waits."""
        if not self.is_waiting or self.decided.is_set():
            return False
        self.has_go = True
        self.decided.set()
        return True

    def take(self, signal: Signal) -> bool:
        """Take a candidate out of the line, because its order is sent now; False if it was struck out."""
        if self._left.pop(signal.key, None) is None:
            return False
        self._sent = signal
        return True

    def land(self, signal: Signal, *, is_open: bool) -> None:
        """Note what came of the candidate that was sent."""
        self._sent = None
        if is_open:
            self._view = replace(self._view, opened=(*self._view.opened, (signal.symbol, signal.side.value)))

    def drop(self, signal: Signal) -> None:
        """Take a candidate out of the line that is not sent, for another reason than a veto."""
        self._left.pop(signal.key, None)

    def has(self, signal: Signal) -> bool:
        """Return True if the candidate may still be taken."""
        return signal.key in self._left

    def close(self) -> None:
        """Let nothing be left to take or to strike out."""
        self._sent = None
        self._left.clear()

    def strike(self, symbol: str | None, facts: Facts) -> Sequence[Rejection]:
        """Strike out what is left of `symbol` (None: of everything) and return it."""
        found = [signal for signal in self._left.values() if symbol in {None, signal.symbol}]
        rejections = [Rejection(signal=signal, verdict=Verdict.VETOED, facts=facts) for signal in found]
        for rejection in rejections:
            del self._left[rejection.signal.key]
            self._struck[rejection.signal.key] = rejection
        names = dict.fromkeys((*self._view.vetoed, *(signal.symbol for signal in found)))
        self._view = replace(self._view, vetoed=tuple(names))
        if self.is_waiting and not self._left:
            self.decided.set()
        return rejections


class WaveBoard:
    """The line-ups of all exchanges; one object for those who trade and those who look."""

    def __init__(self) -> None:
        self._line_ups: dict[tuple[datetime, str], LineUp] = {}

    def put(self, line_up: LineUp) -> None:
        """Show a line-up from now on."""
        self._line_ups[line_up.progress.wave_at, line_up.progress.exchange] = line_up

    def remove(self, line_up: LineUp) -> None:
        """Show a line-up no more; safe to repeat."""
        self._line_ups.pop((line_up.progress.wave_at, line_up.progress.exchange), None)

    def line_ups(self, exchange: str | None = None, wave_at: datetime | None = None) -> Sequence[LineUp]:
        """Return the line-ups (of one exchange and of one wave, if named), by exchange and wave."""
        found = sorted(self._line_ups.items(), key=lambda item: (item[0][1], item[0][0]))
        return [line_up for (at, name), line_up in found if exchange in {None, name} and wave_at in {None, at}]

    def progress(self) -> Sequence[WaveProgress]:
        """Return what is traded right now, by exchange."""
        return [line_up.progress for line_up in self.line_ups()]

    def of(self, wave_at: datetime, exchange: str) -> WaveProgress | None:
        """Return how far one exchange is with a wave, or None if it does not trade it now."""
        found = self._line_ups.get((wave_at, exchange))
        return None if found is None else found.progress
