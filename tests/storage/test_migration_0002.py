"""A database of the first version, with alerts on their way, comes to the second one and goes on."""

import shutil
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from core.domain.delivery import Delivery, Destination
from core.domain.events import Event, OrderUnknown, Paused, StopMoved
from core.domain.market import TradingMode
from storage.columns import text_of_time
from storage.engine import Database
from storage.mappers.events import row_of_event
from storage.outbox import SqlOutbox
from storage.schema import MIGRATIONS, Migrations, check, upgrade
from storage.tables import metadata
from storage.unit_of_work import SqlUnits
from tests.builders import NOW, at, price
from tests.fakes.router import no_routes

CHAT = Destination(platform="telegram", address="-1001")

EVENTS: tuple[Event, ...] = (
    Paused(at=at(-600), scope="all", reason="news", author="Ann", until_at=None),
    StopMoved(at=NOW, exchange="binance", position_id=1, symbol="SOLUSDT", old_price=None, new_price=price(99)),
    OrderUnknown(
        at=NOW, exchange="binance", symbol="SOLUSDT", side="BUY", leg="entry", client_order_id="wh-1", detail="none"
    ),
)

DELIVERIES = (
    # alert, destination, state, attempts, next_at, ended_at, error, message_ref
    (1, "telegram:-1001", "sent", 2, at(-599), at(-598), "flood", "77"),
    (1, "slack:C1", "failed", 1, at(-600), at(-600), "archived", None),
    (2, "telegram:-1001", "pending", 3, at(1), None, "timed out", None),
    (3, "telegram:-1001", "pending", 0, NOW, None, "", None),
    (3, "telegram:-1001", "pending", 0, NOW, None, "", None),
)


def fill(path: Path) -> None:
    raw = sqlite3.connect(path)
    for event in EVENTS:
        row = row_of_event(event)
        added = raw.execute(
            "INSERT INTO events (kind, at, exchange, payload) VALUES (?, ?, ?, ?)",
            (row["kind"], text_of_time(event.at), event.exchange, row["payload"]),
        )
        raw.execute(
            "INSERT INTO alerts (kind, severity, mode, created_at, event_id) VALUES (?, ?, 'paper', ?, ?)",
            (event.kind, event.severity.name.lower(), text_of_time(event.at), added.lastrowid),
        )
    for alert, destination, state, attempts, next_at, ended_at, error, ref in DELIVERIES:
        times = (text_of_time(next_at), None if ended_at is None else text_of_time(ended_at))
        raw.execute(
            "INSERT INTO deliveries (alert_id, destination, loudness, state, attempts, next_at, ended_at, error,"
            " message_ref) VALUES (?, ?, 'normal', ?, ?, ?, ?, ?, ?)",
            (alert, destination, state, attempts, *times, error, ref),
        )
    raw.commit()
    raw.close()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """A filled database of the first version, brought to the newest."""
    folder = tmp_path / "first"
    shutil.copytree(MIGRATIONS.folder, folder, ignore=shutil.ignore_patterns("__pycache__", "0002_*"))
    database = await Database.open(f"sqlite:///{tmp_path}/wavehelm.db")
    await upgrade(database, Migrations(folder=folder, revisions=("0001",)))
    fill(tmp_path / "wavehelm.db")
    await upgrade(database)
    yield database
    await database.close()


async def test_the_result_is_what_the_program_names(database: Database) -> None:
    def compare(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        return list(compare_metadata(context, metadata))

    assert (await check(database)).is_sound
    async with database.read() as connection:
        assert await connection.run_sync(compare) == []


async def test_what_was_told_stays_as_it_was(database: Database) -> None:
    async with SqlUnits(database, TradingMode.PAPER, no_routes).reading() as unit:
        assert [alert.event for alert in await unit.alerts.recent(9)] == list(reversed(EVENTS))
        slack, chat = await unit.alerts.deliveries(1)
    assert (slack.state, slack.attempts, slack.ended_at, slack.error) == ("failed", 1, at(-600), "archived")
    assert (chat.state, chat.attempts, chat.ended_at, chat.error) == ("sent", 2, at(-598), "flood")


async def test_what_waits_is_told_what_is_urgent_first_and_nothing_twice(database: Database) -> None:
    outbox = SqlOutbox(database)
    assert await outbox.backlog() == {CHAT: 2}
    (urgent,) = await outbox.due(NOW, ())
    assert isinstance(urgent, Delivery)
    assert (urgent.alert.event, urgent.has_fallback, urgent.thread_ref) == (EVENTS[2], False, None)
    await outbox.told(urgent, NOW, "78")
    (other,) = await outbox.due(NOW, ())
    assert isinstance(other, Delivery)
    assert (other.alert.event, other.attempts) == (EVENTS[1], 3)


async def test_what_waits_grows_old_as_of_when_it_happened(database: Database) -> None:
    outbox = SqlOutbox(database)
    assert await outbox.expire(NOW + timedelta(hours=6) - timedelta(seconds=1)) == 0
    assert await outbox.expire(NOW + timedelta(hours=6)) == 1
    assert await outbox.expire(NOW + timedelta(days=999)) == 0


async def test_it_goes_on_recording(database: Database) -> None:
    async with SqlUnits(database, TradingMode.PAPER, no_routes).writing() as unit:
        await unit.record(replace(EVENTS[0], at=NOW))
    async with database.read() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM events"))).scalar() == 4
