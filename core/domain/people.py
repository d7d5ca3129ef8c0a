"""People and the record of what they asked for."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum


class Role(IntEnum):
    """What a person may do; a higher role may do all that a lower one may."""

    NOBODY = 0
    VIEWER = 1
    OPERATOR = 2
    ADMIN = 3

    @classmethod
    def named(cls, name: str) -> "Role":
        """Return the role called `name` in settings.

        Raises:
            ValueError: there is no such role.
        """
        try:
            return cls[name.strip().upper()]
        except KeyError:
            raise ValueError(f"{name!r} is no role; one of viewer, operator, admin") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who speaks: `platform` and the platform's own unchangeable id. `name` is for texts only, never trusted."""

    platform: str
    id: str
    name: str = ""

    @property
    def signature(self) -> str:
        """How the person is named in records: telegram:1001 (Ann)."""
        return f"{self.platform}:{self.id}" + (f" ({self.name})" if self.name else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One row of the audit: who asked what, where, in which role, and what came of it.

    Attributes:
        kind: command, button, text, edit, socket, shortcut or home.
        outcome: answered, asked, cancelled, refused, failed, throttled or unknown_command.
        before, after: State that an act changed, None when nothing changed.
    """

    at: datetime
    person: Person
    chat: str
    kind: str
    words: str
    role: Role
    outcome: str
    before: str | None = None
    after: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A role that an admin gave to a person (or took: NOBODY); the newest of a person wins over the configuration."""

    platform: str
    person_id: str
    role: Role
    author: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StopListing:
    """A symbol that is not traded until `until_at` (None: until it is removed)."""

    symbol: str
    reason: str
    author: str
    created_at: datetime
    until_at: datetime | None = None
