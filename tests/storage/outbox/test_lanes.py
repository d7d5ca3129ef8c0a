"""Finding what is next costs the same however much waits."""

import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import event, insert, update

from core.domain.delivery import Destination, Digest
from storage.engine import Database
from storage.outbox import SqlOutbox
from storage.rows import Values
from storage.tables import alerts, cards, deliveries, events
from tests.builders import NOW, at

CHAT, DESK = Destination(platform="telegram", address="1"), Destination(platform="slack", address="C1")

KINDS_OF_WAITING: dict[str, Values] = {
    "single": {},
    "urgent": {"is_urgent": True},
    "held": {"fold": "quiet", "fold_group": "", "fold_number": 1, "next_at": at(600)},
    "missed": {"fold": "missed", "fold_group": "", "fold_number": 1},
    "on a card": {"card": "position/1/binance", "card_version": 1},
}

Statement = tuple[str, Any]


def a_delivery(alert_id: int, **changes: object) -> Values:
    return {
        "alert_id": alert_id,
        "destination": str(CHAT),
        "loudness": "normal",
        "state": "pending",
        "attempts": 0,
        "queued_at": NOW,
        "next_at": NOW,
        "error": "",
        "is_urgent": False,
        "is_detail": False,
        **changes,
    }


async def fill(database: Database, count: int, waiting: Values) -> None:
    """Let as many alerts wait in the chat, and two elsewhere, and a card."""
    payload = f'{{"at":"{NOW.isoformat()}","exchange":null,"scope":"all","author":"Ann"}}'
    told = {"kind": "resumed", "at": NOW, "payload": payload}
    alert = {"kind": "resumed", "severity": "notice", "mode": "paper", "created_at": NOW}
    card = {
        "card": "position/1/binance",
        "destination": str(CHAT),
        "loudness": "normal",
        "version": 2,
        "shown_version": 1,
        "place": 1,
        "is_urgent": False,
        "attempts": 0,
        "error": "",
    }
    async with database.write() as connection:
        await connection.execute(insert(events), [told] * count)
        await connection.execute(insert(alerts), [alert | {"event_id": number + 1} for number in range(count)])
        await connection.execute(insert(deliveries), [a_delivery(number + 1, **waiting) for number in range(count)])
        await connection.execute(insert(deliveries), [a_delivery(number, destination=str(DESK)) for number in (1, 2)])
        await connection.execute(insert(cards), [card])


async def statements_of(database: Database, act: Callable[[], Awaitable[object]]) -> list[Statement]:
    """Return what is asked of the database while `act` runs, as it is sent."""
    seen: list[Statement] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        if not statement.startswith("BEGIN"):
            seen.append((statement, parameters))

    assert database._reader is not None
    engine = database._reader.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    await act()
    event.remove(engine, "before_cursor_execute", note)
    return seen


def cost(database: Database, statement: Statement) -> int:
    """Return how many hundreds of steps SQLite's machine takes."""
    hundreds = 0

    def count() -> int:
        nonlocal hundreds
        hundreds += 1
        return 0

    assert database.path is not None
    raw = sqlite3.connect(database.path)
    raw.set_progress_handler(count, 100)
    raw.execute(*statement).fetchall()
    raw.close()
    return hundreds


def plan(database: Database, statement: Statement) -> list[str]:
    assert database.path is not None
    raw = sqlite3.connect(database.path)
    found = [str(row[3]) for row in raw.execute(f"EXPLAIN QUERY PLAN {statement[0]}", statement[1])]
    raw.close()
    return found


@pytest.mark.parametrize("kind", KINDS_OF_WAITING)
async def test_ten_thousand_that_wait_cost_no_more_than_a_few(database: Database, kind: str) -> None:
    outbox = SqlOutbox(database)
    await fill(database, 10_000, KINDS_OF_WAITING[kind])

    async def look() -> None:
        assert await outbox.due(at(1), [CHAT])
        assert len(await outbox.due(at(1), ())) == 2
        await outbox.next_due(at(1), ())

    for statement in await statements_of(database, look):
        # What a digest has come to is counted row by row, but only when it is its turn.
        if "deliveries.fold_group = ?" not in statement[0]:
            assert cost(database, statement) < 20


async def test_a_digest_is_counted_without_a_look_at_what_is_not_in_it(database: Database) -> None:
    outbox = SqlOutbox(database)
    await fill(database, 10_000, {})
    async with database.write() as connection:
        missed = update(deliveries).where(deliveries.c.id <= 5)
        await connection.execute(missed.values(fold="missed", fold_group="", fold_number=1))

    async def look() -> None:
        (digest,) = await outbox.due(at(1), [DESK])
        assert isinstance(digest, Digest)
        assert digest.count == 5

    for statement in await statements_of(database, look):
        assert cost(database, statement) < 20


async def test_every_step_is_a_search_in_an_index_of_the_queue(database: Database) -> None:
    outbox = SqlOutbox(database)
    await fill(database, 10, {})

    async def look() -> None:
        await outbox.due(at(1), ())
        await outbox.next_due(at(1), ())
        await outbox.backlog()

    asked = await statements_of(database, look)
    plans = [line for statement in asked for line in plan(database, statement)]
    whole = {line for line in plans if line.startswith("SCAN") and ("deliveries" in line or "cards" in line)}
    assert whole == {
        "SCAN cards USING INDEX ix_cards_changed",
        "SCAN deliveries USING COVERING INDEX ix_deliveries_waiting",
    }
    assert not [line for line in plans if "deliveries" in line and "INDEX" not in line and "PRIMARY KEY" not in line]
    assert not [line for line in plans if "FOR ORDER BY" in line]


@pytest.mark.parametrize("act", ["miss", "expire", "divert"])
async def test_looking_for_what_can_be_folded_uses_an_index(database: Database, act: str) -> None:
    outbox = SqlOutbox(database)
    await fill(database, 10_000, {"expires_at": at(600), "fallback": "terminal", "is_urgent": True, "queued_at": NOW})

    async def look() -> None:
        if act == "miss":
            assert await outbox.miss(at(-1)) == 0
        elif act == "expire":
            assert await outbox.expire(at(1)) == 0
        else:
            assert await outbox.divert(DESK, at(1), urgent_only=True) == 0

    for statement in await statements_of(database, look):
        assert "INDEX ix_" in " ".join(plan(database, statement))
        if act != "miss":
            assert cost(database, statement) < 20
