"""Pieces of sentences about a wave that is being traded; whole messages are made by those who tell of it."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from core.domain.waves import WaveProgress
from handlers import labels, texts

MOST_NAMES = 12


def name(wave_at: datetime, now: datetime) -> str:
    """Return what a wave is called."""
    return f"Wave {texts.time(wave_at, now)}"


def funnel(progress: WaveProgress) -> str:
    """Return how the candidates became fewer, and what the wave is traded with."""
    steps = f"{progress.received} received → {progress.selected} selected → {progress.valid} valid"
    return f"{steps} → at most {progress.target}; params: {labels.PARAM_SOURCES[progress.params_source]}."


def if_any(name: str, pairs: Sequence[tuple[str, str]]) -> Iterable[str]:
    """Return a line of symbols with their side; none for none."""
    return (f"{name}: {listed(pairs)}.",) if pairs else ()


def listed(pairs: Sequence[tuple[str, str]]) -> str:
    """Return symbols with their side."""
    return texts.listing((f"{labels.base(symbol)} {side}" for symbol, side in pairs), limit=MOST_NAMES)


def struck_out(progress: WaveProgress) -> Iterable[str]:
    """Return the line of what people struck out; none for nothing."""
    coins = [labels.base(symbol) for symbol in progress.vetoed]
    return (f"Struck out: {texts.listing(coins, limit=MOST_NAMES)}.",) if coins else ()
