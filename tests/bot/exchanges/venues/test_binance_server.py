"""The local Binance: what the real ccxt class gets from it under the real names, and what it refuses."""

import asyncio
import gzip
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.fakes.venues.binance_calls import SOL, Ccxt, Moment, buy, refusal, stop
from tests.fakes.venues.binance_server import FakeBinance
from tests.fakes.venues.faults import End
from tests.fakes.venues.refusals import No

ORDER = "/fapi/v1/order"


# --- what the real client reads -------------------------------------------------------------------------------------


async def test_contracts_of_all_kinds_are_listed_as_ccxt_expects(ccxt_binance: Ccxt) -> None:
    markets = await ccxt_binance.load_markets()
    assert {"1000TAG/USDT:USDT", "T/USDT:USDT", "BTC/USDT:USDT-261225"} <= set(markets)
    assert [symbol for symbol, market in markets.items() if not market["active"]] == ["FTT/USDT:USDT"]
    assert markets[SOL]["precision"] == {**markets[SOL]["precision"], "price": "0.01", "amount": "0.01"}
    assert markets[SOL]["limits"]["cost"]["min"] == "5"


async def test_a_recorded_exchange_info_is_served_as_it_was(
    binance: FakeBinance, ccxt_binance: Ccxt, shared_data: Path
) -> None:
    packed = (shared_data / "venue/binance_usdm_exchangeInfo_20210721.json.gz").read_bytes()
    recorded = json.loads(gzip.decompress(packed))
    binance.load_exchange_info(recorded)
    markets = await ccxt_binance.load_markets()
    served = {market["id"]: market["info"] for market in markets.values()}
    assert all(served[row["symbol"]] == row for row in recorded["symbols"])
    binance.account.set_price("EOSUSDT", "4.123")
    assert (await ccxt_binance.fetch_ticker("EOS/USDT:USDT"))["last"] == "4.123"


async def test_a_market_order_is_filled_and_found_again(binance: FakeBinance, ccxt_binance: Ccxt) -> None:
    binance.account.levers.slippage_ratio = Decimal("0.001")
    order = await buy(ccxt_binance)
    assert (order["status"], order["filled"], order["average"]) == ("closed", "2.00", "150.15000")
    found = await ccxt_binance.fetch_order(None, SOL, {"origClientOrderId": "wh-1"})
    assert (found["id"], found["status"], found["average"]) == (order["id"], "closed", "150.15000")
    [trade] = await ccxt_binance.fetch_my_trades(SOL)
    assert (trade["order"], trade["amount"], trade["fee"]["cost"]) == (order["id"], "2.00", "0.15015000")
    [position] = await ccxt_binance.fetch_positions()
    assert (position["side"], position["contracts"], position["entryPrice"]) == ("long", "2", "150.15000")
    balance = await ccxt_binance.fetch_balance()
    assert (balance["info"]["totalWalletBalance"], balance["USDT"]["total"]) == ("9999.84985000", "9999.54985000")


async def test_a_stop_lives_in_the_algo_service_until_its_order_is_spawned(
    binance: FakeBinance, ccxt_binance: Ccxt
) -> None:
    await buy(ccxt_binance)
    placed = await stop(ccxt_binance, "140")
    assert await refusal(ccxt_binance.fetch_order(None, SOL, {"origClientOrderId": "wh-2"})) == -2013
    assert await ccxt_binance.fetch_open_orders(SOL) == []
    [resting] = await ccxt_binance.fetch_open_orders(SOL, params={"trigger": True})
    assert (resting["id"], resting["triggerPrice"]) == (placed["id"], "140.00")
    binance.account.set_price("SOLUSDT", "139")
    algo = await ccxt_binance.fapiPrivateGetAlgoOrder({"clientAlgoId": "wh-2"})
    assert (algo["algoStatus"], algo["actualPrice"]) == ("FINISHED", "139.00000")
    spawned = await ccxt_binance.fetch_order(None, SOL, {"origClientOrderId": "wh-2"})
    assert (spawned["id"], spawned["status"]) == (algo["actualOrderId"], "closed")
    assert await ccxt_binance.fetch_positions() == []


async def test_a_cancelled_stop_cannot_be_cancelled_again(ccxt_binance: Ccxt) -> None:
    await buy(ccxt_binance)
    await stop(ccxt_binance, "140")
    cancel = {"trigger": True, "clientAlgoId": "wh-2"}
    await ccxt_binance.cancel_order(None, SOL, cancel)
    assert await refusal(ccxt_binance.cancel_order(None, SOL, cancel)) == -2011
    assert (await ccxt_binance.fapiPrivateGetAlgoOrder({"clientAlgoId": "wh-2"}))["algoStatus"] == "CANCELED"


