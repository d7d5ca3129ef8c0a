"""Funding: read back where there can be any, net in the result, never counted twice, never waited for."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from core.domain.errors import ConfigurationError, RetryLater
from core.domain.events import PositionClosed
from core.domain.positions import ExitReason, Position
from core.trading.funding import is_funding_due
from tests.builders import at, make_position, money
from tests.core.desk import Desk
from tests.core.venue_kinds import EVERY
from tests.fakes.exchange import HANG

VENUES = EVERY
SILENCES = [RetryLater("busy", timedelta(seconds=1)), ConfigurationError("the key may not read that"), HANG]


@pytest.fixture
async def held(desk: Desk) -> Position:
    """A long of 1 at 100 opened at 10:20, with its stop at 96."""
    return await desk.keep(make_position(fees_quote=money(0)))


def pay(desk: Desk, minutes: float, amount: str) -> None:
    desk.venue.payments.setdefault("SOLUSDT", []).append((at(minutes), money(amount)))


def asked(desk: Desk) -> int:
    return [name for name, _ in desk.venue.calls].count("funding")


@pytest.mark.parametrize(
    ("now", "read_at", "is_due"),
    [
        (at(39), None, False),
        (at(40), None, True),
        (at(45), at(30), True),
        (at(45), at(40, seconds=30), True),
        (at(45), at(42), False),
        (at(100), at(42), True),
    ],
)
def test_it_is_due_after_a_full_hour_until_it_was_surely_told(
    now: datetime, read_at: datetime | None, is_due: bool
) -> None:
    assert is_funding_due(make_position(), read_at, now) is is_due


async def test_what_is_paid_while_it_is_open_is_stored_once(desk: Desk, held: Position) -> None:
    pay(desk, -30, "-7")  # Before the entry.
    pay(desk, 40, "-0.5")
    await desk.clock.advance(timedelta(minutes=42))
    for _ in range(3):
        await desk.funding.run()
    assert desk.position().funding_quote == Decimal("-0.5")
    assert desk.book.live() == (desk.position(),)
    assert asked(desk) == 1, "there can be nothing new before the next hour"
    pay(desk, 100, "0.2")
    await desk.clock.advance(timedelta(hours=1))
    await desk.funding.run()
    assert desk.position().funding_quote == Decimal("-0.3"), "the sum since the entry"


async def test_nothing_is_asked_before_the_first_hour(desk: Desk, held: Position) -> None:
    await desk.clock.advance(timedelta(minutes=39))
    await desk.funding.run()
    await desk.exits.close(desk.venue, held, ExitReason.AGED)
    assert asked(desk) == 0


async def test_the_result_is_net_of_what_was_paid_last(desk: Desk, held: Position) -> None:
    pay(desk, 40, "-0.5")
    await desk.clock.advance(timedelta(minutes=41))
    after, _ = await desk.exits.close(desk.venue, held, ExitReason.AGED)
    assert (after.funding_quote, after.pnl_quote) == (Decimal("-0.5"), Decimal("-0.55"))
    assert [event.pnl_quote for event in desk.events(PositionClosed)] == [Decimal("-0.55")]


@pytest.mark.parametrize("end", ["stop", "by hand"])
async def test_it_counts_however_the_position_ends(desk: Desk, held: Position, end: str) -> None:
    pay(desk, 40, "0.25")
    await desk.clock.advance(timedelta(minutes=41))
    if end == "stop":
        desk.venue.set_price("SOLUSDT", 95)
    else:
        desk.venue.trade_by_hand("SOLUSDT", held.side.exit_side, 1)
    await desk.reconcile.run()
    assert desk.position().funding_quote == Decimal("0.25")
    assert desk.position().pnl_quote == desk.venue.realised + Decimal("0.25")


@pytest.mark.parametrize("silence", SILENCES)
async def test_a_venue_that_cannot_tell_changes_nothing(desk: Desk, held: Position, silence: Exception | str) -> None:
    pay(desk, 40, "-0.5")
    await desk.clock.advance(timedelta(minutes=45))
    await desk.funding.run()
    pay(desk, 100, "-0.5")
    await desk.clock.advance(timedelta(minutes=60))
    desk.venue.script("funding", silence, times=2)
    await desk.funding.run()
    assert desk.position().funding_quote == Decimal("-0.5")
    after, _ = await desk.exits.close(desk.venue, desk.position(), ExitReason.AGED)
    assert (after.funding_quote, after.pnl_quote) == (Decimal("-0.5"), Decimal("-0.55"))


async def test_a_position_that_ends_while_it_is_asked_for_stays_as_it_ended(
    desk: Desk, held: Position, monkeypatch: pytest.MonkeyPatch
) -> None:
    pay(desk, 40, "-0.5")
    await desk.clock.advance(timedelta(minutes=45))
    answer = desk.venue.funding

    async def funding_after_the_end(symbol: str, since_at: datetime) -> object:
        monkeypatch.setattr(desk.venue, "funding", answer)
        await desk.exits.close(desk.venue, held, ExitReason.AGED)
        return money("-99")

    monkeypatch.setattr(desk.venue, "funding", funding_after_the_end)
    await desk.funding.run()
    assert desk.position().funding_quote == Decimal("-0.5")
