"""A migrated database for every test of storage."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.domain.market import TradingMode
from storage.engine import Database
from storage.unit_of_work import SqlUnits
from tests.fakes.router import no_routes
from tests.fakes.sqlite import opened


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with opened(tmp_path) as database:
        yield database


@pytest.fixture
def units(database: Database) -> SqlUnits:
    return SqlUnits(database, TradingMode.PAPER, no_routes)