async def test_settings_say_when_they_are_so_already(ccxt_binance: Ccxt) -> None:
    for _ in range(2):
        assert (await ccxt_binance.set_leverage(5, SOL))["leverage"] == 5
    await ccxt_binance.set_margin_mode("isolated", SOL)
    assert await refusal(ccxt_binance.set_margin_mode("isolated", SOL)) == -4046
    assert await refusal(ccxt_binance.set_position_mode(hedged=False)) == -4059
    await ccxt_binance.set_position_mode(hedged=True)
    assert (await ccxt_binance.fetch_position_mode())["hedged"] is True
    assert await refusal(buy(ccxt_binance)) == -4061


async def test_funding_and_liquidations_are_in_the_histories(binance: FakeBinance, ccxt_binance: Ccxt) -> None:
    await buy(ccxt_binance)
    binance.account.pay_funding("SOLUSDT", Decimal("0.0001"))
    binance.account.liquidate("SOLUSDT")
    [income] = await ccxt_binance.fapiPrivateGetIncome({"incomeType": "FUNDING_FEE", "symbol": "SOLUSDT"})
    assert income["income"] == "-0.03000000"
    [forced] = await ccxt_binance.fapiPrivateGetForceOrders({"autoCloseType": "LIQUIDATION"})
    assert forced["clientOrderId"].startswith("autoclose-")
    assert len(await ccxt_binance.fetch_orders(SOL)) == 2


async def test_facts_of_the_market(binance: FakeBinance, ccxt_binance: Ccxt) -> None:
    facts = binance.market.of("SOLUSDT")
    facts.volume_24h_quote, facts.open_interest = Decimal(24_000), Decimal(7)
    assert (await ccxt_binance.fetch_ticker(SOL))["quoteVolume"] == "24000.00"
    assert (await ccxt_binance.fetch_bids_asks([SOL]))[SOL]["bid"] == "149.98"
    assert (await ccxt_binance.fetch_open_interest(SOL))["openInterestAmount"] == "7.000"
    candles = await ccxt_binance.fetch_ohlcv(SOL, "1h", limit=2)
    assert [candle[4:] for candle in candles] == [["150.00", "6.667"]] * 2
    assert (await ccxt_binance.fapiPublicGetPremiumIndex({"symbol": "SOLUSDT"}))["markPrice"] == "150.00000000"


async def test_the_keys_rights_can_be_read(binance: FakeBinance, ccxt_binance: Ccxt) -> None:
    rights = await ccxt_binance.sapiGetAccountApiRestrictions()
    assert (rights["enableFutures"], rights["enableWithdrawals"]) == (True, False)
    assert binance.requests[-1].host == "api.binance.com"


# --- what is refused ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("quantity", "code"),
    [("0.001", -1111), ("0.03", -4164), ("5000.01", -4005), ("900", -2019)],
)
async def test_filters_and_margin_refuse_what_ccxt_lets_through(ccxt_binance: Ccxt, quantity: str, code: int) -> None:
    call = ccxt_binance.fapiPrivatePostOrder(
        {"symbol": "SOLUSDT", "side": "BUY", "type": "MARKET", "quantity": quantity}
    )
    await ccxt_binance.set_leverage(10, SOL)
    assert await refusal(call) == code


async def test_refusals_of_orders_have_the_venues_codes(binance: FakeBinance, ccxt_binance: Ccxt) -> None:
    assert await refusal(ccxt_binance.create_order(SOL, "market", "sell", "1", None, {"reduceOnly": True})) == -2022
    assert await refusal(stop(ccxt_binance, "140")) == -2022
    await buy(ccxt_binance)
    assert await refusal(stop(ccxt_binance, "150")) == -2021
    await stop(ccxt_binance, "140", "wh-3", closePosition=True)
    assert await refusal(stop(ccxt_binance, "141", "wh-4", closePosition=True)) == -4130
    await stop(ccxt_binance, "139")
    assert await refusal(stop(ccxt_binance, "138")) == -4116
    binance.account.levers.refusals = [(None, No.PRICE_BAND_HIGH), (None, No.OVERLOADED)]
    assert await refusal(buy(ccxt_binance)) == -4131
    assert await refusal(buy(ccxt_binance)) == -1008


