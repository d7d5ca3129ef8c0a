"""`/why`: what became of a signal, a symbol or a wave, and the facts behind it; the sentences are `verdict_texts`'s."""

from collections.abc import Collection, Sequence
from datetime import datetime

from core.domain.people import Role
from core.domain.replies import Button, Reply
from core.domain.signals import Signal
from core.domain.verdicts import Verdict, VerdictRecord
from core.ports.storage import UnitOfWork
from handlers import labels, texts
from handlers.arguments import find_symbol, nearest_symbol
from handlers.invocation import Answer, Command, Request, UsageError
from handlers.lookups import known_symbols, last_wave_line, verdicts_by_signal
from handlers.pickers import word_picker
from handlers.services import Services
from handlers.time_arguments import find_wave
from handlers.verdict_texts import counted, sentence, tally

MOST_SENTENCES = 12
NEWEST = 6
RECENT_SIGNALS = 300
MOST_SYMBOLS = 24


async def run(request: Request) -> Answer:
    """Answer in sentences why a symbol, a signal or a wave did or did not trade."""
    services = request.services
    word = " ".join(word for word in request.arguments if word.lower() != "wave").removeprefix("#")
    if not word:
        return Answer(reply=await _which(services))
    known = await known_symbols(services)
    async with services.units.reading() as unit:
        lines, positions = await _told(unit, word, known, services)
    buttons = tuple(Button(label=f"Position #{number}", command=f"/position {number}") for number in positions[:3])
    reply = Reply(
        title=f"Why {texts.cut(word, 40)}",
        banner=texts.banner(services.mode),
        lines=tuple(lines),
        buttons=(buttons,) if buttons else (),
    )
    return Answer(reply=reply)


async def _which(services: Services) -> Reply:
    """Return the question what to explain: the last wave, or one of the symbols seen last."""
    async with services.units.reading() as unit:
        recent = await unit.signals.recent(RECENT_SIGNALS)
    symbols = list(dict.fromkeys(signal.symbol for signal in recent))[:MOST_SYMBOLS]
    if not symbols:
        raise UsageError("No signal has been received yet. Name a symbol, a signal id or a wave.")
    options = [("The last wave", "/why last"), *((symbol, f"/why {symbol}") for symbol in symbols)]
    return Reply(banner=texts.banner(services.mode), picker=word_picker("Why what?", options))


async def _told(
    unit: UnitOfWork, word: str, known: Collection[str], services: Services
) -> tuple[Sequence[str], Sequence[str]]:
    """Return the sentences about what `word` names, and the ids of the positions that came of it."""
    now = services.clock.now()
    if word.lower() == "last":
        newest = await unit.waves.recent(1)
        return await _of_wave(unit, newest[0].wave_at, services) if newest else (["No wave has been seen yet."], [])
    signals = await _with_id(unit, word, services)
    if signals:
        return await _of_signals(unit, signals, services)
    wave_at = find_wave(word, now)
    if wave_at is not None:
        return await _of_wave(unit, wave_at, services)
    return await _of_symbol(unit, word, known, services)


async def _with_id(unit: UnitOfWork, word: str, services: Services) -> list[Signal]:
    """Return the signals with that id; each exchange counts its own."""
    found = [await unit.signals.find(word, ref.id) for ref in services.exchanges]
    return [signal for signal in found if signal is not None]


async def _of_signals(unit: UnitOfWork, signals: Sequence[Signal], services: Services) -> tuple[list[str], list[str]]:
    records = await verdicts_by_signal(unit, signals)
    now = services.clock.now()
    lines = []
    for signal in signals:
        record = records.get(signal.key)
        lines.append(sentence(record, signal.side, services.exchanges, now) if record else _pending(signal, services))
    return lines, _positions(list(records.values()), {signal.key for signal in signals})


def _pending(signal: Signal, services: Services) -> str:
    title = labels.title_of_id(signal.exchange_id, services.exchanges)
    at = texts.time(signal.wave_at, services.clock.now())
    return f"{signal.symbol} {signal.side.value} (wave {at}, {title}) has no verdict yet: its wave is not done."


