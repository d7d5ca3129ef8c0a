"""Notes what became of work; every mark may be made twice. What comes next is not decided here."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.domain.delivery import CardUpdate, Delivery, DeliveryState, Digest, FoldReason, Work
from storage.columns import UtcDateTime
from storage.outbox.digests import in_fold
from storage.repositories.card_changes import NEWEST
from storage.rows import Values
from storage.tables import ON_CARD, cards, deliveries

EXPIRED = DeliveryState.EXPIRED.value
PENDING = DeliveryState.PENDING.value
SENT = DeliveryState.SENT.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Showing:
    """What came of showing a card: `message_ref` is empty if there is nothing to see of it."""

    state: DeliveryState
    at: datetime
    message_ref: str = ""
    next_at: datetime | None = None
    error: str = ""


async def mark(connection: AsyncConnection, work: Work, values: Values) -> None:
    """Count an attempt at every delivery that `work` tells and store what came of it; what has ended stays as it is."""
    await connection.execute(
        update(deliveries).where(told_by(work)).values(attempts=deliveries.c.attempts + 1, **values)
    )


async def end_card(connection: AsyncConnection, shown: CardUpdate, showing: Showing) -> None:
    """Store that a card needs no showing up to `shown.version`, and the end of the deliveries that it tells."""
    told = {"state": showing.state.value, "ended_at": showing.at, "error": showing.error}
    await mark(connection, shown, told | {"message_ref": showing.message_ref})
    at = literal(showing.at, UtcDateTime())
    has_more = cards.c.version > shown.version
    values: Values = {
        "shown_version": shown.version,
        "next_at": showing.next_at,
        "attempts": 0,
        "error": showing.error,
        # What changed meanwhile queues up behind the others.
        "place": case((has_more, NEWEST), else_=cards.c.place),
        "queued_at": case((has_more, at), else_=cards.c.queued_at),
        "is_urgent": and_(has_more, cards.c.is_urgent),
    }
    if showing.message_ref:
        is_same = and_(cards.c.message_ref.is_not(None), cards.c.message_ref == showing.message_ref)
        values["message_ref"] = showing.message_ref
        values["sent_at"] = case((is_same, cards.c.sent_at), else_=at)
    done = await connection.execute(
        update(cards).where(_is(shown), cards.c.shown_version < shown.version).values(values)
    )
    if done.rowcount == 0 and showing.message_ref:
        await _keep(connection, shown, showing)


async def _keep(connection: AsyncConnection, shown: CardUpdate, showing: Showing) -> None:
    """Store a card that was given up while its first message was on its way: there it is all the same."""
    if (await connection.execute(select(cards.c.card).where(_is(shown)))).first() is not None:
        return
    await connection.execute(
        insert(cards).values(
            card=shown.card.key,
            destination=str(shown.destination),
            loudness=shown.loudness.value,
            version=shown.version,
            shown_version=shown.version,
            message_ref=showing.message_ref,
            sent_at=showing.at,
            next_at=showing.next_at,
            place=NEWEST,
            is_urgent=False,
            alert_id=None if shown.alert is None else shown.alert.id,
            attempts=0,
            error="",
        )
    )


async def count_attempt(connection: AsyncConnection, work: Work, error: str) -> None:
    """Count a failed attempt of `work`, and of every delivery that it tells."""
    if isinstance(work, CardUpdate):
        await connection.execute(update(cards).where(_is(work)).values(attempts=cards.c.attempts + 1, error=error))
    await mark(connection, work, {"error": error})


def told_by(work: Work) -> ColumnElement[bool]:
    """Return the condition of waiting to be told by `work`."""
    if isinstance(work, Delivery):
        return and_(deliveries.c.id == work.id, deliveries.c.state == PENDING)
    if isinstance(work, Digest):
        fold = in_fold(str(work.destination), work.reason.value, work.group)
        return and_(fold, deliveries.c.fold_number <= work.last_id)
    return and_(
        ON_CARD,
        deliveries.c.card == work.card.key,
        deliveries.c.destination == str(work.destination),
        deliveries.c.is_detail.is_(False),
        deliveries.c.fold.is_(None),
        deliveries.c.card_version <= work.version,
    )


def state_when_told(digest: Digest, at: datetime) -> ColumnElement[str]:
    """Return what a delivery becomes that `digest` tells: what was missed may have grown old."""
    if digest.reason is not FoldReason.MISSED:
        return literal(SENT)
    is_old = and_(deliveries.c.expires_at.is_not(None), deliveries.c.expires_at <= at)
    return case((is_old, EXPIRED), else_=SENT)


def _is(shown: CardUpdate) -> ColumnElement[bool]:
    return and_(cards.c.card == shown.card.key, cards.c.destination == str(shown.destination))
