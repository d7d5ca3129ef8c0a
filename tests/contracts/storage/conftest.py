"""What every storage promises is asked of the one in memory, the real one, and the real one as a replay uses it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.domain.market import TradingMode
from core.ports.delivery import Outbox
from core.ports.storage import Units
from storage.outbox import SqlOutbox
from storage.unit_of_work import SqlUnits
from tests.contracts.storage.alerting import routes
from tests.fakes.sqlite import opened
from tests.fakes.units import MemoryOutbox, MemoryUnits


@dataclass(frozen=True, slots=True)
class Storage:
    units: Units
    outbox: Outbox


@pytest.fixture(params=["memory", "sqlite", "sqlite-single"])
async def storage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Storage]:
    if request.param == "memory":
        memory = MemoryUnits(routes=routes)
        yield Storage(memory, MemoryOutbox(memory))
        return
    async with opened(tmp_path, single_connection=request.param == "sqlite-single") as database:
        yield Storage(SqlUnits(database, TradingMode.PAPER, routes), SqlOutbox(database))


@pytest.fixture
def units(storage: Storage) -> Units:
    return storage.units


@pytest.fixture
def outbox(storage: Storage) -> Outbox:
    return storage.outbox
