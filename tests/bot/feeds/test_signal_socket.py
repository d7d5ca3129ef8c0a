"""The real client against our own signal server over loopback, and against every fault it can be told to have."""

import asyncio
import json
import logging
from contextlib import aclosing
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from bot.demo.signal_faults import SignalFaults
from bot.demo.signal_script import read_script
from bot.demo.signal_server import SimulatedSignalServer
from bot.feeds.signal_connection import FeedSettings
from bot.feeds.signal_files import read_signal_file
from bot.feeds.signal_socket import SignalSocket
from core.ports.edges import SignalSource
from tests.bot.feeds.sockets import SECOND, TOKEN, MakeSocket, ids, rows
from tests.bot.feeds.test_signal_rows import ROW
from tests.fakes.clock import FakeClock
from tests.fakes.feed import Consumer, RecordingListener, eventually

# --- a sound server -----------------------------------------------------------------------------------------------


async def test_the_current_window_comes_after_the_token(server: SimulatedSignalServer, make_socket: MakeSocket) -> None:
    await server.publish(rows(1, 2))
    socket = make_socket()
    source: SignalSource = socket
    before = socket.status
    async with Consumer(source.batches()) as consumer:
        await eventually(lambda: ids(consumer) == ["1", "2"])
        during = socket.status
        assert server.received[0] == "auth"
    assert [status.is_connected for status in (before, during, socket.status)] == [False, True, False]
    assert during.last_frame_at is not None
    assert during.frames >= 3


async def test_a_broadcast_brings_only_what_is_new(server: SimulatedSignalServer, make_socket: MakeSocket) -> None:
    async with Consumer(make_socket().batches()) as consumer:
        await eventually(lambda: server.clients == 1)
        for number in range(1, 4):
            await server.publish(rows(number))
        await server.publish([])
        await eventually(lambda: len(ids(consumer)) >= 3)
    assert ids(consumer) == ["1", "2", "3"]
    assert all(batch.signals for batch in consumer.batches)


async def test_request_asks_for_the_window(server: SimulatedSignalServer, make_socket: MakeSocket) -> None:
    socket = make_socket()
    await socket.request()
    async with Consumer(socket.batches()):
        await eventually(lambda: "ping" in server.received)
        asked = server.received.count("get_signals")
        await socket.request()
        await eventually(lambda: server.received.count("get_signals") == asked + 1)


async def test_ten_thousand_signals_in_one_frame(server: SimulatedSignalServer, make_socket: MakeSocket) -> None:
    async with Consumer(make_socket().batches()) as consumer:
        await eventually(lambda: server.clients == 1)
        await server.publish(rows(*range(10_000)))
        await eventually(lambda: len(ids(consumer)) == 10_000)


async def test_the_recorded_signals_come_over_the_wire_as_from_their_file(
    server: SimulatedSignalServer, make_socket: MakeSocket, shared_data: Path
) -> None:
    file = shared_data / "signals" / "signals.csv"
    recorded = [signal.key for _, batch in read_signal_file(file, frozenset({1, 2})) for signal in batch.signals]
    async with Consumer(make_socket().batches()) as consumer:
        await eventually(lambda: server.clients == 1)
        for _, written in read_script(file):
            await server.publish(written)
        await eventually(lambda: len(ids(consumer)) >= 57)
    assert [signal.key for signal in consumer.signals] == recorded


async def test_a_ping_of_the_server_is_answered(server: SimulatedSignalServer, make_socket: MakeSocket) -> None:
    async with Consumer(make_socket().batches()):
        await eventually(lambda: server.clients == 1)
        await server.send_all('{"type":"ping"}')
        await eventually(lambda: "pong" in server.received)


