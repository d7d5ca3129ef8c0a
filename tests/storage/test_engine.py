"""Connections, transactions, and what a database in trouble means to the caller."""

import asyncio
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from core.domain.errors import Bug, ConfigurationError, RetryLater
from storage.engine import Database, sqlite_url
from tests.fakes.sqlite import opened

READ = text("SELECT value FROM settings WHERE key = 'a'")
WRITE = text("INSERT INTO settings VALUES ('a', '1')")


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ("sqlite:///wavehelm.db", "wavehelm.db"),
        ("sqlite+aiosqlite:///data/wavehelm.db", "data/wavehelm.db"),
        ("sqlite:////var/lib/wavehelm.db", "/var/lib/wavehelm.db"),
    ],
)
def test_urls_of_ours(given: str, path: str) -> None:
    url = sqlite_url(given)
    assert (url.drivername, url.database) == ("sqlite+aiosqlite", path)


@pytest.mark.parametrize(
    "given", ["", "wavehelm.db", "mysql://localhost/x", "postgresql://localhost/x", "sqlite:///x.db?mode=ro"]
)
def test_other_urls_are_refused(given: str) -> None:
    with pytest.raises(ConfigurationError, match=r"write sqlite:///path"):
        sqlite_url(given)


async def test_the_settings_that_durability_rests_on(database: Database) -> None:
    found = {}
    async with database.write() as connection:
        for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout"):
            found[name] = (await connection.execute(text(f"PRAGMA {name}"))).scalar()
    assert found == {"journal_mode": "wal", "synchronous": 1, "foreign_keys": 1, "busy_timeout": 5000}


async def test_the_folder_is_made(tmp_path: Path) -> None:
    database = await Database.open(f"sqlite:///{tmp_path}/deep/down/wavehelm.db")
    await database.close()
    assert (tmp_path / "deep/down/wavehelm.db").exists()


async def test_a_folder_that_cannot_be_made_is_for_a_person(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="cannot be made"):
        await Database.open(f"sqlite:///{tmp_path}/file/wavehelm.db")


