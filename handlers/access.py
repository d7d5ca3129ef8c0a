"""Who may what: the one place that decides it, for every kind of invocation; pure, and it says nothing itself.

Deny by default. How often somebody may ask belongs to `limits`, the words of a refusal to `dispatch`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from core.domain.people import Grant, Person, Role
from handlers.invocation import Command, Invocation


class Denial(StrEnum):
    """Why not."""

    UNLISTED = "unlisted"
    ROLE = "role"
    CEILING = "ceiling"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Whether an invocation goes on; `role` is the one in force in that chat."""

    role: Role
    denial: Denial | None = None

    @property
    def is_allowed(self) -> bool:
        """True when nothing speaks against it."""
        return self.denial is None


class Access:
    """Rights as configured, and what was granted in chat over them; implements `handlers.services.Rights`.

    Args:
        roles: By platform and the platform's own id of a person; who is missing is nobody.
        ceilings: By chat (destination text): nobody has a higher role there. A chat's ceiling holds in its topics, too.
        disabled: By platform: commands that are switched off, by name or alias.
    """

    def __init__(
        self,
        *,
        roles: Mapping[tuple[str, str], Role],
        ceilings: Mapping[str, Role] | None = None,
        disabled: Mapping[str, frozenset[str]] | None = None,
    ) -> None:
        self._roles = dict(roles)
        self._ceilings = dict(ceilings or {})
        self._disabled = {platform: frozenset(names) for platform, names in (disabled or {}).items()}

    def role_of(self, person: Person) -> Role:
        """Return the role that `person` is listed with, NOBODY if not listed; names are not looked at."""
        return self._roles.get((person.platform, person.id), Role.NOBODY)

    def listed(self) -> Mapping[tuple[str, str], Role]:
        """Return everybody who has a role, by platform and id."""
        return {key: role for key, role in self._roles.items() if role is not Role.NOBODY}

    def apply(self, grant: Grant) -> None:
        """Let a stored grant be in force, whatever the configuration says; NOBODY takes the role away."""
        self._roles[grant.platform, grant.person_id] = grant.role

    def chats(self) -> Mapping[str, Role]:
        """Return the chats that have a ceiling."""
        return dict(self._ceilings)

    def follow(self, old_chat: str, new_chat: str) -> None:
        """Let the ceilings of a chat, and of its topics, hold in the chat that it became; safe to repeat."""
        old, new = old_chat.partition("/")[0], new_chat.partition("/")[0]
        for chat, ceiling in list(self._ceilings.items()):
            whole, slash, topic = chat.partition("/")
            if whole == old:
                moved = f"{new}{slash}{topic}"
                self._ceilings[moved] = min(ceiling, self._ceilings.get(moved, Role.ADMIN))

    def role_in(self, person: Person, chat: str) -> Role:
        """Return the role of `person` in `chat`: the listed one, no higher than the chat's ceiling."""
        return min(self.role_of(person), self.ceiling(chat))

    def decide(self, invocation: Invocation, command: Command | None) -> Decision:
        """Return whether `invocation` may run `command`; None is "no command of ours", open to listed people only."""
        listed = self.role_of(invocation.person)
        role = self.role_in(invocation.person, invocation.chat)
        is_open = command is not None and command.role is Role.NOBODY
        if listed is Role.NOBODY and not is_open:
            return Decision(role=role, denial=Denial.UNLISTED)
        if command is None:
            return Decision(role=role)
        if self.is_disabled(invocation.person.platform, command):
            return Decision(role=role, denial=Denial.DISABLED)
        if role < command.role:
            return Decision(role=role, denial=Denial.ROLE if listed < command.role else Denial.CEILING)
        return Decision(role=role)

    def ceiling(self, chat: str) -> Role:
        """Return the lowest ceiling of a chat and of what it is a topic of."""
        whole = chat.partition("/")[0]
        return min(self._ceilings.get(chat, Role.ADMIN), self._ceilings.get(whole, Role.ADMIN))

    def is_disabled(self, platform: str, command: Command) -> bool:
        """Return True if `command` is switched off on `platform`."""
        return not self._disabled.get(platform, frozenset()).isdisjoint({command.name, *command.aliases})
