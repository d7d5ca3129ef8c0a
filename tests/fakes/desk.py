"""The verbs of the trade over storage in memory, for tests of commands. No order is sent anywhere."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from core.domain.market import Tick
from core.domain.money import Money, Quantity, Ratio
from core.domain.orders import Filled
from core.domain.pauses import EVERYTHING, Pause
from core.domain.positions import ExitReason, Position, PositionState
from core.domain.release import Release
from core.domain.waves import WaveProgress, WaveStage
from core.ports.edges import Clock, PriceSource
from core.ports.storage import Units


class FakeDesk:
    """Implements Desk; closes at the last price, or raises `refusal` when a test has set one.

    Attributes:
        refusals: Raised when that position is closed.
        progress: The waves in progress; a veto strikes candidates out of them.
        calls: The verbs that were called, in words.
        given: The release of live trading in force; a new one is for `keys`.
    """

    def __init__(self, units: Units, clock: Clock, prices: PriceSource) -> None:
        self._units = units
        self._clock = clock
        self._prices = prices
        self.refusal: Exception | None = None
        self.refusals: dict[int, Exception] = {}
        self.progress: list[WaveProgress] = []
        self.calls: list[str] = []
        self.given: Release | None = None
        self.keys: dict[str, str] = {}

    async def pause(self, scope: str, *, reason: str, author: str, until_at: datetime | None) -> Pause:
        self._note(f"pause {scope}")
        now = self._clock.now()
        async with self._units.writing() as unit:
            for pause in await unit.pauses.active(now):
                is_longer = pause.until_at is None or (until_at is not None and until_at <= pause.until_at)
                if pause.scope == scope and is_longer:
                    return pause
            return await unit.pauses.add(
                Pause(scope=scope, reason=reason, author=author, created_at=now, until_at=until_at)
            )

    async def resume(self, scope: str, *, author: str) -> Sequence[Pause]:
        self._note(f"resume {scope}")
        now = self._clock.now()
        async with self._units.writing() as unit:
            ended = [pause for pause in await unit.pauses.active(now) if scope in {EVERYTHING, pause.scope}]
            for pause in ended:
                await unit.pauses.end(pause, now, author)
        return ended

    async def close(self, position_id: int, *, share: Ratio, author: str) -> Position | None:
        self._note(f"close {position_id} {share.normalize():f}")
        if position_id in self.refusals:
            raise self.refusals[position_id]
        async with self._units.writing() as unit:
            position = await unit.positions.get(position_id)
            if position is None or not position.state.is_live:
                return None
            tick: Tick | None = self._prices.latest(position.exchange, position.symbol)
            fill = Filled(
                quantity=Quantity(position.quantity * share),
                price=tick.price if tick else position.entry,
                fee_quote=Money(Decimal("0.05")),
                filled_at=self._clock.now(),
            )
            closing = replace(position, state=PositionState.CLOSING)
            after = closing.reduced(fill, ExitReason.CLOSED_BY_PERSON)
            await unit.positions.save(after)
            return after

    def waves_in_progress(self) -> Sequence[WaveProgress]:
        return self.progress

    async def veto(
        self, *, symbol: str | None, exchange: str | None, wave_at: datetime | None, author: str
    ) -> Sequence[tuple[str, str]]:
        self._note(f"veto {symbol or 'wave'} {_where(exchange, wave_at)}")
        struck: list[tuple[str, str]] = []
        for index, wave in enumerate(self.progress):
            if exchange not in {None, wave.exchange} or wave_at not in {None, wave.wave_at}:
                continue
            names = [name for name, _ in wave.candidates if symbol in {None, name}]
            left = tuple(each for each in wave.candidates if each[0] not in names)
            self.progress[index] = replace(wave, candidates=left, vetoed=(*wave.vetoed, *names))
            struck += [(wave.exchange, name) for name in names]
        return struck

    async def go(self, *, exchange: str | None, wave_at: datetime | None, author: str) -> Sequence[str]:
        self._note(f"go {_where(exchange, wave_at)}")
        waiting = [
            index
            for index, wave in enumerate(self.progress)
            if wave.veto_until_at is not None and exchange in {None, wave.exchange} and wave_at in {None, wave.wave_at}
        ]
        for index in waiting:
            self.progress[index] = replace(self.progress[index], veto_until_at=None, stage=WaveStage.EXECUTING)
        return [self.progress[index].exchange for index in waiting]

    async def released(self) -> Release | None:
        return self.given

    async def release(self, *, author: str) -> Release:
        self._note("release")
        self.given = Release(author=author, given_at=self._clock.now(), keys=dict(self.keys))
        return self.given

    async def hold(self, *, author: str) -> Release | None:
        self._note("hold")
        was, self.given = self.given, None
        return was

    def _note(self, call: str) -> None:
        self.calls.append(call)
        if self.refusal is not None:
            raise self.refusal


def _where(exchange: str | None, wave_at: datetime | None) -> str:
    return (exchange or "everywhere") + (f" of {wave_at:%H:%M}" if wave_at else "")
