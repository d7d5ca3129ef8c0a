"""The streams of the local Binance: what is served where, listen keys, what an account's owner hears, limits."""

from decimal import Decimal
from typing import Any

import aiohttp
import pytest

from core.domain.signals import Side
from tests.fakes.venues.binance_calls import Ccxt, Moment, buy, refusal, stop
from tests.fakes.venues.binance_server import FakeBinance


async def connect(session: aiohttp.ClientSession, url: str) -> aiohttp.ClientWebSocketResponse:
    return await session.ws_connect(url, timeout=aiohttp.ClientWSTimeout(ws_close=1))


async def ask(socket: aiohttp.ClientWebSocketResponse, method: str, *names: str) -> dict[str, Any]:
    await socket.send_json({"method": method, "params": names, "id": 7})
    answer: dict[str, Any] = await socket.receive_json(timeout=5)
    return answer


async def test_market_streams_are_served_under_their_own_path_only(binance: FakeBinance) -> None:
    async with aiohttp.ClientSession() as session:
        market = await connect(session, f"{binance.stream_url}/market/ws/solusdt@aggTrade")
        old = await connect(session, f"{binance.stream_url}/ws")
        names = ("solusdt@markPrice@1s", "solusdt@bookTicker", "solusdt@nothing", "SOLUSDT@aggTrade")
        for socket in (market, old):
            assert await ask(socket, "SUBSCRIBE", *names) == {"result": None, "id": 7}
        binance.account.set_price("SOLUSDT", "151", mark="150.5")
        heard = [await market.receive_json(timeout=5) for _ in range(2)]
        assert [(event["e"], event["p"]) for event in heard] == [
            ("markPriceUpdate", "150.50000000"),
            ("aggTrade", "151.00"),
        ]
        assert (await old.receive_json(timeout=5))["e"] == "bookTicker"
        assert await ask(market, "UNSUBSCRIBE", *names) == {"result": None, "id": 7}
        assert (await ask(market, "LIST_SUBSCRIPTIONS"))["result"] == ["solusdt@aggTrade"]


async def test_combined_streams_name_the_stream(binance: FakeBinance) -> None:
    async with aiohttp.ClientSession() as session:
        socket = await connect(
            session, f"{binance.stream_url}/market/stream?streams=solusdt@miniTicker/!miniTicker@arr"
        )
        binance.account.set_price("SOLUSDT", "151")
        one, every = [await socket.receive_json(timeout=5) for _ in range(2)]
        assert (one["stream"], one["data"]["c"]) == ("solusdt@miniTicker", "151.00")
        assert (every["stream"], every["data"]) == ("!miniTicker@arr", [one["data"]])


async def test_too_many_streams_are_refused_and_too_many_messages_end_it(binance: FakeBinance) -> None:
    async with aiohttp.ClientSession() as session:
        socket = await connect(session, f"{binance.stream_url}/market/ws")
        assert "error" in await ask(socket, "SUBSCRIBE", *(f"c{number}usdt@aggTrade" for number in range(201)))
        for _ in range(9):
            assert "result" in await ask(socket, "LIST_SUBSCRIPTIONS")
        await socket.send_json({"method": "LIST_SUBSCRIPTIONS", "id": 1})
        assert (await socket.receive(timeout=5)).type is aiohttp.WSMsgType.CLOSE
        assert len(binance.streams.violations) == 2


