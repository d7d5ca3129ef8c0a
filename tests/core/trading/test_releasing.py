"""Letting live entries begin, and taking it back: once each, with an event, never where no money is at stake."""

from datetime import timedelta

import pytest

from core.domain.errors import NotPossible
from core.domain.events import Event, LiveHeld, LiveReleased
from core.trading.releasing import Releasing
from tests.fakes.clock import START_AT, FakeClock
from tests.fakes.units import MemoryUnits

KEYS = {"binance": "3f2a", "bybit": "99aa"}
LATER = timedelta(hours=1)


async def test_it_is_given_once_and_taken_back_once() -> None:
    units, clock = MemoryUnits(), FakeClock()
    releasing = Releasing(units=units, clock=clock, live_keys=KEYS)
    assert await releasing.standing() is None
    first = await releasing.give(author="ann")
    await clock.advance(LATER)
    assert await releasing.give(author="bo") == first == await releasing.standing()
    assert await releasing.take_back(author="bo") == first
    assert await releasing.take_back(author="bo") is None
    assert await releasing.standing() is None
    expected: list[Event] = [
        LiveReleased(at=START_AT, author="ann", exchanges=("binance", "bybit")),
        LiveHeld(at=START_AT + LATER, author="bo"),
    ]
    assert list(units.events) == expected


async def test_other_keys_are_released_anew() -> None:
    units, clock = MemoryUnits(), FakeClock()
    await Releasing(units=units, clock=clock, live_keys=KEYS).give(author="ann")
    changed = Releasing(units=units, clock=clock, live_keys={**KEYS, "bybit": "0000"})
    standing = await changed.standing()
    assert standing is not None
    assert standing.keys == KEYS
    assert (await changed.give(author="bo")).author == "bo"


async def test_where_no_money_is_at_stake_there_is_nothing_to_release() -> None:
    units = MemoryUnits()
    releasing = Releasing(units=units, clock=FakeClock(), live_keys=None)
    with pytest.raises(NotPossible):
        await releasing.give(author="ann")
    assert list(units.events) == []
