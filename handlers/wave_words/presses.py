"""Presses that speak to one wave alone, so that an old one hits no later wave; what they do is for `/veto`."""

from collections.abc import Iterator, Sequence

from core.domain.replies import Button
from core.domain.waves import WaveProgress
from handlers import labels, texts

LONGEST_COMMAND = 60
A_ROW = 3


def words(what: str, wave: WaveProgress) -> str:
    """Return the command that says `what` (a symbol, wave or go) to that wave alone."""
    return f"/veto {what} {wave.exchange} {texts.wave_key(wave.wave_at)}"


def go(wave: WaveProgress, label: str = "Go now") -> Button:
    """Return the press that ends the wait."""
    return Button(label=label, command=words("go", wave))


def skip(wave: WaveProgress, label: str = "Skip wave") -> Button:
    """Return the press that strikes out all that is left."""
    return Button(label=label, command=words("wave", wave), is_danger=True)


def drops(wave: WaveProgress, most: int) -> tuple[tuple[Button, ...], ...]:
    """Return a press for each of the first `most` candidates, three a row; without those too long for a press."""
    return tuple(
        _rows([Button(label=f"Drop {labels.coin(name)}", command=line) for name, line in _fitting(wave)][:most])
    )


def _fitting(wave: WaveProgress) -> Iterator[tuple[str, str]]:
    for symbol, _ in wave.candidates:
        line = words(symbol, wave)
        if len(line.encode()) <= LONGEST_COMMAND:
            yield symbol, line


def _rows(buttons: Sequence[Button]) -> Iterator[tuple[Button, ...]]:
    for at in range(0, len(buttons), A_ROW):
        yield tuple(buttons[at : at + A_ROW])
