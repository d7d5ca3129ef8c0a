"""Positions, orders, and the books of the paper exchange. Why they were opened is not here."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint, text

from storage.columns import ExactDecimal, UtcDateTime
from storage.tables.base import metadata

positions = Table(
    "positions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("exchange", Text, nullable=False),
    Column("symbol", Text, nullable=False),
    Column("side", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("wave_at", UtcDateTime),
    Column("signal_id", Text),
    Column("group_id", Text, nullable=False),
    Column("stop_loss_ratio", ExactDecimal, nullable=False),
    Column("trailing_activation_ratio", ExactDecimal, nullable=False),
    Column("trailing_distance_ratio", ExactDecimal, nullable=False),
    Column("leverage", Integer, nullable=False),
    Column("quantity", ExactDecimal, nullable=False),
    Column("entry_quantity", ExactDecimal, nullable=False),
    Column("entry_price", ExactDecimal),
    Column("stop_price", ExactDecimal),
    Column("stop_order_id", Text),
    Column("stop_version", Integer, nullable=False),
    Column("stop_moved_at", UtcDateTime),
    Column("best_price", ExactDecimal),
    Column("is_trailing", Boolean, nullable=False),
    Column("is_breakeven", Boolean, nullable=False),
    Column("exit_quantity", ExactDecimal, nullable=False),
    Column("exit_price", ExactDecimal),
    Column("exit_reason", Text),
    Column("fees_quote", ExactDecimal, nullable=False),
    Column("funding_quote", ExactDecimal, nullable=False),
    Column("pnl_quote", ExactDecimal),
    Column("created_at", UtcDateTime, nullable=False),
    Column("opened_at", UtcDateTime),
    Column("closed_at", UtcDateTime, index=True),
    sqlite_autoincrement=True,
)

# One position on one symbol of one exchange, whatever the program does.
LIVE = text("state IN ('opening', 'open', 'closing')")
Index(
    "uq_positions_live",
    positions.c.exchange,
    positions.c.symbol,
    unique=True,
    sqlite_where=LIVE,
    postgresql_where=LIVE,
)

position_legs = Table(
    "position_legs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("position_id", Integer, ForeignKey("positions.id"), nullable=False, index=True),
    Column("group_id", Text, nullable=False),
    Column("client_order_id", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("quantity", ExactDecimal, nullable=False),
    Column("price", ExactDecimal, nullable=False),
    Column("fee_quote", ExactDecimal, nullable=False),
    Column("filled_at", UtcDateTime, nullable=False),
)

orders = Table(
    "orders",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("client_order_id", Text, nullable=False, unique=True),
    Column("exchange", Text, nullable=False),
    Column("symbol", Text, nullable=False),
    Column("side", Text, nullable=False),
    Column("leg", Text, nullable=False),
    Column("quantity", ExactDecimal, nullable=False),
    Column("trigger_price", ExactDecimal),
    Column("reduce_only", Boolean, nullable=False),
    Column("state", Text, nullable=False, index=True),
    Column("position_id", Integer, ForeignKey("positions.id"), nullable=False, index=True),
    Column("filled_quantity", ExactDecimal),
    Column("filled_price", ExactDecimal),
    Column("fee_quote", ExactDecimal),
    Column("detail", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

# The paper exchange's own books: what a real venue would remember of us.
paper_orders = Table(
    "paper_orders",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("exchange", Text, nullable=False),
    Column("client_order_id", Text, nullable=False),
    Column("symbol", Text, nullable=False),
    Column("side", Text, nullable=False),
    Column("leg", Text, nullable=False),
    Column("quantity", ExactDecimal, nullable=False),
    Column("trigger_price", ExactDecimal),
    Column("reduce_only", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("filled_quantity", ExactDecimal, nullable=False),
    Column("filled_price", ExactDecimal),
    Column("fee_quote", ExactDecimal, nullable=False),
    Column("realised_quote", ExactDecimal, nullable=False),
    Column("detail", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    UniqueConstraint("exchange", "client_order_id"),
)
