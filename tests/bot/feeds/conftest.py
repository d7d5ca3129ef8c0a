"""A clock, a server and sockets for the tests of the feed."""

from collections.abc import AsyncIterator
from datetime import timedelta
from random import Random

import pytest

from bot.demo.signal_server import SimulatedSignalServer
from bot.feeds.signal_connection import FeedSettings
from bot.feeds.signal_socket import SignalSocket
from tests.bot.feeds.sockets import TOKEN, MakeSocket
from tests.fakes.clock import FakeClock
from tests.fakes.feed import RecordingListener


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def listener() -> RecordingListener:
    return RecordingListener()


@pytest.fixture
async def server(clock: FakeClock) -> AsyncIterator[SimulatedSignalServer]:
    async with SimulatedSignalServer(token=TOKEN, clock=clock) as server:
        yield server


@pytest.fixture
def make_socket(server: SimulatedSignalServer, clock: FakeClock, listener: RecordingListener) -> MakeSocket:
    def make(
        token: str | None = TOKEN,
        *,
        url: str | None = None,
        silence: timedelta = timedelta(seconds=90),
        auth_timeout: timedelta = timedelta(seconds=30),
        max_frame_bytes: int = 8 * 1024 * 1024,
    ) -> SignalSocket:
        return SignalSocket(
            FeedSettings(
                url=server.url if url is None else url,
                silence=silence,
                auth_timeout=auth_timeout,
                max_frame_bytes=max_frame_bytes,
            ),
            token=token,
            exchange_ids=frozenset({1, 2}),
            clock=clock,
            listener=listener,
            random=Random(1),
        )

    return make
