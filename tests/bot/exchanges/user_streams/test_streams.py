"""What venues tell of our account reaches us as hints, each once, and a gap is told as one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from random import Random

import pytest

from bot.exchanges.access import VenueAccess
from bot.exchanges.profiles import PROFILES
from bot.exchanges.rest.client import VenueClient
from bot.exchanges.user_streams.binance import BinanceUserStream
from bot.exchanges.user_streams.bybit import BybitUserStream
from bot.exchanges.user_streams.dialect import NOTHING, UserStreamDialect
from bot.exchanges.user_streams.stream import UserStream
from bot.virtual_time import VirtualClock
from core.domain.orders import VenueNotice
from core.domain.signals import Side
from tests.fakes.venues.binance_server import FakeBinance
from tests.fakes.venues.bybit_server import FakeBybit
from tests.virtual_time import run_virtually

ANYTHING = None
SYMBOL = "SOLUSDT"


@dataclass(slots=True)
class Watched:
    """A running stream, and what it has told."""

    server: FakeBinance | FakeBybit
    stream: UserStream
    told: list[VenueNotice] = field(default_factory=list)

    async def until(self, symbol: str | None, client_order_id: str | None = None) -> None:
        """Wait until such a notice has come."""
        for _ in range(600):
            if any(n.symbol == symbol and n.client_order_id == client_order_id for n in self.told):
                return
            await asyncio.sleep(0.1)
        raise AssertionError(f"no hint of {symbol} {client_order_id}, only {self.told}")

    async def follow(self) -> None:
        async for notice in self.stream.notices():
            self.told.append(notice)


@asynccontextmanager
async def watching(name: str, clock: VirtualClock, *, key: str | None = None) -> AsyncIterator[Watched]:
    make = FakeBinance if name == "binance" else FakeBybit
    async with make(now_ms=lambda: int(clock.now().timestamp() * 1000)) as server:
        server.list_contract(SYMBOL, "100")
        client = VenueClient(
            VenueAccess(
                profile=PROFILES[name],
                rest_url=server.rest_url,
                private_stream_url=server.private_stream_url,
                api_key=key or server.api_key,
                api_secret=server.api_secret,
            ),
            clock=clock,
        )
        await client.open()
        dialect: UserStreamDialect = (
            BinanceUserStream(client, clock) if name == "binance" else BybitUserStream(client, clock)
        )
        watched = Watched(server, UserStream(name, dialect, clock=clock, random=Random(1)))
        tasks = [asyncio.create_task(watched.stream.run()), asyncio.create_task(watched.follow())]
        try:
            yield watched
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await client.close()


@pytest.fixture(params=["binance", "bybit"])
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_new_connection_is_told_as_a_gap_and_fills_by_their_order(name: str) -> None:
    async def scene(clock: VirtualClock) -> None:
        async with watching(name, clock) as watched:
            await watched.until(ANYTHING)
            watched.server.account.place_market(SYMBOL, Side.BUY, Decimal(2), client_id="wh-entry")
            await watched.until(SYMBOL, "wh-entry")
            assert watched.told.count(VenueNotice(exchange=name, symbol=SYMBOL, client_order_id="wh-entry")) <= 3

    run_virtually(scene)


def test_closings_by_hand_and_liquidations_are_hints(name: str) -> None:
    async def scene(clock: VirtualClock) -> None:
        async with watching(name, clock) as watched:
            await watched.until(ANYTHING)
            account = watched.server.account
            for end in (account.close_by_hand, account.liquidate):
                account.place_market(SYMBOL, Side.BUY, Decimal(2), client_id=f"wh-{end.__name__}")
                await watched.until(SYMBOL, f"wh-{end.__name__}")
                watched.told.clear()
                end(SYMBOL)
                for _ in range(100):
                    await asyncio.sleep(0.1)
                assert {notice.symbol for notice in watched.told} == {SYMBOL}

    run_virtually(scene)


def test_after_a_cut_everything_is_to_be_looked_at(name: str) -> None:
    async def scene(clock: VirtualClock) -> None:
        async with watching(name, clock) as watched:
            await watched.until(ANYTHING)
            watched.told.clear()
            await watched.server.disconnect_sockets()
            await watched.until(ANYTHING)
            assert watched.stream.status.reconnections == 1

    run_virtually(scene)


def test_keys_that_are_refused_are_tried_again_and_ruin_nothing(name: str) -> None:
    async def scene(clock: VirtualClock) -> None:
        async with watching(name, clock, key="x" * 20) as watched:
            await clock.sleep(timedelta(minutes=10))
            assert watched.told == []
            assert not watched.stream.status.is_connected
            tries = len(watched.server.upgrades) + len(watched.server.asked("POST /fapi/v1/listenKey"))
            assert 5 <= tries <= 60

    run_virtually(scene)


def test_a_listen_key_lives_on_for_hours() -> None:
    async def scene(clock: VirtualClock) -> None:
        async with watching("binance", clock) as watched:
            await watched.until(ANYTHING)
            await clock.sleep(timedelta(hours=5))
            assert watched.stream.status.reconnections == 0
            assert len(watched.server.asked("PUT /fapi/v1/listenKey")) == 10

    run_virtually(scene)


def test_a_listen_key_that_cannot_be_renewed_is_replaced() -> None:
    async def scene(clock: VirtualClock) -> None:
        async with watching("binance", clock) as watched:
            await watched.until(ANYTHING)
            watched.told.clear()
            watched.server.faults.answer("/fapi/v1/listenKey", 503, "busy", method="PUT")
            await clock.sleep(timedelta(minutes=31))
            assert watched.told == [VenueNotice(exchange="binance", symbol=None)]
            assert watched.stream.status.reconnections == 1

    run_virtually(scene)


@pytest.mark.parametrize("frame", [b"", b"\xff", b"[]", b"{}", b'{"e":1}', b'{"topic":"order","data":{}}', b"[" * 999])
def test_no_frame_is_too_strange(frame: bytes) -> None:
    async def scene(clock: VirtualClock) -> None:
        client = VenueClient(VenueAccess(profile=PROFILES["binance"]), clock=clock)
        assert BinanceUserStream(client, clock).read(frame) == NOTHING
        assert BybitUserStream(client, clock).read(frame) == NOTHING

    run_virtually(scene)