# --- quirks of real servers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "faults",
    [
        SignalFaults(asks_no_auth=True),
        SignalFaults(broadcasts=3),
        SignalFaults(delay_s=0.01),
        SignalFaults(has_naive_times=True),
        SignalFaults(has_no_count=True),
        SignalFaults(has_text_numbers=True),
        SignalFaults(sends_singles=True),
    ],
    ids=lambda faults: next(
        name for name in faults.__slots__ if getattr(faults, name) != getattr(SignalFaults(), name)
    ),
)
async def test_the_same_signals_come_whatever_the_dialect(
    server: SimulatedSignalServer, make_socket: MakeSocket, faults: SignalFaults
) -> None:
    server.faults = faults
    async with Consumer(make_socket().batches()) as consumer:
        await eventually(lambda: server.clients == 1)
        await server.publish(rows(1, 2))
        await server.publish(rows(3))
        await eventually(lambda: len(ids(consumer)) >= 3)
        assert ids(consumer) == ["1", "2", "3"]
        assert consumer.invalid == []
        first = consumer.signals[0]
        assert (str(first.score_week), first.filters.stop_loss) == (
            "77.8",
            "5" if faults.has_text_numbers is False else "5.0",
        )
        assert first.wave_at == datetime.fromisoformat(str(ROW["timestamp"]))


async def test_null_filters_are_absent(server: SimulatedSignalServer, make_socket: MakeSocket) -> None:
    server.faults.has_null_filters = True
    await server.publish(rows(1))
    async with Consumer(make_socket().batches()) as consumer:
        await eventually(lambda: ids(consumer) == ["1"])
        assert consumer.signals[0].filters.stop_loss is None


async def test_signals_without_ids_stay_one_signal(server: SimulatedSignalServer, make_socket: MakeSocket) -> None:
    server.faults.has_no_ids = True
    async with Consumer(make_socket().batches()) as consumer:
        await eventually(lambda: server.clients == 1)
        await server.publish(rows(1))
        await server.publish(rows(2, pair_symbol="OTHERUSDT"))
        await eventually(lambda: len(ids(consumer)) >= 2)
        assert ids(consumer) == ["na-ENSOUSDT-SELL-1761419700", "na-OTHERUSDT-SELL-1761419700"]


# --- frames of no use ---------------------------------------------------------------------------------------------


async def test_frames_of_no_use_are_counted_and_the_feed_goes_on(
    server: SimulatedSignalServer, make_socket: MakeSocket, caplog: pytest.LogCaptureFixture
) -> None:
    socket = make_socket()
    async with Consumer(socket.batches()) as consumer:
        await eventually(lambda: server.clients == 1)
        await server.send_all("no json", b"\x00\xff", "[]", '{"type":"news"}', '{"type":"error","message":"slow down"}')
        await server.send_all(json.dumps({"type": "signals", "data": rows(1)}).encode())
        await eventually(lambda: ids(consumer) == ["1"])
        assert socket.status.rejected == {"garbage": 2, "unknown_type": 2, "error": 1}
        assert socket.status.reconnections == 0
    kinds = [record.__dict__["rejected"] for record in caplog.records if record.msg == "signal_feed_rejected"]
    assert sorted(kinds) == ["error", "garbage", "unknown_type"]


async def test_bad_rows_come_as_what_they_are_once(server: SimulatedSignalServer, make_socket: MakeSocket) -> None:
    socket = make_socket()
    async with Consumer(socket.batches()) as consumer:
        await eventually(lambda: server.clients == 1)
        await server.publish([*rows(1), *rows(2, score_week="x"), *rows(3, exchange_id=9)])
        await server.publish(rows(4))
        await eventually(lambda: ids(consumer) == ["1", "4"])
        assert [invalid.id for invalid in consumer.invalid] == ["2", "3"]
        assert socket.status.rejected == {"invalid_signal": 2}


async def test_an_oversized_frame_costs_the_connection_not_the_feed(
    server: SimulatedSignalServer, make_socket: MakeSocket, clock: FakeClock
) -> None:
    socket = make_socket(max_frame_bytes=10_000)
    async with Consumer(socket.batches()) as consumer:
        await eventually(lambda: server.clients == 1)
        await server.send_all("x" * 10_001)
        await eventually(lambda: not socket.status.is_connected and clock.sleepers == 2)
        assert socket.status.rejected == {"oversized": 1}
        await clock.advance(1.3 * SECOND)
        await eventually(lambda: server.clients == 1)
        await server.publish(rows(1))
        await eventually(lambda: ids(consumer) == ["1"])


