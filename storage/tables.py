"""Names and columns of everything that is kept; how a database gets there belongs to `migrations`.

Keys of signals and verdicts begin with the signal's id, so that one key answers "this id" with and without an exchange.
"""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from storage.columns import Duration, ExactDecimal, UtcDateTime

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

signals = Table(
    "signals",
    metadata,
    Column("exchange_id", Integer, nullable=False),
    Column("id", Text, nullable=False),
    Column("symbol", Text, nullable=False),
    Column("side", Text),
    Column("score_week", ExactDecimal),
    Column("score_month", ExactDecimal),
    Column("wave_at", UtcDateTime, index=True),
    Column("created_at", UtcDateTime),
    Column("received_at", UtcDateTime, nullable=False),
    Column("max_trades_filter", Text),
    Column("stop_loss_filter", Text),
    Column("trailing_activation_filter", Text),
    Column("trailing_distance_filter", Text),
    Column("score_week_filter", Text),
    Column("score_month_filter", Text),
    # Set on rows that could not be read: what is wrong, and the row as it was sent.
    Column("problem", Text),
    Column("raw", Text),
    PrimaryKeyConstraint("id", "exchange_id"),
    sqlite_with_rowid=False,
)

verdicts = Table(
    "verdicts",
    metadata,
    Column("exchange_id", Integer, nullable=False),
    Column("signal_id", Text, nullable=False),
    Column("symbol", Text, nullable=False),
    Column("wave_at", UtcDateTime, index=True),
    Column("verdict", Text, nullable=False),
    Column("decided_at", UtcDateTime, nullable=False),
    Column("facts", Text, nullable=False),
    PrimaryKeyConstraint("signal_id", "exchange_id"),
    Index(None, "symbol", "decided_at"),
    sqlite_with_rowid=False,
)

waves = Table(
    "waves",
    metadata,
    Column("wave_at", UtcDateTime, primary_key=True),
    Column("state", Text, nullable=False, index=True),
    Column("claimed_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
)

wave_results = Table(
    "wave_results",
    metadata,
    Column("wave_at", UtcDateTime, primary_key=True),
    Column("exchange", Text, primary_key=True),
    Column("received", Integer, nullable=False),
    Column("selected", Integer, nullable=False),
    Column("valid", Integer, nullable=False),
    Column("topped_up", Integer, nullable=False),
    Column("executed", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("duplicates", Integer, nullable=False),
    Column("target", Integer, nullable=False),
    Column("params_source", Text),
    Column("duration_ms", Duration, nullable=False),
)

# Values of params are percents and counts, as the signal server and people write them.
params = Table(
    "params",
    metadata,
    Column("exchange_id", Integer, primary_key=True, autoincrement=False),
    Column("max_trades", Integer),
    Column("stop_loss", ExactDecimal),
    Column("trailing_activation", ExactDecimal),
    Column("trailing_distance", ExactDecimal),
    Column("score_week", ExactDecimal),
    Column("score_month", ExactDecimal),
    Column("updated_at", UtcDateTime),
)

params_history = Table(
    "params_history",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("exchange_id", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("old", ExactDecimal),
    Column("new", ExactDecimal),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("source", Text, nullable=False),
    Column("wave_at", UtcDateTime),
    Column("author", Text),
    Index(None, "exchange_id", "name"),
)

overrides = Table(
    "overrides",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("exchange_id", Integer, nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("value", ExactDecimal, nullable=False),
    Column("author", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("until_at", UtcDateTime),
)

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

pauses = Table(
    "pauses",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("scope", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("until_at", UtcDateTime),
    Column("ended_at", UtcDateTime, index=True),
    Column("ended_by", Text),
)

cooldowns = Table(
    "cooldowns",
    metadata,
    Column("symbol", Text, primary_key=True),
    Column("stops_in_a_row", Integer, nullable=False),
    Column("until_at", UtcDateTime),
    Column("updated_at", UtcDateTime, nullable=False),
)

regimes = Table(
    "regimes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("regime", Text, nullable=False),
    Column("since_at", UtcDateTime, nullable=False),
    Column("until_at", UtcDateTime),
    Column("author", Text),
    Column("detail", Text, nullable=False),
)

events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("exchange", Text),
    Column("payload", Text, nullable=False),
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", Text, nullable=False, index=True),
    Column("severity", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("event_id", Integer, ForeignKey("events.id", ondelete="CASCADE"), nullable=False, index=True),
    sqlite_autoincrement=True,
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("alert_id", Integer, ForeignKey("alerts.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("destination", Text, nullable=False),
    Column("loudness", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("error", Text, nullable=False),
    Column("message_ref", Text),
)

# The queue itself: small however many deliveries are behind us.
WAITING = text("state = 'pending'")
Index(
    "ix_deliveries_waiting",
    deliveries.c.destination,
    deliveries.c.id,
    sqlite_where=WAITING,
    postgresql_where=WAITING,
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("platform", Text, nullable=False),
    Column("person_id", Text, nullable=False),
    Column("person_name", Text, nullable=False),
    Column("chat", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("before", Text),
    Column("after", Text),
    Column("previous_hash", Text, nullable=False),
    Column("hash", Text, nullable=False),
    sqlite_autoincrement=True,
)

settings = Table(
    "settings",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
