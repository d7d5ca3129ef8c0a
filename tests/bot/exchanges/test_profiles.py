"""What the profiles promise of ccxt: which hosts and requests, no foreign brokerage, exact numbers."""

import gzip
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

import pytest

from bot.exchanges.access import VenueAccess
from bot.exchanges.profiles import BINANCE, BYBIT, PROFILES, StopKind, VenueProfile
from bot.exchanges.rest.ccxt_loading import import_client_class
from bot.exchanges.rest.client import VenueClient
from bot.exchanges.rest.library import Seams, build_library
from tests.fakes.clock import FakeClock
from tests.fakes.raw_venue import RawVenue, Told, raw_venue

TINY, HUGE = "0.00000123", "12345678.12345678"
STEP = "0.00000001"
BINANCE_CONTRACT = {
    "symbol": "PEPEUSDT",
    "pair": "PEPEUSDT",
    "contractType": "PERPETUAL",
    "status": "TRADING",
    "baseAsset": "PEPE",
    "quoteAsset": "USDT",
    "marginAsset": "USDT",
    "pricePrecision": 8,
    "quantityPrecision": 8,
    "orderTypes": ["LIMIT", "MARKET", "STOP_MARKET"],
    "timeInForce": ["GTC", "IOC"],
    "filters": [
        {"filterType": "PRICE_FILTER", "minPrice": STEP, "maxPrice": "200000000", "tickSize": STEP},
        {"filterType": "LOT_SIZE", "minQty": STEP, "maxQty": "123456789.12345678", "stepSize": STEP},
        {"filterType": "MARKET_LOT_SIZE", "minQty": STEP, "maxQty": "12345678.12345678", "stepSize": STEP},
        {"filterType": "MIN_NOTIONAL", "notional": "5"},
    ],
}
BYBIT_CONTRACT = {
    "symbol": "PEPEUSDT",
    "contractType": "LinearPerpetual",
    "status": "Trading",
    "baseCoin": "PEPE",
    "quoteCoin": "USDT",
    "settleCoin": "USDT",
    "launchTime": "1585526400000",
    "deliveryTime": "0",
    "priceScale": "8",
    "leverageFilter": {"minLeverage": "1", "maxLeverage": "75.00", "leverageStep": "0.01"},
    "priceFilter": {"minPrice": STEP, "maxPrice": "199999999", "tickSize": STEP},
    "lotSizeFilter": {
        "maxOrderQty": "123456789.12345678",
        "maxMktOrderQty": "12345678.12345678",
        "minOrderQty": STEP,
        "qtyStep": STEP,
        "minNotionalValue": "5",
    },
}


@pytest.fixture(params=sorted(PROFILES))
def profile(request: pytest.FixtureRequest) -> VenueProfile:
    return PROFILES[request.param]


def library_of(profile: VenueProfile, *, rest_url: str | None = None, is_testnet: bool = False) -> Any:  # noqa: ANN401
    async def unused(*_: object) -> None:
        raise AssertionError("nothing is sent here")

    access = VenueAccess(profile=profile, rest_url=rest_url, is_testnet=is_testnet, api_key="key", api_secret="secret")
    seams = Seams(fetch=unused, throttle=unused, load_markets=unused)
    return build_library(import_client_class(profile.ccxt_id), access, FakeClock(), seams)


@pytest.fixture
async def server(profile: VenueProfile) -> AsyncIterator[RawVenue]:
    async with raw_venue() as venue:
        venue.always("/fapi/v1/exchangeInfo", Told(body={"symbols": [BINANCE_CONTRACT]}))
        venue.always("/v5/market/instruments-info", Told(body={"retCode": 0, "result": {"list": [BYBIT_CONTRACT]}}))
        venue.always("/fapi/v1/time", Told(body={"serverTime": 1761480000000}))
        venue.always("/v5/market/time", Told(body={"retCode": 0, "time": 1761480000000}))
        yield venue


@pytest.fixture
async def client(profile: VenueProfile, server: RawVenue) -> AsyncIterator[VenueClient]:
    access = VenueAccess(profile=profile, rest_url=server.root + "/", api_key="key", api_secret="secret")
    client = VenueClient(access, clock=FakeClock())
    yield client
    await client.close()


# --- hosts ----------------------------------------------------------------------------------------------------------


def test_nothing_is_left_that_points_elsewhere_when_a_root_is_given(profile: VenueProfile) -> None:
    library = library_of(profile, rest_url="http://127.0.0.1:9999")
    urls = library.urls["api"]
    assert set(urls) == profile.public_sections | profile.signed_sections
    assert all(url.startswith("http://127.0.0.1:9999") for url in urls.values())
    assert "://" not in json.dumps(library.urls).replace("http://127.0.0.1:9999", "")


def test_the_permissions_of_keys_are_asked_for_at_the_same_root() -> None:
    urls = library_of(BINANCE, rest_url="http://127.0.0.1:9999").urls["api"]
    assert urls["sapi"] == "http://127.0.0.1:9999/sapi/v1"
    assert urls["fapiPrivateV3"] == "http://127.0.0.1:9999/fapi/v3"


