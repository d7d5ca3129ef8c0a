"""Owns every task of the process: starts them, restarts what crashes, tells of it, ends them in order."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta

from core.domain.errors import AlreadyRunning, ConfigurationError
from core.domain.events import TaskCrashed
from core.ports.edges import Clock
from core.ports.storage import Units

_LONGEST_PAUSE = timedelta(minutes=1)
_HEALTHY_AFTER = timedelta(minutes=10)

Fatal = ConfigurationError | AlreadyRunning
"""What no restart can mend: a person must, or another process has the database by now."""

_log = logging.getLogger(__name__)


class Supervisor:
    """The only place that starts tasks. Only here, in the dispatcher and in the relay is everything caught."""

    def __init__(self, *, clock: Clock, units: Units) -> None:
        self._clock = clock
        self._units = units
        self._kept: set[asyncio.Task[None]] = set()
        self._spawned: set[asyncio.Task[None]] = set()
        self._fatal: asyncio.Future[Fatal] = asyncio.get_running_loop().create_future()

    def spawn(self, name: str, work: Coroutine[object, object, None]) -> None:
        """Start a piece of work once; a crash is recorded, the work is not repeated."""
        task = self._start(self._spawned, name, self._once(name, work))
        # Work that was cancelled before its first step must not be missed as forgotten.
        task.add_done_callback(lambda _: work.close())

    def keep(self, name: str, start: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        """Start work that goes on, and start it again after a growing pause whenever it crashes.

        Returns:
            The task, for those who have to end it before the others.
        """
        return self._start(self._kept, name, self._again(name, start))

    async def failure(self) -> Fatal:
        """Wait for an error that no restart can mend, and return it."""
        return await asyncio.shield(self._fatal)

    async def settle(self, patience: timedelta) -> None:
        """Wait, at most `patience`, for the work started by `spawn`, and what it starts, to end by itself."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience.total_seconds()):
                while self._spawned:
                    await asyncio.wait(set(self._spawned))

    async def end(self) -> None:
        """Cancel everything that still runs, what it starts while ending included, and wait until it is gone."""
        while ending := self._kept | self._spawned:
            for task in ending:
                task.cancel()
            await asyncio.gather(*ending, return_exceptions=True)
        self._fatal.cancel()

    def _start(
        self, group: set[asyncio.Task[None]], name: str, work: Coroutine[object, object, None]
    ) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=name)
        group.add(task)
        task.add_done_callback(group.discard)
        return task

    async def _once(self, name: str, work: Coroutine[object, object, None]) -> None:
        try:
            await work
        except Exception as error:  # noqa: BLE001 - the supervisor is where crashes end
            await self._tell(name, error, 0)

    async def _again(self, name: str, start: Callable[[], Awaitable[None]]) -> None:
        restarts = 0
        while True:
            started_at = self._clock.now()
            try:
                await start()
            except (ConfigurationError, AlreadyRunning) as error:
                _log.error("task_refused", extra={"task": name, "error": str(error)})
                if not self._fatal.done():
                    self._fatal.set_result(error)
                return
            except Exception as error:  # noqa: BLE001 - the supervisor is where crashes end
                restarts = 0 if self._clock.now() - started_at > _HEALTHY_AFTER else restarts
                restarts += 1
                await self._tell(name, error, restarts)
                if _is_cancelled():
                    return  # it crashed on its way out
                await self._clock.sleep(min(timedelta(seconds=2 ** min(restarts, 10)), _LONGEST_PAUSE))
            else:
                return

    async def _tell(self, name: str, error: Exception, restarts: int) -> None:
        """Record the crash; if even that fails (a full disk), the log is the last resort."""
        _log.error("task_crashed", extra={"task": name, "restarts": restarts}, exc_info=error)
        text = f"{type(error).__name__}: {error}"[:500]
        try:
            async with self._units.writing() as unit:
                await unit.record(TaskCrashed(at=self._clock.now(), task=name, error=text, restarts=restarts))
        except Exception:  # noqa: BLE001 - a crash must never crash the supervisor
            _log.exception("crash_not_recorded", extra={"task": name})


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
