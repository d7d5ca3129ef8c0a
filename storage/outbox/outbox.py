"""The queue as the relay sees it: each call is one transaction; what they do in it is beside."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, delete, func, select

from core.domain.delivery import CardUpdate, Delivery, DeliveryState, Destination, Digest, Work
from storage.engine import Database
from storage.outbox import folds, marks, moves
from storage.outbox.queue import read_due, read_next_due
from storage.tables import WAITING, cards, deliveries


class SqlOutbox:
    """Implements `core.ports.delivery.Outbox`. Every method raises `RetryLater` when the database is out of reach."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen = 0

    async def due(self, at: datetime, busy: Collection[Destination]) -> Sequence[Work]:
        """Return the next work of each destination not in `busy`, at most one each, the most urgent first."""
        async with self._database.read() as connection:
            return await read_due(connection, at, busy)

    async def told(self, delivery: Delivery, at: datetime, message_ref: str) -> None:
        """Mark a delivery as done; `message_ref` is the platform's name of the message."""
        async with self._database.write() as connection:
            await marks.mark(
                connection, delivery, {"state": marks.SENT, "ended_at": at, "message_ref": message_ref, "error": ""}
            )

    async def shown(self, update: CardUpdate, at: datetime, message_ref: str, next_at: datetime) -> None:
        """Mark a card, and the deliveries that it tells, as shown up to `update.version`; not again before `next_at`.

        An empty `message_ref`: there is nothing left to show.
        """
        showing = marks.Showing(state=DeliveryState.SENT, at=at, message_ref=message_ref, next_at=next_at)
        async with self._database.write() as connection:
            await marks.end_card(connection, update, showing)

    async def folded(self, digest: Digest, at: datetime, message_ref: str) -> None:
        """Mark everything that was in `digest` when it was read as told by it.

        What had been missed and grown old becomes expired, the rest sent. What was folded since is left for the next.
        """
        state = marks.state_when_told(digest, at)
        async with self._database.write() as connection:
            await marks.mark(
                connection, digest, {"state": state, "ended_at": at, "message_ref": message_ref, "error": ""}
            )

    async def retry(self, work: Work, error: str) -> None:
        """Count a failed attempt; the work stays where it is in its queue."""
        async with self._database.write() as connection:
            await marks.count_attempt(connection, work, error)

    async def failed(self, work: Work, at: datetime, error: str) -> None:
        """Give work up: the destination can never take it. A card is tried again when it changes."""
        async with self._database.write() as connection:
            if isinstance(work, CardUpdate):
                given_up = marks.Showing(state=DeliveryState.FAILED, at=at, error=error)
                await marks.end_card(connection, work, given_up)
            else:
                await marks.mark(
                    connection, work, {"state": DeliveryState.FAILED.value, "ended_at": at, "error": error}
                )

    async def divert(self, destination: Destination, at: datetime, *, urgent_only: bool) -> int:
        """Let the fallbacks be told what waits for `destination`, each alert once, and fold it here as missed.

        What is held back and not due yet (a mute, quiet hours) waits on.

        Returns:
            How many alerts go to a fallback.
        """
        condition = folds.divertible(destination, at, urgent_only=urgent_only)
        if not await self._any(deliveries.c.id, condition):
            return 0
        async with self._database.write() as connection:
            diverted = await folds.divert(connection, condition, at)
        self._database.changes.beat()
        return diverted

    async def miss(self, before: datetime, destination: Destination | None = None) -> int:
        """Fold what is not urgent and was queued before `before` (of all destinations if none is named).

        Of a destination that is named only what no fallback can be told of: the rest is diverted instead.
        Cards that are shown already are not folded: they will come to their last state by an edit. Those that are not
        are forgotten if nothing else waits for them.
        """
        missed, unopened = folds.old_news(before, destination), folds.unopened(before, destination)
        if not (await self._any(deliveries.c.id, missed) or await self._any(cards.c.card, unopened)):
            return 0
        async with self._database.write() as connection:
            count = await folds.fold(connection, missed)
            await connection.execute(delete(cards).where(unopened))
        return count

    async def expire(self, at: datetime) -> int:
        """Fold what has grown older than its kind allows; cards that would only tell the same are forgotten."""
        condition = folds.grown_old(at)
        if not await self._any(deliveries.c.id, condition):
            return 0
        async with self._database.write() as connection:
            count = await folds.fold(connection, condition)
            await connection.execute(delete(cards).where(folds.TOLD_LATE))
        return count

    async def move(self, old: Destination, new: Destination) -> None:
        """Let everything that waits for `old`, its cards and its mutes, be for `new`."""
        if old == new:
            return
        async with self._database.write() as connection:
            await moves.move(connection, str(old), str(new))

    async def resend(self, alert_id: int, at: datetime, to: Destination | None = None) -> Sequence[Destination]:
        """Let an alert be told again, as a message of its own: where it was told before, or at `to`.

        Returns:
            Where it goes; empty when there is no such alert.
        """
        async with self._database.write() as connection:
            names = await moves.resend(connection, alert_id, at, to)
        if names:
            self._database.changes.beat()
        return [Destination.parse(name) for name in names]

    async def backlog(self) -> Mapping[Destination, int]:
        """Return how many deliveries wait, by destination."""
        query = select(deliveries.c.destination, func.count()).where(WAITING).group_by(deliveries.c.destination)
        async with self._database.read() as connection:
            return {Destination.parse(name): count for name, count in await connection.execute(query)}

    async def next_due(self, after: datetime, busy: Collection[Destination]) -> datetime | None:
        """Return when the next work of a destination not in `busy` becomes due after `after`, or None."""
        async with self._database.read() as connection:
            return await read_next_due(connection, after, busy)

    async def arrival(self) -> None:
        """Wait until something was recorded since the last call of this; what a former process left does not count."""
        self._seen = await self._database.changes.wait(self._seen)

    async def _any(self, column: Column[Any], condition: ColumnElement[bool]) -> bool:
        """Look before the one writing connection is asked for: mostly there is nothing to do."""
        async with self._database.read() as connection:
            return (await connection.execute(select(column).where(condition).limit(1))).first() is not None
