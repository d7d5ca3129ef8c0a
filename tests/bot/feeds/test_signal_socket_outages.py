"""Servers that drop, refuse, hang or stay away: what the feed does, and what it tells."""

from datetime import timedelta
from http import HTTPStatus

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from bot.demo.signal_server import SimulatedSignalServer
from core.domain.errors import ConfigurationError
from tests.bot.feeds.sockets import SECOND, MakeSocket, ids, rows
from tests.fakes.clock import FakeClock
from tests.fakes.feed import Consumer, RecordingListener, eventually

# --- outages --------------------------------------------------------------------------------------------------------


async def test_a_dropped_connection_is_opened_again_and_brings_what_was_missed(
    server: SimulatedSignalServer, make_socket: MakeSocket, clock: FakeClock, listener: RecordingListener
) -> None:
    socket = make_socket()
    async with Consumer(socket.batches()) as consumer:
        await eventually(lambda: socket.status.is_connected)
        server.drop()
        await eventually(lambda: not socket.status.is_connected and clock.sleepers == 2)
        await server.publish(rows(1))
        assert server.accepted == 1
        await clock.advance(1.3 * SECOND)
        await eventually(lambda: ids(consumer) == ["1"])
        assert socket.status.reconnections == 1
        await clock.advance(timedelta(minutes=2))
    assert listener.lost == []


async def test_an_outage_is_told_after_a_minute_and_its_end_once(
    server: SimulatedSignalServer, make_socket: MakeSocket, clock: FakeClock, listener: RecordingListener
) -> None:
    socket = make_socket()
    async with Consumer(socket.batches()):
        await eventually(lambda: "ping" in server.received)
        await server.close()
        await eventually(lambda: not socket.status.is_connected and clock.sleepers >= 1)
        down_at = clock.now()
        await clock.run_until(lambda: len(listener.lost) == 1)
        assert clock.now() - down_at == timedelta(seconds=60)
        assert listener.lost[0][1] == down_at
        await clock.run_until(lambda: clock.now() - down_at > timedelta(minutes=10))
        attempts = socket.status.reconnections
        assert 12 <= attempts <= 22
        await server.start()
        await clock.run_until(lambda: len(listener.restored) == 1, limit=timedelta(minutes=2))
        assert len(listener.lost) == 1
        assert listener.restored[0] > timedelta(minutes=10)


async def test_a_server_that_is_away_at_the_start_is_an_outage_too(
    server: SimulatedSignalServer, make_socket: MakeSocket, clock: FakeClock, listener: RecordingListener
) -> None:
    await server.close()
    async with Consumer(make_socket().batches()):
        await clock.run_until(lambda: len(listener.lost) == 1)
    assert "it refuses the connection" in listener.lost[0][0]


async def test_a_refused_token_is_told_at_once_and_tried_again_after_five_minutes(
    server: SimulatedSignalServer, make_socket: MakeSocket, clock: FakeClock, listener: RecordingListener
) -> None:
    server.faults.refuses_auth = True
    async with Consumer(make_socket().batches()):
        await eventually(lambda: len(listener.lost) == 1)
        assert "invalid token" in listener.lost[0][0]
        await eventually(lambda: clock.sleepers >= 1)
        await clock.advance(timedelta(minutes=4, seconds=59))
        assert server.accepted == 1
        server.faults.refuses_auth = False
        await clock.advance(SECOND)
        await eventually(lambda: len(listener.restored) == 1)
        assert server.accepted == 2
    assert len(listener.lost) == 1


async def test_no_token_for_a_server_that_wants_one(make_socket: MakeSocket, listener: RecordingListener) -> None:
    async with Consumer(make_socket(token=None).batches()):
        await eventually(lambda: len(listener.lost) == 1)
    assert "SIGNAL_WS_TOKEN" in listener.lost[0][0]


async def test_a_refusal_of_the_handshake_is_a_refusal(
    clock: FakeClock, make_socket: MakeSocket, listener: RecordingListener
) -> None:
    def refuse(connection: ServerConnection, request: Request) -> Response:
        return connection.respond(HTTPStatus.UNAUTHORIZED, "no")

    async def nothing(connection: ServerConnection) -> None:
        raise AssertionError("the handshake was refused")

    async with serve(nothing, "127.0.0.1", 0, process_request=refuse) as other:
        port = next(iter(other.sockets)).getsockname()[1]
        async with Consumer(make_socket(url=f"ws://127.0.0.1:{port}").batches()):
            await eventually(lambda: len(listener.lost) == 1)
    assert "401" in listener.lost[0][0]


async def test_a_dead_connection_is_opened_again(
    server: SimulatedSignalServer, make_socket: MakeSocket, clock: FakeClock
) -> None:
    socket = make_socket(silence=timedelta(seconds=0.09))
    async with Consumer(socket.batches()):
        await eventually(lambda: "ping" in server.received)
        server.freeze()
        await eventually(lambda: not socket.status.is_connected and clock.sleepers == 2)
        await clock.advance(1.3 * SECOND)
        await eventually(lambda: server.accepted == 2 and socket.status.is_connected)


async def test_a_server_that_hangs_behind_a_living_socket_is_left_too(
    server: SimulatedSignalServer, make_socket: MakeSocket, clock: FakeClock
) -> None:
    socket = make_socket(silence=timedelta(seconds=0.09))
    async with Consumer(socket.batches()):
        await eventually(lambda: socket.status.is_connected)
        server.faults.is_hung = True
        await eventually(lambda: not socket.status.is_connected and clock.sleepers == 2)


async def test_a_quiet_server_is_not_a_dead_one(server: SimulatedSignalServer, make_socket: MakeSocket) -> None:
    socket = make_socket(silence=timedelta(seconds=0.3))
    async with Consumer(socket.batches()):
        await eventually(lambda: server.received.count("ping") >= 8)
    assert server.accepted == 1


async def test_a_server_that_never_lets_us_in_is_left(
    server: SimulatedSignalServer, make_socket: MakeSocket, clock: FakeClock
) -> None:
    server.faults.is_hung = True
    socket = make_socket(auth_timeout=timedelta(seconds=0.05))
    async with Consumer(socket.batches()):
        await eventually(lambda: clock.sleepers == 2)
        assert not socket.status.is_connected
        server.faults.is_hung = False
        await clock.advance(1.3 * SECOND)
        await eventually(lambda: socket.status.is_connected)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "nonsense", "ws://127.0.0.1:99999", ""])
async def test_an_address_that_is_none(make_socket: MakeSocket, url: str) -> None:
    async with Consumer(make_socket(url=url).batches()) as consumer:
        await eventually(consumer.task.done)
        with pytest.raises(ConfigurationError, match=r"feed\.url"):
            consumer.task.result()
