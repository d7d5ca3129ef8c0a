"""The local Bybit's gate and markets, asked by ccxt's real class; what our adapter makes of it is tested elsewhere."""

import hashlib
import hmac
from decimal import Decimal

import aiohttp
import pytest

from bot.exchanges.rest.ccxt_loading import load_client_class
from core.domain.signals import Side
from tests.fakes.venues.book import OrderStatus
from tests.fakes.venues.bybit_calls import SOL, Client, Minute, buy, ccxt_client, refusal
from tests.fakes.venues.bybit_server import FakeBybit
from tests.fakes.venues.contracts import ContractStatus


async def test_a_right_signature_is_taken_for_get_and_post(bybit: FakeBybit, bybit_client: Client) -> None:
    assert (await bybit_client.fetch_balance())["USDT"]["total"] in {"10000", 10000.0}
    await bybit_client.set_leverage(5, SOL)
    assert bybit.account.position("SOLUSDT").leverage == 5


async def test_a_wrong_secret_and_an_unknown_key_are_told_apart(bybit: FakeBybit) -> None:
    async with ccxt_client(bybit, secret="wrong") as stranger:
        code, text = await refusal(stranger.privateGetV5AccountInfo())
        assert code == 10004
        assert text.startswith("error sign! origin_string[")
    async with ccxt_client(bybit, key="wrong") as stranger:
        assert (await refusal(stranger.privateGetV5AccountInfo()))[0] == 10003


async def test_a_changed_body_does_not_fit_its_signature(bybit: FakeBybit) -> None:
    start = f"{bybit.now_ms()}{bybit.api_key}5000"
    sign = hmac.new(bybit.api_secret.encode(), f"{start}{{}}".encode(), hashlib.sha256).hexdigest()
    headers = {
        "X-BAPI-API-KEY": bybit.api_key,
        "X-BAPI-TIMESTAMP": str(bybit.now_ms()),
        "X-BAPI-RECV-WINDOW": "5000",
        "X-BAPI-SIGN": sign,
    }
    async with aiohttp.ClientSession() as session:
        url = f"{bybit.rest_url}/v5/order/create"
        answer = await session.post(url, data='{"category":"linear"}', headers=headers)
        assert (await answer.json())["retCode"] == 10004
        answer = await session.post(url, data="{}", headers=headers)
        assert (await answer.json())["retCode"] == 181001


@pytest.mark.parametrize("drift_ms", [5_001, -1_000])
async def test_a_request_outside_the_window_is_told_the_server_time(
    bybit: FakeBybit, bybit_client: Client, drift_ms: int
) -> None:
    bybit.faults.clock_drift_ms = drift_ms
    code, text = await refusal(bybit_client.privateGetV5AccountInfo())
    assert code == 10002
    assert f"server_timestamp[{bybit.server_ms()}]" in text
    assert await bybit_client.fetch_time() == bybit.server_ms()


async def test_a_key_without_the_right_reads_but_does_not_trade(bybit: FakeBybit, bybit_client: Client) -> None:
    bybit.key.can_trade = False
    assert (await refusal(buy(bybit_client)))[0] == 10005
    told = (await bybit_client.privateGetV5UserQueryApi())["result"]
    assert told["permissions"]["ContractTrade"] == []
    assert told["uta"] in {1, "1"}


async def test_too_many_requests_get_10006_with_headers_until_the_second_is_over(
    bybit: FakeBybit, bybit_client: Client, minute: Minute
) -> None:
    for leverage in range(1, 11):
        await bybit_client.privateGetV5PositionList({"category": "linear", "symbol": "SOLUSDT", "limit": leverage})
    bybit.limits.a_second["/v5/position/list"] = 10
    call = {"category": "linear", "symbol": "SOLUSDT"}
    assert (await refusal(bybit_client.privateGetV5PositionList(call)))[0] == 10006
    headers = {name.lower(): value for name, value in bybit_client.last_response_headers.items()}
    assert headers["x-bapi-limit"] == "10"
    assert headers["x-bapi-limit-status"] == "0"
    assert int(headers["x-bapi-limit-reset-timestamp"]) == minute.now_ms + 1_000
    minute.now_ms += 1_000
    await bybit_client.privateGetV5PositionList(call)


async def test_an_address_that_asks_too_often_is_banned(bybit: FakeBybit, bybit_client: Client, minute: Minute) -> None:
    bybit.limits.of_address = 3
    for _ in range(3):
        await bybit_client.fetch_time()
    with pytest.raises(Exception, match="403"):
        await bybit_client.fetch_time()
    minute.now_ms += bybit.limits.ban_ms
    await bybit_client.fetch_time()


