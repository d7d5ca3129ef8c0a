"""People's word over a wave that is being traded: striking out, going on, and the time they are given for it."""

import asyncio
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from core.domain.errors import RetryLater
from core.domain.settings import WaveSettings
from core.domain.signals import Facts
from core.domain.waves import WaveProgress
from core.ports.edges import Clock
from core.ports.storage import Units
from core.trading.entries import verdict_of
from core.waves.board import LineUp, WaveBoard
from core.waves.selection import Rejection

NOBODY_SAID_GO = "nobody said go"
COUNTDOWN = timedelta(seconds=10)
MOST_COUNTS = 6
"""How often the card counts down: a chat takes few edits a minute, and other alerts want some of them."""


class Vetoes:
    """What people may do to the waves in progress; with or without a window in which they are waited for."""

    def __init__(self, *, units: Units, clock: Clock, board: WaveBoard) -> None:
        self._units = units
        self._clock = clock
        self._board = board

    def in_progress(self) -> Sequence[WaveProgress]:
        """Return what the exchanges trade right now, by exchange."""
        return self._board.progress()

    async def veto(
        self, *, symbol: str | None, exchange: str | None, wave_at: datetime | None, author: str
    ) -> Sequence[tuple[str, str]]:
        """Strike `symbol` (None: everything that is left) out of the waves in progress.

        It is out the moment this is called, and written down when it returns. Safe to repeat.

        Args:
            symbol: As the signals have it.
            exchange: The only exchange that is meant; None: all of them.
            wave_at: The only wave that is meant; None: whichever is in progress.
            author: Who says so.

        Returns:
            What was struck out, as (exchange, symbol); an order that is on its way cannot be any more.

        Raises:
            RetryLater: it is struck out, but could not be written down; the wave does so at its end.
        """
        facts: Facts = {"author": author, "via": "wave" if symbol is None else "symbol"}
        struck = [
            (line_up, rejections)
            for line_up in self._board.line_ups(exchange, wave_at)
            if (rejections := line_up.strike(symbol, facts))
        ]
        if struck:
            await _write_down(self._units, self._clock, struck)
        names = ((line_up.progress.exchange, r.signal.symbol) for line_up, rejections in struck for r in rejections)
        return list(dict.fromkeys(names))

    async def go(
        self,
        *,
        exchange: str | None,
        wave_at: datetime | None,
        author: str,  # noqa: ARG002 - the audit keeps who
    ) -> Sequence[str]:
        """End the wait for a veto (on `exchange`, of the wave `wave_at`, if named): trade now what is not struck out.

        Returns:
            The exchanges that waited.
        """
        return [line_up.progress.exchange for line_up in self._board.line_ups(exchange, wave_at) if line_up.go()]


class VetoWindow:
    """The time in which people may strike candidates out before the first order of a wave."""

    def __init__(self, *, units: Units, clock: Clock, settings: WaveSettings, halting: asyncio.Event) -> None:
        self._units = units
        self._clock = clock
        self._settings = settings
        self._halting = halting

    def begin(self, line_up: LineUp) -> bool:
        """Let the line-up wait, if it has candidates and a window is set; return whether it does."""
        window = self._settings.veto_window
        if not window or not line_up.progress.candidates:
            return False
        until_at = self._clock.now() + window
        line_up.wait(until_at, trades_by_default=self._settings.veto_default_trades)
        return True

    async def let_pass(self, line_up: LineUp) -> None:
        """Wait until somebody says go, nothing is left, the time is over or the process is halting.

        When the time is over, the default is followed; a halting process decides nothing.
        """
        until_at = line_up.progress.veto_until_at
        step = max(COUNTDOWN, self._settings.veto_window / MOST_COUNTS)
        while until_at is not None and self._is_open(line_up, until_at):
            count_at = min(self._clock.now() + step, until_at)
            await _first_of(self._clock.sleep_until(count_at), line_up.decided.wait(), self._halting.wait())
            if self._is_open(line_up, until_at):
                # A card that is not shown must not keep the wave back.
                with suppress(RetryLater):
                    await _write_down(self._units, self._clock, [(line_up, ())])
        if not self._halting.is_set():
            await self.end(line_up)

    def _is_open(self, line_up: LineUp, until_at: datetime) -> bool:
        is_over = line_up.decided.is_set() or self._halting.is_set()
        return not is_over and self._clock.now() < until_at

    async def end(self, line_up: LineUp) -> None:
        """Follow the default unless somebody said go, and show that the wave goes on; without waiting for anybody."""
        struck: Sequence[Rejection] = ()
        if self._settings.veto_window and not self._settings.veto_default_trades and not line_up.has_go:
            struck = line_up.strike(None, {"cause": NOBODY_SAID_GO})
        was_waiting = line_up.is_waiting
        line_up.execute()
        if struck:
            await _write_down(self._units, self._clock, [(line_up, struck)])
        elif was_waiting:
            # A card that is not shown must not keep orders back.
            with suppress(RetryLater):
                await _write_down(self._units, self._clock, [(line_up, ())])


async def _write_down(units: Units, clock: Clock, struck: Sequence[tuple[LineUp, Sequence[Rejection]]]) -> None:
    now = clock.now()
    async with units.writing() as unit:
        for line_up, rejections in struck:
            if rejections:
                await unit.verdicts.add([verdict_of(r.signal, r.verdict, r.facts, now) for r in rejections])
            await unit.show(line_up.card)


async def _first_of(*waits: Coroutine[Any, Any, object]) -> None:
    """Wait for the first of `waits`; the others are taken back."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
