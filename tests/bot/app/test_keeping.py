"""The database of a process: made, upgraded by its holder only, and given back whatever happens."""

import asyncio
import os
import shutil
import socket
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from bot.app.keeping import open_keeping
from bot.clock import SystemClock
from bot.settings import Settings, load_settings
from core.domain.errors import AlreadyRunning, ConfigurationError, RetryLater
from core.domain.events import Started
from storage.engine import Database
from storage.lease import Lease, holder
from storage.schema import MIGRATIONS, Migrations, is_empty, upgrade
from tests.builders import NOW

LATER = """
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{head}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("signals", sa.Column("total_score", sa.Text()))
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(None, {"DATABASE_URL": f"sqlite:///{tmp_path}/deep/bot.db"}, folder=tmp_path)


@pytest.fixture
def path(settings: Settings) -> Path:
    assert settings.database.path is not None
    return settings.database.path


def become_later(folder: Path, patch: pytest.MonkeyPatch, *, fails: bool = False) -> None:
    """Let this program be a later version, with one migration more."""
    migrations = folder / "later"
    shutil.copytree(MIGRATIONS.folder, migrations, ignore=shutil.ignore_patterns("__pycache__"))
    script = LATER.format(head=MIGRATIONS.head) + ("    raise LookupError\n" if fails else "")
    (migrations / "versions" / "9999_next.py").write_text(script, encoding="utf-8")
    later = Migrations(folder=migrations, revisions=(*MIGRATIONS.revisions, "9999"))
    for function in (is_empty, upgrade):
        patch.setattr(function, "__defaults__", (later,))


def ask(path: Path, query: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def schema_of(path: Path) -> object:
    return ask(path, "SELECT version_num FROM alembic_version")[0][0]


@asynccontextmanager
async def held_by_another(path: Path) -> AsyncIterator[None]:
    """Let the process that started us hold the database."""
    database = await Database.open(f"sqlite:///{path}")
    lease = Lease(database, SystemClock(), socket.gethostname(), os.getppid())
    await lease.acquire()
    yield
    await lease.release()
    await database.close()


async def make(settings: Settings) -> None:
    keeping = await open_keeping(settings, SystemClock())
    await keeping.close()


async def test_the_first_start_makes_the_database_and_holds_it(settings: Settings, path: Path) -> None:
    keeping = await open_keeping(settings, SystemClock())
    assert schema_of(path) == MIGRATIONS.head
    held = await holder(keeping.database)
    assert held is not None
    assert (held.host, held.pid) == (socket.gethostname(), os.getpid())
    await keeping.close()
    await keeping.close()
    assert ask(path, "SELECT count(*) FROM settings WHERE key = 'lease'") == [(0,)]


async def test_two_first_starts_at_once_make_one_database(settings: Settings, path: Path) -> None:
    for keeping in await asyncio.gather(*(open_keeping(settings, SystemClock()) for _ in range(2))):
        await keeping.close()
    assert ask(path, "SELECT version_num FROM alembic_version") == [(MIGRATIONS.head,)]


async def test_a_second_instance_is_refused_and_told_who_has_it(settings: Settings, path: Path) -> None:
    await make(settings)
    async with held_by_another(path):
        with pytest.raises(AlreadyRunning, match=f"process {os.getppid()} on {socket.gethostname()}"):
            await open_keeping(settings, SystemClock())
    await make(settings)


async def test_a_later_version_changes_nothing_under_a_running_one(
    settings: Settings, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make(settings)
    become_later(tmp_path, monkeypatch)
    async with held_by_another(path):
        with pytest.raises(AlreadyRunning):
            await open_keeping(settings, SystemClock())
        assert schema_of(path) == MIGRATIONS.head
        assert names_in(path.parent, "*.before-upgrade*") == []
    await make(settings)
    assert schema_of(path) == "9999"
    assert names_in(path.parent, "*.before-upgrade*") == [f"bot.db.before-upgrade-from-{MIGRATIONS.head}-1"]


def names_in(folder: Path, pattern: str) -> list[str]:
    return [path.name for path in folder.glob(pattern)]


async def test_an_upgrade_that_fails_gives_the_database_back(
    settings: Settings, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make(settings)
    become_later(tmp_path, monkeypatch, fails=True)
    with pytest.raises(LookupError):
        await open_keeping(settings, SystemClock())
    assert schema_of(path) == MIGRATIONS.head
    assert ask(path, "SELECT value FROM settings WHERE key = 'lease'") == []


async def test_a_database_of_a_later_version_is_refused_and_not_held(
    settings: Settings, path: Path, tmp_path: Path
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        become_later(tmp_path, patch)
        await make(settings)
    with pytest.raises(ConfigurationError, match="a newer version of the program has used it"):
        await open_keeping(settings, SystemClock())
    assert ask(path, "SELECT value FROM settings WHERE key = 'lease'") == []


async def test_a_database_of_another_program_is_left_alone(settings: Settings, path: Path) -> None:
    path.parent.mkdir()
    ask(path, "CREATE TABLE customers (id)")
    with pytest.raises(ConfigurationError, match="another program"):
        await open_keeping(settings, SystemClock())
    assert ask(path, "SELECT name FROM sqlite_master") == [("customers",)]


async def test_a_lease_that_cannot_be_given_back_keeps_nothing_open(
    settings: Settings, path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def locked(_: Lease) -> None:
        raise RetryLater("the database is locked", timedelta(seconds=1))

    keeping = await open_keeping(settings, SystemClock())
    monkeypatch.setattr(Lease, "release", locked)
    await keeping.close()
    assert [record.message for record in caplog.records] == ["lease_not_released"]
    # The last connection folds the log into the file: nothing is beside it any more once all are closed.
    assert names_in(path.parent, "*") == ["bot.db"]


async def test_what_is_recorded_goes_where_the_routes_say(settings: Settings) -> None:
    keeping = await open_keeping(settings, SystemClock())
    async with keeping.units.writing() as unit:
        await unit.record(Started(at=NOW, version="1", open_positions=0))
    assert {str(to): count for to, count in (await keeping.outbox.backlog()).items()} == {"terminal": 1}
    await keeping.close()
