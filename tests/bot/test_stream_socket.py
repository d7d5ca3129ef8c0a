"""The connection that is kept up, against a server on this machine and every way it can fail."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from random import Random

import pytest

from bot.stream_socket import AskText, AskTexts, StreamSettings, StreamSocket, check_address
from bot.virtual_time import VirtualClock, VirtualTimeLoop
from core.domain.errors import ConfigurationError, RetryLater
from core.ports.edges import Clock
from tests.fakes.clock import FakeClock
from tests.fakes.feed import eventually
from tests.fakes.stream_server import StreamServer

SECOND = timedelta(seconds=1)


class Bench:
    """A server, a clock, and a socket that remembers what it was given."""

    def __init__(self, server: StreamServer, clock: FakeClock) -> None:
        self.server = server
        self.clock = clock
        self.frames: list[bytes] = []
        self.received_at: list[datetime] = []
        self.events: list[str] = []

    def take(self, frame: bytes, at: datetime) -> None:
        self.frames.append(frame)
        self.received_at.append(at)

    async def url(self) -> str:
        return self.server.url

    def make(
        self,
        settings: StreamSettings | None = None,
        *,
        url: AskText | None = None,
        hello: AskTexts | None = None,
        clock: Clock | None = None,
    ) -> StreamSocket:
        return StreamSocket(
            "test",
            url=url or self.url,
            take=self.take,
            clock=clock or self.clock,
            random=Random(1),
            settings=settings or StreamSettings(),
            hello=hello,
            opened=lambda: self.events.append("opened"),
            closed=lambda: self.events.append("closed"),
        )

    @asynccontextmanager
    async def running(self, socket: StreamSocket) -> AsyncIterator[StreamSocket]:
        task = asyncio.create_task(socket.run())
        try:
            yield socket
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def server() -> AsyncIterator[StreamServer]:
    async with StreamServer() as server:
        yield server


@pytest.fixture
def bench(server: StreamServer) -> Bench:
    return Bench(server, FakeClock())


async def test_frames_come_with_the_time_of_our_clock(bench: Bench) -> None:
    async with bench.running(bench.make()) as socket:
        await eventually(lambda: socket.status.is_connected)
        await bench.server.tell("one", b"\xfftwo")
        await eventually(lambda: len(bench.frames) == 2)
        assert bench.frames == [b"one", b"\xfftwo"]
        assert bench.received_at == [bench.clock.now()] * 2
        assert (socket.status.frames, socket.status.reconnections) == (2, 0)
        assert socket.status.since_at == socket.status.last_frame_at == bench.clock.now()


async def test_the_hello_is_said_first_and_anew_on_each_connection(bench: Bench) -> None:
    said = 0

    async def hello() -> list[str]:
        nonlocal said
        said += 1
        return [f"auth {said}", "subscribe"]

    async with bench.running(bench.make(hello=hello)):
        await bench.clock.run_until(lambda: len(bench.server.received) == 2)
        bench.server.cut()
        await bench.clock.run_until(lambda: len(bench.server.received) == 4)
    assert bench.server.received == ["auth 1", "subscribe", "auth 2", "subscribe"]
    assert bench.events == ["opened", "closed", "opened", "closed"]


async def test_the_address_is_asked_anew_for_each_attempt(bench: Bench) -> None:
    async def url() -> str:
        return f"{bench.server.url}/key{len(bench.server.paths)}"

    async with bench.running(bench.make(url=url)) as socket:
        await bench.clock.run_until(lambda: socket.status.is_connected)
        bench.server.cut()
        await bench.clock.run_until(lambda: len(bench.server.paths) == 2 and socket.status.is_connected)
        assert socket.status.reconnections == 1
    assert bench.server.paths == ["/key0", "/key1"]


async def test_an_address_that_cannot_be_had_now_is_waited_for(bench: Bench) -> None:
    asked_at: list[datetime] = []

    async def url() -> str:
        asked_at.append(bench.clock.now())
        if len(asked_at) == 1:
            raise RetryLater("limited", timedelta(minutes=2))
        return bench.server.url

    async with bench.running(bench.make(url=url)) as socket:
        await bench.clock.run_until(lambda: socket.status.is_connected)
    assert asked_at[1] - asked_at[0] == timedelta(minutes=2)


async def test_a_dropped_connection_comes_back_with_growing_waits(bench: Bench) -> None:
    attempts_at: list[datetime] = []

    async def url() -> str:
        attempts_at.append(bench.clock.now())
        return bench.server.url

    bench.server.refusal = HTTPStatus.SERVICE_UNAVAILABLE
    async with bench.running(bench.make(url=url)) as socket:
        await bench.clock.run_until(lambda: len(attempts_at) == 8)
        assert "503" in socket.status.problem
        bench.server.refusal = None
        await bench.clock.run_until(lambda: socket.status.is_connected)
    waits = [(later - sooner) / SECOND for sooner, later in itertools.pairwise(attempts_at)]
    assert all(0.8 * 2**n <= wait <= 1.2 * 2**n for n, wait in enumerate(waits[:4]))
    assert max(waits) <= 30


@pytest.mark.parametrize("status", [403, 418, 429])
async def test_a_venue_that_has_had_enough_is_left_alone_for_a_minute(bench: Bench, status: int) -> None:
    bench.server.refusal = HTTPStatus(status)
    async with bench.running(bench.make()):
        started_at = bench.clock.now()
        await bench.clock.run_until(lambda: len(bench.server.paths) == 2)
        assert bench.clock.now() - started_at >= timedelta(minutes=1)


async def test_a_server_that_is_away_is_waited_for(bench: Bench) -> None:
    await bench.server.stop()
    async with bench.running(bench.make()) as socket:
        await bench.clock.run_until(lambda: socket.status.reconnections >= 2)
        assert not socket.status.is_connected
        await bench.server.start()
        await bench.clock.run_until(lambda: socket.status.is_connected)


async def test_silence_ends_the_connection(bench: Bench) -> None:
    bench.server.is_deaf = True
    # The library of the server answers pings by itself: a venue that wants its own ping stays mute.
    settings = StreamSettings(silence=30 * SECOND, ping_message='{"op":"ping"}')
    async with bench.running(bench.make(settings)) as socket:
        await eventually(lambda: socket.status.is_connected)
        started_at = bench.clock.now()
        await bench.clock.run_until(lambda: len(bench.server.connections) == 2)
        assert timedelta(seconds=30) <= bench.clock.now() - started_at <= timedelta(seconds=42)
        assert socket.status.problem == "silent for 30 s"


async def test_frames_are_a_sign_of_life(bench: Bench) -> None:
    settings = StreamSettings(silence=30 * SECOND, ping_message="ping")
    async with bench.running(bench.make(settings)) as socket:
        await eventually(lambda: socket.status.is_connected)
        for number in range(1, 20):
            await bench.clock.advance(9 * SECOND)
            await bench.server.tell("alive")
            await eventually(lambda number=number: len(bench.frames) == number)  # type: ignore[misc]
        assert socket.status.reconnections == 0


async def test_pongs_of_the_protocol_are_a_sign_of_life(bench: Bench) -> None:
    async with bench.running(bench.make(StreamSettings(silence=30 * SECOND))) as socket:
        await eventually(lambda: socket.status.is_connected)
        opened_at = bench.clock.now()
        await bench.clock.run_until(lambda: bench.clock.now() - opened_at > timedelta(minutes=5))
        assert socket.status.reconnections == 0


async def test_the_venues_own_ping_is_sent_though_frames_come(bench: Bench) -> None:
    settings = StreamSettings(ping_message='{"op":"ping"}', ping_every=20 * SECOND)
    async with bench.running(bench.make(settings)) as socket:
        await eventually(lambda: socket.status.is_connected)
        for _ in range(12):
            await bench.clock.advance(5 * SECOND)
            await bench.server.tell("x")
        await eventually(lambda: len(bench.server.received) >= 2)
    assert set(bench.server.received) == {'{"op":"ping"}'}
    assert len(bench.server.received) <= 3


async def test_no_more_messages_a_second_than_allowed(bench: Bench) -> None:
    sent_at: list[datetime] = []

    async def send(socket: StreamSocket, number: int) -> None:
        assert await socket.send(str(number))
        sent_at.append(bench.clock.now())

    async with bench.running(bench.make(StreamSettings(messages_per_s=4))) as socket:
        await eventually(lambda: socket.status.is_connected)
        tasks = [asyncio.create_task(send(socket, number)) for number in range(9)]
        await bench.clock.run_until(lambda: len(bench.server.received) == 9)
        await asyncio.gather(*tasks)
    assert bench.server.received == [str(number) for number in range(9)]
    assert {later - sooner for sooner, later in itertools.pairwise(sent_at)} == {SECOND / 4}


async def test_sending_without_a_connection_says_no(bench: Bench) -> None:
    socket = bench.make()
    assert not await socket.send("x")
    async with bench.running(socket):
        await eventually(lambda: socket.status.is_connected)
        assert await socket.send("first")
        waiting = asyncio.create_task(socket.send("for a connection that ends meanwhile"))
        await bench.clock.settle()
        bench.server.cut()
        await bench.clock.run_until(waiting.done)
        assert not waiting.result()


async def test_a_connection_can_be_given_up(bench: Bench) -> None:
    socket = bench.make()
    socket.drop("nothing to drop")
    async with bench.running(socket):
        await eventually(lambda: socket.status.is_connected)
        socket.drop("wanted")
        await bench.clock.run_until(lambda: len(bench.server.connections) == 2 and socket.status.is_connected)
        assert socket.status.problem == "wanted"


async def test_a_frame_too_long_costs_the_connection_and_no_more(bench: Bench) -> None:
    async with bench.running(bench.make(StreamSettings(max_frame_bytes=100))) as socket:
        await eventually(lambda: socket.status.is_connected)
        await bench.server.tell("x" * 101)
        await bench.clock.run_until(lambda: len(bench.server.connections) == 2 and socket.status.is_connected)
        await bench.server.tell("x" * 100)
        await eventually(lambda: bench.frames == [b"x" * 100])


async def test_a_flood_leaves_the_others_their_turn(bench: Bench) -> None:
    turns: list[int] = []

    async def other() -> None:
        while True:
            turns.append(len(bench.frames))
            await asyncio.sleep(0)

    async with bench.running(bench.make()) as socket:
        await eventually(lambda: socket.status.is_connected)
        task = asyncio.create_task(other())
        connection = bench.server.open[0]
        for number in range(5000):
            await connection.send(f"frame {number}")
        await eventually(lambda: len(bench.frames) == 5000)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert bench.frames[-1] == b"frame 4999"
    assert max(later - sooner for sooner, later in itertools.pairwise(turns)) <= 32


@pytest.mark.parametrize("address", ["", "venue.example", "http://venue.example", "ws://"])
async def test_an_address_that_is_none_stops_the_process(bench: Bench, address: str) -> None:
    async def url() -> str:
        return address

    with pytest.raises(ConfigurationError, match="no WebSocket address"):
        await bench.make(url=url).run()
    with pytest.raises(ConfigurationError, match="of binance"):
        check_address("binance", address)


async def test_an_address_that_never_comes_is_given_up(bench: Bench) -> None:
    async def url() -> str:
        return await asyncio.Event().wait() and ""

    async with bench.running(bench.make(StreamSettings(connect_timeout=SECOND / 100), url=url)) as socket:
        await bench.clock.run_until(lambda: socket.status.reconnections >= 1)
        assert socket.status.problem == "TimeoutError"


def test_a_day_of_virtual_time_with_a_dead_server_passes_at_once() -> None:
    asked = 0

    async def url() -> str:
        nonlocal asked
        asked += 1
        raise RetryLater("not now", timedelta(minutes=10))

    start_at = datetime(2025, 10, 26, tzinfo=UTC)
    loop = VirtualTimeLoop(start_at, lambda: False)

    async def day() -> None:
        clock = VirtualClock(loop)
        bench = Bench(StreamServer(), FakeClock())
        async with bench.running(bench.make(url=url, clock=clock)):
            await clock.sleep(timedelta(days=1))

    run(loop, day)
    assert asked == 144


def test_silence_is_noticed_on_virtual_time() -> None:
    loop = VirtualTimeLoop(datetime(2025, 10, 26, tzinfo=UTC), lambda: False)
    connections: list[int] = []

    async def hour() -> None:
        clock = VirtualClock(loop)
        async with StreamServer() as server:
            server.is_deaf = True
            bench = Bench(server, FakeClock())
            async with bench.running(bench.make(StreamSettings(ping_message="ping"), clock=clock)):
                await clock.sleep(timedelta(hours=1))
            connections.append(len(server.connections))

    run(loop, hour)
    assert 100 <= connections[0] <= 125


def run(loop: VirtualTimeLoop, work: Callable[[], Awaitable[None]]) -> None:
    async def main() -> None:
        await work()

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(main())
