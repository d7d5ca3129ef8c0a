"""Candles of a replay, whatever form they were recorded in. What a form looks like is its reader's business."""

from collections.abc import Collection
from pathlib import Path

from bot.feeds.candle_files import load_folder, recognise, series_of
from bot.feeds.candle_series import CandleSeries
from bot.feeds.outcome_candles import load_outcomes
from core.domain.errors import ConfigurationError


def load_candles(path: Path, wanted: Collection[tuple[str, str]] | None = None) -> list[CandleSeries]:
    """Return the candles at `path`: a folder of candle files, one such file, or a file of outcomes.

    Only the ends of files are looked at here; the candles are read when they are walked.

    Args:
        path: Folder or file.
        wanted: Exchanges (binance, bybit) with symbols; None is all there are. One without candles is left out.

    Raises:
        ConfigurationError: there is nothing at `path`, or it cannot be read as candles.
    """
    if path.is_dir():
        return load_folder(path, wanted)
    if not path.is_file():
        raise ConfigurationError(f"{path}: there is no such folder or file of candles")
    file = recognise(path)
    if file is None:
        return load_outcomes(path, wanted)
    series = series_of([file]) if wanted is None or (file.exchange, file.symbol) in wanted else None
    return [] if series is None else [series]
