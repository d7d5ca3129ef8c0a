"""The local Bybit's streams, heard by bare sockets."""

import asyncio
from decimal import Decimal
from pathlib import Path

import aiohttp

from core.domain.signals import Side
from tests.fakes.venues.bybit_calls import (
    Client,
    Minute,
    buy,
    listen,
    listen_to_own,
    set_stop,
)
from tests.fakes.venues.bybit_server import FakeBybit


async def test_a_ticker_comes_whole_and_then_as_changes_of_the_recorded_shape(
    bybit: FakeBybit, shared_data: Path
) -> None:
    async with listen(bybit, "/v5/public/linear") as ear:
        answer = await ear.ask("subscribe", "tickers.SOLUSDT", req_id="1")
        assert answer | {"conn_id": ""} == {
            "success": True,
            "ret_msg": "",
            "conn_id": "",
            "req_id": "1",
            "op": "subscribe",
        }
        whole = await ear.next()
        assert (whole["type"], whole["data"]["lastPrice"]) == ("snapshot", "150")
        bybit.account.set_price("SOLUSDT", "150", mark="150.01")
        change = await ear.next()
        assert change["type"] == "delta"
        assert change["data"] == {"symbol": "SOLUSDT", "markPrice": "150.01"}
        bybit.account.set_price("SOLUSDT", "151", mark="150.01")
        assert {"lastPrice", "bid1Price"} <= (await ear.next())["data"].keys()


async def test_trades_and_candles_are_streamed(bybit: FakeBybit, minute: Minute) -> None:
    async with listen(bybit, "/v5/public/linear") as ear:
        await ear.ask("subscribe", "publicTrade.SOLUSDT", "kline.1.SOLUSDT")
        bybit.account.set_price("SOLUSDT", "152", quantity=Decimal(4))
        trade = (await ear.next())["data"][0]
        assert (trade["p"], trade["v"]) == ("152", "4")
        assert (await ear.next())["data"][0]["confirm"] is False
        minute.now_ms += 60_000
        bybit.account.set_price("SOLUSDT", "153")
        await ear.until("publicTrade.SOLUSDT")
        ended, begun = await ear.next(), await ear.next()
        assert (ended["data"][0]["confirm"], ended["data"][0]["close"]) == (True, "152")
        assert (begun["data"][0]["confirm"], begun["data"][0]["open"]) == (False, "152")


async def test_a_request_with_a_wrong_topic_is_refused_whole(bybit: FakeBybit) -> None:
    async with listen(bybit, "/v5/public/linear") as ear:
        answer = await ear.ask("subscribe", "tickers.SOLUSDT", "tickers.NONEUSDT")
        assert (answer["success"], answer["ret_msg"]) == (False, "error:handler not found,topic:tickers.NONEUSDT")
        bybit.streams.levers.most_topics = 1
        answer = await ear.ask("subscribe", "tickers.SOLUSDT", "tickers.BTCUSDT")
        assert answer["ret_msg"] == "args size >1"
        bybit.account.set_price("SOLUSDT", "155")
        assert (await ear.ask("ping", req_id="7"))["ret_msg"] == "pong"


async def test_a_connection_without_pings_is_closed(bybit: FakeBybit) -> None:
    over = asyncio.Event()
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        await over.wait()

    bybit.faults.sleep = sleep
    bybit.streams.levers.idle_s = 20
    async with listen(bybit, "/v5/public/linear") as ear:
        assert (await ear.ask("ping"))["op"] == "ping"
        over.set()
        async with asyncio.timeout(5):
            assert (await ear.socket.receive()).type is aiohttp.WSMsgType.CLOSE
    assert set(waits) == {20}


async def test_own_news_need_a_right_signature(bybit: FakeBybit) -> None:
    async with listen(bybit, "/v5/private") as ear:
        assert (await ear.ask("subscribe", "order"))["success"] is False
        answer = await ear.ask("auth", "wrong", bybit.server_ms() + 1_000, "00")
        assert (answer["success"], answer["retCode"], answer["retMsg"]) == (False, 10003, "Invalid apikey")
    async with listen(bybit, "/v5/private") as ear:
        assert (await ear.ask("auth", bybit.api_key, bybit.server_ms() + 1_000, "00"))["retCode"] == 10004


async def test_own_news_tell_of_fills_stops_and_the_wallet(bybit: FakeBybit, bybit_client: Client) -> None:
    async with listen_to_own(bybit, "order", "execution", "position", "wallet") as ear:
        await buy(bybit_client, clientOrderId="wh-1")
        order = (await ear.until("order"))["data"][0]
        assert (order["orderLinkId"], order["orderStatus"], order["category"]) == ("wh-1", "Filled", "linear")
        await set_stop(bybit_client, "140")
        stop = (await ear.until("order"))["data"][0]
        assert (stop["orderStatus"], stop["triggerPrice"]) == ("Untriggered", "140")
        assert (await ear.until("position"))["data"][0]["stopLoss"] == "140"
        bybit.account.set_price("SOLUSDT", "139")
        assert (await ear.until("order"))["data"][0]["orderStatus"] == "Triggered"
        assert (await ear.until("wallet"))["data"][0]["coin"][0]["coin"] == "USDT"
        assert (await ear.until("position"))["data"][0]["size"] == "0"
        execution = (await ear.until("execution"))["data"][0]
        assert (execution["stopOrderType"], execution["execPrice"]) == ("StopLoss", "139")
        assert (await ear.until("order"))["data"][0]["orderStatus"] == "Filled"
        assert (await ear.ask("ping"))["op"] == "pong"


async def test_own_news_tell_of_liquidation_and_funding(bybit: FakeBybit) -> None:
    async with listen_to_own(bybit, "execution.linear") as ear:
        bybit.account.trade_by_hand("SOLUSDT", Side.BUY, Decimal(2))
        bybit.account.pay_funding("SOLUSDT", Decimal("-0.0001"))
        bybit.account.liquidate("SOLUSDT")
        rows = [(await ear.next())["data"][0] for _ in range(3)]
        assert [(row["execType"], row["orderLinkId"]) for row in rows] == [
            ("Trade", ""),
            ("Funding", ""),
            ("BustTrade", ""),
        ]
        assert rows[1]["execFee"] == "-0.03"


async def test_own_news_come_when_the_fill_is_shown(bybit: FakeBybit, bybit_client: Client, minute: Minute) -> None:
    shown = asyncio.Event()

    async def sleep(seconds: float) -> None:
        assert seconds == 0.25
        await shown.wait()

    bybit.faults.sleep = sleep
    bybit.lag.fill_ms = 250
    async with listen_to_own(bybit, "order") as ear:
        await buy(bybit_client, clientOrderId="wh-1")
        assert (await ear.ask("ping"))["op"] == "pong"
        minute.now_ms += 250
        shown.set()
        assert (await ear.next())["data"][0]["orderStatus"] == "Filled"


async def test_sockets_can_fall_silent_and_be_cut(bybit: FakeBybit) -> None:
    async with listen(bybit, "/v5/public/linear") as ear:
        await ear.ask("subscribe", "publicTrade.SOLUSDT")
        bybit.faults.are_sockets_silent = True
        bybit.account.set_price("SOLUSDT", "151")
        bybit.faults.are_sockets_silent = False
        bybit.account.set_price("SOLUSDT", "152")
        assert (await ear.next())["data"][0]["p"] == "152"
        await bybit.disconnect_sockets()
        async with asyncio.timeout(5):
            assert (await ear.socket.receive()).type in {aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR}
