"""Reads what is next at each destination and brings it into the order in which it is told; nothing is changed here."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import and_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from core.domain.delivery import EDIT_PATIENCE, Destination, FoldReason, Work
from storage.mappers.events import card_update_of, delivery_of
from storage.outbox.digests import read_digest
from storage.outbox.lanes import HEADS, NEXT_TIMES
from storage.repositories.alerts import ALERT_COLUMNS
from storage.rows import AnyRow
from storage.tables import alerts, cards, deliveries, events

DELIVERIES = select(
    deliveries.c.id,
    deliveries.c.destination,
    deliveries.c.loudness,
    deliveries.c.attempts,
    deliveries.c.is_urgent,
    deliveries.c.fallback,
    deliveries.c.fold,
    deliveries.c.fold_group,
    cards.c.message_ref.label("thread_ref"),
    *ALERT_COLUMNS,
).select_from(
    deliveries.join(alerts)
    .join(events)
    .outerjoin(cards, and_(cards.c.card == deliveries.c.card, cards.c.destination == deliveries.c.destination))
)

CARDS = select(
    cards.c.card,
    cards.c.destination,
    cards.c.loudness,
    cards.c.version,
    cards.c.message_ref,
    cards.c.sent_at,
    cards.c.attempts,
    cards.c.place,
    cards.c.is_urgent,
    *ALERT_COLUMNS,
).select_from(cards.outerjoin(alerts).outerjoin(events))

URGENT, MISSED, USUAL = range(3)


@dataclass(frozen=True, slots=True, order=True)
class Candidate:
    """What may come next: the smallest does. Behind a delivery come the cards that changed since then."""

    urgency: int
    place: int
    is_card: bool
    destination: str
    row: AnyRow = field(compare=False)


async def read_due(connection: AsyncConnection, at: datetime, busy: Collection[Destination]) -> Sequence[Work]:
    """Return the next work of each destination not in `busy`, the most urgent first."""
    heads = (await connection.execute(HEADS, {"at": at, "busy": _names(busy)})).all()
    chosen: dict[str, Candidate] = {}
    for candidate in sorted([*await _deliveries(connection, heads), *await _cards(connection, heads)]):
        chosen.setdefault(candidate.destination, candidate)
    return [await _work(connection, candidate) for candidate in chosen.values()]


async def read_next_due(connection: AsyncConnection, after: datetime, busy: Collection[Destination]) -> datetime | None:
    """Return when the next work of a destination not in `busy` becomes due after `after`, or None."""
    found = await connection.execute(NEXT_TIMES, {"at": after, "busy": _names(busy)})
    return min((time for row in found for time in row if time is not None), default=None)


async def _deliveries(connection: AsyncConnection, heads: Iterable[AnyRow]) -> list[Candidate]:
    ids = [
        delivery_id
        for head in heads
        for delivery_id in (head.urgent_single, head.single, head.urgent_folded, head.folded)
        if delivery_id is not None
    ]
    if not ids:
        return []
    found = await connection.execute(DELIVERIES.where(deliveries.c.id.in_(ids)))
    return [Candidate(_urgency(row), row.id, False, row.destination, row) for row in found]


async def _cards(connection: AsyncConnection, heads: Iterable[AnyRow]) -> list[Candidate]:
    keys = [
        (key, head.lane)
        for head in heads
        for key in (head.urgent_card, head.card, head.urgent_edit, head.edit)
        if key is not None
    ]
    if not keys:
        return []
    found = await connection.execute(CARDS.where(tuple_(cards.c.card, cards.c.destination).in_(keys)))
    return [
        Candidate(
            URGENT if row.is_urgent else USUAL,
            row.place if row.message_ref is None else row.place + EDIT_PATIENCE,
            True,
            row.destination,
            row,
        )
        for row in found
    ]


async def _work(connection: AsyncConnection, candidate: Candidate) -> Work:
    row = candidate.row
    if candidate.is_card:
        return card_update_of(row)
    return delivery_of(row) if row.fold is None else await read_digest(connection, row)


def _urgency(row: AnyRow) -> int:
    if row.fold == FoldReason.MISSED.value:
        return MISSED
    return URGENT if row.is_urgent else USUAL


def _names(busy: Collection[Destination]) -> list[str]:
    return sorted(str(destination) for destination in busy)
