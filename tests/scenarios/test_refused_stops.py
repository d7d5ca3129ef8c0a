"""A stop that the venue refuses to move, as often as it was recorded: what the whole bot sends in that hour.

The recorded bot sent the move of one position 728 times. Its coin is not what matters, and is one of the bench here;
when prices came, and the venue's words, are as recorded.
"""

import csv
import gzip
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from tests.scenarios.venue_world import AtVenue, play_at

SYMBOL, RECORDED = "XRPUSDT", "PRCLUSDT"
ORDER, STOP = "/v5/order/create", "/v5/position/trading-stop"
NOTHING_IS_SOLD = "Failed to submit order(s).The order price is lower than the minimum selling price."


def recorded(folder: Path) -> list[tuple[datetime, str]]:
    """Return when the stop was refused, and the venue's words."""
    with gzip.open(folder / "positions" / "trailing_events_20251023.csv.gz", "rt", encoding="utf-8") as lines:
        return [
            (datetime.fromtimestamp(int(row["ts_ms"]) / 1000, UTC), row["detail"].removeprefix("10001 "))
            for row in csv.DictReader(lines)
            if row["kind"] == "exchange_rejected_sl" and row["symbol"] == RECORDED
        ]


async def enter(at: AtVenue, refusals: list[tuple[datetime, str]]) -> None:
    """Open a position with its stop, which is not moved from then on."""
    assert len(refusals) == 728
    await at.wave(SYMBOL)
    await at.positions(1)
    assert at.stops() == {SYMBOL: [Decimal("0.4750")]}
    at.market.requests.clear()
    refuse(at, STOP, 10001, refusals[0][1])


async def live_through(at: AtVenue, refusals: list[tuple[datetime, str]]) -> None:
    """Let prices at which the trail wants the stop at 0.5084 come as they came."""
    shift = at.world.clock.now() - refusals[0][0]
    for number, (when, _) in enumerate(refusals):
        await at.world.clock.sleep_until(when + shift)
        at.price(SYMBOL, ("0.5110", "0.5109")[number % 2])


def refuse(at: AtVenue, path: str, code: int, words: str) -> None:
    """Let the venue refuse from now on."""
    at.market.faults.answer(path, 200, {"retCode": code, "retMsg": words, "result": {}}, times=None)


def sent(at: AtVenue, path: str) -> int:
    return len(at.market.asked(f"POST {path}"))


def test_the_first_refusal_closes_the_position(shared_data: Path, tmp_path: Path) -> None:
    refusals = recorded(shared_data)

    async def scene(at: AtVenue) -> None:
        await enter(at, refusals)
        # Nothing is left to refuse: a few minutes show it as well as the hour.
        await live_through(at, refusals[:100])
        assert [row[:2] for row in await at.closed(1)] == [(SYMBOL, "trailing_stop")]
        assert (sent(at, STOP), sent(at, ORDER)) == (1, 1)
        at.assert_books_agree()

    play_at("bybit", tmp_path, scene)


def test_where_nothing_can_be_sold_either_it_asks_seldom_and_says_so_once(shared_data: Path, tmp_path: Path) -> None:
    refusals = recorded(shared_data)

    async def scene(at: AtVenue) -> None:
        await enter(at, refusals)
        refuse(at, ORDER, 30209, NOTHING_IS_SOLD)
        told = len(at.world.in_group)
        await live_through(at, refusals)
        # Five of each at first, then ever more seldom: forty calls instead of 728 of the one kind alone.
        assert 5 <= sent(at, STOP) <= 22
        assert 5 <= sent(at, ORDER) <= 22
        said = at.world.in_group[told:]
        assert len([text for text in said if "refuses again and again" in text]) == 2
        assert len(said) <= 25
        # The stop of the entry stands all the while.
        assert at.stops() == {SYMBOL: [Decimal("0.4750")]}

    play_at("bybit", tmp_path, scene)
