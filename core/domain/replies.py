"""A platform-neutral document: what commands answer and alerts say. Markup belongs to a platform's format module."""

from dataclasses import dataclass
from enum import StrEnum


class Tone(StrEnum):
    """How a reply feels; platforms turn it into a mark or a colour."""

    PLAIN = "plain"
    GOOD = "good"
    BAD = "bad"
    NOTICE = "notice"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A name with its value, shown side by side."""

    name: str
    value: str


class Align(StrEnum):
    """Where a table column stands."""

    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A table column."""

    title: str
    align: Align = Align.LEFT


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of cells; made to fit 34 monospace columns on a phone by whoever builds it."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]

    def __post_init__(self) -> None:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError("every row of a table has one cell a column")


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A press that stands for a command; authorised when pressed, like the command typed.

    Attributes:
        command: The words, as typed: "/close 12". At most 60 bytes, so that every platform can carry it.
    """

    label: str
    command: str
    is_danger: bool = False

    def __post_init__(self) -> None:
        if not 0 < len(self.command.encode()) <= 60:
            raise ValueError(f"a button carries 1 to 60 bytes, not {self.command!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Picker:
    """A choice instead of a missing argument: each option stands for the whole command. At most 100 options.

    Attributes:
        prompt: What is asked, in a few words: "Which position?".
    """

    prompt: str
    options: tuple[Button, ...]

    def __post_init__(self) -> None:
        if not 0 < len(self.options) <= 100:
            raise ValueError(f"a picker has 1 to 100 options, not {len(self.options)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file that goes with a reply; UTF-8 where it is text. `summary` says in a few words what is in it."""

    name: str
    content: bytes
    media_type: str
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a person is shown.

    Attributes:
        banner: The mode (PAPER, TESTNET, LIVE) on everything about money; None elsewhere.
        lines: Paragraphs of plain text.
        buttons: Rows of presses.
        alert_id: Short number of the alert; None for answers.
        is_private: True when only the asker should see it, where the platform can (errors, refusals).
        replaces: True when it takes the place of the message whose button was pressed, where the platform can.
        confirmation: The question that its buttons answer (see handlers.confirmations); None elsewhere. Whoever shows
            the reply says where, by `Dispatch.shown`.
    """

    title: str = ""
    banner: str | None = None
    tone: Tone = Tone.PLAIN
    lines: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()
    table: Table | None = None
    footer: str = ""
    buttons: tuple[tuple[Button, ...], ...] = ()
    alert_id: int | None = None
    is_private: bool = False
    picker: Picker | None = None
    file: File | None = None
    replaces: bool = False
    confirmation: str | None = None
