"""Migrations: they make the tables that the program names, keep what is there, and never go back unasked."""

import shutil
import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from core.domain.errors import ConfigurationError
from core.domain.market import TradingMode
from storage.engine import Database
from storage.schema import MIGRATIONS, Migrations, check, upgrade
from storage.tables import metadata
from storage.unit_of_work import SqlUnits
from tests.builders import NOW, WAVE_AT, make_signal
from tests.fakes.router import no_routes
from tests.fakes.sqlite import opened

NEXT = """
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
def newer(tmp_path: Path) -> Migrations:
    """The migrations of a later program."""
    folder = tmp_path / "later"
    shutil.copytree(MIGRATIONS.folder, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / "9999_next.py").write_text(NEXT.format(head=MIGRATIONS.head))
    return Migrations(folder=folder, revisions=(*MIGRATIONS.revisions, "9999"))


async def test_migrations_make_the_tables_that_the_program_names(database: Database) -> None:
    def compare(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        return list(compare_metadata(context, metadata))

    async with database.read() as connection:
        assert await connection.run_sync(compare) == []


async def test_indexes_with_a_condition_have_it(database: Database) -> None:
    async with database.read() as connection:
        rows = await connection.execute(text("SELECT name, sql FROM sqlite_master WHERE sql LIKE '%INDEX%WHERE%'"))
        assert {row.name: row.sql.partition(" WHERE ")[2] for row in rows} == {
            "uq_positions_live": "state IN ('opening', 'open', 'closing')",
            "ix_cards_changed": "version > shown_version",
            "ix_deliveries_waiting": "state = 'pending'",
            "ix_deliveries_single": "state = 'pending' AND fold IS NULL AND (card IS NULL OR is_detail)",
            "ix_deliveries_folded": "state = 'pending' AND fold IS NOT NULL",
            "ix_deliveries_fold": "state = 'pending' AND fold IS NOT NULL",
            "ix_deliveries_unfolded": "state = 'pending' AND fold IS NULL",
            "ix_deliveries_on_card": "state = 'pending' AND card IS NOT NULL",
            "ix_deliveries_repeated": "repeats IS NOT NULL",
            "ix_deliveries_numbered": "fold_number IS NOT NULL",
        }


def test_the_revisions_are_those_in_the_folder() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS.folder))
    found = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    assert tuple(reversed(found)) == MIGRATIONS.revisions


async def test_a_new_database_needs_no_backup_and_upgrading_again_does_nothing(tmp_path: Path) -> None:
    database = await Database.open(f"sqlite:///{tmp_path}/wavehelm.db")
    assert (await check(database)).current is None
    first = await upgrade(database)
    assert (first.before, first.after, first.backup) == (None, MIGRATIONS.head, None)
    second = await upgrade(database)
    assert (second.before, second.after, second.backup) == (MIGRATIONS.head, MIGRATIONS.head, None)
    report = await check(database)
    assert report.is_sound
    assert (report.current, report.head, report.problems) == (MIGRATIONS.head, MIGRATIONS.head, ())
    await database.close()


async def test_an_older_database_is_copied_and_keeps_what_it_has(tmp_path: Path, newer: Migrations) -> None:
    async with opened(tmp_path) as database:
        async with SqlUnits(database, TradingMode.PAPER, no_routes).writing() as unit:
            await unit.signals.add_new([make_signal()], NOW)
        assert not (await check(database, newer)).is_sound
        done = await upgrade(database, newer)
        assert (done.before, done.after) == (MIGRATIONS.head, "9999")
        async with SqlUnits(database, TradingMode.PAPER, no_routes).reading() as unit:
            assert await unit.signals.of_wave(WAVE_AT) == [make_signal()]
    assert done.backup is not None
    copy = sqlite3.connect(done.backup)
    assert copy.execute("SELECT version_num FROM alembic_version").fetchall() == [(MIGRATIONS.head,)]
    assert copy.execute("SELECT count(*) FROM signals").fetchall() == [(1,)]
    copy.close()


async def test_backups_do_not_replace_each_other(tmp_path: Path, newer: Migrations) -> None:
    async with opened(tmp_path) as database:
        first = await upgrade(database, newer)
    (tmp_path / "wavehelm.db").unlink()
    async with opened(tmp_path) as database:
        second = await upgrade(database, newer)
    assert first.backup != second.backup


async def test_a_migration_that_fails_leaves_the_database_as_it_was(tmp_path: Path, newer: Migrations) -> None:
    with (newer.folder / "versions" / "9999_next.py").open("a") as script:
        script.write("    raise LookupError\n")
    async with opened(tmp_path) as database:
        with pytest.raises(LookupError):
            await upgrade(database, newer)
        assert (await check(database)).is_sound
        async with database.read() as connection:
            columns = await connection.execute(text("SELECT name FROM pragma_table_info('signals')"))
            assert "total_score" not in columns.scalars().all()


async def test_an_older_program_refuses_a_newer_schema(tmp_path: Path, newer: Migrations) -> None:
    async with opened(tmp_path) as database:
        await upgrade(database, newer)
        for look in (upgrade, check):
            with pytest.raises(
                ConfigurationError, match=f"schema 9999, this program knows schemas up to {MIGRATIONS.head}"
            ):
                await look(database)


async def test_somebody_elses_database_is_refused(tmp_path: Path) -> None:
    database = await Database.open(f"sqlite:///{tmp_path}/other.db")
    async with database.write() as connection:
        await connection.execute(text("CREATE TABLE customers (id)"))
    with pytest.raises(ConfigurationError, match="another program"):
        await upgrade(database)
    await database.close()


async def test_damage_is_reported(tmp_path: Path) -> None:
    async with opened(tmp_path):
        pass
    raw = sqlite3.connect(tmp_path / "wavehelm.db")
    raw.execute(
        "INSERT INTO position_legs"
        " (id, position_id, group_id, client_order_id, kind, quantity, price, fee_quote, filled_at)"
        " VALUES (1, 77, 'g', 'c', 'entry', '1', '1', '0', '2026-11-20T10:15:00.000000+00:00')"
    )
    raw.commit()
    raw.close()
    async with opened(tmp_path) as database:
        report = await check(database)
    assert not report.is_sound
    assert report.problems == ("row 1 of position_legs points to a row of positions that is missing",)