async def _of_wave(unit: UnitOfWork, wave_at: datetime, services: Services) -> tuple[list[str], list[str]]:
    """Return how a wave went: the counts, then a sentence a signal, those that traded first."""
    now = services.clock.now()
    wave = await unit.waves.get(wave_at)
    signals = await unit.signals.of_wave(wave_at)
    records = await unit.verdicts.of_wave(wave_at)
    if wave is None and not signals and not records:
        return [f"Nothing is known of wave {texts.time(wave_at, now)}.", await last_wave_line(unit, now)], []
    state = f", {labels.WAVE_STATES[wave.state]}" if wave else ""
    counts = counted(tally(records))
    lines = [
        f"Wave {texts.time(wave_at, now)}{state}: {texts.count(len(signals), 'signal')}; {counts or 'no verdict yet'}."
    ]
    sides = {signal.key: signal.side for signal in signals}
    ranks = {signal.key: index for index, signal in enumerate(signals)}
    ordered = sorted(
        records,
        key=lambda record: (
            record.verdict is not Verdict.EXECUTED,
            ranks.get((record.exchange_id, record.signal_id), len(ranks)),
        ),
    )
    for record in ordered[:MOST_SENTENCES]:
        side = sides.get((record.exchange_id, record.signal_id))
        lines.append(sentence(record, side, services.exchanges, now))
    if len(ordered) > MOST_SENTENCES:
        lines.append(f"And {len(ordered) - MOST_SENTENCES} more: /wave {texts.wave_key(wave_at)}")
    return lines, _positions(ordered)


async def _of_symbol(
    unit: UnitOfWork, word: str, known: Collection[str], services: Services
) -> tuple[list[str], list[str]]:
    """Return what became of the newest signals of a symbol, the newest first; or that there never was one."""
    now = services.clock.now()
    wanted = word.upper().replace("/", "")
    found = find_symbol(word, known)
    for symbol in (found,) if found else (wanted, f"{wanted}USDT"):
        signals = await unit.signals.recent(NEWEST, symbol)
        records = await unit.verdicts.of_symbol(symbol, NEWEST)
        lines = _newest(signals, records, services)
        if lines:
            return lines, _positions(records)
    if not wanted.isalnum():
        raise UsageError(f"{texts.quoted(word)} is no symbol, no signal id and no wave.")
    name = found or (wanted if wanted.endswith("USDT") else f"{wanted}USDT")
    guess = nearest_symbol(wanted, known)
    hint = [f"Did you mean {guess}?"] if guess and guess != name else []
    return [f"No signal of {name} has been received.", *hint, await last_wave_line(unit, now)], []


def _newest(signals: Sequence[Signal], records: Sequence[VerdictRecord], services: Services) -> list[str]:
    """Return a sentence a signal or verdict, newest wave first; unreadable signals have a verdict only."""
    now = services.clock.now()
    sides = {signal.key: signal.side for signal in signals}
    judged = {(record.exchange_id, record.signal_id) for record in records}
    told = [(signal.wave_at, _pending(signal, services)) for signal in signals if signal.key not in judged]
    for record in records:
        side = sides.get((record.exchange_id, record.signal_id))
        told.append((record.wave_at or record.decided_at, sentence(record, side, services.exchanges, now)))
    told.sort(key=lambda pair: pair[0], reverse=True)
    return [line for _, line in told[:NEWEST]]


def _positions(records: Sequence[VerdictRecord], keys: Collection[tuple[int, str]] | None = None) -> list[str]:
    """Return the ids of the positions that executed signals opened."""
    return [
        str(record.facts["position_id"])
        for record in records
        if record.verdict is Verdict.EXECUTED
        and record.facts.get("position_id")
        and (keys is None or (record.exchange_id, record.signal_id) in keys)
    ]


COMMAND = Command(
    name="why",
    summary="Why a symbol, signal or wave traded, or not",
    run=run,
    role=Role.VIEWER,
    usage="[SYMBOL|signal id|wave]",
    examples=("/why SOL", "/why 10:15", "/why last"),
)
