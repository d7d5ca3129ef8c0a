"""What holds entries back by a person's word; exits always work."""

from dataclasses import dataclass
from datetime import datetime

EVERYTHING = "all"
"""The scope that holds every entry back. Other scopes are an exchange's name or a symbol."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """One pause, kept for ever; in force while not ended and not run out.

    Attributes:
        id: 0 until stored.
        scope: `EVERYTHING`, an exchange's name (lower case) or a symbol (upper case).
        until_at: None is "until resumed".
    """

    id: int = 0
    scope: str
    reason: str
    author: str
    created_at: datetime
    until_at: datetime | None = None
    ended_at: datetime | None = None
    ended_by: str | None = None

    def is_active(self, at: datetime) -> bool:
        """Return True if the pause holds entries back at `at`."""
        return self.ended_at is None and (self.until_at is None or at < self.until_at)