async def test_a_window_that_is_always_too_large_ends_as_an_outage(
    server: SimulatedSignalServer, make_socket: MakeSocket, clock: FakeClock, listener: RecordingListener
) -> None:
    await server.publish(rows(*range(100)))
    async with Consumer(make_socket(max_frame_bytes=10_000).batches()):
        await clock.run_until(lambda: len(listener.lost) == 1, limit=timedelta(minutes=3))
    assert listener.restored == []
    assert server.accepted < 12


async def test_frames_above_one_mebibyte_are_read(server: SimulatedSignalServer, make_socket: MakeSocket) -> None:
    async with Consumer(make_socket().batches()) as consumer:
        await eventually(lambda: server.clients == 1)
        await server.send_all(json.dumps({"type": "signals", "pad": "x" * 2_000_000, "data": rows(1)}))
        await eventually(lambda: ids(consumer) == ["1"])


# --- consumers ------------------------------------------------------------------------------------------------------


async def test_a_consumer_that_failed_gets_all_again(server: SimulatedSignalServer, make_socket: MakeSocket) -> None:
    await server.publish(rows(1, 2))
    socket = make_socket()

    async def fail() -> None:
        async with aclosing(socket.batches()) as batches:
            async for _ in batches:
                raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        await fail()
    async with Consumer(socket.batches()) as consumer:
        await eventually(lambda: ids(consumer) == ["1", "2"])


async def test_a_new_consumer_takes_the_place_of_the_old(
    server: SimulatedSignalServer, make_socket: MakeSocket
) -> None:
    socket = make_socket()
    async with Consumer(socket.batches()) as old:
        await eventually(lambda: server.clients == 1)
        async with Consumer(socket.batches()) as new:
            await eventually(lambda: old.task.done() and server.accepted == 2 and server.clients == 1)
            assert old.task.exception() is None
            await server.publish(rows(1))
            await eventually(lambda: ids(new) == ["1"])


async def test_a_listener_that_fails_fails_the_consumer(server: SimulatedSignalServer, clock: FakeClock) -> None:
    class Failing(RecordingListener):
        async def feed_lost(self, reason: str, since_at: datetime) -> None:
            raise OSError("disk full")

    settings = FeedSettings(url=server.url)
    await server.close()
    socket = SignalSocket(
        settings, token=TOKEN, exchange_ids=frozenset({1}), clock=clock, listener=Failing(), random=Random(1)
    )
    async with Consumer(socket.batches()) as consumer:
        await clock.run_until(consumer.task.done)
        with pytest.raises(OSError, match="disk full"):
            consumer.task.result()


async def test_a_flood_waits_outside_while_the_consumer_is_busy(
    server: SimulatedSignalServer, make_socket: MakeSocket
) -> None:
    socket = make_socket()
    async with aclosing(socket.batches()) as batches:
        waiting = asyncio.ensure_future(anext(batches))
        await eventually(lambda: server.clients == 1)
        frames = [json.dumps({"type": "signal", **row, "pad": "x" * 100_000}) for row in rows(*range(300))]
        flood = asyncio.create_task(server.send_all(*frames))
        taken = [signal.id for signal in (await waiting).signals]
        await asyncio.wait({flood}, timeout=0.2)
        assert socket.status.frames < 50
        assert not flood.done()
        async for batch in batches:
            taken += [signal.id for signal in batch.signals]
            if len(taken) == 300:
                break
        await flood
    assert taken == [str(number) for number in range(300)]


async def test_the_token_is_never_logged(
    server: SimulatedSignalServer,
    make_socket: MakeSocket,
    listener: RecordingListener,
    caplog: pytest.LogCaptureFixture,
    clock: FakeClock,
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("websockets.server").setLevel(logging.CRITICAL)
    async with Consumer(make_socket().batches()):
        await eventually(lambda: server.clients == 1)
        await server.send_all(
            json.dumps({"type": "error", "message": f"you said {TOKEN}"}),
            json.dumps({"type": TOKEN}),
            json.dumps({"type": "auth_failed", "message": f"{TOKEN} has expired"}),
        )
        await eventually(lambda: len(listener.lost) == 1)
    told = [str(record.__dict__) for record in caplog.records]
    assert any("has expired" in text for text in told)
    assert TOKEN not in "".join(told) + listener.lost[0][0]
