"""The client against a local server that answers with raw bodies, for both venues."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from decimal import ROUND_HALF_EVEN, getcontext

import aiohttp
import pytest

from bot.exchanges.access import VenueAccess
from bot.exchanges.errors import TroubleKind
from bot.exchanges.profiles import PROFILES
from bot.exchanges.rest.client import VenueClient
from core.domain.errors import ConfigurationError, RetryLater
from core.domain.orders import RefusalReason
from tests.fakes.client_bench import (
    BINANCE_ORDER,
    KEY,
    ORDER,
    PLACE,
    PUBLIC,
    PUBLIC_PATH,
    READ,
    READ_PATH,
    SECRET,
    ClientBench,
    Venue,
    client_bench,
    client_of,
    error,
    failure,
    fine,
    now_ms,
    place,
)
from tests.fakes.clock import FakeClock
from tests.fakes.raw_venue import Told


@pytest.fixture(params=sorted(PROFILES))
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[ClientBench]:
    async with client_bench(request.param) as bench:
        yield bench


@pytest.fixture
def client(bench: ClientBench) -> VenueClient:
    return bench.client


@pytest.fixture
def venue(bench: ClientBench) -> Venue:
    return bench.venue


@pytest.fixture
def clock(bench: ClientBench) -> FakeClock:
    return bench.clock


# --- a call ---------------------------------------------------------------------------------------------------------


async def test_a_signed_call_carries_our_time_and_a_right_signature(client: VenueClient, venue: Venue) -> None:
    _, server = venue
    await client.call(PLACE[client.name], {"symbol": "BTCUSDT", "newClientOrderId": "wh-1", "quantity": "0.00000123"})
    sent = server.seen[-1]
    if client.name == "binance":
        query, _, signature = sent.body.rpartition("&signature=")
        stamp = sent.fields["timestamp"]
        assert sent.fields["newClientOrderId"] == "wh-1"
    else:
        headers = {name.lower(): value for name, value in sent.headers.items()}
        stamp, signature = headers["x-bapi-timestamp"], headers["x-bapi-sign"]
        query = stamp + KEY + headers["x-bapi-recv-window"] + sent.body
        assert json.loads(sent.body)["quantity"] == "0.00000123"
    assert signature == hmac.new(SECRET.encode(), query.encode(), hashlib.sha256).hexdigest()
    assert int(stamp) == now_ms(client._clock)  # type: ignore[arg-type]


async def test_nothing_of_another_brokerage_goes_out(client: VenueClient, venue: Venue) -> None:
    _, server = venue
    await place(client)
    sent = server.seen[-1]
    assert "Referer" not in sent.headers
    assert "ccxt" not in json.dumps([sent.fields, sent.body]).lower()


async def test_fractions_come_as_they_were_written(client: VenueClient, venue: Venue) -> None:
    profile, server = venue
    server.once(PUBLIC_PATH[profile.name], Told(body='{"retCode":0,"price":12345678.12345678,"count":7}'))
    answer = await client.call(PUBLIC[client.name])
    assert answer["price"] == "12345678.12345678"
    assert answer["count"] == 7


async def test_the_rounding_of_our_decimals_is_left_alone(client: VenueClient) -> None:
    await client.open()
    client.library.on_json_response = lambda _: client.library.decimal_to_precision("0.5", 1, 0, 2) and {"retCode": 0}
    await client.call(PUBLIC[client.name])
    assert getcontext().rounding == ROUND_HALF_EVEN


# --- what goes wrong ------------------------------------------------------------------------------------------------


async def test_a_refusal_is_told_by_its_code_and_nothing_is_said_of_addresses(
    client: VenueClient, venue: Venue
) -> None:
    profile, server = venue
    server.once(ORDER[profile.name], error(profile, -2019 if profile.name == "binance" else 110007, "Not enough"))
    trouble = (await failure(place(client))).trouble
    assert (trouble.kind, trouble.reason) == (TroubleKind.REFUSED, RefusalReason.INSUFFICIENT_FUNDS)
    assert trouble.detail == "Not enough"


async def test_an_answer_that_is_none_leaves_it_unknown(client: VenueClient, venue: Venue) -> None:
    profile, server = venue
    answers = [
        Told(status=502, body="<html>Bad Gateway</html>"),
        Told(status=503, body='{"code":-1007,"retCode":10000,"msg":"Timeout waiting","retMsg":"Timeout"}'),
        Told(body="<html>maintenance</html>"),
        Told(cut=True),
    ]
    for told in answers:
        server.once(ORDER[profile.name], told)
        caught = await failure(place(client))
        assert caught.trouble.kind is TroubleKind.UNKNOWN
        assert server.root not in f"{caught} {caught.trouble}"
        assert caught.__cause__ is None
    assert server.paths().count(f"POST {ORDER[profile.name]}") == len(answers)


async def test_a_server_that_is_not_there_took_no_order(venue: Venue, clock: FakeClock) -> None:
    profile, _ = venue
    access = VenueAccess(profile=profile, rest_url="http://127.0.0.1:9", api_key=KEY, api_secret=SECRET)
    client = VenueClient(access, clock=clock)
    caught = await failure(place(client))
    assert (caught.trouble.kind, caught.trouble.reason) == (TroubleKind.REFUSED, RefusalReason.OTHER)
    assert KEY not in str(caught)
    # What only reads is asked for again soon.
    assert (await failure(client.call(READ[client.name]))).trouble.kind is TroubleKind.UNKNOWN
    await client.close()


async def test_what_the_library_refuses_by_itself_was_not_sent(venue: Venue, clock: FakeClock) -> None:
    profile, server = venue
    client = VenueClient(VenueAccess(profile=profile, rest_url=server.root), clock=clock)
    caught = await failure(place(client))
    assert caught.trouble.kind is TroubleKind.MISCONFIGURED
    assert f"POST {ORDER[profile.name]}" not in server.paths()
    with pytest.raises(ConfigurationError, match=profile.title):
        await client.ask(READ[client.name])
    await client.close()


async def test_an_answer_of_another_shape_is_unknown_and_a_wrong_call_is_our_own_fault(
    client: VenueClient, venue: Venue
) -> None:
    profile, server = venue
    await client.open()
    server.once(PUBLIC_PATH[profile.name], fine(profile))

    async def misread() -> object:
        await getattr(client.library, PUBLIC[client.name])()
        return {}["price"]  # type: ignore[index]

    client.library.misread = misread
    assert (await failure(client.call("misread"))).trouble.kind is TroubleKind.UNKNOWN
    with pytest.raises(AttributeError):
        await client.call("no_such_method")


async def test_a_failure_after_the_venue_took_an_order_is_unknown(client: VenueClient, venue: Venue) -> None:
    profile, server = venue
    await client.open()

    async def two_steps() -> None:
        await getattr(client.library, PLACE[client.name])({"symbol": "X"})
        await getattr(client.library, READ[client.name])({"symbol": "X"})

    client.library.two_steps = two_steps
    if profile.name == "binance":
        server.once(BINANCE_ORDER, fine(profile))
    server.once(READ_PATH[profile.name], error(profile, -2013 if profile.name == "binance" else 110001))
    assert (await failure(client.call("two_steps"))).trouble.kind is TroubleKind.UNKNOWN


async def test_reads_raise_what_the_port_says(client: VenueClient, venue: Venue) -> None:
    profile, server = venue
    bad_key = error(profile, -2015 if profile.name == "binance" else 10003, "Invalid API-key")
    server.once(READ_PATH[profile.name], bad_key)
    with pytest.raises(ConfigurationError, match="API key"):
        await client.ask(READ[client.name])
    server.once(READ_PATH[profile.name], Told(status=500, body=""))
    with pytest.raises(RetryLater) as caught:
        await client.ask(READ[client.name])
    assert caught.value.wait > timedelta(0)


# --- cancellation and closing ---------------------------------------------------------------------------------------


def never() -> Callable[[], Awaitable[None]]:
    async def hold() -> None:
        await asyncio.Event().wait()

    return hold


async def test_calls_that_are_cut_off_leave_the_client_usable(client: VenueClient, venue: Venue) -> None:
    profile, server = venue
    await place(client)
    for _ in range(3):
        server.once(ORDER[profile.name], Told(hold=never()))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await place(client)
    await place(client)


async def test_a_call_that_is_cut_off_while_it_waits_costs_nothing(
    client: VenueClient, venue: Venue, clock: FakeClock
) -> None:
    profile, _ = venue
    await place(client)
    await client._reads.take(profile.read_pace.burst * 1000)
    waiting = [asyncio.create_task(client.ask(READ[client.name])) for _ in range(20)]
    await clock.settle()
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    last = asyncio.create_task(client.ask(READ[client.name]))
    await clock.run_until(last.done, limit=profile.read_pace.rest * 10)
    assert last.exception() is None


BINANCE_MARKETS, BYBIT_MARKETS = "/fapi/v1/exchangeInfo", "/v5/market/instruments-info"


async def test_one_who_is_cut_off_does_not_take_the_contracts_from_the_others(
    client: VenueClient, venue: Venue
) -> None:
    profile, server = venue
    path = {"binance": BINANCE_MARKETS, "bybit": BYBIT_MARKETS}[profile.name]
    empty = {"symbols": []} if profile.name == "binance" else {"retCode": 0, "result": {"list": []}}
    arrived = asyncio.Event()

    async def hold() -> None:
        arrived.set()
        await asyncio.Event().wait()

    server.once(path, Told(hold=hold))
    server.always(path, Told(body=empty))
    first = asyncio.create_task(client.ask("load_markets"))
    await arrived.wait()
    second = asyncio.create_task(client.ask("load_markets"))
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert await second == {}


async def test_closing_twice_is_safe_and_calls_fail_afterwards(venue: Venue, clock: FakeClock) -> None:
    client = client_of(venue, clock)
    await place(client)
    await client.close()
    await client.close()
    assert (await failure(place(client))).trouble.code == "closed"
    with pytest.raises(RetryLater):
        await client.ask(PUBLIC[client.name])
    with pytest.raises(RuntimeError):
        _ = client.library


async def test_a_client_that_was_never_opened_closes(venue: Venue, clock: FakeClock) -> None:
    client = client_of(venue, clock)
    await client.close()
    assert (await failure(place(client))).trouble.code == "closed"


async def test_a_session_of_ours_is_used_and_closed_once(venue: Venue, clock: FakeClock) -> None:
    made: list[aiohttp.ClientSession] = []

    def session() -> aiohttp.ClientSession:
        made.append(aiohttp.ClientSession(headers={"X-Ours": "yes"}))
        return made[-1]

    client = client_of(venue, clock, session=session)
    await asyncio.gather(place(client), place(client))
    assert len(made) == 1
    assert venue[1].seen[-1].headers["X-Ours"] == "yes"
    await client.close()
    assert made[0].closed
