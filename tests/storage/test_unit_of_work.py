"""A change and its events are one commit, and a kill at any moment leaves all of it or nothing."""

import asyncio
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import NoReturn

import pytest
from sqlalchemy import text

from core.domain.delivery import Destination
from core.domain.errors import Bug
from core.domain.events import Event, Resumed
from core.domain.market import TradingMode
from storage.engine import Database
from storage.outbox import SqlOutbox
from storage.schema import check
from storage.unit_of_work import SqlUnits
from tests.builders import NOW, make_order, make_position
from tests.fakes.router import EveryRoute, FunctionRouter
from tests.fakes.sqlite import opened

CHAT = Destination(platform="terminal")
ROOT = Path(__file__).resolve().parents[2]

WRITER = """
import asyncio, sys
from pathlib import Path
from core.domain.delivery import Destination
from core.domain.events import Resumed
from core.domain.market import TradingMode
from storage.unit_of_work import SqlUnits
from tests.builders import NOW, make_position
from tests.fakes.router import EveryRoute
from tests.fakes.sqlite import opened

async def main():
    async with opened(Path(sys.argv[1])) as database:
        units = SqlUnits(database, TradingMode.PAPER, EveryRoute(Destination(platform="terminal")))
        for number in range(10_000):
            async with units.writing() as unit:
                await unit.positions.add(make_position(f"C{number}USDT"))
                await unit.record(Resumed(at=NOW, scope=str(number), author="Ann"))
            print(number, flush=True)

asyncio.run(main())
"""


TO_CHAT = EveryRoute(CHAT)


def resumed() -> Resumed:
    return Resumed(at=NOW, scope="all", author="Ann")


async def rows_of(database: Database) -> dict[str, int]:
    async with database.read() as connection:
        return {
            table: (await connection.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one()  # noqa: S608 - ours
            for table in ("positions", "events", "alerts", "deliveries")
        }


async def test_columns_that_others_query(database: Database) -> None:
    units = SqlUnits(database, TradingMode.TESTNET, TO_CHAT)
    async with units.writing() as unit:
        await unit.positions.add(make_position())
        await unit.orders.add(make_order())
        await unit.record(resumed())
    async with database.read() as connection:
        alert = (await connection.execute(text("SELECT id, kind, severity, mode, created_at FROM alerts"))).one()
        delivery = (
            await connection.execute(text("SELECT alert_id, destination, state, attempts FROM deliveries"))
        ).one()
        order = (
            await connection.execute(text("SELECT client_order_id, exchange, symbol, leg, state FROM orders"))
        ).one()
    assert tuple(alert) == (1, "resumed", "notice", "testnet", "2026-11-20T10:20:00.000000+00:00")
    assert tuple(delivery) == (1, "terminal", "pending", 0)
    assert tuple(order) == ("entry-1", "binance", "SOLUSDT", "entry", "submitting")


async def test_an_event_without_readers_is_written_down_all_the_same(database: Database, units: SqlUnits) -> None:
    async with units.writing() as unit:
        await unit.record(resumed())
    assert await rows_of(database) == {"positions": 0, "events": 1, "alerts": 0, "deliveries": 0}


async def open_and_record(units: SqlUnits, event: Event) -> None:
    async with units.writing() as unit:
        await unit.positions.add(make_position())
        await unit.record(event)


async def test_an_event_that_cannot_be_written_takes_its_change_along(database: Database) -> None:
    naive = datetime(2026, 11, 20)  # noqa: DTZ001 - the mistake itself
    with pytest.raises(Bug, match="no zone"):
        await open_and_record(SqlUnits(database, TradingMode.PAPER, TO_CHAT), replace(resumed(), at=naive))
    assert await rows_of(database) == {"positions": 0, "events": 0, "alerts": 0, "deliveries": 0}


async def test_routes_that_fail_lose_nothing_but_the_unit(database: Database) -> None:
    def broken(event: Event) -> NoReturn:
        raise LookupError

    with pytest.raises(LookupError):
        await open_and_record(SqlUnits(database, TradingMode.PAPER, FunctionRouter(broken)), resumed())
    assert await rows_of(database) == {"positions": 0, "events": 0, "alerts": 0, "deliveries": 0}


async def test_a_kill_leaves_whole_units_only(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WRITER, str(tmp_path), stdout=asyncio.subprocess.PIPE, cwd=ROOT
    )
    assert process.stdout is not None
    told = 0
    while told < 30:
        told = int(await asyncio.wait_for(process.stdout.readline(), 30)) + 1
    process.kill()
    await process.communicate()
    async with opened(tmp_path) as database:
        found = await rows_of(database)
        assert (await check(database)).is_sound
        waiting = await SqlOutbox(database).backlog()
    assert len(set(found.values())) == 1
    assert found["positions"] >= told
    assert waiting == {CHAT: found["positions"]}
