"""Buttons and choices as rows of an inline keyboard. Pure; the text above them is not here."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.platforms.telegram.glyphs import clean_line, cut
from core.domain.replies import Button, Picker, Reply

MOST_KEYS = 100
_LABEL_COLUMNS = 40
_BUTTONS_A_ROW = 8
_OPTIONS_A_ROW = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One inline button: what it shows and the words it carries."""

    label: str
    words: str


Keyboard = tuple[tuple[Key, ...], ...]


def keyboard(reply: Reply) -> Keyboard:
    """Return the options of the picker, two a row, and the buttons below them; a hundred in all."""
    buttons = tuple(_rows(reply.buttons, MOST_KEYS))
    if reply.picker is None:
        return buttons
    options = reply.picker.options[: _room(reply)]
    rows = (options[start : start + _OPTIONS_A_ROW] for start in range(0, len(options), _OPTIONS_A_ROW))
    return (*(tuple(map(_key, row)) for row in rows), *buttons)


def options_left_out(reply: Reply, picker: Picker) -> int:
    """Return how many options have no place: the buttons come first."""
    return max(0, len(picker.options) - _room(reply))


def _room(reply: Reply) -> int:
    return max(0, MOST_KEYS - sum(map(len, reply.buttons)))


def _rows(rows: Sequence[Sequence[Button]], left: int) -> Iterator[tuple[Key, ...]]:
    for row in rows:
        for start in range(0, len(row), _BUTTONS_A_ROW):
            part = row[start : start + _BUTTONS_A_ROW][:left]
            left -= len(part)
            if part:
                yield tuple(map(_key, part))


def _key(button: Button) -> Key:
    label = cut(clean_line(button.label), _LABEL_COLUMNS) or clean_line(button.command) or "?"
    return Key(label=f"❗ {label}" if button.is_danger else label, words=button.command)
