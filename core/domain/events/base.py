"""What every fact has: when, where, how much it matters, which living message shows it. The facts are beside."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import ClassVar

from core.domain.cards import Card


class Severity(IntEnum):
    """How much a fact matters; routes match at or above one."""

    SILENT = 0
    INFO = 1
    NOTICE = 2
    WARNING = 3
    CRITICAL = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A fact. `at` is when it happened; `exchange` is set on facts of one exchange.

    Class attributes `kind` (as in routes, tables and docs) and `severity` are set by every subclass.

    Class attributes:
        is_detail: Told as a message of its own in the thread of its card; otherwise its card alone tells it, where
            cards live.
        is_relief: The end of a trouble: it matters as much as its beginning, but nobody has to do anything.
        is_for_all: Told at every destination of every route, whatever that route matches.
        expires_after: After so long it is told only in a digest; None: it never grows old.
    """

    kind: ClassVar[str] = ""
    severity: ClassVar[Severity] = Severity.INFO
    is_detail: ClassVar[bool] = False
    is_relief: ClassVar[bool] = False
    is_for_all: ClassVar[bool] = False
    expires_after: ClassVar[timedelta | None] = timedelta(hours=6)

    at: datetime
    exchange: str | None = None

    @property
    def card(self) -> Card | None:
        """The living message that shows this fact, or None."""
        return None

    @property
    def touches(self) -> tuple[Card, ...]:
        """Other living messages that this fact changes."""
        return ()

    @property
    def group(self) -> str:
        """What alerts of this class have in common: repeats within minutes are told together. Empty: each by itself."""
        return ""
