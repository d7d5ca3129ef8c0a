"""Letting live entries begin by a person's word, and taking that back; positions and stops are never touched."""

from collections.abc import Mapping

from core.domain.errors import NotPossible
from core.domain.events import LiveHeld, LiveReleased
from core.domain.release import RELEASE, Release
from core.ports.edges import Clock
from core.ports.storage import Units


class Releasing:
    """Idempotent verbs over the stored release.

    Args:
        live_keys: The fingerprints of the keys in use, by exchange; None where no money is at stake.
    """

    def __init__(self, *, units: Units, clock: Clock, live_keys: Mapping[str, str] | None) -> None:
        self._units = units
        self._clock = clock
        self._live_keys = live_keys

    async def standing(self) -> Release | None:
        """Return the release that was given last and not taken back, whatever keys it was given for."""
        async with self._units.reading() as unit:
            return Release.of_text(await unit.state.get(RELEASE))

    async def give(self, *, author: str) -> Release:
        """Let live entries begin with the keys that are in use now.

        Returns:
            The release in force: one that covers these keys already is kept, with its author.

        Raises:
            NotPossible: no money is at stake in this mode.
        """
        if not self._live_keys:
            raise NotPossible("this process does not trade with money")
        now = self._clock.now()
        async with self._units.writing() as unit:
            standing = Release.of_text(await unit.state.get(RELEASE))
            if standing is not None and standing.covers(self._live_keys):
                return standing
            release = Release(author=author, given_at=now, keys=self._live_keys)
            await unit.state.put(RELEASE, release.to_text())
            await unit.record(LiveReleased(at=now, author=author, exchanges=tuple(self._live_keys)))
        return release

    async def take_back(self, *, author: str) -> Release | None:
        """Hold live entries back from the next order on.

        Returns:
            The release that was in force, None if there was none.
        """
        now = self._clock.now()
        async with self._units.writing() as unit:
            standing = Release.of_text(await unit.state.get(RELEASE))
            if standing is None:
                return None
            await unit.state.put(RELEASE, None)
            await unit.record(LiveHeld(at=now, author=author))
        return standing
