"""Keeps a chat that refuses us from ending the trade: a revoked token must not leave positions unguarded."""

from datetime import datetime, timedelta

from bot.app.chat import Listener
from core.domain.errors import ConfigurationError
from core.domain.events import TaskCrashed
from core.ports.edges import Clock
from core.ports.storage import Units

_STARTING = timedelta(minutes=1)
_TRY_AGAIN = timedelta(minutes=5)


class Hearing:
    """Runs one platform's listener for as long as the process lives."""

    def __init__(self, name: str, listener: Listener, *, units: Units, clock: Clock, started_at: datetime) -> None:
        self._name = name
        self._listener = listener
        self._units = units
        self._clock = clock
        self._started_at = started_at
        self._is_told = False

    async def run(self) -> None:
        """Listen; a platform that refuses us later is told of once, on whatever route is left, and tried again slowly.

        Raises:
            ConfigurationError: the platform refuses us right after the start: a person is there to mend it.
        """
        while True:
            try:
                return await self._listener.run()
            except ConfigurationError as error:
                if self._clock.now() - self._started_at < _STARTING:
                    raise
                await self._tell(error)
            await self._clock.sleep(_TRY_AGAIN)

    async def _tell(self, error: ConfigurationError) -> None:
        if self._is_told:
            return
        self._is_told = True
        async with self._units.writing() as unit:
            await unit.record(TaskCrashed(at=self._clock.now(), task=self._name, error=str(error), restarts=0))