def test_the_real_hosts_are_those_of_the_venue(profile: VenueProfile) -> None:
    hosts = {url.split("/")[2] for url in library_of(profile).urls["api"].values()}
    expected = {"binance": {"fapi.binance.com", "api.binance.com"}, "bybit": {"api.bybit.com"}}
    assert hosts == expected[profile.name]


def test_test_keys_never_go_to_the_real_venue(profile: VenueProfile) -> None:
    hosts = {url.split("/")[2] for url in library_of(profile, is_testnet=True).urls["api"].values()}
    assert hosts == {{"binance": "demo-fapi.binance.com", "bybit": "api-testnet.bybit.com"}[profile.name]}


def test_streams_have_roots_of_their_own_unless_they_are_given(profile: VenueProfile) -> None:
    real, test = VenueAccess(profile=profile), VenueAccess(profile=profile, is_testnet=True)
    roots = [real.public_stream_root, real.private_stream_root, test.public_stream_root, test.private_stream_root]
    assert all(root.startswith("wss://") and not root.endswith("/") for root in roots)
    assert set(roots[:2]).isdisjoint(roots[2:])
    local = VenueAccess(profile=profile, stream_url="ws://127.0.0.1:1/")
    assert (local.public_stream_root, local.private_stream_root) == ("ws://127.0.0.1:1",) * 2
    both = replace(local, private_stream_url="ws://127.0.0.1:2")
    assert both.private_stream_root == "ws://127.0.0.1:2"


def test_keys_are_not_shown() -> None:
    access = VenueAccess(profile=BYBIT, api_key="the-key", api_secret="the-secret")
    assert access.has_keys
    assert "the-key" not in repr(access)
    assert "the-secret" not in repr(access)
    assert not VenueAccess(profile=BYBIT, api_key="the-key").has_keys


# --- requests -------------------------------------------------------------------------------------------------------


async def test_contracts_cost_no_more_requests_than_needed_and_no_keys(client: VenueClient, server: RawVenue) -> None:
    markets = await client.ask("load_markets")
    await client.ask("load_markets")
    assert list(markets) == ["PEPE/USDT:USDT"]
    expected = {"binance": ["GET /fapi/v1/exchangeInfo"], "bybit": ["GET /v5/market/instruments-info"] * 2}
    assert server.paths() == expected[client.name]
    assert all("signature" not in seen.fields for seen in server.seen)
    await client.ask("load_markets", True)
    assert len(server.paths()) == 2 * len(expected[client.name])


async def test_an_order_is_sent_as_it_was_meant_and_by_nobody_else(client: VenueClient, server: RawVenue) -> None:
    path = {"binance": "/fapi/v1/order", "bybit": "/v5/order/create"}[client.name]
    answer = {"orderId": 7, "clientOrderId": "wh-1"} if client.name == "binance" else {}
    server.always(path, Told(body={"retCode": 0, "result": {"orderId": "7", "orderLinkId": "wh-1"}, **answer}))
    params = {"clientOrderId": "wh-1", **client.profile.entry_params}
    await client.call("create_order", "PEPE/USDT:USDT", "market", "buy", HUGE, None, params)
    sent = server.seen[-1]
    fields = sent.fields or json.loads(sent.body)
    assert fields.get("quantity", fields.get("qty")) == HUGE
    assert fields.get("newClientOrderId", fields.get("orderLinkId")) == "wh-1"
    assert "Referer" not in sent.headers
    assert not {"marketUnit", "isLeverage", "brokerId"} & set(fields)
    private = [path for path in server.paths() if "user" in path or "account" in path]
    assert private == []


# --- numbers --------------------------------------------------------------------------------------------------------


async def test_prices_and_quantities_are_rounded_exactly(client: VenueClient) -> None:
    await client.ask("load_markets")
    library = client.library
    # ccxt sets the rounding of whoever calls it directly.
    with localcontext():
        for text in (TINY, HUGE, STEP, "0.1", "99999999.99999999"):
            for value in (text, Decimal(text)):
                assert library.price_to_precision("PEPE/USDT:USDT", value) == text
                assert library.amount_to_precision("PEPE/USDT:USDT", value) == text
        assert library.amount_to_precision("PEPE/USDT:USDT", "12345678.123456789") == HUGE


async def test_limits_of_a_contract_are_exact_texts(client: VenueClient) -> None:
    market = (await client.ask("load_markets"))["PEPE/USDT:USDT"]
    assert Decimal(market["precision"]["price"]) == Decimal(market["precision"]["amount"]) == Decimal(STEP)
    assert Decimal(market["limits"]["amount"]["max"]) in {Decimal(HUGE), Decimal("123456789.12345678")}
    assert not floats(market)


def floats(value: object) -> list[object]:
    """Return every binary fraction in what ccxt hands over, but for the fees of its own table, which nobody reads."""
    if isinstance(value, float):
        return [value]
    if isinstance(value, dict):
        return [found for name, each in value.items() if name not in {"maker", "taker"} for found in floats(each)]
    return [found for each in value for found in floats(each)] if isinstance(value, list) else []


