"""Orders as rows: ours, and the paper exchange's."""

from core.domain.orders import Order, OrderLeg, OrderRequest, OrderState
from core.domain.paper import PaperOrder
from core.domain.signals import Side
from storage.rows import AnyRow, Values


def row_of_request(request: OrderRequest) -> Values:
    """Return the columns that every kind of order shares."""
    return {
        "client_order_id": request.client_order_id,
        "exchange": request.exchange,
        "symbol": request.symbol,
        "side": request.side.value,
        "leg": request.leg.value,
        "quantity": request.quantity,
        "trigger_price": request.trigger_price,
        "reduce_only": request.reduce_only,
    }


def request_of(row: AnyRow) -> OrderRequest:
    """Return what was asked of the venue."""
    return OrderRequest(
        client_order_id=row.client_order_id,
        exchange=row.exchange,
        symbol=row.symbol,
        side=Side(row.side),
        leg=OrderLeg(row.leg),
        quantity=row.quantity,
        trigger_price=row.trigger_price,
        reduce_only=row.reduce_only,
    )


def row_of_order(order: Order) -> Values:
    """Return the row of an order of ours."""
    return {
        **row_of_request(order.request),
        "state": order.state.value,
        "position_id": order.position_id,
        "filled_quantity": order.filled_quantity,
        "filled_price": order.filled_price,
        "fee_quote": order.fee_quote,
        "detail": order.detail,
        "created_at": order.created_at,
        "updated_at": order.updated_at,
    }


def order_of(row: AnyRow) -> Order:
    """Return the order of a row."""
    return Order(
        request=request_of(row),
        state=OrderState(row.state),
        position_id=row.position_id,
        created_at=row.created_at,
        updated_at=row.updated_at,
        filled_quantity=row.filled_quantity,
        filled_price=row.filled_price,
        fee_quote=row.fee_quote,
        detail=row.detail,
    )


def row_of_paper_order(order: PaperOrder) -> Values:
    """Return the row of an order in the paper exchange's books."""
    return {
        **row_of_request(order.request),
        "exchange": order.exchange,
        "state": order.state.value,
        "filled_quantity": order.filled_quantity,
        "filled_price": order.filled_price,
        "fee_quote": order.fee_quote,
        "realised_quote": order.realised_quote,
        "detail": order.detail,
        "created_at": order.created_at,
        "updated_at": order.updated_at,
    }


def paper_order_of(row: AnyRow) -> PaperOrder:
    """Return the paper exchange's order of a row."""
    return PaperOrder(
        exchange=row.exchange,
        request=request_of(row),
        state=OrderState(row.state),
        filled_quantity=row.filled_quantity,
        filled_price=row.filled_price,
        fee_quote=row.fee_quote,
        realised_quote=row.realised_quote,
        detail=row.detail,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