async def test_a_file_that_cannot_be_opened_is_for_a_person(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be opened"):
        await Database.open(f"sqlite:///{tmp_path}")


async def test_a_file_that_is_no_database_is_for_a_person(tmp_path: Path) -> None:
    (tmp_path / "wavehelm.db").write_text("not a database at all, but long enough to be looked at " * 40)
    with pytest.raises(ConfigurationError, match="damaged or something else"):
        await Database.open(f"sqlite:///{tmp_path}/wavehelm.db")


async def test_reading_sees_one_state_and_does_not_wait_for_writing(database: Database) -> None:
    async with database.write() as writer, database.read() as reader:
        await writer.execute(WRITE)
        assert (await reader.execute(READ)).scalar() is None
    async with database.read() as early:
        assert (await early.execute(READ)).scalar() == "1"
        async with database.write() as writer:
            await writer.execute(text("UPDATE settings SET value = '2'"))
        assert (await early.execute(READ)).scalar() == "1"
    async with database.read() as late:
        assert (await late.execute(READ)).scalar() == "2"


async def test_a_reading_connection_cannot_write(database: Database) -> None:
    with pytest.raises(RetryLater, match="readonly"):
        async with database.read() as reader:
            await reader.execute(WRITE)


async def test_what_is_done_while_reading_through_the_writer_is_not_kept(tmp_path: Path) -> None:
    async with opened(tmp_path, single_connection=True) as database:
        async with database.read() as connection:
            await connection.execute(WRITE)
        async with database.read() as connection:
            assert (await connection.execute(READ)).scalar() is None


async def test_a_database_in_memory_is_one_database() -> None:
    database = await Database.open("sqlite://")
    async with database.write() as connection:
        await connection.execute(text("CREATE TABLE t (a)"))
    async with database.read() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM t"))).scalar() == 0
    with pytest.raises(Bug, match="in memory"):
        await database.copy_to(Path("never.db"))
    await database.close()


async def test_more_readers_than_connections_take_turns(tmp_path: Path) -> None:
    database = await Database.open(f"sqlite:///{tmp_path}/wavehelm.db", readers=2)

    async def read() -> int:
        async with database.read() as connection:
            return int((await connection.execute(text("SELECT 1"))).scalar_one())

    assert await asyncio.gather(*(read() for _ in range(20))) == [1] * 20
    await database.close()


async def test_work_in_flight_is_counted(database: Database) -> None:
    async def write() -> None:
        async with database.write() as connection:
            await connection.execute(text("SELECT 1"))

    async with database.read():
        assert database.in_flight == 1
        async with database.write():
            waiting = asyncio.create_task(write())
            await asyncio.sleep(0)
            assert database.in_flight == 3
        await waiting
        assert database.in_flight == 1
    with pytest.raises(LookupError):
        async with database.write():
            raise LookupError
    assert database.in_flight == 0


async def test_a_commit_that_began_is_finished_though_the_task_is_cancelled(database: Database) -> None:
    reached = asyncio.Event()

    async def write() -> None:
        async with database.write() as connection:
            await connection.execute(WRITE)
            reached.set()

    task = asyncio.create_task(write())
    await reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with database.read() as connection:
        assert (await connection.execute(READ)).scalar() == "1"


async def test_a_statement_that_is_cancelled_is_undone_and_the_connection_works_again(database: Database) -> None:
    reached = asyncio.Event()

    async def write() -> None:
        async with database.write() as connection:
            await connection.execute(WRITE)
            reached.set()
            endless = (
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT sum(i) FROM n"
            )
            await connection.execute(text(endless))

    task = asyncio.create_task(write())
    await reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert database.in_flight == 0
    async with database.write() as connection:
        assert (await connection.execute(READ)).scalar() is None
        await connection.execute(WRITE)


async def test_units_cancelled_at_any_moment_leave_a_database_that_works(tmp_path: Path) -> None:
    async def write(number: int) -> None:
        async with database.write() as connection:
            for half in ("a", "b"):
                await connection.execute(text("INSERT INTO settings VALUES (:key, '')"), {"key": f"{number}{half}"})

    async def read() -> None:
        async with database.read() as connection:
            await connection.execute(READ)

    async with opened(tmp_path) as database:
        for steps in range(60):
            tasks = [asyncio.create_task(write(steps)), asyncio.create_task(read())]
            for _ in range(steps):
                await asyncio.sleep(0.0001 if steps % 2 else 0)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        assert database.in_flight == 0
        await write(99)
        async with database.read() as connection:
            keys = set((await connection.execute(text("SELECT key FROM settings"))).scalars())
    numbers = {key[:-1] for key in keys}
    assert keys == {number + half for number in numbers for half in ("a", "b")}
    assert "99" in numbers


async def test_a_database_that_another_process_holds_is_tried_again_later(tmp_path: Path) -> None:
    async with opened(tmp_path):
        pass
    database = await Database.open(f"sqlite:///{tmp_path}/wavehelm.db", busy_timeout=timedelta(milliseconds=20))
    other = sqlite3.connect(tmp_path / "wavehelm.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(RetryLater, match="locked"):
        async with database.write():
            pass
    async with database.read() as connection:
        assert (await connection.execute(READ)).scalar() is None
    other.execute("ROLLBACK")
    other.close()
    async with database.write() as connection:
        await connection.execute(WRITE)
    await database.close()


async def test_a_full_disk_undoes_the_whole_transaction(database: Database) -> None:
    async def write_much() -> None:
        async with database.write() as connection:
            await connection.execute(WRITE)
            await connection.execute(text("INSERT INTO settings VALUES ('b', :large)"), {"large": "x" * 100_000})

    async with database.write() as connection:
        pages = (await connection.execute(text("PRAGMA page_count"))).scalar_one()
        await connection.execute(text(f"PRAGMA max_page_count = {pages}"))
    with pytest.raises(RetryLater, match="full"):
        await write_much()
    async with database.write() as connection:
        assert (await connection.execute(READ)).scalar() is None
        await connection.execute(text("PRAGMA max_page_count = 1000000"))
        await connection.execute(WRITE)


async def test_a_row_or_statement_that_is_refused_is_a_bug(database: Database) -> None:
    for statement in ("INSERT INTO settings (key) VALUES ('a')", "SELECT * FROM nowhere"):
        with pytest.raises(Bug, match="the database refuses"):
            async with database.write() as connection:
                await connection.execute(text(statement))


async def test_a_copy_is_a_whole_database_of_its_own(database: Database, tmp_path: Path) -> None:
    async with database.write() as connection:
        await connection.execute(WRITE)
    copy = tmp_path / "it's a copy.db"
    async with database.write() as connection:
        await connection.execute(text("UPDATE settings SET value = '2'"))
        await database.copy_to(copy)
    found = sqlite3.connect(copy)
    assert found.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert found.execute("SELECT value FROM settings WHERE key = 'a'").fetchall() == [("1",)]
    found.close()
    with pytest.raises(Bug, match="exists"):
        await database.copy_to(copy)


async def test_closing_leaves_one_file(tmp_path: Path) -> None:
    async with opened(tmp_path) as database:
        async with database.write() as connection:
            await connection.execute(WRITE)
        await database.close()
    for name, is_there in (("wavehelm.db", True), ("wavehelm.db-wal", False), ("wavehelm.db-shm", False)):
        assert tmp_path.joinpath(name).is_file() is is_there
