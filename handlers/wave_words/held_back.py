"""What people kept out of a wave: who, until when and why, a line a word of theirs; other verdicts are only counted."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from core.domain.market import ExchangeRef
from core.domain.verdicts import Verdict, VerdictRecord
from handlers import labels, texts
from handlers.verdict_facts import VerdictFacts

MOST_COINS = 8


def held_back(records: Iterable[VerdictRecord], exchanges: Sequence[ExchangeRef], now: datetime) -> list[str]:
    """Return the lines, in the order of the verdicts: Vetoed by Ann: SOL, ETH."""
    coins: dict[str, dict[str, None]] = {}
    for record in records:
        word = _word(record, exchanges, now)
        if word is not None:
            coins.setdefault(word, {})[labels.base(record.symbol)] = None
    return [f"{word}: {texts.listing(names, limit=MOST_COINS)}." for word, names in coins.items()]


def _word(record: VerdictRecord, exchanges: Sequence[ExchangeRef], now: datetime) -> str | None:
    told = VerdictFacts(record.facts, None, exchanges, now)
    author = told.text("author")
    who = labels.author(author) if author else None
    if record.verdict is Verdict.VETOED:
        cause = told.text("cause")
        return f"Left out because {cause}" if cause else f"Vetoed by {who or 'a person'}"
    if record.verdict is Verdict.STOP_LISTED:
        return _stop_listed(told, who)
    return None


def _stop_listed(told: VerdictFacts, who: str | None) -> str:
    if who is None:
        return "On the stop list of the configuration"
    until, reason = told.time("until"), told.text("reason")
    line = f"On the stop list by {who}{f' until {until}' if until else ''}"
    return f"{line} ({reason})" if reason else line
