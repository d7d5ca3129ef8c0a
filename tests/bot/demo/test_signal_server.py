"""Our signal server keeps the protocol: what it asks, answers and broadcasts, judged by a plain client."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from bot.demo.signal_faults import SignalFaults
from bot.demo.signal_server import SimulatedSignalServer
from tests.fakes.clock import FakeClock
from tests.fakes.feed import eventually

ROW = {
    "id": 1,
    "pair_symbol": "BTCUSDT",
    "score_week": 80.0,
    "max_trades_filter": 3,
    "timestamp": "2025-10-26T08:00:00+00:00",
}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def server(clock: FakeClock) -> AsyncIterator[SimulatedSignalServer]:
    async with SimulatedSignalServer(token="right", clock=clock) as server:
        yield server


async def hear(client: ClientConnection) -> dict[str, Any]:
    heard: dict[str, Any] = json.loads(await client.recv())
    return heard


async def say(client: ClientConnection, **message: str) -> dict[str, Any]:
    await client.send(json.dumps(message))
    return await hear(client)


async def let_in(client: ClientConnection) -> None:
    assert (await hear(client))["type"] == "auth_required"
    welcome = await say(client, type="auth", token="right")
    assert (welcome["type"], welcome["signal_window"]) == ("auth_success", 30)


async def test_a_client_is_let_in_by_token_and_told_the_window(server: SimulatedSignalServer) -> None:
    await server.publish([ROW])
    async with connect(server.url) as client:
        await let_in(client)
        window = await hear(client)
        assert (window["type"], window["count"], window["data"]) == ("signals", 1, [ROW])
        assert "+" not in window["timestamp"]


@pytest.mark.parametrize("answer", ['{"type":"auth","token":"wrong"}', '{"type":"get_signals"}', "no json", "[]"])
async def test_anybody_else_is_sent_away(server: SimulatedSignalServer, answer: str) -> None:
    async with connect(server.url) as client:
        await hear(client)
        await client.send(answer)
        assert (await hear(client))["type"] == "auth_failed"
        with pytest.raises(ConnectionClosed):
            await client.recv()


async def test_questions_are_answered(server: SimulatedSignalServer) -> None:
    async with connect(server.url) as client:
        await let_in(client)
        assert await say(client, type="ping") == {"type": "pong"}
        assert (await say(client, type="get_signals"))["data"] == []
        assert (await say(client, type="get_stats"))["data"] == {"signals": 0, "clients": 1}
        assert (await say(client, type="dance"))["type"] == "error"


async def test_the_whole_window_is_broadcast_on_every_change(server: SimulatedSignalServer, clock: FakeClock) -> None:
    async with connect(server.url) as client:
        await let_in(client)
        await eventually(lambda: server.clients == 1)
        await server.publish([ROW])
        await clock.advance(timedelta(minutes=15))
        await server.publish([{**ROW, "id": 2}])
        await clock.advance(timedelta(minutes=15))
        await server.publish([])
        told = [[row["id"] for row in (await hear(client))["data"]] for _ in range(3)]
        assert told == [[1], [1, 2], [2]]


async def test_it_comes_back_on_the_same_port(server: SimulatedSignalServer) -> None:
    url = server.url
    async with connect(url) as client:
        await let_in(client)
        await server.close()
        with pytest.raises(ConnectionClosed):
            await client.recv()
    await server.start()
    assert server.url == url
    async with connect(url) as client:
        await let_in(client)


def told(faults: SignalFaults) -> list[dict[str, Any]]:
    return [json.loads(frame) for frame in faults.frames([ROW], "2026-01-01T00:00:00")]


def test_faults_change_the_form_of_what_is_told() -> None:
    assert told(SignalFaults())[0]["data"] == [ROW]
    assert told(SignalFaults(has_naive_times=True))[0]["data"][0]["timestamp"] == "2025-10-26T08:00:00"
    assert told(SignalFaults(has_text_numbers=True))[0]["data"][0]["score_week"] == "80.0"
    assert told(SignalFaults(has_null_filters=True))[0]["data"][0]["max_trades_filter"] is None
    assert told(SignalFaults(has_no_ids=True))[0]["data"][0]["id"] == "N/A"
    assert set(told(SignalFaults(has_no_count=True))[0]) == {"type", "data"}
    assert told(SignalFaults(sends_singles=True)) == [{"type": "signal", **ROW}]
