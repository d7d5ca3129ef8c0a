"""A client of a venue before a local server that gives raw answers, on a clock that stands still."""

from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from bot.exchanges.access import VenueAccess
from bot.exchanges.errors import VenueFailure
from bot.exchanges.profiles import PROFILES, VenueProfile
from bot.exchanges.rest.client import VenueClient
from tests.fakes.clock import FakeClock
from tests.fakes.raw_venue import RawVenue, Told, raw_venue

KEY, SECRET = "key-of-the-test", "secret-of-the-test"
BINANCE_TIME, BYBIT_TIME = "/fapi/v1/time", "/v5/market/time"
BINANCE_ORDER, BYBIT_ORDER = "/fapi/v1/order", "/v5/order/create"
TIME = {"binance": BINANCE_TIME, "bybit": BYBIT_TIME}
ORDER = {"binance": BINANCE_ORDER, "bybit": BYBIT_ORDER}
PLACE = {"binance": "fapiPrivatePostOrder", "bybit": "privatePostV5OrderCreate"}
READ = {"binance": "fapiPrivateGetOrder", "bybit": "privateGetV5OrderRealtime"}
READ_PATH = {"binance": BINANCE_ORDER, "bybit": "/v5/order/realtime"}
PUBLIC = {"binance": "fapiPublicGetPing", "bybit": "publicGetV5MarketTickers"}
PUBLIC_PATH = {"binance": "/fapi/v1/ping", "bybit": "/v5/market/tickers"}

Venue = tuple[VenueProfile, RawVenue]


class Listener:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, object]] = []

    async def venue_limited(self, venue: str, detail: str, until_at: datetime) -> None:
        self.told.append(("limited", venue, until_at))

    async def venue_restored(self, venue: str, outage: timedelta) -> None:
        self.told.append(("restored", venue, outage))


def now_ms(clock: FakeClock, ahead: timedelta = timedelta(0)) -> int:
    return int((clock.now() - ahead).timestamp() * 1000)


def time_answer(profile: VenueProfile, at_ms: int) -> Told:
    if profile.name == "binance":
        return Told(body={"serverTime": at_ms})
    return Told(body={"retCode": 0, "retMsg": "OK", "result": {}, "time": at_ms})


def fine(profile: VenueProfile) -> Told:
    return Told(
        body={"orderId": 1} if profile.name == "binance" else {"retCode": 0, "result": {"orderId": "1", "list": []}}
    )


def error(profile: VenueProfile, code: int, text: str = "no", status: int = 400, **headers: str) -> Told:
    if profile.name == "binance":
        return Told(body={"code": code, "msg": text}, status=status, headers=headers)
    return Told(body={"retCode": code, "retMsg": text, "result": {}}, headers=headers)


def client_of(venue: Venue, clock: FakeClock, listener: Listener | None = None, **changes: object) -> VenueClient:
    profile, server = venue
    access = VenueAccess(profile=profile, rest_url=server.root, api_key=KEY, api_secret=SECRET)
    return VenueClient(access, clock=clock, listener=listener, **changes)  # type: ignore[arg-type]


async def failure(doing: Awaitable[object]) -> VenueFailure:
    with pytest.raises(VenueFailure) as caught:
        await doing
    return caught.value


def place(client: VenueClient) -> Awaitable[object]:
    return client.call(PLACE[client.name], {"symbol": "BTCUSDT"})


def stamp(profile: VenueProfile, server: RawVenue) -> int:
    sent = server.seen[-1]
    if profile.name == "binance":
        return int(sent.fields["timestamp"])
    return int({name.lower(): value for name, value in sent.headers.items()}["x-bapi-timestamp"])


def limit(profile: VenueProfile) -> Told:
    if profile.name == "binance":
        return error(profile, -1003, "Too many requests", 429)
    return error(profile, 10006, "Too many visits!")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientBench:
    """All that a test of the client needs."""

    profile: VenueProfile
    server: RawVenue
    clock: FakeClock
    listener: Listener
    client: VenueClient

    @property
    def venue(self) -> Venue:
        return self.profile, self.server


@asynccontextmanager
async def client_bench(name: str) -> AsyncIterator[ClientBench]:
    """Run a server of the venue `name` that takes everything, and a client of it."""
    profile, clock, listener = PROFILES[name], FakeClock(), Listener()
    async with raw_venue() as server:
        server.always(TIME[name], lambda: time_answer(profile, now_ms(clock)))
        for path in (ORDER[name], READ_PATH[name], PUBLIC_PATH[name]):
            server.always(path, fine(profile))
        client = client_of((profile, server), clock, listener)
        yield ClientBench(profile=profile, server=server, clock=clock, listener=listener, client=client)
        await client.close()
