"""Questions that wait for a confirmation, kept in memory only; who may answer and what is said belongs to `consent`.

Nothing here waits, so that between a look at a question and taking it nobody else can take it.
"""

import secrets
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from core.domain.people import Person
from core.domain.replies import Reply
from core.ports.edges import Clock
from handlers.confirming.approvals import Need
from handlers.confirming.copies import Place
from handlers.invocation import Command, Invocation, Preview

LIFETIME = timedelta(seconds=120)
MOST_QUESTIONS = 200


class Ending(StrEnum):
    """How a question ended; RUNNING while what it asked for is being done."""

    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """An act that waits for consent.

    Attributes:
        asked: Who asked for it, where, in which words.
        preview: What was shown, in which words it is run, and what it rests on.
    """

    token: str
    command: Command
    asked: Invocation
    preview: Preview
    need: Need
    expires_at: datetime

    @property
    def asker(self) -> Person:
        """Who asked."""
        return self.asked.person


@dataclass(slots=True, kw_only=True)
class Entry:
    """A question with what became of it.

    Attributes:
        places: The messages that show it.
        ending: None while it is open.
        by: Who ended it.
        final: What the messages show in the end; None while that is not known.
    """

    question: Question
    places: set[Place] = field(default_factory=set)
    ending: Ending | None = None
    by: Person | None = None
    final: Reply | None = None


def new_token() -> str:
    """Return a name for a question that nobody can guess, short enough to type."""
    return secrets.token_hex(5)


class Confirmations:
    """At most so many open questions, oldest first, and as many of the last that ended.

    Args:
        token: Names questions.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        token: Callable[[], str] = new_token,
        lifetime: timedelta = LIFETIME,
        most: int = MOST_QUESTIONS,
    ) -> None:
        self.lifetime = lifetime
        self._clock = clock
        self._token = token
        self._most = most
        self._open: OrderedDict[str, Entry] = OrderedDict()
        self._ended: OrderedDict[str, Entry] = OrderedDict()

    def waiting(self) -> int:
        """Return how many questions wait for an answer."""
        now = self._clock.now()
        return sum(entry.question.expires_at > now for entry in self._open.values())

    def ask(self, *, command: Command, asked: Invocation, preview: Preview, need: Need) -> Entry:
        """Keep a new question; look at `overdue` afterwards, as it may have pushed out the oldest one."""
        question = Question(
            token=self._token(),
            command=command,
            asked=asked,
            preview=preview,
            need=need,
            expires_at=self._clock.now() + self.lifetime,
        )
        entry = Entry(question=question)
        self._open[question.token] = entry
        return entry

    def find(self, token: str) -> Entry | None:
        """Return the question of that name, open or ended; None if nobody remembers it."""
        return self._open.get(token) or self._ended.get(token)

    def end(self, entry: Entry, ending: Ending, by: Person | None = None) -> None:
        """Let a question be over; from now on nobody can take it."""
        token = entry.question.token
        self._open.pop(token, None)
        entry.ending, entry.by = ending, by
        self._ended[token] = entry
        while len(self._ended) > self._most:
            self._ended.popitem(last=False)

    def is_overdue(self, entry: Entry) -> bool:
        """Return True for an open question whose time is over."""
        return entry.ending is None and entry.question.expires_at <= self._clock.now()

    def overdue(self) -> Sequence[Entry]:
        """Return the open questions whose time is over, and those that are too many."""
        surplus = len(self._open) - self._most
        return [entry for index, entry in enumerate(self._open.values()) if index < surplus or self.is_overdue(entry)]

    def next_expiry(self) -> datetime | None:
        """Return when the next open question expires, or None."""
        return min((entry.question.expires_at for entry in self._open.values()), default=None)
