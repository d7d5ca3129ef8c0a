"""Cards, folds, fallbacks, acknowledgements, mutes, grants, the stop list."""

from datetime import timedelta

import sqlalchemy as sa
from alembic import op

from storage.columns import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INDEXES = (
    ("ix_deliveries_waiting", ["destination", "state"], "state = 'pending'"),
    (
        "ix_deliveries_single",
        ["destination", "is_urgent", "id"],
        "state = 'pending' AND fold IS NULL AND (card IS NULL OR is_detail)",
    ),
    ("ix_deliveries_folded", ["destination", "is_urgent", "next_at"], "state = 'pending' AND fold IS NOT NULL"),
    ("ix_deliveries_fold", ["destination", "fold", "fold_group"], "state = 'pending' AND fold IS NOT NULL"),
    ("ix_deliveries_unfolded", ["expires_at"], "state = 'pending' AND fold IS NULL"),
    ("ix_deliveries_on_card", ["card", "destination"], "state = 'pending' AND card IS NOT NULL"),
    ("ix_deliveries_repeated", ["destination", "repeats", "queued_at"], "repeats IS NOT NULL"),
    ("ix_deliveries_numbered", ["fold_number"], "fold_number IS NOT NULL"),
)

# An alert was told once at one place before, too, but nothing kept it so; the first one stays.
COPY = """
    INSERT INTO deliveries_new
        (id, alert_id, destination, loudness, state, attempts, queued_at, next_at, ended_at, error, message_ref,
         is_urgent, is_detail)
    SELECT old.id, old.alert_id, old.destination, old.loudness, old.state, old.attempts, alerts.created_at,
           old.next_at, old.ended_at, old.error, old.message_ref,
           CASE WHEN alerts.severity IN ('warning', 'critical') THEN TRUE ELSE FALSE END, FALSE
    FROM deliveries AS old JOIN alerts ON alerts.id = old.alert_id
    WHERE old.id IN (SELECT min(id) FROM deliveries GROUP BY alert_id, destination)
"""

# As these kinds were when this was written.
AGELESS = ("order_unknown", "unprotected_position")
EXPIRES_AFTER = timedelta(hours=6)


def upgrade() -> None:
    op.add_column("alerts", sa.Column("acked_by", sa.Text(), nullable=True))
    op.add_column("alerts", sa.Column("acked_at", UtcDateTime(), nullable=True))
    rebuild_deliveries()
    set_expiry()
    create_cards()
    create_lists()


def rebuild_deliveries() -> None:
    """SQLite adds no column that must not be empty, so the rows move to a new table."""
    op.create_table(
        "deliveries_new",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("alert_id", sa.Integer(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("loudness", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("queued_at", UtcDateTime(), nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("message_ref", sa.Text(), nullable=True),
        sa.Column("is_urgent", sa.Boolean(), nullable=False),
        sa.Column("card", sa.Text(), nullable=True),
        sa.Column("card_version", sa.Integer(), nullable=True),
        sa.Column("is_detail", sa.Boolean(), nullable=False),
        sa.Column("fold", sa.Text(), nullable=True),
        sa.Column("fold_group", sa.Text(), nullable=True),
        sa.Column("fold_number", sa.Integer(), nullable=True),
        sa.Column("repeats", sa.Text(), nullable=True),
        sa.Column("fallback", sa.Text(), nullable=True),
        sa.Column("diverted_to", sa.Text(), nullable=True),
        sa.Column("diverted_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name="fk_deliveries_alert_id_alerts", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
    )
    op.execute(COPY)
    op.drop_table("deliveries")
    op.rename_table("deliveries_new", "deliveries")
    op.create_index("uq_deliveries_alert_id_destination", "deliveries", ["alert_id", "destination"], unique=True)
    for name, columns, condition in INDEXES:
        op.create_index(
            name, "deliveries", columns, sqlite_where=sa.text(condition), postgresql_where=sa.text(condition)
        )


def set_expiry() -> None:
    """What waits grows old from now on."""
    deliveries = sa.table(
        "deliveries", sa.column("id"), sa.column("alert_id"), sa.column("state"), sa.column("expires_at", UtcDateTime())
    )
    alerts = sa.table("alerts", sa.column("id"), sa.column("kind"), sa.column("created_at", UtcDateTime()))
    waiting = (
        sa.select(deliveries.c.id, alerts.c.created_at)
        .select_from(deliveries.join(alerts, alerts.c.id == deliveries.c.alert_id))
        .where(deliveries.c.state == "pending", alerts.c.kind.not_in(AGELESS))
    )
    bind = op.get_bind()
    ends = [{"row": row.id, "end": row.created_at + EXPIRES_AFTER} for row in bind.execute(waiting)]
    if ends:
        bind.execute(
            sa.update(deliveries)
            .where(deliveries.c.id == sa.bindparam("row"))
            .values(expires_at=sa.bindparam("end", type_=UtcDateTime())),
            ends,
        )


def create_cards() -> None:
    op.create_table(
        "cards",
        sa.Column("card", sa.Text(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("loudness", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("shown_version", sa.Integer(), nullable=False),
        sa.Column("message_ref", sa.Text(), nullable=True),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("next_at", UtcDateTime(), nullable=True),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("queued_at", UtcDateTime(), nullable=True),
        sa.Column("is_urgent", sa.Boolean(), nullable=False),
        sa.Column("alert_id", sa.Integer(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name="fk_cards_alert_id_alerts", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("card", "destination", name="pk_cards"),
    )
    op.create_index("ix_cards_alert_id", "cards", ["alert_id"])
    op.create_index(
        "ix_cards_changed",
        "cards",
        ["destination", "is_urgent", "place"],
        sqlite_where=sa.text("version > shown_version"),
        postgresql_where=sa.text("version > shown_version"),
    )


def create_lists() -> None:
    op.create_index("ix_audit_at", "audit", ["at"])
    op.create_table(
        "mutes",
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("until_at", UtcDateTime(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("destination", "kind", name="pk_mutes"),
    )
    op.create_table(
        "grants",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_grants"),
    )
    op.create_index("ix_grants_platform_person_id", "grants", ["platform", "person_id"])
    op.create_table(
        "stop_list",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("until_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_stop_list"),
    )
    op.create_index("ix_stop_list_ended_at", "stop_list", ["ended_at"])
