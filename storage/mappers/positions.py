"""Positions and their fills as rows."""

from core.domain.positions import ExitPlan, ExitReason, LegKind, Position, PositionLeg, PositionSide, PositionState
from storage.rows import AnyRow, Values


def row_of_position(position: Position) -> Values:
    """Return the row of a position, without its id."""
    return {
        "exchange": position.exchange,
        "symbol": position.symbol,
        "side": position.side.value,
        "state": position.state.value,
        "wave_at": position.wave_at,
        "signal_id": position.signal_id,
        "group_id": position.group_id,
        "stop_loss_ratio": position.plan.stop_loss,
        "trailing_activation_ratio": position.plan.trailing_activation,
        "trailing_distance_ratio": position.plan.trailing_distance,
        "leverage": position.leverage,
        "quantity": position.quantity,
        "entry_quantity": position.entry_quantity,
        "entry_price": position.entry_price,
        "stop_price": position.stop_price,
        "stop_order_id": position.stop_order_id,
        "stop_version": position.stop_version,
        "stop_moved_at": position.stop_moved_at,
        "best_price": position.best_price,
        "is_trailing": position.is_trailing,
        "is_breakeven": position.is_breakeven,
        "exit_quantity": position.exit_quantity,
        "exit_price": position.exit_price,
        "exit_reason": None if position.exit_reason is None else position.exit_reason.value,
        "fees_quote": position.fees_quote,
        "funding_quote": position.funding_quote,
        "pnl_quote": position.pnl_quote,
        "created_at": position.created_at,
        "opened_at": position.opened_at,
        "closed_at": position.closed_at,
    }


def position_of(row: AnyRow) -> Position:
    """Return the position of a row."""
    return Position(
        id=row.id,
        exchange=row.exchange,
        symbol=row.symbol,
        side=PositionSide(row.side),
        state=PositionState(row.state),
        wave_at=row.wave_at,
        signal_id=row.signal_id,
        group_id=row.group_id,
        plan=ExitPlan(
            stop_loss=row.stop_loss_ratio,
            trailing_activation=row.trailing_activation_ratio,
            trailing_distance=row.trailing_distance_ratio,
        ),
        leverage=row.leverage,
        quantity=row.quantity,
        entry_quantity=row.entry_quantity,
        entry_price=row.entry_price,
        stop_price=row.stop_price,
        stop_order_id=row.stop_order_id,
        stop_version=row.stop_version,
        stop_moved_at=row.stop_moved_at,
        best_price=row.best_price,
        is_trailing=row.is_trailing,
        is_breakeven=row.is_breakeven,
        exit_quantity=row.exit_quantity,
        exit_price=row.exit_price,
        exit_reason=None if row.exit_reason is None else ExitReason(row.exit_reason),
        fees_quote=row.fees_quote,
        funding_quote=row.funding_quote,
        pnl_quote=row.pnl_quote,
        created_at=row.created_at,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
    )


def row_of_leg(leg: PositionLeg) -> Values:
    """Return the row of a fill."""
    return {
        "position_id": leg.position_id,
        "group_id": leg.group_id,
        "client_order_id": leg.client_order_id,
        "kind": leg.kind.value,
        "quantity": leg.quantity,
        "price": leg.price,
        "fee_quote": leg.fee_quote,
        "filled_at": leg.filled_at,
    }


def leg_of(row: AnyRow) -> PositionLeg:
    """Return the fill of a row."""
    return PositionLeg(
        position_id=row.position_id,
        group_id=row.group_id,
        client_order_id=row.client_order_id,
        kind=LegKind(row.kind),
        quantity=row.quantity,
        price=row.price,
        fee_quote=row.fee_quote,
        filled_at=row.filled_at,
    )
