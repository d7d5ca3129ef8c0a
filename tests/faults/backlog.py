"""Thousands of alerts that wait, made within the database: recording them would take longer than what is tested."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

_NEWEST = """
    SELECT deliveries.id, alert_id, event_id FROM deliveries JOIN alerts ON alerts.id = alert_id
    WHERE card IS NULL AND fold IS NULL ORDER BY deliveries.id DESC
"""


def multiply(path: Path, destination: str, copies: int) -> None:
    """Let the newest alert that is a message of its own wait for `destination`, `copies` times.

    A process that has the database open finds them when it looks for the next time.
    """
    with closing(sqlite3.connect(path, timeout=10, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        delivery_id, alert_id, event_id = connection.execute(_NEWEST).fetchone()
        new_event, new_alert, new_delivery = (_next_id(connection, name) for name in ("events", "alerts", "deliveries"))
        _copy(connection, "events", event_id, {"id": f"{new_event} + n"}, copies)
        _copy(connection, "alerts", alert_id, {"id": f"{new_alert} + n", "event_id": f"{new_event} + n"}, copies)
        waiting = {"destination": f"'{destination}'", "state": "'pending'", "ended_at": "NULL", "message_ref": "NULL"}
        ids = {"id": f"{new_delivery} + n", "alert_id": f"{new_alert} + n"}
        _copy(connection, "deliveries", delivery_id, ids | waiting, copies)
        connection.commit()


def _next_id(connection: sqlite3.Connection, table: str) -> int:
    return int(connection.execute(f"SELECT max(id) + 1 FROM {table}").fetchone()[0])  # noqa: S608 - a name of ours


def _copy(connection: sqlite3.Connection, table: str, row_id: int, changes: Mapping[str, str], copies: int) -> None:
    """Insert copies of a row; `changes` are what some columns become, where `n` counts from 0."""
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    values = ", ".join(changes.get(column, column) for column in columns)
    numbers = "WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < ?)"
    rows = f"SELECT {values} FROM {table}, numbers WHERE id = ?"  # noqa: S608 - nothing comes from outside
    connection.execute(f"INSERT INTO {table} ({', '.join(columns)}) {numbers} {rows}", [copies, row_id])
