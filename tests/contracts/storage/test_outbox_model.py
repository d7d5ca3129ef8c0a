"""Whatever is recorded, carried, lost and found again: the queue in the database does what the one in memory does."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.domain.delivery import CardUpdate, Delivery, Destination, Digest, FoldReason, Hold, Mute, Target, Work
from core.domain.events import Event
from core.domain.market import TradingMode
from core.ports.delivery import Outbox
from core.ports.storage import Units
from storage.engine import Database
from storage.outbox import SqlOutbox
from storage.tables import metadata
from storage.unit_of_work import SqlUnits
from tests.builders import NOW
from tests.contracts.storage.alerting import (
    CHAT,
    DESK,
    SCREEN,
    SPARE,
    WAVE_CARD,
    Routing,
    closed,
    crashed,
    finished,
    moved,
    opened,
    paused,
    refused,
    stale,
    states,
    unprotected,
)
from tests.fakes.memory_outbox import MemoryOutbox
from tests.fakes.units import MemoryUnits

EVENTS: tuple[Callable[[float], Event], ...] = (
    paused,
    refused,
    stale,
    crashed,
    opened,
    moved,
    closed,
    unprotected,
    finished,
)
PLACES = (CHAT, DESK, SPARE, SCREEN)
KINDS = ("paused", "prices_stale", "position_closed", "task_crashed")

Step = Callable[["Pair"], Awaitable[None]]


@dataclass(slots=True, kw_only=True)
class Pair:
    """The same storage twice; everything is done to both."""

    routing: Routing = field(default_factory=Routing)
    sides: Sequence[tuple[Units, Outbox]] = ()
    minute: float = 0

    @property
    def now(self) -> datetime:
        return NOW + timedelta(minutes=self.minute)

    async def same(self, ask: Callable[[Outbox], Awaitable[Any]]) -> Any:  # noqa: ANN401 - whatever the outbox answers
        memory, real = [await ask(outbox) for _, outbox in self.sides]
        assert memory == real
        return memory

    async def due(self, busy: Sequence[Destination] = ()) -> list[tuple[Work, Work]]:
        """Return what is due on either side; digests may count their folds in different ways."""
        memory, real = [await outbox.due(self.now, busy) for _, outbox in self.sides]
        assert [alike(work) for work in memory] == [alike(work) for work in real]
        return list(zip(memory, real, strict=True))

    async def compare(self) -> None:
        await self.due()
        await self.due([CHAT])
        await self.same(lambda outbox: outbox.next_due(self.now, [SPARE]))
        await self.same(lambda outbox: outbox.backlog())
        memory, real = [await states(units) for units, _ in self.sides]
        assert memory == real


def alike(work: Work) -> Work:
    return replace(work, last_id=0) if isinstance(work, Digest) else work


def recorded(event: Callable[[float], Event], targets: Sequence[tuple[Target, int]]) -> Step:
    async def step(pair: Pair) -> None:
        pair.routing.told = resolved(pair, targets)
        for units, _ in pair.sides:
            async with units.writing() as unit:
                await unit.record(event(pair.minute))

    return step


def shown(targets: Sequence[tuple[Target, int]]) -> Step:
    async def step(pair: Pair) -> None:
        pair.routing.cards = resolved(pair, targets)
        for units, _ in pair.sides:
            async with units.writing() as unit:
                await unit.show(WAVE_CARD)

    return step


def resolved(pair: Pair, targets: Sequence[tuple[Target, int]]) -> tuple[Target, ...]:
    """Return the targets, held back for so many minutes from now on if that is not 0."""
    return tuple(
        Target(
            destination=target.destination,
            is_living=target.is_living,
            fallback=target.fallback,
            hold=Hold(reason=FoldReason.QUIET, until_at=pair.now + timedelta(minutes=minutes)) if minutes else None,
        )
        for target, minutes in targets
    )


def muted(destination: Destination, kind: str, minutes: int) -> Step:
    async def step(pair: Pair) -> None:
        until_at = pair.now + timedelta(minutes=minutes)
        for units, _ in pair.sides:
            async with units.writing() as unit:
                await unit.mutes.put(Mute(destination=destination, kind=kind, until_at=until_at, author="Ann"))

    return step


def unmuted(destination: Destination) -> Step:
    async def step(pair: Pair) -> None:
        for units, _ in pair.sides:
            async with units.writing() as unit:
                await unit.mutes.end(destination, None, pair.now)

    return step


def carried(how: str, busy: Sequence[Destination], meanwhile: Step) -> Step:
    """Return the step of doing with all that is due what the relay might do, after something else has happened."""

    async def step(pair: Pair) -> None:
        works = await pair.due(busy)
        await meanwhile(pair)
        for both in works:
            for (_, outbox), work in zip(pair.sides, both, strict=True):
                await mark(outbox, work, how, pair.now)

    return step


async def mark(outbox: Outbox, work: Work, how: str, at: datetime) -> None:
    if how == "retry":
        await outbox.retry(work, "timed out")
    elif how == "failed":
        await outbox.failed(work, at, "blocked")
    elif isinstance(work, Delivery):
        await outbox.told(work, at, "d")
    elif isinstance(work, CardUpdate):
        ref = "" if how == "empty" else work.message_ref or f"{work.version}"
        await outbox.shown(work, at, ref, at + timedelta(seconds=30))
    else:
        await outbox.folded(work, at, "f")


def asked(ask: Callable[[Pair, Outbox], Awaitable[Any]]) -> Step:
    async def step(pair: Pair) -> None:
        await pair.same(lambda outbox: ask(pair, outbox))

    return step


async def nothing(pair: Pair) -> None:
    pair.minute += 0.1


def passed(minutes: float) -> Step:
    async def step(pair: Pair) -> None:
        pair.minute += minutes

    return step


place = st.sampled_from(PLACES)
targets = st.lists(
    st.tuples(
        st.builds(
            Target,
            destination=place,
            is_living=st.booleans(),
            fallback=st.sampled_from([None, SPARE]),
        ),
        st.sampled_from([0, 0, 0, 7]),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda target: target[0].destination,
)
records = st.builds(recorded, st.sampled_from(EVENTS), targets)
changes = st.one_of(
    records,
    st.builds(shown, targets),
    st.builds(muted, place, st.sampled_from(KINDS), st.sampled_from([3, 30])),
    st.builds(unmuted, place),
    st.builds(lambda d, u: asked(lambda p, o: o.divert(d, p.now, urgent_only=u)), place, st.booleans()),
    st.builds(lambda d: asked(lambda p, o: o.miss(p.now - timedelta(minutes=4), d)), st.one_of(st.none(), place)),
    st.just(asked(lambda pair, outbox: outbox.expire(pair.now))),
    st.builds(lambda old, new: asked(lambda _, o: o.move(old, new)), place, place),
    st.builds(lambda n, d: asked(lambda p, o: o.resend(n, p.now, d)), st.integers(1, 9), st.one_of(st.none(), place)),
    st.builds(passed, st.sampled_from([0.6, 3, 20, 400])),
    st.just(nothing),
)
carries = st.builds(
    carried, st.sampled_from(["told", "told", "told", "empty", "retry", "failed"]), st.lists(place, max_size=2), changes
)
steps = st.lists(st.one_of(records, changes, carries), max_size=25)


async def play(played: Sequence[Step]) -> None:
    routing = Routing()
    memory = MemoryUnits(router=routing)
    database = await Database.open("sqlite://")
    try:
        async with database.write() as connection:
            await connection.run_sync(metadata.create_all)
        real = SqlUnits(database, TradingMode.PAPER, routing)
        pair = Pair(routing=routing, sides=((memory, MemoryOutbox(memory)), (real, SqlOutbox(database))))
        for step in played:
            await step(pair)
            await pair.compare()
        await drain(pair)
    finally:
        await database.close()


async def drain(pair: Pair) -> None:
    """Whatever happened before: in the end everything is told, and nothing waits without end."""
    for _ in range(300):
        if not any((await pair.same(lambda outbox: outbox.backlog())).values()):
            return
        pair.minute += 60
        await carried("told", (), nothing)(pair)
    raise AssertionError("something waits without end")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps)
def test_the_real_queue_and_the_one_in_memory_agree_and_come_to_an_end(played: list[Step]) -> None:
    asyncio.run(play(played))
