"""Writing down what a fill did to a position, with the event that tells of it, inside a given transaction."""

from collections.abc import Iterable
from datetime import timedelta

from core.domain.events import PositionClosed, PositionReduced
from core.domain.money import NO_MONEY, Ratio
from core.domain.orders import Execution, Order
from core.domain.positions import ExitReason, LegKind, Position, PositionLeg, PositionState
from core.ports.storage import UnitOfWork
from core.trading.sending import answered


def leg_of(position: Position, client_order_id: str, kind: LegKind, fill: Execution) -> PositionLeg:
    """Return the row of one fill."""
    return PositionLeg(
        position_id=position.id,
        group_id=position.group_id,
        client_order_id=client_order_id,
        kind=kind,
        quantity=fill.quantity,
        price=fill.price,
        fee_quote=fill.fee_quote,
        filled_at=fill.filled_at,
    )


def stop_reason(position: Position) -> ExitReason:
    """Return why a stop that triggers ends the position: what happened, not what was hoped for."""
    if position.is_trailing:
        return ExitReason.TRAILING_STOP
    return ExitReason.BREAKEVEN if position.is_breakeven else ExitReason.STOP_LOSS


async def record_exit(
    unit: UnitOfWork,
    position: Position,
    order: Order,
    fill: Execution,
    reason: ExitReason,
    *,
    author: str | None = None,
) -> Position:
    """Store the fill of an exit or stop order and the position after it.

    Returns:
        The position, closed if nothing is left of it.
    """
    await unit.orders.save(answered(order, fill, fill.filled_at))
    leg = leg_of(position, order.request.client_order_id, LegKind.EXIT, fill)
    return await record_reduction(unit, position, fill, reason, [leg], author=author)


async def record_reduction(
    unit: UnitOfWork,
    position: Position,
    fill: Execution,
    reason: ExitReason,
    legs: Iterable[PositionLeg],
    *,
    author: str | None = None,
) -> Position:
    """Store what `fill`, made up of `legs`, did to the position, and tell of it.

    Returns:
        The position, closed if nothing is left of it.
    """
    after = position.reduced(fill, reason)
    for leg in legs:
        await unit.positions.add_leg(leg)
    await unit.positions.save(after)
    if after.state is PositionState.CLOSED:
        await unit.record(closed_event(after, author))
    else:
        await unit.record(
            PositionReduced(
                at=fill.filled_at,
                exchange=position.exchange,
                position_id=position.id,
                symbol=position.symbol,
                side=position.side,
                quantity=fill.quantity,
                left=after.quantity,
                price=fill.price,
                reason=reason,
            )
        )
    return after


def closed_event(position: Position, author: str | None) -> PositionClosed:
    """Return the event of a closed position."""
    closed_at = position.closed_at or position.created_at
    return PositionClosed(
        at=closed_at,
        exchange=position.exchange,
        position_id=position.id,
        symbol=position.symbol,
        side=position.side,
        entry_price=position.entry,
        exit_price=position.exit_price or position.entry,
        reason=position.exit_reason or ExitReason.CLOSED_OUTSIDE,
        pnl_quote=position.pnl_quote or NO_MONEY,
        return_ratio=position.return_ratio or Ratio(NO_MONEY),
        fees_quote=position.fees_quote,
        held=closed_at - position.opened_at if position.opened_at else timedelta(0),
        author=author,
    )
