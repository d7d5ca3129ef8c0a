"""Signals, what was decided about them, waves and their params. What was traded on them is not here.

Keys of signals and verdicts begin with the signal's id, so that one key answers "this id" with and without an exchange.
"""

from sqlalchemy import Column, Index, Integer, PrimaryKeyConstraint, Table, Text

from storage.columns import Duration, ExactDecimal, UtcDateTime
from storage.tables.base import metadata

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
