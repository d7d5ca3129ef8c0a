"""Each part of the process can be down, and no part that is down keeps people from hearing of the others."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from random import Random

import pytest

from bot.app.outlook import Outlook
from bot.demo.signal_server import SimulatedSignalServer
from bot.feeds.signal_connection import FeedSettings
from bot.feeds.signal_socket import SignalSocket
from core.domain.delivery import Destination, Traffic
from core.domain.errors import ConfigurationError, RetryLater, WavehelmError
from core.ports.storage import UnitOfWork
from handlers.services import HealthItem
from tests.fakes.clock import START_AT, FakeClock
from tests.fakes.exchange import HANG, FakeExchange
from tests.fakes.feed import Consumer, RecordingListener, eventually
from tests.fakes.units import MemoryUnits

SECOND = timedelta(seconds=1)


class BrokenUnits(MemoryUnits):
    """A database that is away."""

    def __init__(self, error: WavehelmError) -> None:
        super().__init__()
        self._errors = [error] * 9

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[UnitOfWork]:
        while self._errors:
            raise self._errors.pop()
        async with super().reading() as unit:
            yield unit


class Told:
    """How the destinations fare, or that nobody can say."""

    def __init__(self, *traffic: Traffic, error: WavehelmError | None = None) -> None:
        self._traffic = traffic
        self._error = error

    async def __call__(self) -> Sequence[Traffic]:
        if self._error is not None:
            raise self._error
        return self._traffic


class Scene:
    """An outlook over fakes; a test changes what it is about."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.units = MemoryUnits()
        self.traffic = Told()
        self.binance = FakeExchange(self.clock, "binance")
        self.bybit = FakeExchange(self.clock, "bybit")
        self.feed = self.socket("ws://127.0.0.1:9")

    def socket(self, url: str) -> SignalSocket:
        return SignalSocket(
            FeedSettings(url=url),
            token="open sesame",
            exchange_ids=frozenset({1}),
            clock=self.clock,
            listener=RecordingListener(),
            random=Random(1),
        )

    async def health(self) -> dict[str, HealthItem]:
        outlook = Outlook(
            feed=self.feed,
            traffic=self.traffic,
            units=self.units,
            exchanges={"binance": self.binance, "bybit": self.bybit},
            patience=timedelta(milliseconds=30),
        )
        assert list(await outlook.balances()) == [
            name for name, item in zip(("binance", "bybit"), (await outlook.health())[2:4], strict=True) if item.is_ok
        ]
        return {item.name: item for item in await outlook.health()}


@pytest.fixture
def scene() -> Scene:
    return Scene()


def bad(health: Mapping[str, HealthItem]) -> dict[str, str]:
    return {name: item.detail for name, item in health.items() if not item.is_ok}


async def test_a_feed_that_was_never_connected_is_all_that_is_wrong(scene: Scene) -> None:
    health = await scene.health()
    assert list(health) == ["database", "signals", "binance", "bybit", "deliveries"]
    assert bad(health) == {"signals": "not connected"}
    assert {health[name].detail for name in ("database", "binance", "bybit")} == {"answers"}
    assert health["deliveries"].detail == "nothing waits"


async def test_a_feed_tells_what_it_has_seen_and_since_when_it_is_gone(scene: Scene) -> None:
    async with SimulatedSignalServer(token="open sesame", clock=scene.clock) as server:
        scene.feed = scene.socket(server.url)
        async with Consumer(scene.feed.batches()):
            await eventually(lambda: scene.feed.status.is_connected and scene.feed.status.frames >= 4)
            health = await scene.health()
            assert bad(health) == {}
            assert health["signals"].detail == "connected, 4 frames, 0 reconnections"
            await server.close()
            await eventually(lambda: not scene.feed.status.is_connected)
            assert bad(await scene.health()) == {"signals": "not connected since 12:00 UTC"}


@pytest.mark.parametrize("error", [RetryLater("the database is locked", SECOND), ConfigurationError("it is damaged")])
async def test_a_database_that_is_away_is_told_like_any_other_part(scene: Scene, error: WavehelmError) -> None:
    scene.units, scene.traffic = BrokenUnits(error), Told(error=error)
    told = bad(await scene.health())
    assert told == {"signals": "not connected", "database": str(error), "deliveries": str(error)}


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        (RetryLater("maintenance", SECOND), "does not answer: maintenance"),
        (ConfigurationError("the key is wrong"), "does not answer: the key is wrong"),
        (HANG, "does not answer"),
    ],
)
async def test_a_venue_that_is_away_is_told_and_the_other_asked(
    scene: Scene, answer: Exception | str, detail: str
) -> None:
    scene.binance.script("balance", answer, times=9)
    async with asyncio.timeout(5):
        assert bad(await scene.health()) == {"signals": "not connected", "binance": detail}


async def test_waiting_alerts_are_counted_and_many_are_a_fault(scene: Scene) -> None:
    group, terminal = Destination.parse("telegram:-1001"), Destination.parse("terminal")
    scene.traffic = Told(Traffic(destination=group, waiting=97), Traffic(destination=terminal, waiting=2))
    health = await scene.health()
    assert health["deliveries"].is_ok
    assert health["deliveries"].detail == "97 for telegram:-1001; 2 for terminal"
    scene.traffic = Told(Traffic(destination=group, waiting=100))
    assert bad(await scene.health())["deliveries"] == "100 for telegram:-1001"


async def test_a_destination_that_fails_or_is_lost_is_a_fault(scene: Scene) -> None:
    group = Destination.parse("telegram:-1001")
    scene.traffic = Told(Traffic(destination=group, waiting=1, failing_since=START_AT, error="no answer"))
    assert bad(await scene.health())["deliveries"] == "1 for telegram:-1001, which fails since 12:00 UTC: no answer"
    scene.traffic = Told(Traffic(destination=group, waiting=0, is_lost=True, error="bot was kicked"))
    assert "takes nothing from us: bot was kicked" in bad(await scene.health())["deliveries"]
