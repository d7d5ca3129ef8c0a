"""Events, alerts, and what is on its way to people. What it looks like is not kept."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, PrimaryKeyConstraint, Table, Text, text

from storage.columns import UtcDateTime
from storage.tables.base import metadata

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
    Column("acked_by", Text),
    Column("acked_at", UtcDateTime),
    sqlite_autoincrement=True,
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("alert_id", Integer, ForeignKey("alerts.id", ondelete="CASCADE"), nullable=False),
    Column("destination", Text, nullable=False),
    Column("loudness", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    # When it came into the queue; next_at is when a fold of it is told.
    Column("queued_at", UtcDateTime, nullable=False),
    Column("next_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("error", Text, nullable=False),
    Column("message_ref", Text),
    # Goes ahead of others.
    Column("is_urgent", Boolean, nullable=False),
    # The card that tells it; or, of a detail, that it stands under. The change of the card that it came with.
    Column("card", Text),
    Column("card_version", Integer),
    Column("is_detail", Boolean, nullable=False),
    # Told together with others of the same fold and group. The number grows with every folding: a digest reaches as far
    # as the highest one that was there when it was read.
    Column("fold", Text),
    Column("fold_group", Text),
    Column("fold_number", Integer),
    # What its repeats have in common.
    Column("repeats", Text),
    Column("fallback", Text),
    Column("diverted_to", Text),
    Column("diverted_at", UtcDateTime),
    # One alert is told once at one place. Its first column also finds the deliveries of an alert.
    Index("uq_deliveries_alert_id_destination", "alert_id", "destination", unique=True),
)

# The queues themselves: small however many deliveries are behind us. Conditions are written here alone and used as they
# are, since SQLite takes a partial index only for a condition that is written the same way. It looks at the state all
# the same: with it in the index, the first one answers by itself how much waits.
WAITING = text("state = 'pending'")
SINGLE = text("state = 'pending' AND fold IS NULL AND (card IS NULL OR is_detail)")
FOLDED = text("state = 'pending' AND fold IS NOT NULL")
UNFOLDED = text("state = 'pending' AND fold IS NULL")
ON_CARD = text("state = 'pending' AND card IS NOT NULL")
REPEATED = text("repeats IS NOT NULL")
NUMBERED = text("fold_number IS NOT NULL")

for _name, _condition, *_columns in (
    ("ix_deliveries_waiting", WAITING, deliveries.c.destination, deliveries.c.state),
    ("ix_deliveries_single", SINGLE, deliveries.c.destination, deliveries.c.is_urgent, deliveries.c.id),
    ("ix_deliveries_folded", FOLDED, deliveries.c.destination, deliveries.c.is_urgent, deliveries.c.next_at),
    ("ix_deliveries_fold", FOLDED, deliveries.c.destination, deliveries.c.fold, deliveries.c.fold_group),
    ("ix_deliveries_unfolded", UNFOLDED, deliveries.c.expires_at),
    ("ix_deliveries_on_card", ON_CARD, deliveries.c.card, deliveries.c.destination),
    ("ix_deliveries_repeated", REPEATED, deliveries.c.destination, deliveries.c.repeats, deliveries.c.queued_at),
    ("ix_deliveries_numbered", NUMBERED, deliveries.c.fold_number),
):
    Index(_name, *_columns, sqlite_where=_condition, postgresql_where=_condition)

# One living message at one destination.

cards = Table(
    "cards",
    metadata,
    Column("card", Text, nullable=False),
    Column("destination", Text, nullable=False),
    Column("loudness", Text, nullable=False),
    # Every change counts one; shown is what the message has come to, 0 before it was ever shown.
    Column("version", Integer, nullable=False),
    Column("shown_version", Integer, nullable=False),
    Column("message_ref", Text),
    Column("sent_at", UtcDateTime),
    Column("next_at", UtcDateTime),
    # Its place in the queue: behind the delivery with that id, which was the newest when the oldest change came that is
    # not shown yet. queued_at is when that was, None where nobody knows.
    Column("place", Integer, nullable=False),
    Column("queued_at", UtcDateTime),
    Column("is_urgent", Boolean, nullable=False),
    Column("alert_id", Integer, ForeignKey("alerts.id", ondelete="SET NULL"), index=True),
    Column("attempts", Integer, nullable=False),
    Column("error", Text, nullable=False),
    PrimaryKeyConstraint("card", "destination"),
)

CHANGED = text("version > shown_version")
Index(
    "ix_cards_changed",
    cards.c.destination,
    cards.c.is_urgent,
    cards.c.place,
    sqlite_where=CHANGED,
    postgresql_where=CHANGED,
)

mutes = Table(
    "mutes",
    metadata,
    Column("destination", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("until_at", UtcDateTime, nullable=False),
    Column("author", Text, nullable=False),
    PrimaryKeyConstraint("destination", "kind"),
)
