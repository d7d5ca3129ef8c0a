"""A position that could neither be protected nor closed is not left so until everything is compared."""

from datetime import timedelta

import pytest

from core.domain.errors import RetryLater
from core.domain.orders import OrderLeg, RefusalReason, Refused
from core.domain.positions import PositionState
from core.trading.protection import Protection
from tests.builders import make_position
from tests.core.desk import Desk
from tests.core.venue_kinds import EVERY

VENUES = EVERY
LIMITED = Refused(reason=RefusalReason.RATE_LIMITED, detail="too many requests")
BUSY = RetryLater("too many requests", timedelta(seconds=60))
SECOND = timedelta(seconds=1)


@pytest.fixture
async def bare(desk: Desk) -> Desk:
    """A long of 1 at 100 whose stop was never taken, at a venue that takes no calls for now."""
    await desk.keep(make_position(stop_price=None, stop_order_id=None))
    desk.spawn("protection", Protection(desk.ground, exchanges=desk.exchanges, reconcile=desk.reconcile).run())
    return desk


async def pass_by(desk: Desk, seconds: int) -> None:
    for _ in range(seconds):
        await desk.clock.advance(SECOND)
        await desk.clock.settle()


async def test_it_gets_its_stop_soon_after_the_venue_takes_calls_again(bare: Desk) -> None:
    bare.venue.script("positions", BUSY, times=3)
    await pass_by(bare, 5 + 10 + 20)
    assert await bare.venue.stops() == []
    await pass_by(bare, 40)
    assert [stop.trigger_price for stop in await bare.venue.stops()] == [96]
    assert bare.position().stop_order_id is not None


async def test_it_is_looked_at_less_and_less_often_while_nothing_helps(bare: Desk) -> None:
    bare.venue.script("place", LIMITED, times=10_000)
    await pass_by(bare, 600)
    tries = len(bare.sent(OrderLeg.STOP))
    assert 30 <= tries <= 70
    assert bare.position().state is PositionState.OPEN
    await pass_by(bare, 600)
    assert len(bare.sent(OrderLeg.STOP)) - tries <= 60


async def test_what_is_protected_is_not_asked_about(desk: Desk) -> None:
    await desk.keep(make_position())
    desk.venue.calls.clear()
    desk.spawn("protection", Protection(desk.ground, exchanges=desk.exchanges, reconcile=desk.reconcile).run())
    await pass_by(desk, 30)
    assert desk.venue.calls == []