async def test_contracts_are_paged_and_carry_their_filters(bybit: FakeBybit, bybit_client: Client) -> None:
    for number in range(1_003):
        bybit.list_contract(f"N{number}USDT", None)
    markets = await bybit_client.load_markets()
    assert len([one for one in markets.values() if one["id"].startswith("N")]) == 1_003
    sol = markets[SOL]
    assert sol["info"]["lotSizeFilter"] == {
        "maxOrderQty": "50000",
        "minOrderQty": "0.1",
        "qtyStep": "0.1",
        "postOnlyMaxOrderQty": "50000",
        "maxMktOrderQty": "10000",
        "minNotionalValue": "5",
    }
    assert markets["1000TAG/USDT:USDT"]["active"]
    assert markets["T/USDT:USDT"]["base"] == "T"
    assert not markets["SOON/USDT:USDT"]["active"]
    assert not markets["LEAVING/USDT:USDT"]["active"]
    assert "GONE/USDT:USDT" not in markets


async def test_a_contract_that_closes_is_listed_by_status_only(bybit: FakeBybit, bybit_client: Client) -> None:
    bybit.account.set_status("SOLUSDT", ContractStatus.CLOSED)
    closed = await bybit_client.publicGetV5MarketInstrumentsInfo({"category": "linear", "status": "Closed"})
    assert "SOLUSDT" in [row["symbol"] for row in closed["result"]["list"]]
    assert (await refusal(bybit_client.publicGetV5MarketTickers({"category": "linear", "symbol": "SOLUSDT"})))[
        0
    ] == 10001


async def test_tickers_and_open_interest_are_what_the_test_set(bybit: FakeBybit, bybit_client: Client) -> None:
    bybit.market.of("SOLUSDT").open_interest = Decimal(1_000)
    bybit.market.of("SOLUSDT").volume_24h_quote = Decimal(777)
    bybit.account.set_price("SOLUSDT", "151", mark="150.5")
    row = (await bybit_client.fetch_tickers([SOL]))[SOL]["info"]
    assert row["lastPrice"] == "151"
    assert row["markPrice"] == "150.5"
    assert Decimal(row["bid1Price"]) < 151 < Decimal(row["ask1Price"])
    assert row["openInterestValue"] == "151000"
    assert row["turnover24h"] == "777"
    assert Decimal(str((await bybit_client.fetch_open_interest(SOL))["openInterestAmount"])) == 1_000
    assert (await bybit_client.fetch_order_book(SOL))["bids"]


async def test_candles_are_newest_first_on_the_wire_and_end_with_what_was_seen(
    bybit: FakeBybit, bybit_client: Client, minute: Minute
) -> None:
    minute.now_ms += 60_000
    bybit.account.set_price("SOLUSDT", "160", quantity=Decimal(3))
    raw = await bybit_client.publicGetV5MarketKline(
        {"category": "linear", "symbol": "SOLUSDT", "interval": "1", "limit": 3}
    )
    starts = [int(row[0]) for row in raw["result"]["list"]]
    assert starts == sorted(starts, reverse=True)
    assert raw["result"]["list"][0][1:5] == ["150", "160", "150", "160"]
    candles = await bybit_client.fetch_ohlcv(SOL, "5m", limit=2)
    assert [Decimal(str(row[4])) for row in candles] == [150, 160]


async def test_the_real_host_names_lead_here_over_tls(minute: Minute) -> None:
    made = await load_client_class("bybit")
    async with FakeBybit(now_ms=minute, is_tls=True) as bybit, bybit.session() as session:
        client = made({"session": session, "enableRateLimit": False})
        try:
            assert await client.fetch_time() == minute.now_ms
        finally:
            await client.close()
        assert bybit.requests[0].host == "api.bybit.com"


async def test_other_paths_are_not_there(bybit: FakeBybit) -> None:
    async with aiohttp.ClientSession() as session:
        assert (await session.get(f"{bybit.rest_url}/v2/public/time")).status == 404
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(f"{bybit.stream_url}/v5/public/spot")


def test_the_books_keep_their_orders(minute: Minute) -> None:
    bybit = FakeBybit(now_ms=minute)
    order = bybit.account.place_market("SOLUSDT", Side.BUY, Decimal(1))
    assert order.status is OrderStatus.FILLED
