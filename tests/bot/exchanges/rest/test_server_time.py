"""The venue's time is measured by our clock, and what was refused for a wrong time is sent once more."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.exchanges.errors import TroubleKind
from bot.exchanges.profiles import PROFILES
from bot.exchanges.rest.client import VenueClient
from core.domain.errors import RetryLater
from tests.fakes.client_bench import (
    ORDER,
    PUBLIC,
    READ,
    TIME,
    ClientBench,
    Venue,
    client_bench,
    error,
    failure,
    now_ms,
    place,
    stamp,
    time_answer,
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


@pytest.mark.parametrize("ahead", [timedelta(minutes=7), timedelta(seconds=-42)])
async def test_the_venues_time_is_used_from_the_first_signed_call(
    client: VenueClient, venue: Venue, clock: FakeClock, ahead: timedelta
) -> None:
    profile, server = venue
    server.always(TIME[profile.name], lambda: time_answer(profile, now_ms(clock, ahead)))
    assert client.clock_ahead is None
    await client.call(PUBLIC[client.name])
    assert client.clock_ahead is None
    await place(client)
    assert client.clock_ahead == ahead
    assert stamp(profile, server) == now_ms(clock, ahead)


async def test_a_request_of_the_wrong_time_is_measured_anew_and_sent_once_more(
    client: VenueClient, venue: Venue, clock: FakeClock
) -> None:
    profile, server = venue
    await place(client)
    late = timedelta(seconds=30)
    server.always(TIME[profile.name], lambda: time_answer(profile, now_ms(clock, late)))
    wrong = error(profile, -1021 if profile.name == "binance" else 10002, "Timestamp for this request is outside")
    server.once(ORDER[profile.name], wrong)
    await place(client)
    assert server.paths()[-3:] == [
        f"POST {ORDER[profile.name]}",
        f"GET {TIME[profile.name]}",
        f"POST {ORDER[profile.name]}",
    ]
    assert stamp(profile, server) == now_ms(clock, late)

    server.once(ORDER[profile.name], wrong)
    server.once(ORDER[profile.name], wrong)
    again = await failure(place(client))
    assert again.trouble.kind is TroubleKind.REFUSED
    server.once(ORDER[profile.name], wrong)
    server.once(TIME[profile.name], Told(status=500, body=""))
    assert (await failure(place(client))).trouble.kind is TroubleKind.REFUSED


async def test_the_time_is_measured_hourly_by_reads(client: VenueClient, venue: Venue, clock: FakeClock) -> None:
    profile, server = venue
    path = f"GET {TIME[profile.name]}"
    await place(client)
    await client.ask(READ[client.name])
    assert server.paths().count(path) == 1
    await clock.advance(timedelta(hours=1))
    await place(client)
    assert server.paths().count(path) == 1
    await client.ask(READ[client.name])
    await client.ask(READ[client.name])
    assert server.paths().count(path) == 2
    assert await client.measure_time() == timedelta(0)
    assert server.paths().count(path) == 3


async def test_a_time_that_cannot_be_read_holds_no_order_back(client: VenueClient, venue: Venue) -> None:
    profile, server = venue
    server.once(TIME[profile.name], Told(status=500, body="<html>"))
    await place(client)
    assert client.clock_ahead is None
    await place(client)
    assert client.clock_ahead == timedelta(0)


async def test_a_time_that_cannot_be_read_is_told_to_who_asked_for_it(client: VenueClient, venue: Venue) -> None:
    profile, server = venue
    server.once(TIME[profile.name], Told(body={"retCode": 0}))
    with pytest.raises(RetryLater):
        await client.measure_time()
