"""Wires who may what: the configuration, what was granted in chat over it, and chats that got another address."""

from dataclasses import replace

from bot.control_socket import LOCAL as SOCKET_PERSON
from bot.platforms.terminal.inbound import LOCAL as TERMINAL_PERSON
from bot.settings import Settings
from core.delivery.routing import Routing
from core.domain.delivery import Destination
from core.domain.people import Role
from core.ports.storage import Units
from handlers.access import Access
from handlers.confirming.approvals import ApprovalSettings

_MOVED = "moved_chats"


def build_access(settings: Settings) -> Access:
    """Return the rights that settings give; the terminal's role covers the control socket, too."""
    access = settings.access
    roles: dict[tuple[str, str], Role] = {
        (TERMINAL_PERSON.platform, TERMINAL_PERSON.id): access.terminal,
        ("socket", SOCKET_PERSON): access.terminal,
    }
    roles |= {("telegram", person): role for person, role in access.telegram.items()}
    roles |= {("slack", person): role for person, role in access.slack.items()}
    return Access(
        roles=roles, ceilings={str(chat): role for chat, role in access.chats.items()}, disabled=access.disabled
    )


def approvals_of(settings: Settings) -> ApprovalSettings:
    """Return what acts that raise risk need, secrets in the open for the one place that checks codes."""
    chosen = settings.approvals
    people = {tuple(person.split(":", 1)): secret.reveal() for person, secret in chosen.totp.items()}
    return ApprovalSettings(
        second_person=chosen.second_person,
        to=chosen.to,
        totp={(platform, person): secret for (platform, person), secret in people.items()},
    )


async def load_grants(units: Units, access: Access) -> None:
    """Let the roles that were granted in chat be in force."""
    async with units.reading() as unit:
        for grant in await unit.grants.current():
            access.apply(grant)


class Moves:
    """Chats that got another address: routes and ceilings follow them, now and after a restart."""

    def __init__(self, *, units: Units, routing: Routing, access: Access) -> None:
        self._units = units
        self._routing = routing
        self._access = access

    async def load(self) -> None:
        """Follow every chat that has moved before."""
        async with self._units.reading() as unit:
            stored = await unit.state.get(_MOVED)
        for line in (stored or "").splitlines():
            old, new = line.split()
            self._apply(Destination.parse(old), Destination.parse(new))

    async def follow(self, old: Destination, new: Destination) -> None:
        """Follow a chat, and remember it; safe to repeat."""
        old, new = replace(old, topic=""), replace(new, topic="")
        self._apply(old, new)
        async with self._units.writing() as unit:
            known = (await unit.state.get(_MOVED) or "").splitlines()
            line = f"{old} {new}"
            if line not in known:
                await unit.state.put(_MOVED, "\n".join([*known, line]))

    def _apply(self, old: Destination, new: Destination) -> None:
        self._routing.follow(old, new)
        self._access.follow(str(old), str(new))
