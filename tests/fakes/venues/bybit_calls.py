"""Clients of the local Bybit: ccxt's real class and bare sockets; nothing of ours is between."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from bot.exchanges.rest.ccxt_loading import load_client_class
from tests.fakes.venues.bybit_server import FakeBybit

SOL = "SOL/USDT:USDT"
Frame = dict[str, Any]
Client = Any
"""An instance of ccxt's class; its methods have no useful types."""


class Minute:
    """A time that only the test moves."""

    def __init__(self) -> None:
        self.now_ms = 1_761_480_000_000

    def __call__(self) -> int:
        return self.now_ms


@asynccontextmanager
async def ccxt_client(server: FakeBybit, *, key: str | None = None, secret: str | None = None) -> AsyncIterator[Any]:
    made = await load_client_class("bybit")
    client = made(
        {
            "apiKey": key or server.api_key,
            "secret": secret or server.api_secret,
            "enableRateLimit": False,
            "number": str,
            "options": {"fetchMarkets": {"types": ["linear"]}, "defaultType": "swap", "defaultSubType": "linear"},
        }
    )
    client.urls["api"] = {"public": server.rest_url, "private": server.rest_url}
    client.milliseconds = server.now_ms
    try:
        yield client
    finally:
        await client.close()


async def refusal(call: Awaitable[Any]) -> tuple[int, str]:
    """Return code and text of the answer that ccxt raised."""
    with pytest.raises(Exception, match="retCode") as caught:
        await call
    body = json.loads(str(caught.value)[str(caught.value).index("{") :])
    return body["retCode"], body["retMsg"]


async def buy(client: Client, quantity: str = "2", **params: object) -> Frame:
    made: Frame = await client.create_order(SOL, "market", "buy", quantity, None, {"positionIdx": 0, **params})
    return made


async def set_stop(client: Client, price: str, **more: str) -> Frame:
    asked = {"category": "linear", "symbol": "SOLUSDT", "tpslMode": "Full", "positionIdx": 0, "stopLoss": price}
    answer: Frame = await client.privatePostV5PositionTradingStop({**asked, "slTriggerBy": "LastPrice", **more})
    return answer


class Ear:
    """A bare socket of a bybit_client."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def ask(self, op: str, *args: object, **more: object) -> Frame:
        await self.socket.send_json({"op": op, "args": list(args), **more})
        return await self.next()

    async def next(self) -> Frame:
        async with asyncio.timeout(5):
            heard: Frame = await self.socket.receive_json()
        return heard

    async def until(self, topic: str) -> Frame:
        while True:
            frame = await self.next()
            if frame.get("topic") == topic:
                return frame


@asynccontextmanager
async def listen(bybit: FakeBybit, path: str) -> AsyncIterator[Ear]:
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(bybit.stream_url + path, autoping=False) as socket,
    ):
        yield Ear(socket)


@asynccontextmanager
async def listen_to_own(bybit: FakeBybit, *topics: str) -> AsyncIterator[Ear]:
    async with listen(bybit, "/v5/private") as ear:
        expires = bybit.server_ms() + 10_000
        sign = hmac.new(bybit.api_secret.encode(), f"GET/realtime{expires}".encode(), hashlib.sha256).hexdigest()
        answer = await ear.ask("auth", bybit.api_key, expires, sign)
        assert (answer["success"], answer["op"]) == (True, "auth")
        assert (await ear.ask("subscribe", *topics))["success"]
        yield ear