async def test_refusals_of_symbols_and_types(ccxt_binance: Ccxt) -> None:
    order = {"symbol": "FTTUSDT", "side": "BUY", "type": "MARKET", "quantity": "100"}
    assert await refusal(ccxt_binance.fapiPrivatePostOrder(order)) == -4140
    assert await refusal(ccxt_binance.fapiPrivatePostOrder(order | {"symbol": "NOPEUSDT"})) == -1121
    assert await refusal(ccxt_binance.fapiPrivatePostOrder(order | {"type": "STOP_MARKET"})) == -4120
    assert await refusal(ccxt_binance.fapiPrivatePostOrder(order | {"quantity": "1e2", "symbol": "SOLUSDT"})) == -1100


async def test_a_market_order_sent_twice_is_executed_twice(binance: FakeBinance, ccxt_binance: Ccxt) -> None:
    first, second = await buy(ccxt_binance), await buy(ccxt_binance)
    assert first["id"] != second["id"]
    assert binance.account.position("SOLUSDT").amount == 4


async def test_keys_signatures_and_clocks_are_checked(binance: FakeBinance, ccxt_binance: Ccxt, moment: Moment) -> None:
    await ccxt_binance.fetch_balance()
    ccxt_binance.secret = "x" * 64
    assert await refusal(ccxt_binance.fetch_balance()) == -1022
    ccxt_binance.secret = binance.api_secret
    binance.faults.clock_drift_ms = 11_000
    assert await refusal(ccxt_binance.fetch_balance()) == -1021
    binance.faults.clock_drift_ms = -1_500
    assert await refusal(ccxt_binance.fetch_balance()) == -1021
    binance.faults.clock_drift_ms = 0
    binance.is_key_known = False
    assert await refusal(ccxt_binance.fetch_balance()) == -2015


# --- limits and faults ----------------------------------------------------------------------------------------------


async def get(session: aiohttp.ClientSession, url: str) -> tuple[int, dict[str, Any], dict[str, str]]:
    async with session.get(url) as answer:
        return answer.status, await answer.json(), dict(answer.headers)


async def test_weight_above_the_limit_is_refused_and_then_banned(binance: FakeBinance, moment: Moment) -> None:
    binance.limits.weight_limit = 100
    async with aiohttp.ClientSession() as session:
        url = f"{binance.rest_url}/fapi/v1/ticker/24hr"
        used = [(await get(session, url))[2]["X-MBX-USED-WEIGHT-1M"] for _ in range(2)]
        assert used == ["40", "80"]
        status, body, headers = await get(session, url)
        assert (status, body["code"], headers["Retry-After"]) == (429, -1003, "60")
        assert [(await get(session, url))[0] for _ in range(6)] == [429] * 5 + [418]
        moment.ms += 121_000
        assert (await get(session, url))[0] == 200


async def test_an_order_whose_answer_is_lost_was_taken(binance: FakeBinance, ccxt_binance: Ccxt) -> None:
    for end, client_id in ((End.ANSWER, "wh-a"), (End.DROP, "wh-b")):
        binance.faults.lose(ORDER, end=end)
        with pytest.raises(Exception, match="fapi/v1/order"):
            await buy(ccxt_binance, client_id=client_id)
        found = await ccxt_binance.fetch_order(None, SOL, {"origClientOrderId": client_id})
        assert found["status"] == "closed"
    binance.orders.lag_ms = 500
    await buy(ccxt_binance, client_id="wh-c")
    assert await refusal(ccxt_binance.fetch_order(None, SOL, {"origClientOrderId": "wh-c"})) == -2013


async def test_an_order_that_is_answered_wrongly_was_not_taken(binance: FakeBinance, ccxt_binance: Ccxt) -> None:
    timeout = {"code": -1007, "msg": "Timeout waiting for response from backend server."}
    fault = binance.faults.answer(ORDER, 503, timeout, method="POST", params={"newClientOrderId": "wh-2"})
    await buy(ccxt_binance)
    assert await refusal(buy(ccxt_binance, client_id="wh-2")) == -1007
    assert (fault.used, binance.account.position("SOLUSDT").amount) == (1, Decimal(2))


async def test_what_hangs_ends_with_the_server(moment: Moment) -> None:
    async with aiohttp.ClientSession() as session:
        async with FakeBinance(now_ms=moment) as binance:
            binance.faults.hang("/fapi/v1/ping")
            call = asyncio.create_task(session.get(f"{binance.rest_url}/fapi/v1/ping"))
            await binance.arrival("GET /fapi/v1/ping")
        with pytest.raises(aiohttp.ClientError):
            await call
