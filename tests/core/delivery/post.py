"""A relay with everything around it in fake time: routes, outbox, words, and platforms that answer as a test says."""

import asyncio
from collections.abc import Callable, Collection, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from core.delivery.pace import Pace
from core.delivery.relay import Relay
from core.delivery.routing import Routing
from core.domain.cards import Card
from core.domain.delivery import Alert, CardUpdate, Delivery, DeliveryState, Destination, Digest, Loudness, Route, Work
from core.domain.errors import MessageGone
from core.domain.events import DeliveryLost, Event, FeedLost, Started
from core.domain.market import TradingMode
from core.domain.replies import Reply
from core.domain.settings import DeliverySettings
from tests.fakes.clock import FakeClock
from tests.fakes.memory_outbox import MemoryOutbox
from tests.fakes.units import MemoryUnits

CHAT, DESK, BOSS = (Destination.parse(text) for text in ("telegram:1", "slack:C1", "telegram:2"))
ONE_CHAT = (Route(to=(CHAT,)),)
WITH_FALLBACK = (Route(to=(CHAT,), fallback=DESK),)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


Slowness = Callable[[], timedelta]
"""Says how long the next call takes."""


def no_time() -> timedelta:
    return timedelta(0)


class Words:
    """Renders an alert as its number, a card as what `looks` says now, a digest as what is in it."""

    def __init__(self) -> None:
        self.broken: set[int] = set()
        self.looks: dict[Card, str | None] = {}

    def render(self, alert: Alert) -> Reply:
        if alert.id in self.broken:
            raise ValueError("no words")
        if isinstance(alert.event, DeliveryLost):
            return Reply(title=f"{alert.event.destination} lost")
        return Reply(title=str(alert.id))

    async def render_card(self, card: Card, alert: Alert | None) -> Reply | None:
        look = self.looks.get(card, card.kind)
        return None if look is None else Reply(title=look)

    def render_digest(self, digest: Digest) -> Reply:
        return Reply(title=f"{digest.reason} {digest.count}/{digest.elsewhere}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A message that a platform took."""

    at: datetime
    destination: Destination
    title: str
    ref: str
    loudness: Loudness | None = None
    thread: str | None = None


@dataclass(slots=True)
class Platform:
    """Takes messages, each after its `slowness`.

    `answers` are raised or waited for, one an attempt; `down` is raised as long as it is set.
    """

    clock: FakeClock
    answers: list[Exception | asyncio.Event | None] = field(default_factory=list)
    slowness: Slowness = no_time
    down: Exception | None = None
    pace: Pace | None = None
    attempts: list[datetime] = field(default_factory=list)
    sent: list[Shown] = field(default_factory=list)
    edits: list[Shown] = field(default_factory=list)
    deleted: set[str] = field(default_factory=set)

    def ready_at(self, destination: Destination) -> datetime | None:
        return None if self.pace is None else self.pace.ready_at(str(destination), self.clock.now())

    async def send(self, destination: Destination, reply: Reply, loudness: Loudness, thread: str | None = None) -> str:
        await self._attempt(destination)
        ref = f"m{len(self.sent) + 1}"
        now = self.clock.now()
        self.sent.append(
            Shown(at=now, destination=destination, title=reply.title, ref=ref, loudness=loudness, thread=thread)
        )
        return ref

    async def edit(self, destination: Destination, message_ref: str, reply: Reply) -> None:
        await self._attempt(destination)
        if message_ref in self.deleted:
            raise MessageGone("message to edit not found")
        self.edits.append(Shown(at=self.clock.now(), destination=destination, title=reply.title, ref=message_ref))

    async def _attempt(self, destination: Destination) -> None:
        now = self.clock.now()
        self.attempts.append(now)
        if self.pace is not None:
            assert self.pace.ready_at(str(destination), now) is None, "the relay did not keep the pace"
            self.pace.take(str(destination), now)
        answer = self.answers.pop(0) if self.answers else self.down
        await self.clock.sleep(self.slowness())
        if isinstance(answer, asyncio.Event):
            await answer.wait()
        elif answer is not None:
            raise answer

    def titles(self, destination: Destination | None = None) -> list[str]:
        return [each.title for each in self.sent if destination in {None, each.destination}]


class CountedOutbox(MemoryOutbox):
    """An outbox that counts how often it is asked and what it offers, and cannot be written for a while.

    A look into it takes as long as `slowness` says: what it returns is as old by then.
    """

    asked = 0
    offered = 0
    failures = 0

    def __init__(self, units: MemoryUnits, clock: FakeClock) -> None:
        super().__init__(units)
        self._clock = clock
        self.slowness: Slowness = no_time

    async def due(self, at: datetime, busy: Collection[Destination]) -> Sequence[Work]:
        found = await super().due(at, busy)
        await self._clock.sleep(self.slowness())
        self.asked += 1
        self.offered += len(found)
        return found

    async def retry(self, work: Work, error: str) -> None:
        self._fail()
        await super().retry(work, error)

    async def told(self, delivery: Delivery, at: datetime, message_ref: str) -> None:
        self._fail()
        await super().told(delivery, at, message_ref)

    async def shown(self, update: CardUpdate, at: datetime, message_ref: str, next_at: datetime) -> None:
        self._fail()
        await super().shown(update, at, message_ref, next_at)

    async def folded(self, digest: Digest, at: datetime, message_ref: str) -> None:
        self._fail()
        await super().folded(digest, at, message_ref)

    def _fail(self) -> None:
        if self.failures:
            self.failures -= 1
            raise OSError("disk full")


class Post:
    """One process after the other over one store; `routes` and `settings` count from the next `restart`."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.units = MemoryUnits()
        self.outbox = CountedOutbox(self.units, self.clock)
        self.words = Words()
        self.telegram, self.slack = Platform(self.clock), Platform(self.clock)
        self.settings = DeliverySettings()
        self.moves: list[tuple[Destination, Destination]] = []
        self.tasks: set[asyncio.Task[None]] = set()
        self.crashes: list[Exception] = []
        self.use(*ONE_CHAT)

    def use(self, *routes: Route, **settings: timedelta) -> None:
        """Make a new relay over these routes."""
        self.routing = Routing(
            routes=routes,
            mode=TradingMode.PAPER,
            now=self.clock.now,
            zone=UTC,
            living=frozenset({"telegram"}),
        )
        self.units.router = self.routing
        self.settings = DeliverySettings(**settings) if settings else self.settings
        self.relay = Relay(
            outbox=self.outbox,
            units=self.units,
            renderer=self.words,
            messengers={"telegram": self.telegram, "slack": self.slack},
            clock=self.clock,
            spawn=self.spawn,
            settings=self.settings,
            moved=self._moved,
        )

    async def _moved(self, old: Destination, new: Destination) -> None:
        self.moves.append((old, new))
        self.routing.follow(old, new)

    def spawn(self, name: str, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(self._watched(work), name=name)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        task.add_done_callback(lambda _: work.close())

    async def _watched(self, work: Coroutine[object, object, None]) -> None:
        try:
            await work
        except Exception as error:
            self.crashes.append(error)
            raise

    async def start(self) -> None:
        self.spawn("relay", self.relay.run())
        self.spawn("listen", self.relay.listen())
        await self.clock.settle()

    async def end(self) -> None:
        """Kill the process."""
        while tasks := set(self.tasks):
            for task in tasks:
                task.cancel()
            for task in tasks:
                with suppress(asyncio.CancelledError):
                    await task
            # A task that is done is taken from the set by the loop, which must have its turn for that.
            await asyncio.sleep(0)

    async def record(self, *events: Event) -> None:
        async with self.units.writing() as unit:
            for event in events:
                await unit.record(event)
        await self.clock.settle()

    async def tell(self, count: int = 1) -> None:
        """Record alerts that are not urgent, one after the other."""
        for _ in range(count):
            await self.record(Started(at=self.clock.now(), version="1", open_positions=0))

    async def warn(self) -> None:
        """Record an urgent alert."""
        now = self.clock.now()
        await self.record(FeedLost(at=now, source="signals", reason="", since_at=now))

    async def wait(self, duration_s: float) -> None:
        await self.clock.advance(seconds(duration_s))

    def states(self, destination: Destination | None = None) -> list[DeliveryState]:
        return [
            each.state
            for each in self.units.store.deliveries.values()
            if destination in {None, each.delivery.destination}
        ]

    def events(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.units.store.events if isinstance(event, kind)]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Let real time pass, for time limits."""
        async with asyncio.timeout(5):
            while not condition():
                await asyncio.wait(self.tasks, timeout=0.002)
