"""Carries alerts from the outbox to people: claim, render, send, mark. A slow destination holds up only itself."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime, timedelta

from core.domain.delivery import Delivery, Destination
from core.domain.errors import RetryLater, Undeliverable
from core.ports.delivery import Messenger, Outbox, Renderer
from core.ports.edges import Clock

Spawn = Callable[[str, Coroutine[object, object, None]], None]
"""Starts a named piece of work that is not waited for; its crash is the supervisor's business."""

_LONGEST_WAIT = timedelta(minutes=1)
_LOOK_EVERY = timedelta(seconds=1)
_BATCH = 50

_log = logging.getLogger(__name__)


class Relay:
    """Sends deliveries, one at a time a destination, in their order; at least once each."""

    def __init__(
        self,
        *,
        outbox: Outbox,
        renderer: Renderer,
        messengers: Mapping[str, Messenger],
        clock: Clock,
        spawn: Spawn,
        send_timeout: timedelta,
    ) -> None:
        self._outbox = outbox
        self._renderer = renderer
        self._messengers = messengers
        self._clock = clock
        self._spawn = spawn
        self._send_timeout = send_timeout
        self._busy: set[Destination] = set()
        self._unmarked: dict[int, str] = {}
        self._changed = asyncio.Event()

    async def run(self) -> None:
        """Send what is due, whenever something becomes due; never ends."""
        self._spawn("wake the relay", self._wake_while_waiting())
        while True:
            self._changed.clear()
            await self._start_due()
            await self._changed.wait()

    async def listen(self) -> None:
        """Wake `run` when something is recorded; never ends."""
        while True:
            await self._outbox.arrival()
            self._changed.set()

    async def flush(self, patience: timedelta) -> None:
        """Let what is due go out, at most for `patience`; for the end of the process, after `run` was stopped."""
        try:
            async with asyncio.timeout(patience.total_seconds()):
                while True:
                    self._changed.clear()
                    if not (await self._start_due() or self._busy or self._changed.is_set()):
                        return
                    await self._changed.wait()
        except TimeoutError:
            _log.warning("flush_cut_off", extra={"destinations": sorted(map(str, self._busy))})

    async def _start_due(self) -> bool:
        deliveries = await self._outbox.pending(self._clock.now(), _BATCH, self._busy)
        for delivery in deliveries:
            self._busy.add(delivery.destination)
            self._spawn(f"deliver to {delivery.destination}", self._deliver(delivery))
        return bool(deliveries)

    async def _deliver(self, delivery: Delivery) -> None:
        try:
            await self._attempt(delivery)
        except Exception:
            # The outbox cannot be written: the same message must not go out again and again meanwhile.
            await self._clock.sleep(_LONGEST_WAIT)
            raise
        finally:
            self._busy.discard(delivery.destination)
            self._changed.set()

    async def _attempt(self, delivery: Delivery) -> None:
        messenger = self._messengers.get(delivery.destination.platform)
        if messenger is None:
            return await self._give_up(delivery, f"{delivery.destination.platform} is not set up")
        try:
            ref = await self._send(messenger, delivery)
        except Undeliverable as error:
            return await self._give_up(delivery, str(error))
        except RetryLater as error:
            return await self._postpone(delivery, max(error.wait, _backoff(delivery.attempts)), str(error))
        except TimeoutError:
            return await self._postpone(delivery, _backoff(delivery.attempts), "no answer in time")
        except Exception as error:  # noqa: BLE001 - one bad alert must not stop the others
            _log.exception("delivery_crashed", extra={"delivery": delivery.id, "kind": delivery.alert.kind})
            return await self._postpone(delivery, _backoff(delivery.attempts), type(error).__name__)
        self._unmarked[delivery.id] = ref
        await self._outbox.sent(delivery, self._clock.now(), ref)
        del self._unmarked[delivery.id]
        return None

    async def _send(self, messenger: Messenger, delivery: Delivery) -> str:
        if delivery.id in self._unmarked:
            return self._unmarked[delivery.id]
        async with asyncio.timeout(self._send_timeout.total_seconds()):
            return await messenger.send(delivery.destination, self._renderer.render(delivery.alert), delivery.loudness)

    async def _postpone(self, delivery: Delivery, wait: timedelta, error: str) -> None:
        _log.warning(
            "delivery_postponed",
            extra={"destination": str(delivery.destination), "delivery": delivery.id, "error": error},
        )
        due_at = self._clock.now() + wait
        await self._outbox.retry(delivery, due_at, error)
        self._spawn("wake the relay", self._wake_at(due_at))

    async def _wake_while_waiting(self) -> None:
        """Wake `run` for what an earlier process left waiting, until nothing waits any more."""
        while (due_at := await self._outbox.next_due()) is not None:
            await self._clock.sleep_until(max(due_at, self._clock.now() + _LOOK_EVERY))
            self._changed.set()

    async def _wake_at(self, due_at: datetime) -> None:
        await self._clock.sleep_until(due_at)
        self._changed.set()

    async def _give_up(self, delivery: Delivery, error: str) -> None:
        _log.error(
            "delivery_failed",
            extra={"destination": str(delivery.destination), "delivery": delivery.id, "error": error},
        )
        await self._outbox.failed(delivery, self._clock.now(), error)


def _backoff(attempts: int) -> timedelta:
    return min(timedelta(seconds=2 ** min(attempts, 10)), _LONGEST_WAIT)
