"""Ten thousand alerts for a chat that is away: the real relay over the real outbox holds none of them in memory."""

import asyncio
import tracemalloc
from collections.abc import AsyncIterator, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from core.delivery.relay import Relay
from core.delivery.routing import Routing
from core.domain.delivery import Destination, Loudness, Route
from core.domain.errors import RetryLater
from core.domain.events import Event, FeedLost, Started
from core.domain.market import TradingMode
from core.domain.money import Ratio
from core.domain.replies import Reply
from core.domain.settings import DeliverySettings
from handlers.alert_renderer import AlertRenderer
from handlers.card_sources import CardSources
from handlers.registry import build_registry
from storage.engine import Database
from storage.outbox import SqlOutbox
from storage.schema import upgrade
from storage.unit_of_work import SqlUnits
from tests.fakes.clock import FakeClock
from tests.fakes.prices import FakePrices
from tests.faults.backlog import multiply
from tests.faults.world import looked_into

CHAT = Destination.parse("telegram:-1001")
MANY = 10_000
MOST_BYTES_EACH = 50
"""Below the size of a single row: what grows with the number of alerts would be far above it."""


@dataclass(slots=True)
class Phone:
    """A messenger whose platform is away, or not."""

    is_away: bool = True
    shown: list[Reply] = field(default_factory=list)

    def ready_at(self, destination: Destination) -> datetime | None:
        return None

    async def send(
        self,
        destination: Destination,
        reply: Reply,
        loudness: Loudness,
        thread: str | None = None,
    ) -> str:
        if self.is_away:
            raise RetryLater("away", timedelta(0))
        self.shown.append(reply)
        return f"-1001/{len(self.shown)}"

    async def edit(self, destination: Destination, message_ref: str, reply: Reply) -> None:
        raise NotImplementedError


class Desk:
    """A relay that runs, and the database under it."""

    def __init__(self, path: Path, database: Database) -> None:
        self.path = path
        self.clock, self.phone = FakeClock(), Phone()
        routing = Routing(
            routes=(Route(to=(CHAT,)),), mode=TradingMode.PAPER, now=self.clock.now, zone=UTC, living=frozenset()
        )
        self.units = SqlUnits(database, TradingMode.PAPER, routing)
        self._tasks: set[asyncio.Task[object]] = set()
        self._relay = Relay(
            outbox=SqlOutbox(database),
            units=self.units,
            renderer=AlertRenderer(build_registry(), (), self._sources()),
            messengers={"telegram": self.phone},
            clock=self.clock,
            spawn=self._spawn,
            settings=DeliverySettings(),
        )

    def _sources(self) -> CardSources:
        return CardSources(
            units=self.units,
            clock=self.clock,
            exchanges=(),
            prices=FakePrices(self.clock),
            fee=Ratio(Decimal(0)),
            mode=TradingMode.PAPER,
            progress=lambda: (),
        )

    def _spawn(self, name: str, work: Coroutine[object, object, object]) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def start(self) -> None:
        self._spawn("relay", self._relay.run())
        self._spawn("listen", self._relay.listen())

    async def end(self) -> None:
        for task in list(self._tasks):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def record(self, event: Event) -> None:
        async with self.units.writing() as unit:
            await unit.record(event)

    def count(self, condition: str) -> int:
        with looked_into(self.path) as connection:
            query = f"SELECT count(*) FROM deliveries WHERE state = 'pending' AND {condition}"  # noqa: S608 - ours
            return int(connection.execute(query).fetchone()[0])

    async def suffer(self, alerts: int) -> list[Reply]:
        """Let a warning and so many alerts come while the chat is away for a while; return what it is told then."""
        self.phone.is_away, self.phone.shown = True, []
        now = self.clock.now()
        await self.record(Started(at=now, version="1", open_positions=0))
        multiply(self.path, str(CHAT), alerts - 1)
        await self.record(FeedLost(at=now, source="signals", reason="", since_at=now))
        await self.clock.run_until(lambda: self.count("fold = 'missed'") == alerts)
        self.phone.is_away = False
        await self.clock.run_until(lambda: self.count("true") == 0)
        # Nothing more comes.
        await self.clock.advance(timedelta(minutes=10))
        return self.phone.shown


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    database = await Database.open(f"sqlite:///{tmp_path / 'w.db'}")
    await upgrade(database)
    desk = Desk(tmp_path / "w.db", database)
    desk.start()
    yield desk
    await desk.end()
    await database.close()


async def test_ten_thousand_alerts_for_a_chat_that_is_away_cost_next_to_no_memory(desk: Desk) -> None:
    await desk.suffer(20)  # Whatever is kept for good is there now.
    tracemalloc.start()
    try:
        before_bytes, _ = tracemalloc.get_traced_memory()
        urgent, digest = await desk.suffer(MANY)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert "feed lost" in urgent.title.lower()
    assert f"{MANY:,} alerts" in digest.title
    assert (peak_bytes - before_bytes) / MANY < MOST_BYTES_EACH
