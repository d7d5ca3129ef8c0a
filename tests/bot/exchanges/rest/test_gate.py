"""After a limit nothing is sent, and who must know is told once; reads hold no order back."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest

from bot.exchanges.errors import TroubleKind
from bot.exchanges.profiles import PROFILES
from bot.exchanges.rest.client import VenueClient
from core.domain.errors import RetryLater
from tests.fakes.client_bench import (
    ORDER,
    PUBLIC,
    PUBLIC_PATH,
    READ,
    ClientBench,
    Listener,
    Venue,
    client_bench,
    client_of,
    failure,
    limit,
    place,
)
from tests.fakes.clock import FakeClock


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


@pytest.fixture
def listener(bench: ClientBench) -> Listener:
    return bench.listener


async def test_after_a_limit_nothing_is_sent_for_the_wait_and_each_side_is_told_once(
    client: VenueClient, venue: Venue, clock: FakeClock, listener: Listener
) -> None:
    profile, server = venue
    began_at = clock.now()
    await place(client)
    server.once(ORDER[profile.name], limit(profile))
    first = await failure(place(client))
    assert (first.trouble.kind, first.trouble.wait) == (TroubleKind.BACK_OFF, timedelta(minutes=1))

    sent = len(server.seen)
    await clock.advance(timedelta(seconds=20))
    held = await failure(place(client))
    assert (held.trouble.kind, held.trouble.wait) == (TroubleKind.BACK_OFF, timedelta(seconds=40))
    with pytest.raises(RetryLater) as caught:
        await client.ask(PUBLIC[client.name])
    assert caught.value.wait == timedelta(seconds=40)
    assert len(server.seen) == sent

    await clock.advance(timedelta(seconds=41))
    server.once(ORDER[profile.name], limit(profile))
    await failure(place(client))
    assert listener.told == [("limited", profile.name, began_at + timedelta(minutes=1))]

    await clock.advance(timedelta(seconds=61))
    await place(client)
    await place(client)
    assert listener.told[1:] == [("restored", profile.name, timedelta(seconds=122))]


async def test_calls_that_waited_for_their_turn_do_not_go_out_into_a_limit(
    client: VenueClient, venue: Venue, clock: FakeClock
) -> None:
    profile, server = venue
    await place(client)
    lane = client._reads
    await lane.take(profile.read_pace.burst * 1000)
    waiting = asyncio.create_task(client.ask(PUBLIC[client.name]))
    await clock.settle()
    server.once(ORDER[profile.name], limit(profile))
    await failure(place(client))
    await clock.advance(timedelta(seconds=10))
    with pytest.raises(RetryLater):
        await waiting
    assert f"GET {PUBLIC_PATH[profile.name]}" not in server.paths()


async def test_a_word_to_the_listener_that_was_cut_off_is_said_again(venue: Venue, clock: FakeClock) -> None:
    profile, server = venue

    class Slow(Listener):
        async def venue_limited(self, venue: str, detail: str, until_at: datetime) -> None:
            await asyncio.sleep(0 if self.told else 3600)
            await super().venue_limited(venue, detail, until_at)

    listener = Slow()
    client = client_of(venue, clock, listener)
    server.once(ORDER[profile.name], limit(profile))
    cut = asyncio.create_task(failure(place(client)))
    await clock.run_until(lambda: client._gate._since_at is not None)
    cut.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cut
    listener.told.append(("slept", "", ""))
    await clock.advance(timedelta(minutes=2))
    server.once(ORDER[profile.name], limit(profile))
    await failure(place(client))
    assert [word for word, _, _ in listener.told] == ["slept", "limited"]
    await client.close()


async def test_reads_wait_for_their_turn_and_orders_do_not_wait_for_reads(
    client: VenueClient, venue: Venue, clock: FakeClock
) -> None:
    profile, server = venue
    await place(client)
    batch = [asyncio.create_task(client.ask(READ[client.name])) for _ in range(profile.read_pace.burst + 5)]
    await clock.settle()
    before = len(server.seen)
    await asyncio.wait_for(asyncio.ensure_future(place(client)), 5)
    assert not all(task.done() for task in batch)
    await clock.run_until(lambda: all(task.done() for task in batch))
    await asyncio.gather(*batch)
    assert len(server.seen) > before