ROWS: dict[str, dict[str, dict[str, Any]]] = {
    "binance": {
        "parse_order": {
            "symbol": "PEPEUSDT",
            "orderId": 1,
            "clientOrderId": "wh-1",
            "price": "0",
            "avgPrice": TINY,
            "origQty": HUGE,
            "executedQty": HUGE,
            "cumQuote": "15.18518529",
            "status": "FILLED",
            "type": "MARKET",
            "side": "BUY",
            "updateTime": 1761480000000,
        },
        "parse_trade": {
            "symbol": "PEPEUSDT",
            "id": 5,
            "orderId": 1,
            "price": TINY,
            "qty": HUGE,
            "quoteQty": "15.18518529",
            "commission": "0.00759259",
            "commissionAsset": "USDT",
            "time": 1761480000000,
            "side": "BUY",
            "buyer": True,
            "maker": False,
        },
        "parse_position_risk": {
            "symbol": "PEPEUSDT",
            "positionAmt": HUGE,
            "entryPrice": TINY,
            "markPrice": TINY,
            "unRealizedProfit": "0",
            "liquidationPrice": TINY,
            "leverage": "2",
            "marginType": "isolated",
            "isolatedMargin": "7.5",
            "isolatedWallet": "7.5",
            "notional": "15.18518529",
            "positionSide": "BOTH",
            "updateTime": 1761480000000,
        },
    },
    "bybit": {
        "parse_order": {
            "symbol": "PEPEUSDT",
            "orderId": "1",
            "orderLinkId": "wh-1",
            "price": "0",
            "avgPrice": TINY,
            "qty": HUGE,
            "cumExecQty": HUGE,
            "cumExecValue": "15.18518529",
            "orderStatus": "Filled",
            "orderType": "Market",
            "side": "Buy",
            "createdTime": "1761480000000",
        },
        "parse_trade": {
            "symbol": "PEPEUSDT",
            "execId": "5",
            "orderId": "1",
            "execPrice": TINY,
            "execQty": HUGE,
            "execValue": "15.18518529",
            "execFee": "0.00759259",
            "execTime": "1761480000000",
            "side": "Buy",
            "isMaker": False,
        },
        "parse_position": {
            "symbol": "PEPEUSDT",
            "side": "Buy",
            "size": HUGE,
            "avgPrice": TINY,
            "markPrice": TINY,
            "liqPrice": TINY,
            "leverage": "2",
            "positionValue": "15.18518529",
            "positionIM": "7.5",
            "unrealisedPnl": "0",
            "positionIdx": 0,
            "updatedTime": "1761480000000",
        },
    },
}
NUMBERS = {"price", "average", "amount", "filled", "contracts", "entryPrice", "liquidationPrice"}


async def test_what_is_parsed_is_exact(client: VenueClient) -> None:
    await client.ask("load_markets")
    market = client.library.market("PEPE/USDT:USDT")
    if client.name == "binance":
        client.library.options["leverageBrackets"] = {"PEPE/USDT:USDT": [["0", "0.01"]]}
    for parse, row in ROWS[client.name].items():
        parsed = getattr(client.library, parse)(row, market)
        assert not floats(parsed), parse
        found = {name: parsed[name] for name in NUMBERS if parsed.get(name) is not None}
        assert found, parse
        assert {Decimal(value) for value in found.values()} <= {Decimal(TINY), Decimal(HUGE)}, (parse, found)


async def test_the_recorded_contracts_are_read_without_binary_fractions(shared_data: Path) -> None:
    with gzip.open(shared_data / "venue" / "binance_usdm_exchangeInfo_20210721.json.gz") as packed:
        recorded = json.load(packed)
    async with raw_venue() as server:
        server.always("/fapi/v1/exchangeInfo", Told(body=recorded))
        client = VenueClient(VenueAccess(profile=BINANCE, rest_url=server.root), clock=FakeClock())
        markets = await client.ask("load_markets")
        await client.close()
    assert len(markets) == len(recorded["symbols"])
    assert not floats(list(markets.values()))


# --- quirks ---------------------------------------------------------------------------------------------------------


def test_each_venue_keeps_stops_in_its_own_way() -> None:
    assert (BINANCE.stop_kind, BINANCE.can_amend_stop) == (StopKind.ORDER, False)
    assert (BYBIT.stop_kind, BYBIT.can_amend_stop) == (StopKind.POSITION, True)


def test_our_time_is_the_librarys(profile: VenueProfile) -> None:
    library = library_of(profile)
    assert library.nonce() == library.milliseconds() == int(FakeClock().now().timestamp()) * 1000
    library.options["timeDifference"] = 1500
    assert library.nonce() == library.milliseconds() - 1500
    assert library.options["adjustForTimeDifference"] is False


def test_options_of_one_client_are_not_anothers(profile: VenueProfile) -> None:
    first, second = library_of(profile), library_of(profile)
    first.options["timeDifference"] = 1500
    first.options["fetchMarkets"]["types"] = ["spot"]
    assert second.options["timeDifference"] == 0
    assert second.options["fetchMarkets"]["types"] == ["linear"]
    assert profile.ccxt_options["fetchMarkets"]["types"] == ["linear"]  # type: ignore[index]
