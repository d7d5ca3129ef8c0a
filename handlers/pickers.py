"""Choices instead of a missing argument: positions, symbols, any words; pure. When to ask is for the commands."""

from collections.abc import Iterable, Sequence

from core.domain.market import ExchangeRef
from core.domain.positions import Position
from core.domain.replies import Button, Picker
from handlers import labels, texts

MOST_OPTIONS = 100
LONGEST_COMMAND = 60
LONGEST_LABEL = 60


def word_picker(prompt: str, options: Iterable[tuple[str, str]]) -> Picker:
    """Return a choice between `options`: what is shown, and the whole command that it stands for.

    What is too long for a press is left out, and so is what comes after the first hundred.

    Raises:
        ValueError: nothing is left to choose from.
    """
    buttons = [
        Button(label=texts.cut(label, LONGEST_LABEL), command=command)
        for label, command in options
        if len(command.encode()) <= LONGEST_COMMAND
    ]
    return Picker(prompt=prompt, options=tuple(buttons[:MOST_OPTIONS]))


def position_picker(
    prompt: str, positions: Sequence[Position], command: str, exchanges: Sequence[ExchangeRef]
) -> Picker:
    """Return a choice between `positions`.

    Args:
        prompt: What is asked: "Which position?".
        positions: One at least; in the order in which they are offered.
        command: With {} for the id: "/close {} 50"; without, the id comes last: "/position".
        exchanges: Those whose titles are shown.

    Raises:
        ValueError: there is no position.
    """
    form = command if "{}" in command else f"{command} {{}}"
    return word_picker(prompt, ((_label(position, exchanges), form.format(position.id)) for position in positions))


def _label(position: Position, exchanges: Sequence[ExchangeRef]) -> str:
    title = labels.title_of(position.exchange, exchanges)
    return f"#{position.id} {position.symbol} {position.side.value.upper()} · {title}"
