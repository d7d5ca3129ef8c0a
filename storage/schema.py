"""Brings a database to the schema that this program knows, and looks whether it is whole; columns are in `tables`."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection

from core.domain.errors import ConfigurationError
from storage.engine import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Migrations:
    """Where the migrations are and which there are, oldest first.

    Named here, too, so that a start with a current database need not load Alembic.
    """

    folder: Path
    revisions: tuple[str, ...]

    @property
    def head(self) -> str:
        """The schema that this program works with."""
        return self.revisions[-1]


MIGRATIONS = Migrations(folder=Path(__file__).parent / "migrations", revisions=("0001", "0002"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Upgrade:
    """What an upgrade did: `backup` is the copy of the database as it was before, None when there was none to make."""

    before: str | None
    after: str
    backup: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaReport:
    """How a database is.

    Attributes:
        current: Its schema; None for an empty one.
        head: The schema of this program.
        problems: What SQLite finds wrong in the file, a sentence each.
    """

    current: str | None
    head: str
    problems: tuple[str, ...]

    @property
    def is_sound(self) -> bool:
        """True when nothing has to be done."""
        return self.current == self.head and not self.problems


async def is_empty(database: Database, migrations: Migrations = MIGRATIONS) -> bool:
    """Return whether `database` has no tables yet; changes nothing.

    Raises:
        ConfigurationError: the database belongs to a newer program, or to something else.
    """
    async with database.read() as connection:
        return await _revision(connection, migrations) is None


async def upgrade(database: Database, migrations: Migrations = MIGRATIONS) -> Upgrade:
    """Bring `database` to the newest schema; a database that has an older one is copied first. Safe to repeat.

    Raises:
        ConfigurationError: the database belongs to a newer program, or to something else.
        RetryLater: the database cannot be copied or written now.
    """
    async with database.read() as connection:
        before = await _revision(connection, migrations)
    if before == migrations.head:
        return Upgrade(before=before, after=before, backup=None)
    backup = None
    if before is not None and database.path is not None:
        backup = _free_name(database.path, before)
        await database.copy_to(backup)
    async with database.write() as connection:
        await connection.run_sync(_migrate, migrations)
    return Upgrade(before=before, after=migrations.head, backup=backup)


async def check(database: Database, migrations: Migrations = MIGRATIONS) -> SchemaReport:
    """Return which schema `database` has and what is wrong with its contents; changes nothing.

    Raises:
        ConfigurationError: the database belongs to a newer program, to something else, or is no database at all.
    """
    async with database.read() as connection:
        current = await _revision(connection, migrations)
        problems = [str(row[0]) for row in await connection.execute(text("PRAGMA integrity_check")) if row[0] != "ok"]
        problems += [
            f"row {row.rowid} of {row.table} points to a row of {row.parent} that is missing"
            for row in await connection.execute(text("PRAGMA foreign_key_check"))
        ]
    return SchemaReport(current=current, head=migrations.head, problems=tuple(problems))


async def _revision(connection: AsyncConnection, migrations: Migrations) -> str | None:
    """Return the schema of the database, None if it is empty."""
    names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    if not names:
        return None
    found: str | None = None
    if "alembic_version" in names:
        found = (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar()
    if found is None:
        raise ConfigurationError(
            "the database holds tables of another program; give this one a file of its own (DATABASE_URL)"
        )
    if found not in migrations.revisions:
        raise ConfigurationError(
            f"the database has the schema {found}, this program knows schemas up to {migrations.head}: "
            "a newer version of the program has used it. Run that version again, or restore a backup from before"
        )
    return found


def _free_name(path: Path, revision: str) -> Path:
    """Return a name beside `path` that no file has."""
    number = 1
    while (name := path.with_name(f"{path.name}.before-upgrade-from-{revision}-{number}")).exists():
        number += 1
    return name


def _migrate(connection: Connection, migrations: Migrations) -> None:
    from alembic import command  # noqa: PLC0415 - slow to load, and hardly ever needed
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(migrations.folder).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, migrations.head)
