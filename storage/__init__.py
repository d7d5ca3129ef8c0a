"""The database: what is kept and how; no rule of the trade is decided here."""
