"""A chat that refuses us: fatal while a person watches the start, survived once the bot trades."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest

from bot.app.hearing import Hearing
from core.domain.errors import ConfigurationError
from core.domain.events import TaskCrashed
from tests.fakes.clock import FakeClock
from tests.fakes.units import MemoryUnits


class Refusing:
    """A listener whose platform refuses it, `times` times; then it hears without end."""

    def __init__(self, times: int) -> None:
        self.left = times
        self.runs = 0

    async def run(self) -> None:
        self.runs += 1
        if self.left:
            self.left -= 1
            raise ConfigurationError("the token is refused: mend SLACK_APP_TOKEN")
        await asyncio.Event().wait()


def hearing_of(listener: Refusing, clock: FakeClock, units: MemoryUnits) -> Hearing:
    return Hearing("slack", listener, units=units, clock=clock, started_at=clock.now())


async def test_a_refusal_at_the_start_is_for_a_person_to_mend() -> None:
    with pytest.raises(ConfigurationError, match="SLACK_APP_TOKEN"):
        await hearing_of(Refusing(1), FakeClock(), MemoryUnits()).run()


async def test_a_refusal_later_is_told_once_and_tried_again() -> None:
    clock, units, listener = FakeClock(), MemoryUnits(), Refusing(3)
    hearing = hearing_of(listener, clock, units)
    await clock.advance(timedelta(hours=1))
    task = asyncio.create_task(hearing.run())
    await clock.advance(timedelta(minutes=16))
    assert listener.runs == 4
    (event,) = units.events
    assert isinstance(event, TaskCrashed)
    assert (event.task, "SLACK_APP_TOKEN" in event.error) == ("slack", True)
    assert not task.done()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
