"""Finds what is next at each destination, by one step into an index each, however much waits; it is read elsewhere."""

from datetime import datetime

from sqlalchemy import BindParameter, ScalarSelect, Select, and_, exists, func, or_, select
from sqlalchemy import bindparam as param

from storage.columns import UtcDateTime
from storage.tables import CHANGED, FOLDED, SINGLE, WAITING, cards, deliveries

AT = param("at", type_=UtcDateTime())
BUSY: BindParameter[list[str]] = param("busy", expanding=True)

# The destinations where deliveries wait, found by leaping from one to the next, and those where cards have changed.
_first = select(deliveries.c.destination).where(WAITING).order_by(deliveries.c.destination).limit(1)
_leaps = select(_first.scalar_subquery().label("lane")).cte("leaps", recursive=True)
_leaps = _leaps.union_all(
    select(_first.where(deliveries.c.destination > _leaps.c.lane).scalar_subquery()).where(_leaps.c.lane.is_not(None))
)
_lanes = (
    select(_leaps.c.lane)
    .where(_leaps.c.lane.is_not(None))
    .union(select(cards.c.destination.label("lane")).where(CHANGED))
    .subquery("lanes")
)
LANE = _lanes.c.lane

UNSHOWN = exists().where(
    cards.c.card == deliveries.c.card, cards.c.destination == deliveries.c.destination, cards.c.shown_version == 0
)
"""The card of a delivery has never been shown at its destination."""


def _single(*, is_urgent: bool) -> ScalarSelect[int]:
    """The first delivery that is a message of its own."""
    return (
        select(deliveries.c.id)
        .where(SINGLE, deliveries.c.destination == LANE, deliveries.c.is_urgent == is_urgent, ~UNSHOWN)
        .order_by(deliveries.c.id)
        .limit(1)
        .scalar_subquery()
    )


def _folded(*, is_urgent: bool) -> ScalarSelect[int]:
    """A delivery of the fold that became due first."""
    return (
        select(deliveries.c.id)
        .where(
            FOLDED,
            deliveries.c.destination == LANE,
            deliveries.c.is_urgent == is_urgent,
            deliveries.c.next_at <= AT,
        )
        .order_by(deliveries.c.next_at, deliveries.c.id)
        .limit(1)
        .scalar_subquery()
    )


def _card(*, is_urgent: bool, is_edit: bool) -> ScalarSelect[str]:
    """The first card that has changed and may be shown: for the first time, or by an edit."""
    return (
        select(cards.c.card)
        .where(
            CHANGED,
            cards.c.destination == LANE,
            cards.c.is_urgent == is_urgent,
            cards.c.message_ref.is_not(None) if is_edit else cards.c.message_ref.is_(None),
            or_(cards.c.next_at.is_(None), cards.c.next_at <= AT),
        )
        .order_by(cards.c.place, cards.c.card)
        .limit(1)
        .scalar_subquery()
    )


def _next_folded(*, is_urgent: bool) -> ScalarSelect[datetime]:
    return (
        select(func.min(deliveries.c.next_at))
        .where(FOLDED, deliveries.c.destination == LANE, deliveries.c.is_urgent == is_urgent, deliveries.c.next_at > AT)
        .scalar_subquery()
    )


HEADS: Select[str, int | None, int | None, int | None, int | None, str | None, str | None, str | None, str | None] = (
    select(
        LANE,
        _single(is_urgent=True).label("urgent_single"),
        _single(is_urgent=False).label("single"),
        _folded(is_urgent=True).label("urgent_folded"),
        _folded(is_urgent=False).label("folded"),
        _card(is_urgent=True, is_edit=False).label("urgent_card"),
        _card(is_urgent=False, is_edit=False).label("card"),
        _card(is_urgent=True, is_edit=True).label("urgent_edit"),
        _card(is_urgent=False, is_edit=True).label("edit"),
    ).where(LANE.not_in(BUSY))
)
"""What may come next at each destination that is not in `busy`, at `at`."""

NEXT_TIMES = select(
    _next_folded(is_urgent=True),
    _next_folded(is_urgent=False),
    select(func.min(cards.c.next_at))
    .where(and_(CHANGED, cards.c.destination == LANE, cards.c.next_at > AT))
    .scalar_subquery(),
).where(LANE.not_in(BUSY))
"""When folds and cards become due after `at`, at each destination that is not in `busy`."""
