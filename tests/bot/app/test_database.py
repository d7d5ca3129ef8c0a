"""`wavehelm db`: what is done to a database and what is said of it."""

import sqlite3
from pathlib import Path

import pytest

from bot.app.database import check_database, upgrade_database
from bot.settings import Settings, load_settings
from core.domain.errors import ConfigurationError
from storage.schema import MIGRATIONS


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bot.db"


@pytest.fixture
def settings(path: Path) -> Settings:
    return load_settings(None, {"DATABASE_URL": f"sqlite:///{path}"}, folder=path.parent)


def write(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(statement)
    connection.close()


async def test_a_database_that_is_not_there_is_not_made_by_looking(settings: Settings, path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"no database at .*bot\.db; `wavehelm db upgrade` makes one"):
        await check_database(settings)
    assert list(path.parent.iterdir()) == []


async def test_an_upgrade_makes_it_and_then_all_is_well(settings: Settings, path: Path) -> None:
    for _ in range(2):
        assert "is at this version" in await upgrade_database(settings)
    is_fine, text = await check_database(settings)
    assert is_fine
    assert text.splitlines() == [f"schema: {MIGRATIONS.head} (this version: {MIGRATIONS.head})", "the file is sound"]


async def test_an_empty_file_needs_the_upgrade(settings: Settings, path: Path) -> None:
    path.touch()  # noqa: ASYNC240 - a file of the test
    is_fine, text = await check_database(settings)
    assert not is_fine
    assert text.splitlines() == [f"schema: none (this version: {MIGRATIONS.head})", "run `wavehelm db upgrade`"]


async def test_damage_is_told(settings: Settings, path: Path) -> None:
    await upgrade_database(settings)
    write(
        path,
        "INSERT INTO position_legs"
        " (id, position_id, group_id, client_order_id, kind, quantity, price, fee_quote, filled_at)"
        " VALUES (1, 77, 'g', 'c', 'entry', '1', '1', '0', '2026-11-20T10:15:00.000000+00:00')",
    )
    is_fine, text = await check_database(settings)
    assert not is_fine
    assert "row 1 of position_legs points to a row of positions that is missing" in text
    assert "sound" not in text


async def test_a_newer_schema_is_refused_by_both(settings: Settings, path: Path) -> None:
    await upgrade_database(settings)
    write(path, "UPDATE alembic_version SET version_num = '9999'")
    for act in (check_database, upgrade_database):
        with pytest.raises(ConfigurationError, match="schema 9999"):
            await act(settings)


async def test_a_file_that_is_no_database_is_named(settings: Settings, path: Path) -> None:
    path.write_bytes(b"not a database at all " * 100)  # noqa: ASYNC240 - a file of the test
    with pytest.raises(ConfigurationError, match="damaged or something else"):
        await check_database(settings)
