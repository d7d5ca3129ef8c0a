"""Calls of the real ccxt class to the local Binance that many tests make; no expectations."""

import json
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import pytest

from bot.exchanges.rest.ccxt_loading import import_client_class
from tests.fakes.venues.binance_server import FakeBinance

SOL = "SOL/USDT:USDT"

Ccxt: TypeAlias = Any
"""ccxt's class, which is loaded at run time, and what it answers."""


class Moment:
    """Time that stands still unless it is moved, in milliseconds."""

    def __init__(self, ms: int = 1_790_000_000_000) -> None:
        self.ms = ms

    def __call__(self) -> int:
        return self.ms


@asynccontextmanager
async def open_client(binance: FakeBinance) -> AsyncIterator[Ccxt]:
    """Yield ccxt's class with the keys of `binance` and the time of the test, believing to talk to the real hosts."""
    async with binance.session() as session:
        kind = import_client_class("binanceusdm")
        client = kind({"apiKey": binance.api_key, "secret": binance.api_secret, "session": session, "rateLimit": 0})
        client.number, client.timeout_on_exit = str, 0
        client.milliseconds = binance.now_ms
        client.options |= {"fetchCurrencies": False, "newOrderRespType": {"market": "RESULT"}}
        yield client
        await client.close()


async def buy(client: Ccxt, quantity: str = "2", client_id: str = "wh-1") -> Ccxt:
    """Buy SOL at market."""
    return await client.create_order(SOL, "market", "buy", quantity, None, {"newClientOrderId": client_id})


async def stop(client: Ccxt, trigger: str, client_id: str = "wh-2", **params: object) -> Ccxt:
    """Put a selling stop for 2 SOL, reduce-only unless it closes the position."""
    quantity = None if params.get("closePosition") else "2"
    reduces = {} if params.get("closePosition") else {"reduceOnly": True}
    given = {"clientAlgoId": client_id, "stopPrice": trigger} | reduces | params
    return await client.create_order(SOL, "STOP_MARKET", "sell", quantity, None, given)


async def refusal(call: Awaitable[object]) -> int:
    """Return the code with which the venue refused, out of ccxt's text."""
    with pytest.raises(Exception, match='"code"') as caught:
        await call
    text = str(caught.value)
    return int(json.loads(text[text.index("{") :])["code"])
