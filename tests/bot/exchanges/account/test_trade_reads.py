"""Long lists are read to their end, whichever way a venue cuts them."""

from datetime import timedelta
from typing import Any, cast

import pytest

from bot.exchanges.account.trade_reads import Listing, Lists
from bot.exchanges.orders.answers import in_ms
from bot.exchanges.orders.reads import Pages
from bot.exchanges.rest.client import VenueClient
from tests.contracts.venue_benches import EagerClock

DAY_MS = 86_400_000


class Listed:
    """A venue that lists rows, a few at a time."""

    def __init__(self, times: list[int], *, newest_first: bool) -> None:
        self._rows = [{"id": str(number), "timestamp": time} for number, time in enumerate(times)]
        self._newest_first = newest_first
        self.asked: list[dict[str, Any]] = []

    async def ask(self, method: str, unified: str, since: int, limit: int, params: dict[str, Any]) -> Any:  # noqa: ANN401
        self.asked.append({"since": since, **params})
        assert params["until"] - since <= 7 * DAY_MS
        found = [row for row in self._rows if since <= row["timestamp"] <= params["until"]]  # type: ignore[operator]
        return found[-limit:] if self._newest_first else found[:limit]


def reader(venue: Listed, clock: EagerClock) -> Lists:
    return Lists(cast("VenueClient", venue), clock=clock)


def listing(*, newest_first: bool, limit: int = 10) -> Listing:
    pages = Pages(limit=limit, window=timedelta(days=7), newest_first=newest_first, params={"size": 1})
    return Listing(method="fetch_my_trades", unified="SOL/USDT:USDT", pages=pages, params={"execType": "Trade"})


@pytest.mark.parametrize("newest_first", [True, False])
async def test_every_row_comes_once_and_in_order(newest_first: bool) -> None:
    clock = EagerClock()
    since_at = clock.now() - timedelta(days=30)
    times = sorted(in_ms(since_at) + number * number * 40_000_000 % (30 * DAY_MS) for number in range(97))
    venue = Listed(times, newest_first=newest_first)
    rows = await reader(venue, clock).since(listing(newest_first=newest_first), since_at)
    assert [row["timestamp"] for row in rows] == times
    assert all(asked["execType"] == "Trade" and asked["size"] == 1 for asked in venue.asked)


@pytest.mark.parametrize("newest_first", [True, False])
async def test_more_rows_of_one_moment_than_a_page_end_the_search(newest_first: bool) -> None:
    clock = EagerClock()
    venue = Listed([in_ms(clock.now())] * 25, newest_first=newest_first)
    rows = await reader(venue, clock).since(listing(newest_first=newest_first), clock.now())
    assert len(rows) == 10


async def test_a_venue_whose_clock_is_ahead_is_read_whole() -> None:
    clock = EagerClock()
    venue = Listed([in_ms(clock.now()) + 30_000], newest_first=False)
    assert len(await reader(venue, clock).since(listing(newest_first=False), clock.now())) == 1
