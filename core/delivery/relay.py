"""Carries alerts and cards from the outbox to people: what goes next, and when. One attempt is made in `carrier`."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from core.delivery.carrier import Carrier, Moved
from core.delivery.lanes import LONGEST_WAIT, Lane, Lanes, Relief, name_of
from core.delivery.losses import Losses
from core.domain.delivery import Destination, Traffic, Work
from core.domain.settings import DeliverySettings
from core.ports.delivery import Messenger, Outbox, Renderer
from core.ports.edges import Clock
from core.ports.storage import Units

Spawn = Callable[[str, Coroutine[object, object, None]], None]
"""Starts a named piece of work that is not waited for; its crash is the supervisor's business."""

_TIDY_EVERY = timedelta(minutes=1)

_log = logging.getLogger(__name__)


class Relay:
    """Sends what waits, one at a time a destination; each at least once, and what is urgent first.

    A destination that is slow, paced or failing holds up only itself, and while it fails its fallback is told.
    """

    def __init__(
        self,
        *,
        outbox: Outbox,
        units: Units,
        renderer: Renderer,
        messengers: Mapping[str, Messenger],
        clock: Clock,
        spawn: Spawn,
        settings: DeliverySettings,
        moved: Moved | None = None,
    ) -> None:
        self._outbox = outbox
        self._messengers = messengers
        self._clock = clock
        self._spawn = spawn
        self._settings = settings
        self._losses = Losses(units)
        self._lanes = Lanes(settings)
        self._carrier = Carrier(
            outbox=outbox,
            losses=self._losses,
            renderer=renderer,
            messengers=messengers,
            clock=clock,
            settings=settings,
            lanes=self._lanes,
            moved=moved,
        )
        self._changed = asyncio.Event()
        self._has_news = True
        self._tidy_at: datetime | None = None

    async def run(self) -> None:
        """Send what is due, whenever something becomes due; never ends."""
        self._has_news = True
        while True:
            self._changed.clear()
            now = self._clock.now()
            await self._tidy(now)
            await self._relieve(now)
            waiting = self._waiting(now)
            await self._start_due(now, waiting)
            await self._rest(await self._wake_at(now, waiting))

    async def listen(self) -> None:
        """Wake `run` when something is recorded; never ends."""
        while True:
            await self._outbox.arrival()
            self._has_news = True
            self._changed.set()

    async def flush(self, patience: timedelta) -> None:
        """Let what is due go out, at most for `patience`; for the end of the process, after `run` was stopped."""
        self._has_news = True
        try:
            async with asyncio.timeout(patience.total_seconds()):
                while True:
                    self._changed.clear()
                    now = self._clock.now()
                    await self._relieve(now)
                    has_started = await self._start_due(now, self._waiting(now))
                    paced_at = min(await self._paced(now), default=None)
                    if not (has_started or self._lanes.flying or self._changed.is_set() or paced_at is not None):
                        return
                    await self._rest(paced_at)
        except TimeoutError:
            _log.warning("flush_cut_off", extra={"destinations": sorted(map(str, self._lanes.flying))})

    async def traffic(self) -> Sequence[Traffic]:
        """Return how each destination fares that was served, or where something waits, by destination."""
        waiting = await self._outbox.backlog()
        return [
            Traffic(
                destination=destination,
                waiting=waiting.get(destination, 0),
                failing_since=self._lanes[destination].failing_since,
                is_lost=self._lanes[destination].is_lost,
                error=self._lanes[destination].error,
            )
            for destination in sorted({*waiting, *self._lanes})
        ]

    async def _tidy(self, now: datetime) -> None:
        if self._tidy_at is None:
            await self._begin(now)
        elif now < self._tidy_at:
            return
        if expired := await self._outbox.expire(now):
            _log.info("alerts_expired", extra={"count": expired})
        self._tidy_at = now + _TIDY_EVERY

    async def _begin(self, now: datetime) -> None:
        """Take up what an earlier process has left."""
        if missed := await self._outbox.miss(now - self._settings.missed_after):
            _log.info("alerts_missed", extra={"count": missed})
        lost = await self._losses.load()
        # Somewhere that nothing waits for any more may have left the configuration, and is no fault of today.
        for destination in {*lost} & {*await self._outbox.backlog()}:
            error = self._losses.error_of(destination) or ""
            self._lanes[destination] = Lane(failing_since=now, is_lost=True, error=error)

    async def _relieve(self, now: datetime) -> None:
        """Let fallbacks be told what their destinations do not take."""
        has_news, self._has_news = self._has_news, False
        for destination in self._lanes:
            relief = self._lanes.relief(destination, now)
            if relief is Relief.NONE or (relief <= self._lanes[destination].relief and not has_news):
                continue
            diverted = await self._outbox.divert(destination, now, urgent_only=relief is Relief.URGENT)
            if relief is Relief.ALL and self._lanes.is_given_up(destination, now):
                # What was recorded at this very moment waits, too.
                await self._outbox.miss(now + timedelta.resolution, destination)
            self._lanes[destination] = replace(self._lanes[destination], relief=relief)
            if diverted:
                _log.warning("alerts_diverted", extra={"destination": str(destination), "count": diverted})

    async def _start_due(self, now: datetime, waiting: Mapping[Destination, datetime]) -> bool:
        has_started = False
        for work in await self._outbox.due(now, waiting.keys() | self._lanes.flying):
            if self._free_at(work.destination, now) is not None:
                # Its pace was not asked before because nobody knew of it, or an answer took its place: look again.
                self._lanes[work.destination] = self._lanes[work.destination]
                self._changed.set()
                continue
            self._lanes.begin(work, now)
            self._spawn(f"deliver to {work.destination}", self._carry(work))
            has_started = True
        return has_started

    async def _carry(self, work: Work) -> None:
        destination = work.destination
        try:
            await self._carrier.carry(work)
        except Exception:  # noqa: BLE001 - an outbox that cannot be written must not end in a busy loop
            _log.exception("delivery_not_noted", extra={"destination": str(destination), "work": name_of(work)})
            self._lanes[destination] = self._lanes[destination].paused(self._clock.now() + LONGEST_WAIT)
        finally:
            self._lanes.end(destination)
            self._changed.set()

    def _waiting(self, now: datetime) -> Mapping[Destination, datetime]:
        """Return where nothing is on its way and nothing may go, and until when.

        Asked once for a whole turn: a pace may have passed by the end of it, and whom `_start_due` has left out for
        its sake `_wake_at` must come back to.
        """
        idle = {*self._lanes} - self._lanes.flying
        return {destination: at for destination in idle if (at := self._free_at(destination, now)) is not None}

    def _free_at(self, destination: Destination, now: datetime) -> datetime | None:
        """Return when a destination that takes nothing now may be tried; None: now."""
        return max(_later(now, [self._lanes[destination].next_try_at, self._ready_at(destination)]), default=None)

    def _ready_at(self, destination: Destination) -> datetime | None:
        messenger = self._messengers.get(destination.platform)
        return None if messenger is None else messenger.ready_at(destination)

    async def _wake_at(self, now: datetime, waiting: Mapping[Destination, datetime]) -> datetime | None:
        busy = waiting.keys() | self._lanes.flying
        next_at = await self._outbox.next_due(now, busy)
        # While nothing waits nothing grows old: a quiet day costs nothing.
        times = [next_at, self._tidy_at if busy or next_at is not None else None, *waiting.values()]
        for destination in self._lanes:
            times += self._lanes.changes_at(destination)
        return min(_later(now, times), default=None)

    async def _paced(self, now: datetime) -> list[datetime]:
        """Return when something may go that waits for its pace alone: for that of its chat, or of its card."""
        away = {each for each in self._lanes if _later(now, [self._lanes[each].next_try_at])} | self._lanes.flying
        paced = [self._ready_at(work.destination) or now for work in await self._outbox.due(now, away)]
        next_at = await self._outbox.next_due(now, away)
        if next_at is not None and next_at <= now + self._settings.edit_every:
            paced.append(next_at)
        return paced

    async def _rest(self, until_at: datetime | None) -> None:
        """Wait until something changes, at most until `until_at`."""
        async with asyncio.TaskGroup() as group:
            alarm = group.create_task(self._ring(until_at))
            await self._changed.wait()
            alarm.cancel()

    async def _ring(self, at: datetime | None) -> None:
        if at is not None:
            await self._clock.sleep_until(at)
            self._changed.set()


def _later(now: datetime, times: Iterable[datetime | None]) -> list[datetime]:
    return [at for at in times if at is not None and at > now]
