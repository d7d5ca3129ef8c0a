"""The equity curve as a PNG that reads on a phone; figures come from outside."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path

_INK = "#e8eaed"
_GROUND = "#16181d"
_LINE = "#4cc2ff"
_LOSS = "#ff6b6b"


def draw_equity(points: Sequence[tuple[datetime, Decimal]], title: str, path: Path) -> None:
    """Draw realised P&L (USDT) over time with the drawdown below it.

    Args:
        points: (time, realised P&L since the start), oldest first; may be empty.
        title: One line.
        path: Where the PNG goes.
    """
    # Imported here because it takes most of a second, which only those who want a picture should pay.
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    times = [at for at, _ in points]
    equity = [float(value) for _, value in points]
    figure = Figure(figsize=(6, 6), dpi=120, facecolor=_GROUND, layout="constrained")
    FigureCanvasAgg(figure)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    upper.set_title(title, color=_INK, fontsize=13)
    upper.plot(times, equity, color=_LINE, linewidth=2, drawstyle="steps-post")
    upper.axhline(0, color=_INK, linewidth=0.6, alpha=0.5)
    upper.set_ylabel("P&L, USDT", color=_INK)
    lower.fill_between(times, _drawdown(equity), 0, color=_LOSS, step="post", alpha=0.7)
    lower.set_ylabel("drawdown", color=_INK)
    for axes in (upper, lower):
        axes.set_facecolor(_GROUND)
        axes.tick_params(colors=_INK, labelsize=10)
        axes.grid(visible=True, alpha=0.15)
        for spine in axes.spines.values():
            spine.set_color("#3a3f47")
    if not points:
        upper.text(0.5, 0.6, "no position was closed", color=_INK, ha="center", transform=upper.transAxes)
        for axes in (upper, lower):
            axes.set(xticks=[], yticks=[])
    lower.tick_params(axis="x", rotation=30)
    # The library's name and version would be written into the file: the same figures would then give other bytes.
    figure.savefig(path, format="png", metadata={"Software": None})


def _drawdown(equity: Sequence[float]) -> list[float]:
    highest = 0.0
    falls = []
    for value in equity:
        highest = max(highest, value)
        falls.append(value - highest)
    return falls
