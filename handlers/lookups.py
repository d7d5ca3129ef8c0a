"""Questions to the store that several commands ask; what is answered belongs to the commands."""

from collections.abc import Collection, Sequence
from datetime import datetime

from core.domain.positions import Position
from core.domain.signals import Signal
from core.domain.verdicts import VerdictRecord
from core.ports.storage import UnitOfWork
from handlers import texts
from handlers.arguments import find_symbol, read_symbol
from handlers.services import Services

RECENT_SIGNALS = 500


async def known_symbols(services: Services) -> Collection[str]:
    """Return the symbols that people may mean: those of live positions and of the last signals."""
    async with services.units.reading() as unit:
        live = await unit.positions.live()
        recent = await unit.signals.recent(RECENT_SIGNALS)
    return {position.symbol for position in live} | {signal.symbol for signal in recent}


async def live_named(services: Services, word: str) -> Sequence[Position]:
    """Return the live positions that `word` (an id, #id or a symbol) names; none or several are possible.

    Raises:
        UsageError: it is neither an id nor a symbol seen here.
    """
    number = read_id(word)
    async with services.units.reading() as unit:
        live = await unit.positions.live()
    if number is not None:
        return [position for position in live if position.id == number]
    symbol = find_symbol(word, {position.symbol for position in live})
    if symbol is None:
        symbol = read_symbol(word, await known_symbols(services))
    return [position for position in live if position.symbol == symbol]


def read_id(word: str) -> int | None:
    """Return the position id that `word` writes (12 or #12), or None if it is none."""
    digits = word.removeprefix("#")
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) <= 15 else None


async def last_wave_line(unit: UnitOfWork, now: datetime) -> str:
    """Return a sentence about the newest wave there was."""
    for wave in await unit.waves.recent(1):
        signals = await unit.signals.of_wave(wave.wave_at)
        return f"The last wave was {texts.time(wave.wave_at, now)} with {texts.count(len(signals), 'signal')}."
    return "No wave has been seen yet."


async def verdicts_by_signal(unit: UnitOfWork, signals: Sequence[Signal]) -> dict[tuple[int, str], VerdictRecord]:
    """Return the verdicts of `signals` by signal key, with one query a wave."""
    found: dict[tuple[int, str], VerdictRecord] = {}
    for wave_at in {signal.wave_at for signal in signals}:
        for record in await unit.verdicts.of_wave(wave_at):
            found[(record.exchange_id, record.signal_id)] = record
    return found
