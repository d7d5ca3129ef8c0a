"""Whether a venue takes calls from us now, and who is told when that changes. Nothing is called from here."""

from datetime import datetime, timedelta
from typing import Protocol

from bot.exchanges.errors import TroubleKind, VenueFailure, VenueTrouble
from core.domain.orders import RefusalReason
from core.ports.edges import Clock


class VenueListener(Protocol):
    """Is told, once an episode, that a venue takes no calls from us for a while, and that it does again.

    It is told within the call that found it out: it should be quick, and take a second word for the same episode.
    """

    async def venue_limited(self, venue: str, detail: str, until_at: datetime) -> None:
        """Nothing is sent to `venue` before `until_at`; `detail` is its own sentence."""
        ...

    async def venue_restored(self, venue: str, outage: timedelta) -> None:
        """A call went through again, `outage` after the first that did not."""
        ...


class VenueGate:
    """Keeps calls back while the venue wants none."""

    def __init__(self, venue: str, clock: Clock, listener: VenueListener | None) -> None:
        self._venue = venue
        self._clock = clock
        self._listener = listener
        self._since_at: datetime | None = None
        self._until_at: datetime | None = None
        self._trouble: VenueTrouble | None = None
        self._is_told = False

    def check(self) -> None:
        """Let a call pass.

        Raises:
            VenueFailure: the venue wants none now (`BACK_OFF` with what is left of the wait).
        """
        if self._until_at is None or (left := self._until_at - self._clock.now()) <= timedelta(0):
            return
        said = self._trouble
        raise VenueFailure(
            VenueTrouble(
                kind=TroubleKind.BACK_OFF,
                reason=RefusalReason.RATE_LIMITED,
                detail=said.detail if said else "",
                code=said.code if said else "",
                wait=left,
            )
        )

    async def shut(self, trouble: VenueTrouble) -> None:
        """Keep calls back for the wait of `trouble`; tells the listener if that is new."""
        now = self._clock.now()
        until_at = now + (trouble.wait or timedelta(0))
        self._since_at = self._since_at or now
        self._until_at = max(self._until_at or until_at, until_at)
        self._trouble = trouble
        if self._listener is not None and not self._is_told:
            await self._listener.venue_limited(self._venue, trouble.detail, self._until_at)
        self._is_told = True

    async def passed(self) -> None:
        """Note that the venue took a call; tells the listener if it had not before."""
        if self._since_at is None or (self._until_at is not None and self._clock.now() < self._until_at):
            return
        outage, was_told = self._clock.now() - self._since_at, self._is_told
        self._since_at = self._until_at = self._trouble = None
        self._is_told = False
        if self._listener is not None and was_told:
            await self._listener.venue_restored(self._venue, outage)
