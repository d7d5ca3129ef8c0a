"""Recorded answers of the venues served raw to the real client; what must come of them is in the tests."""

import gzip
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.exchanges.access import VenueAccess
from bot.exchanges.ccxt_futures import CcxtFutures
from bot.exchanges.market.venue_market import VenueMarket
from bot.exchanges.profiles import PROFILES
from bot.exchanges.rest.client import VenueClient
from core.domain.money import exact
from tests.contracts.venue_benches import EagerClock
from tests.fakes.client_bench import KEY, SECRET, TIME, time_answer
from tests.fakes.listed_markets import binance_market, bybit_market
from tests.fakes.raw_venue import RawVenue, Told, raw_venue

BINANCE_CONTRACTS, BYBIT_CONTRACTS = "/fapi/v1/exchangeInfo", "/v5/market/instruments-info"
BINANCE_POSITIONS, BYBIT_POSITIONS = "/fapi/v3/positionRisk", "/v5/position/list"
BINANCE_STOPS, BYBIT_ORDERS = "/fapi/v1/openAlgoOrders", "/v5/order/realtime"
BYBIT_HISTORY, BYBIT_TICKERS = "/v5/order/history", "/v5/market/tickers"
BINANCE_DAY, BINANCE_MARKS = "/fapi/v1/ticker/24hr", "/fapi/v1/premiumIndex"
BINANCE_BOOK, BINANCE_LASTS = "/fapi/v1/ticker/bookTicker", "/fapi/v2/ticker/price"

SHAPES = "shape_only_fixtures.json"
"""Partly made up by hand: the right shape, invented values."""


def load(folder: Path, name: str) -> Any:  # noqa: ANN401 - as recorded
    """Return the recording `name` of venue payloads."""
    file = folder / "venue" / name
    text = gzip.decompress(file.read_bytes()) if name.endswith(".gz") else file.read_bytes()
    return json.loads(text)


def native(unified: str) -> str:
    """Return the venue's own name of what ccxt calls `unified`."""
    return unified.partition(":")[0].replace("/", "")


def plain(value: object) -> str:
    """Return a recorded figure as a venue writes it."""
    return f"{exact(value).normalize():f}"


def in_envelope(*rows: Any, **more: Any) -> Told:  # noqa: ANN401
    """Return an answer of Bybit with a list of rows."""
    return Told(body={"retCode": 0, "retMsg": "OK", "result": {"category": "linear", "list": list(rows), **more}})


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A raw server and the adapter before it."""

    server: RawVenue
    clock: EagerClock
    client: VenueClient
    market: VenueMarket
    exchange: CcxtFutures

    def tell_contracts(self, natives: Iterable[str], **changes: Mapping[str, Any]) -> None:
        """Let these contracts be listed; `changes` replace parts of their descriptions, by name."""
        if self.client.name == "binance":
            rows = [{**binance_words(name), **changes.get(name, {})} for name in natives]
            self.server.always(BINANCE_CONTRACTS, Told(body={"symbols": rows}))
        else:
            rows = [{**bybit_words(name), **changes.get(name, {})} for name in natives]
            self.server.always(BYBIT_CONTRACTS, in_envelope(*rows))


def binance_words(name: str) -> dict[str, Any]:
    """Return how Binance describes a contract."""
    base = name.removesuffix("USDT")
    info: dict[str, Any] = binance_market(name)["info"]
    return {**info, "pair": name, "baseAsset": base, "quoteAsset": "USDT", "marginAsset": "USDT", "orderTypes": []}


def bybit_words(name: str) -> dict[str, Any]:
    """Return how Bybit describes a contract."""
    base = name.removesuffix("USDT")
    info: dict[str, Any] = bybit_market(name)["info"]
    return {**info, "baseCoin": base, "quoteCoin": "USDT", "settleCoin": "USDT", "launchTime": "1585526400000"}


@asynccontextmanager
async def served(name: str) -> AsyncIterator[Served]:
    """Run a raw server and the adapter of the venue `name` before it."""
    clock, profile = EagerClock(), PROFILES[name]
    async with raw_venue() as server:
        server.always(TIME[name], lambda: time_answer(profile, clock.now_ms()))
        access = VenueAccess(profile=profile, rest_url=server.root, api_key=KEY, api_secret=SECRET)
        client = VenueClient(access, clock=clock)
        market = VenueMarket(client, clock=clock)
        exchange = CcxtFutures(client, market, clock=clock)
        try:
            yield Served(server=server, clock=clock, client=client, market=market, exchange=exchange)
        finally:
            await exchange.close()


def json_bytes(message: object) -> bytes:
    """Return a frame with `message`."""
    return json.dumps(message).encode()
