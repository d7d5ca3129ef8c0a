"""One look at the signal server: let in, refused, or nobody there."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from random import Random

import pytest

from bot.clock import SystemClock
from bot.demo.signal_server import SimulatedSignalServer
from bot.feeds.signal_connection import FeedSettings
from bot.feeds.signal_probe import Refusals, probe
from bot.feeds.signal_socket import SignalSocket
from core.domain.errors import ConfigurationError, Unreachable

TOKEN = "open sesame"
SHORT, LONG = timedelta(milliseconds=150), timedelta(seconds=5)


@pytest.fixture
async def server() -> AsyncIterator[SimulatedSignalServer]:
    async with SimulatedSignalServer(token=TOKEN, clock=SystemClock()) as server:
        yield server


async def look(url: str, *, token: str | None = TOKEN, patience: timedelta = LONG) -> str:
    refusals = Refusals()
    socket = SignalSocket(
        FeedSettings(url=url, lost_after=timedelta(hours=1)),
        token=token,
        exchange_ids=frozenset({1, 2}),
        clock=SystemClock(),
        listener=refusals,
        random=Random(1),
    )
    said = await probe(socket, refusals, patience)
    assert not socket.status.is_connected
    return said


async def test_who_is_let_in_is_told_and_leaves(server: SimulatedSignalServer) -> None:
    assert await look(server.url) == "connected and let in"
    async with asyncio.timeout(5):
        while server.clients:  # noqa: ASYNC110 - a socket of the server's, it has no event for that
            await asyncio.sleep(0.001)


async def test_a_server_that_asks_nobody_lets_in_too(server: SimulatedSignalServer) -> None:
    server.faults.asks_no_auth = True
    await server.publish([{"id": 1, "pair_symbol": "SOLUSDT"}])
    assert await look(server.url, token=None) == "connected and let in"


@pytest.mark.parametrize(("token", "words"), [("wrong", "invalid token"), (None, "none is set")])
async def test_a_wrong_token_is_to_be_mended(server: SimulatedSignalServer, token: str | None, words: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{words}.*: mend SIGNAL_WS_TOKEN"):
        await look(server.url, token=token)
    assert server.accepted == 1


async def test_an_address_that_is_none_is_to_be_mended() -> None:
    with pytest.raises(ConfigurationError, match=r"feed\.url"):
        await look("http://127.0.0.1:9")


async def test_nobody_there_is_told_after_a_while(server: SimulatedSignalServer) -> None:
    await server.close()
    with pytest.raises(Unreachable, match=r"feed\.url"):
        await look(server.url, patience=SHORT)


async def test_a_server_that_lets_nobody_in_is_nobody(server: SimulatedSignalServer) -> None:
    server.faults.is_hung = True
    with pytest.raises(Unreachable):
        await look(server.url, patience=SHORT)


async def test_a_look_that_is_cancelled_leaves_nothing(server: SimulatedSignalServer) -> None:
    server.faults.is_hung = True
    looking = asyncio.create_task(look(server.url))
    while not server.accepted:  # noqa: ASYNC110 - as above
        await asyncio.sleep(0.001)
    looking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await looking
    assert {task for task in asyncio.all_tasks() if "SignalSocket" in repr(task)} == set()