async def test_the_account_tells_its_owner_what_happens(binance: FakeBinance, ccxt_binance: Ccxt) -> None:
    key = (await ccxt_binance.fapiPrivatePostListenKey())["listenKey"]
    async with aiohttp.ClientSession() as session:
        socket = await connect(session, f"{binance.private_stream_url}/private/ws?listenKey={key}")
        await buy(ccxt_binance)
        await stop(ccxt_binance, "140")
        binance.account.set_price("SOLUSDT", "140")
        heard = [await socket.receive_json(timeout=5) for _ in range(10)]
        assert [(event["e"], event.get("o", {}).get("X", "")) for event in heard] == [
            ("ORDER_TRADE_UPDATE", "NEW"),
            ("ACCOUNT_UPDATE", ""),
            ("ORDER_TRADE_UPDATE", "FILLED"),
            ("ALGO_UPDATE", "NEW"),
            ("ALGO_UPDATE", "TRIGGERING"),
            ("ORDER_TRADE_UPDATE", "NEW"),
            ("ACCOUNT_UPDATE", ""),
            ("ORDER_TRADE_UPDATE", "FILLED"),
            ("ALGO_UPDATE", "TRIGGERED"),
            ("ALGO_UPDATE", "FINISHED"),
        ]
        assert [event["o"]["c"] for event in (heard[2], heard[7])] == ["wh-1", "wh-2"]
        assert heard[6]["a"]["P"][0]["pa"] == "0.00"
        assert heard[9]["o"]["ai"] == str(heard[7]["o"]["i"])


async def test_only_the_events_asked_for_come_and_none_under_another_path(
    binance: FakeBinance, ccxt_binance: Ccxt
) -> None:
    key = (await ccxt_binance.fapiPrivatePostListenKey())["listenKey"]
    async with aiohttp.ClientSession() as session:
        old = await connect(session, f"{binance.private_stream_url}/ws/{key}")
        url = f"{binance.private_stream_url}/private/ws?listenKey={key}&events=ACCOUNT_UPDATE/MARGIN_CALL"
        socket = await connect(session, url)
        binance.account.trade_by_hand("SOLUSDT", Side.BUY, Decimal(1))
        binance.account.liquidate("SOLUSDT")
        heard = [(await socket.receive_json(timeout=5))["e"] for _ in range(3)]
        assert heard == ["ACCOUNT_UPDATE", "MARGIN_CALL", "ACCOUNT_UPDATE"]
        assert (await ask(old, "LIST_SUBSCRIPTIONS"))["result"] == []


async def test_a_listen_key_that_is_not_kept_alive_expires(
    binance: FakeBinance, ccxt_binance: Ccxt, moment: Moment
) -> None:
    key = (await ccxt_binance.fapiPrivatePostListenKey())["listenKey"]
    async with aiohttp.ClientSession() as session:
        socket = await connect(session, f"{binance.private_stream_url}/private/ws?listenKey={key}")
        moment.ms += 59 * 60_000
        await ccxt_binance.fapiPrivatePutListenKey()
        moment.ms += 59 * 60_000
        binance.account.set_price("SOLUSDT", "151")
        assert (await ccxt_binance.fapiPrivatePostListenKey())["listenKey"] == key
        moment.ms += 60 * 60_000
        binance.account.set_price("SOLUSDT", "152")
        assert (await socket.receive_json(timeout=5))["e"] == "listenKeyExpired"
        assert (await socket.receive(timeout=5)).type is aiohttp.WSMsgType.CLOSE
        assert await refusal(ccxt_binance.fapiPrivatePutListenKey()) == -1125
        assert (await ccxt_binance.fapiPrivatePostListenKey())["listenKey"] != key


async def test_sockets_can_fall_silent_be_cut_and_be_refused(binance: FakeBinance) -> None:
    async with aiohttp.ClientSession() as session:
        url = f"{binance.stream_url}/market/ws/solusdt@aggTrade"
        socket = await connect(session, url)
        binance.faults.are_sockets_silent = True
        binance.account.set_price("SOLUSDT", "151")
        binance.faults.are_sockets_silent = False
        binance.account.set_price("SOLUSDT", "152")
        assert (await socket.receive_json(timeout=5))["p"] == "152.00"
        await binance.disconnect_sockets()
        assert (await socket.receive(timeout=5)).type in {aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR}
        binance.faults.are_sockets_refused = True
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await connect(session, url)


async def test_prices_may_come_by_themselves(binance: FakeBinance) -> None:
    async with aiohttp.ClientSession() as session:
        socket = await connect(session, f"{binance.stream_url}/market/ws/solusdt@markPrice@1s")
        binance.start_pulse(0.001)
        assert [(await socket.receive_json(timeout=5))["p"] for _ in range(2)] == ["150.00000000"] * 2
