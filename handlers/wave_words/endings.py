"""What became of a wave that is over, for those who speak to it too late; `/wave` and `/why` tell the whole of it."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from core.domain.replies import Button, Reply, Tone
from core.domain.verdicts import Verdict, VerdictRecord
from core.domain.waves import WaveState
from handlers import labels, texts
from handlers.arguments import find_symbol
from handlers.services import Services
from handlers.verdict_texts import clause
from handlers.wave_words.outcomes import WaveOutcome, read_outcome

MOST_COINS = 8
MOST_POSITIONS = 3


async def ending_reply(services: Services, wave_at: datetime, exchange: str | None, word: str | None) -> Reply:
    """Return that a wave is not in progress any more (or not yet), and what became of it.

    Args:
        services: What is asked.
        wave_at: The wave that is meant.
        exchange: The only exchange that is meant, or None.
        word: The symbol that is meant, as a person writes it; None means all of the wave.
    """
    where = f" on {labels.title_of(exchange, services.exchanges)}" if exchange else ""
    name = f"Wave {texts.time(wave_at, services.clock.now())}{where}"
    refs = [ref for ref in services.exchanges if exchange in {None, ref.name}]
    found = [await read_outcome(services.units, wave_at, ref.name, ref.id) for ref in refs]
    outcomes = [outcome for outcome in found if outcome is not None]
    if not outcomes:
        return _reply(services, f"{name} was never seen")
    if outcomes[0].state is WaveState.COLLECTING:
        return _reply(services, f"{name} is not traded yet", "It can be vetoed once it is taken.")
    if outcomes[0].state is WaveState.EXECUTING and any(each.signals and not each.result for each in outcomes):
        return _reply(services, f"{name} is about to be traded", "Say it again in a moment.")
    if word is None:
        records = [record for outcome in outcomes for record in outcome.verdicts]
        lines = [_whole(outcome, services) for outcome in outcomes if outcome.verdicts]
    else:
        records = _records(outcomes, word)
        lines = [*_one(outcomes, records, services)] or [f"{texts.quoted(word)} was not in it."]
    return _reply(services, f"{name} is over", *lines, buttons=_presses(wave_at, records))


def _records(outcomes: Sequence[WaveOutcome], word: str) -> list[VerdictRecord]:
    """Return the verdicts on the symbol that `word` names."""
    records = [record for outcome in outcomes for record in outcome.verdicts]
    symbol = find_symbol(word, {record.symbol for record in records})
    return [record for record in records if record.symbol == symbol]


def _one(outcomes: Sequence[WaveOutcome], records: Sequence[VerdictRecord], services: Services) -> Iterable[str]:
    """Return a sentence a verdict: At 10:06 SOL was bought: 0.7 at 143.20 (position #7)."""
    now = services.clock.now()
    sides = {signal.key: signal.side for outcome in outcomes for signal in outcome.signals}
    for record in records:
        told = clause(record, sides.get((record.exchange_id, record.signal_id)), services.exchanges, now)
        where = f" on {labels.title_of_id(record.exchange_id, services.exchanges)}" if len(records) > 1 else ""
        yield f"At {texts.time(record.decided_at, now)} {labels.base(record.symbol)}{where} {told}"


def _whole(outcome: WaveOutcome, services: Services) -> str:
    """Return what an exchange opened, and why not the others."""
    opened = texts.listing((labels.base(symbol) for symbol, _ in outcome.opened), limit=MOST_COINS)
    others = outcome.counts(leave_out=Verdict.EXECUTED)
    title = labels.title_of(outcome.exchange, services.exchanges)
    return f"{title}: {opened or 'nothing'} opened{f'; {others}' if others else ''}."


def _presses(wave_at: datetime, records: Sequence[VerdictRecord]) -> tuple[tuple[Button, ...], ...]:
    key = texts.wave_key(wave_at)
    ids = [record.facts.get("position_id") for record in records if record.verdict is Verdict.EXECUTED]
    positions = [Button(label=f"Position #{each}", command=f"/position {each}") for each in ids if each is not None]
    first = (Button(label="The wave", command=f"/wave {key}"), Button(label="Why", command=f"/why {key}"))
    return (first, tuple(positions[:MOST_POSITIONS])) if positions else (first,)


def _reply(services: Services, title: str, *lines: str, buttons: tuple[tuple[Button, ...], ...] = ()) -> Reply:
    return Reply(title=title, banner=texts.banner(services.mode), tone=Tone.NOTICE, lines=lines, buttons=buttons)
