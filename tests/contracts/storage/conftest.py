"""What every storage promises is asked of the one in memory, the real one, and the real one as a replay uses it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.domain.market import TradingMode
from core.ports.delivery import Outbox
from core.ports.edges import Changes
from core.ports.storage import Units
from storage.outbox import SqlOutbox
from storage.unit_of_work import SqlUnits
from tests.contracts.storage.alerting import Routing, usual
from tests.fakes.memory_outbox import MemoryOutbox
from tests.fakes.sqlite import opened
from tests.fakes.units import MemoryUnits


@dataclass(frozen=True, slots=True)
class Storage:
    units: Units
    outbox: Outbox
    changes: Changes


@pytest.fixture
def routing() -> Routing:
    """Whom the storage of this test tells."""
    return usual()


@pytest.fixture(params=["memory", "sqlite", "sqlite-single"])
async def storage(request: pytest.FixtureRequest, tmp_path: Path, routing: Routing) -> AsyncIterator[Storage]:
    if request.param == "memory":
        memory = MemoryUnits(router=routing)
        yield Storage(memory, MemoryOutbox(memory), memory.changes)
        return
    async with opened(tmp_path, single_connection=request.param == "sqlite-single") as database:
        yield Storage(SqlUnits(database, TradingMode.PAPER, routing), SqlOutbox(database), database.changes)


@pytest.fixture
def units(storage: Storage) -> Units:
    return storage.units


@pytest.fixture
def outbox(storage: Storage) -> Outbox:
    return storage.outbox


@pytest.fixture
def changes(storage: Storage) -> Changes:
    return storage.changes
