"""What waits to be told: a queue in the database, one for each destination; sending belongs to `core.delivery`."""

from storage.outbox.outbox import SqlOutbox

__all__ = ["SqlOutbox"]
