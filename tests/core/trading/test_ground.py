"""An order whose story is broken off after it was sent is settled like one without an answer."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta

import pytest

from core.domain.errors import RetryLater
from core.domain.orders import OrderRequest
from core.domain.positions import ExitReason, Position, PositionState
from core.ports.storage import UnitOfWork
from tests.builders import make_position, price
from tests.core.desk import Desk
from tests.core.venue_kinds import EVERY

VENUES = EVERY
FULL = RetryLater("the disk is full", timedelta(seconds=1))


async def enter(desk: Desk) -> object:
    desk.venue.set_price("SOLUSDT", 100)
    return await desk.entries.open(desk.venue, desk.entry())


async def leave(desk: Desk) -> object:
    return await desk.exits.close(desk.venue, desk.position(), ExitReason.AGED)


async def protect(desk: Desk) -> object:
    return await desk.stops.put(desk.venue, desk.position(), price(96))


@pytest.mark.parametrize(
    ("held", "act", "state"),
    [
        (None, enter, PositionState.OPEN),
        (make_position(), leave, PositionState.CLOSED),
        (make_position(stop_price=None, stop_order_id=None), protect, PositionState.OPEN),
    ],
    ids=["entry", "exit", "stop"],
)
async def test_what_was_sent_is_settled_when_its_answer_cannot_be_written(
    desk: Desk,
    held: Position | None,
    act: Callable[[Desk], Awaitable[object]],
    state: PositionState,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if held is not None:
        await desk.keep(held)
    place, writing = desk.venue.place, desk.units.writing

    def refused() -> AbstractAsyncContextManager[UnitOfWork]:
        raise FULL

    async def place_and_fill_the_disk(request: OrderRequest) -> object:
        answer = await place(request)
        monkeypatch.setattr(desk.units, "writing", refused)
        return answer

    monkeypatch.setattr(desk.venue, "place", place_and_fill_the_disk)
    with pytest.raises(RetryLater, match="full"):
        await act(desk)
    monkeypatch.setattr(desk.venue, "place", place)
    monkeypatch.setattr(desk.units, "writing", writing)
    assert await desk.finish(desk.settlement.attempt(desk.unsettled.get_nowait(), is_last=False))
    assert desk.position().state is state
    assert len(await desk.venue.stops()) == (1 if state is PositionState.OPEN else 0)
    assert desk.position().stop_price == price(96)
