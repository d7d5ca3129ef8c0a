"""The first schema: everything that storage.tables names."""

import sqlalchemy as sa
from alembic import op

from storage.columns import Duration, ExactDecimal, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    "audit",
    "cooldowns",
    "events",
    "overrides",
    "paper_orders",
    "params",
    "params_history",
    "pauses",
    "positions",
    "regimes",
    "settings",
    "signals",
    "verdicts",
    "wave_results",
    "waves",
    "alerts",
    "orders",
    "position_legs",
    "deliveries",
)


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("person_name", sa.Text(), nullable=False),
        sa.Column("chat", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.Column("previous_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "cooldowns",
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("stops_in_a_row", sa.Integer(), nullable=False),
        sa.Column("until_at", UtcDateTime(), nullable=True),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("symbol", name="pk_cooldowns"),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("exchange", sa.Text(), nullable=True),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_events"),
    )
    op.create_index("ix_events_at", "events", ["at"])
    op.create_table(
        "overrides",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", ExactDecimal(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("until_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_overrides"),
    )
    op.create_index("ix_overrides_exchange_id", "overrides", ["exchange_id"])
    op.create_table(
        "paper_orders",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("exchange", sa.Text(), nullable=False),
        sa.Column("client_order_id", sa.Text(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("leg", sa.Text(), nullable=False),
        sa.Column("quantity", ExactDecimal(), nullable=False),
        sa.Column("trigger_price", ExactDecimal(), nullable=True),
        sa.Column("reduce_only", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("filled_quantity", ExactDecimal(), nullable=False),
        sa.Column("filled_price", ExactDecimal(), nullable=True),
        sa.Column("fee_quote", ExactDecimal(), nullable=False),
        sa.Column("realised_quote", ExactDecimal(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_paper_orders"),
        sa.UniqueConstraint("exchange", "client_order_id", name="uq_paper_orders_exchange_client_order_id"),
    )
    op.create_table(
        "params",
        sa.Column("exchange_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("max_trades", sa.Integer(), nullable=True),
        sa.Column("stop_loss", ExactDecimal(), nullable=True),
        sa.Column("trailing_activation", ExactDecimal(), nullable=True),
        sa.Column("trailing_distance", ExactDecimal(), nullable=True),
        sa.Column("score_week", ExactDecimal(), nullable=True),
        sa.Column("score_month", ExactDecimal(), nullable=True),
        sa.Column("updated_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("exchange_id", name="pk_params"),
    )
    op.create_table(
        "params_history",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("old", ExactDecimal(), nullable=True),
        sa.Column("new", ExactDecimal(), nullable=True),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("wave_at", UtcDateTime(), nullable=True),
        sa.Column("author", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_params_history"),
    )
    op.create_index("ix_params_history_exchange_id_name", "params_history", ["exchange_id", "name"])
    op.create_table(
        "pauses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("until_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_pauses"),
    )
    op.create_index("ix_pauses_ended_at", "pauses", ["ended_at"])
    op.create_table(
        "positions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("exchange", sa.Text(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("wave_at", UtcDateTime(), nullable=True),
        sa.Column("signal_id", sa.Text(), nullable=True),
        sa.Column("group_id", sa.Text(), nullable=False),
        sa.Column("stop_loss_ratio", ExactDecimal(), nullable=False),
        sa.Column("trailing_activation_ratio", ExactDecimal(), nullable=False),
        sa.Column("trailing_distance_ratio", ExactDecimal(), nullable=False),
        sa.Column("leverage", sa.Integer(), nullable=False),
        sa.Column("quantity", ExactDecimal(), nullable=False),
        sa.Column("entry_quantity", ExactDecimal(), nullable=False),
        sa.Column("entry_price", ExactDecimal(), nullable=True),
        sa.Column("stop_price", ExactDecimal(), nullable=True),
        sa.Column("stop_order_id", sa.Text(), nullable=True),
        sa.Column("stop_version", sa.Integer(), nullable=False),
        sa.Column("stop_moved_at", UtcDateTime(), nullable=True),
        sa.Column("best_price", ExactDecimal(), nullable=True),
        sa.Column("is_trailing", sa.Boolean(), nullable=False),
        sa.Column("is_breakeven", sa.Boolean(), nullable=False),
        sa.Column("exit_quantity", ExactDecimal(), nullable=False),
        sa.Column("exit_price", ExactDecimal(), nullable=True),
        sa.Column("exit_reason", sa.Text(), nullable=True),
        sa.Column("fees_quote", ExactDecimal(), nullable=False),
        sa.Column("funding_quote", ExactDecimal(), nullable=False),
        sa.Column("pnl_quote", ExactDecimal(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_positions"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_positions_closed_at", "positions", ["closed_at"])
    op.create_index(
        "uq_positions_live",
        "positions",
        ["exchange", "symbol"],
        unique=True,
        sqlite_where=sa.text("state IN ('opening', 'open', 'closing')"),
        postgresql_where=sa.text("state IN ('opening', 'open', 'closing')"),
    )
    op.create_table(
        "regimes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("regime", sa.Text(), nullable=False),
        sa.Column("since_at", UtcDateTime(), nullable=False),
        sa.Column("until_at", UtcDateTime(), nullable=True),
        sa.Column("author", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_regimes"),
    )
    op.create_table(
        "settings",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_settings"),
    )
    op.create_table(
        "signals",
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=True),
        sa.Column("score_week", ExactDecimal(), nullable=True),
        sa.Column("score_month", ExactDecimal(), nullable=True),
        sa.Column("wave_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=True),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("max_trades_filter", sa.Text(), nullable=True),
        sa.Column("stop_loss_filter", sa.Text(), nullable=True),
        sa.Column("trailing_activation_filter", sa.Text(), nullable=True),
        sa.Column("trailing_distance_filter", sa.Text(), nullable=True),
        sa.Column("score_week_filter", sa.Text(), nullable=True),
        sa.Column("score_month_filter", sa.Text(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("raw", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", "exchange_id", name="pk_signals"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_signals_wave_at", "signals", ["wave_at"])
    op.create_table(
        "verdicts",
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("signal_id", sa.Text(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("wave_at", UtcDateTime(), nullable=True),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("signal_id", "exchange_id", name="pk_verdicts"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_verdicts_symbol_decided_at", "verdicts", ["symbol", "decided_at"])
    op.create_index("ix_verdicts_wave_at", "verdicts", ["wave_at"])
    op.create_table(
        "wave_results",
        sa.Column("wave_at", UtcDateTime(), nullable=False),
        sa.Column("exchange", sa.Text(), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("selected", sa.Integer(), nullable=False),
        sa.Column("valid", sa.Integer(), nullable=False),
        sa.Column("topped_up", sa.Integer(), nullable=False),
        sa.Column("executed", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("duplicates", sa.Integer(), nullable=False),
        sa.Column("target", sa.Integer(), nullable=False),
        sa.Column("params_source", sa.Text(), nullable=True),
        sa.Column("duration_ms", Duration(), nullable=False),
        sa.PrimaryKeyConstraint("wave_at", "exchange", name="pk_wave_results"),
    )
    op.create_table(
        "waves",
        sa.Column("wave_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("claimed_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("wave_at", name="pk_waves"),
    )
    op.create_index("ix_waves_state", "waves", ["state"])
    op.create_table(
        "alerts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name="fk_alerts_event_id_events", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_alerts"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_alerts_event_id", "alerts", ["event_id"])
    op.create_index("ix_alerts_kind", "alerts", ["kind"])
    op.create_table(
        "orders",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_order_id", sa.Text(), nullable=False),
        sa.Column("exchange", sa.Text(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("leg", sa.Text(), nullable=False),
        sa.Column("quantity", ExactDecimal(), nullable=False),
        sa.Column("trigger_price", ExactDecimal(), nullable=True),
        sa.Column("reduce_only", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("position_id", sa.Integer(), nullable=False),
        sa.Column("filled_quantity", ExactDecimal(), nullable=True),
        sa.Column("filled_price", ExactDecimal(), nullable=True),
        sa.Column("fee_quote", ExactDecimal(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["position_id"], ["positions.id"], name="fk_orders_position_id_positions"),
        sa.PrimaryKeyConstraint("id", name="pk_orders"),
        sa.UniqueConstraint("client_order_id", name="uq_orders_client_order_id"),
    )
    op.create_index("ix_orders_position_id", "orders", ["position_id"])
    op.create_index("ix_orders_state", "orders", ["state"])
    op.create_table(
        "position_legs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("position_id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Text(), nullable=False),
        sa.Column("client_order_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("quantity", ExactDecimal(), nullable=False),
        sa.Column("price", ExactDecimal(), nullable=False),
        sa.Column("fee_quote", ExactDecimal(), nullable=False),
        sa.Column("filled_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["position_id"], ["positions.id"], name="fk_position_legs_position_id_positions"),
        sa.PrimaryKeyConstraint("id", name="pk_position_legs"),
        sa.UniqueConstraint("client_order_id", name="uq_position_legs_client_order_id"),
    )
    op.create_index("ix_position_legs_position_id", "position_legs", ["position_id"])
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("alert_id", sa.Integer(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("loudness", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("message_ref", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name="fk_deliveries_alert_id_alerts", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
    )
    op.create_index("ix_deliveries_alert_id", "deliveries", ["alert_id"])
    op.create_index(
        "ix_deliveries_waiting",
        "deliveries",
        ["destination", "id"],
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
