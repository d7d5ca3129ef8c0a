"""What is done to and asked of a bot at one venue, on virtual time; no test is here."""

import json
from typing import Any

from tests.fakes.venues.binance_server import FakeBinance
from tests.fakes.venues.bybit_server import FakeBybit
from tests.faults.ledger_checks import read_books
from tests.faults.venue_books import executed_twice, guesses, misbooked, miscounted, open_still
from tests.faults.venue_world import WALLET
from tests.scenarios.talk import rows
from tests.scenarios.venue_world import AtVenue
from tests.scenarios.world import ADMIN


def told(at: AtVenue, kind: str) -> list[dict[str, Any]]:
    """Return what was recorded of a kind, oldest first."""
    found = rows(at.world, "SELECT payload FROM events WHERE kind = ? ORDER BY id", kind)
    return [json.loads(payload) for (payload,) in found]


def posts(at: AtVenue, path: str) -> int:
    """Return how often the venue was asked to act at `path`."""
    return len(at.market.asked(f"POST {path}"))


def assert_books_agree(at: AtVenue) -> None:
    """Nothing is open on either side, and every fill of the venue is in our books once, with its fee and its result."""
    accounts, books = {at.name: at.market.account}, read_books(at.world.database)
    found = [*open_still(accounts, books), *executed_twice(accounts), *misbooked(accounts, books)]
    assert [*found, *miscounted(accounts, books, WALLET)] == []
    assert guesses(books) == set()


async def ended(at: AtVenue, count: int) -> dict[str, str]:
    """Wait until `count` positions are closed; return why, by symbol."""
    return {symbol: reason for symbol, reason, _ in await at.closed(count)}


async def close(at: AtVenue, symbol: str) -> None:
    """Let a person close a position and confirm it."""
    chat = at.world.telegram
    known = len(chat.messages(ADMIN))
    chat.say(ADMIN, None, f"/close {symbol}")
    question = (await at.world.until(lambda: [m for m in chat.messages(ADMIN)[known:] if m.buttons]))[0]
    chat.press(ADMIN, question, "Confirm")


def limit(market: FakeBinance | FakeBybit, seconds: float) -> None:
    """Let the venue refuse every request for a time, the way it does to those who asked too often."""
    if isinstance(market, FakeBinance):
        market.ban(seconds)
    else:
        market.limit_requests(seconds)


def show_late(market: FakeBinance | FakeBybit, milliseconds: int) -> None:
    if isinstance(market, FakeBinance):
        market.orders.lag_ms = milliseconds
    else:
        market.lag.fill_ms = milliseconds


def revoke(market: FakeBinance | FakeBybit, *, is_known: bool) -> None:
    if isinstance(market, FakeBinance):
        market.is_key_known = is_known
    else:
        market.key.is_expired = not is_known
