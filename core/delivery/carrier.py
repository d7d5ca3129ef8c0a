"""Brings one piece of work to its destination and notes what came of it. What comes next, and when, is the relay's."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from core.delivery.lanes import LONGEST_WAIT, Lane, Lanes, Relief, is_hasty, name_of
from core.delivery.losses import Losses
from core.domain.delivery import CardUpdate, Delivery, Destination, Digest, Loudness, Work
from core.domain.errors import DestinationLost, DestinationMoved, MessageGone, RetryLater, Undeliverable
from core.domain.replies import Reply
from core.domain.settings import DeliverySettings
from core.ports.delivery import Messenger, Outbox, Renderer
from core.ports.edges import Clock

Moved = Callable[[Destination, Destination], Awaitable[None]]
"""Told when a chat has another address: the old destination and the new one."""

_MOST_CRASHES = 5
_AFTER_A_MOVE = timedelta(seconds=1)

_log = logging.getLogger(__name__)


class Carrier:
    """Renders, sends or edits, and marks; whatever happens, the lane of the destination knows it afterwards."""

    def __init__(
        self,
        *,
        outbox: Outbox,
        losses: Losses,
        renderer: Renderer,
        messengers: Mapping[str, Messenger],
        clock: Clock,
        settings: DeliverySettings,
        lanes: Lanes,
        moved: Moved | None,
    ) -> None:
        self._outbox = outbox
        self._losses = losses
        self._renderer = renderer
        self._messengers = messengers
        self._clock = clock
        self._settings = settings
        self._lanes = lanes
        self._moved = moved

    async def carry(self, work: Work) -> None:
        """Make one attempt at `work`."""
        try:
            reply = await self._render(work)
        except Exception as error:  # noqa: BLE001 - one bad alert must not stop the others
            return await self._stumble(work, error)
        try:
            message_ref = "" if reply is None else await self._send(work, reply)
        except Exception as error:  # noqa: BLE001 - nor must a bad message
            return await self._fail(work, error)
        await self._mark(work, message_ref)
        if reply is not None:
            await self._work(work)
        return None

    async def _render(self, work: Work) -> Reply | None:
        match work:
            case Delivery():
                return self._renderer.render(work.alert)
            case Digest():
                return self._renderer.render_digest(work)
            case CardUpdate():
                return await self._renderer.render_card(work.card, work.alert)

    async def _send(self, work: Work, reply: Reply) -> str:
        messenger = self._messengers.get(work.destination.platform)
        if messenger is None:
            raise DestinationLost(f"{work.destination.platform} is not set up")
        limit = self._settings.urgent_timeout if is_hasty(work) else self._settings.send_timeout
        async with asyncio.timeout(limit.total_seconds()):
            if isinstance(work, CardUpdate):
                return await self._show(messenger, work, reply)
            thread = work.thread_ref if isinstance(work, Delivery) else None
            return await messenger.send(work.destination, reply, work.loudness, thread)

    async def _show(self, messenger: Messenger, update: CardUpdate, reply: Reply) -> str:
        ref = update.message_ref
        if ref is None:
            return await messenger.send(update.destination, reply, update.loudness)
        if update.sent_at is None or self._clock.now() < update.sent_at + self._settings.edit_until:
            try:
                await messenger.edit(update.destination, ref, reply)
            except MessageGone as error:
                _log.info("card_gone", extra={"card": update.card.key, "error": str(error)})
            else:
                return ref
        # It takes the place of a message that was there: nothing new has happened that should disturb.
        return await messenger.send(update.destination, reply, Loudness.SILENT)

    async def _mark(self, work: Work, message_ref: str) -> None:
        """Mark what went out; as long as that fails, nothing else goes there, and this never goes out again."""
        at = self._clock.now()
        while True:
            try:
                return await self._note(work, at, message_ref)
            except Exception:  # noqa: BLE001 - it went out, and must be known to have gone out
                _log.exception("delivery_not_marked", extra=_names(work))
                await self._clock.sleep(LONGEST_WAIT)

    async def _note(self, work: Work, at: datetime, message_ref: str) -> None:
        match work:
            case Delivery():
                await self._outbox.told(work, at, message_ref)
            case Digest():
                await self._outbox.folded(work, at, message_ref)
            case CardUpdate():
                await self._outbox.shown(work, at, message_ref, at + self._settings.edit_every)

    async def _work(self, work: Work) -> None:
        destination, now = work.destination, self._clock.now()
        lane = self._lanes[destination]
        self._lanes[destination] = lane.worked(name_of(work))
        if lane.failing_since is not None:
            _log.info("destination_works", extra={"destination": str(destination), "after": now - lane.failing_since})
        await self._losses.restore(destination, now)

    async def _fail(self, work: Work, error: Exception) -> None:
        _log.warning("delivery_failed", extra=_names(work) | {"error": _said(error)})
        match error:
            case DestinationMoved():
                await self._follow(work, error)
            case DestinationLost():
                await self._lose(work, _said(error))
            case Undeliverable():
                await self._refuse(work, _said(error))
            case RetryLater():
                await self._postpone(work, _said(error), error.wait)
            case TimeoutError():
                await self._postpone(work, "no answer in time")
            case _:
                now, destination = self._clock.now(), work.destination
                self._lanes[destination] = self._lanes[destination].failed(now, _said(error))
                await self._stumble(work, error)

    async def _postpone(self, work: Work, error: str, wait: timedelta = timedelta(0)) -> None:
        destination = work.destination
        self._lanes[destination] = self._lanes[destination].failed(self._clock.now(), error, wait)
        await self._outbox.retry(work, error)

    async def _stumble(self, work: Work, error: Exception) -> None:
        """Count a crash of our own code; what crashes again and again is given up, or it would block its queue."""
        now, name, destination = self._clock.now(), name_of(work), work.destination
        _log.error("delivery_crashed", extra=_names(work), exc_info=error)
        lane = self._lanes[destination].stumbled(now, name)
        self._lanes[destination] = lane
        if lane.crashes < _MOST_CRASHES:
            return await self._outbox.retry(work, _said(error))
        await self._outbox.failed(work, now, _said(error))
        is_fine = lane.failing_since is None
        self._lanes[destination] = Lane() if is_fine else replace(lane, crashed="", crashes=0)
        return None

    async def _refuse(self, work: Work, error: str) -> None:
        """Give up what the destination does not take; it answers, so others may go on."""
        now, lane = self._clock.now(), self._lanes[work.destination]
        if is_hasty(work):
            await self._outbox.divert(work.destination, now, urgent_only=True)
        else:
            await self._outbox.failed(work, now, error)
        self._lanes[work.destination] = lane.lost(now, lane.error) if lane.is_lost else lane.worked(name_of(work))

    async def _lose(self, work: Work, error: str) -> None:
        destination, now = work.destination, self._clock.now()
        self._lanes[destination] = self._lanes[destination].lost(now, error)
        await self._losses.lose(destination, now, error)
        await self._outbox.divert(destination, now, urgent_only=False)
        self._lanes[destination] = replace(self._lanes[destination], relief=Relief.ALL)
        if destination.platform in self._messengers:
            # Nothing is given up: it is the next try, and in the end what the destination hears when it is back.
            await self._outbox.retry(work, error)
        elif not (isinstance(work, Delivery) and work.has_fallback):
            await self._outbox.failed(work, now, error)

    async def _follow(self, work: Work, error: DestinationMoved) -> None:
        old, new = work.destination, replace(work.destination, address=error.address)
        if new == old:
            return await self._postpone(work, _said(error))
        await self._outbox.move(old, new)
        # Two chats that name each other must not keep us busy for ever.
        self._lanes[new] = self._lanes[new].paused(self._clock.now() + _AFTER_A_MOVE)
        self._lanes.forget(old)
        await self._losses.forget(old)
        if self._moved is not None:
            await self._moved(old, new)
        return None


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__


def _names(work: Work) -> dict[str, str]:
    return {"destination": str(work.destination), "work": name_of(work)}
