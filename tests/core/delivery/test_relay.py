"""Alerts on their way out: in order, at least once, and nobody waits for anybody else."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import pytest

from core.delivery.relay import Relay
from core.domain.delivery import Alert, Delivery, DeliveryState, Destination, Loudness
from core.domain.errors import RetryLater, Undeliverable
from core.domain.events import Event, Started
from core.domain.replies import Reply
from tests.fakes.clock import FakeClock
from tests.fakes.units import MemoryOutbox, MemoryUnits

CHAT, DESK, GONE = (Destination.parse(text) for text in ("telegram:1", "slack:C1", "carrier:pigeon"))


class Words:
    """Renders an alert as its number; some cannot be rendered."""

    def __init__(self) -> None:
        self.broken: set[int] = set()

    def render(self, alert: Alert) -> Reply:
        if alert.id in self.broken:
            raise ValueError("no words")
        return Reply(title=str(alert.id))


class Chat:
    """A platform that answers as told, then as it should."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self.answers: list[Exception | asyncio.Event] = []
        self.attempts: list[tuple[datetime, str]] = []
        self.got: list[str] = []

    async def send(self, destination: Destination, reply: Reply, loudness: Loudness) -> str:
        self.attempts.append((self._clock.now(), reply.title))
        if self.answers:
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            await answer.wait()
        self.got.append(reply.title)
        return f"message-{reply.title}"


class Outbox(MemoryOutbox):
    """An outbox that cannot be written for a while."""

    failures = 0

    async def sent(self, delivery: Delivery, at: datetime, message_ref: str) -> None:
        if self.failures:
            self.failures -= 1
            raise OSError("disk full")
        await super().sent(delivery, at, message_ref)


class Post:
    """A relay with everything around it."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.to: list[Destination] = [CHAT]
        self.units = MemoryUnits(routes=self._routes)
        self.outbox = Outbox(self.units)
        self.words = Words()
        self.telegram, self.slack = Chat(self.clock), Chat(self.clock)
        self.tasks: set[asyncio.Task[None]] = set()
        self.crashes: list[str] = []
        self.relay = self.new_relay()

    def new_relay(self) -> Relay:
        return Relay(
            outbox=self.outbox,
            renderer=self.words,
            messengers={"telegram": self.telegram, "slack": self.slack},
            clock=self.clock,
            spawn=self.spawn,
            send_timeout=timedelta(milliseconds=20),
        )

    def _routes(self, event: Event) -> Sequence[tuple[Destination, Loudness]]:
        return [(destination, Loudness.NORMAL) for destination in self.to]

    def spawn(self, name: str, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(self._watched(work), name=name)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _watched(self, work: Coroutine[object, object, None]) -> None:
        try:
            await work
        except OSError as error:
            self.crashes.append(str(error))

    def start(self) -> None:
        self.spawn("relay", self.relay.run())
        self.spawn("listen", self.relay.listen())

    async def tell(self, *to: Destination) -> None:
        """Record one alert for each of `to`."""
        self.to = list(to)
        async with self.units.writing() as unit:
            await unit.record(Started(at=self.clock.now(), version="1", open_positions=0))
        await self.clock.settle()

    async def end(self) -> None:
        tasks = set(self.tasks)
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task

    def states(self) -> list[DeliveryState]:
        return [each.state for each in self.units.store.deliveries.values()]


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    made = Post()
    yield made
    await made.end()


async def test_alerts_arrive_in_order_and_are_marked(post: Post) -> None:
    post.start()
    for _ in range(5):
        await post.tell(CHAT, DESK)
    assert post.telegram.got == post.slack.got == ["1", "2", "3", "4", "5"]
    assert set(post.states()) == {DeliveryState.SENT}
    assert post.units.store.deliveries[1].message_ref == "message-1"


async def test_what_waited_before_the_start_is_sent_first(post: Post) -> None:
    for _ in range(3):
        await post.tell(CHAT)
    post.start()
    await post.clock.settle()
    assert post.telegram.got == ["1", "2", "3"]


async def test_a_platform_that_asks_to_wait_is_waited_for_and_the_order_kept(post: Post) -> None:
    post.start()
    post.telegram.answers = [RetryLater("429", timedelta(seconds=7))]
    await post.tell(CHAT)
    await post.tell(CHAT)
    await post.clock.advance(timedelta(seconds=6))
    assert post.telegram.got == []
    await post.clock.advance(timedelta(seconds=1))
    assert post.telegram.got == ["1", "2"]


async def test_a_platform_that_is_down_is_asked_ever_less_often(post: Post) -> None:
    post.start()
    post.telegram.answers = [RetryLater("502", timedelta(0)) for _ in range(1000)]
    began_at = post.clock.now()
    await post.tell(CHAT)
    await post.clock.advance(timedelta(hours=1))
    waits = [(at - began_at).total_seconds() for at, _ in post.telegram.attempts]
    assert waits[:6] == [0, 1, 3, 7, 15, 31]
    assert 55 <= len(waits) <= 70
    post.telegram.answers = []
    await post.clock.advance(timedelta(minutes=1))
    assert post.telegram.got == ["1"], "delivered after an hour away"


async def test_what_can_never_arrive_does_not_hold_up_the_next(post: Post) -> None:
    post.start()
    post.telegram.answers = [Undeliverable("blocked")]
    await post.tell(CHAT)
    await post.tell(CHAT)
    assert post.telegram.got == ["2"]
    assert post.states() == [DeliveryState.FAILED, DeliveryState.SENT]
    assert post.units.store.deliveries[1].error == "blocked"


async def test_a_platform_that_is_not_set_up_is_given_up(post: Post) -> None:
    post.start()
    await post.tell(GONE, CHAT)
    assert post.states() == [DeliveryState.FAILED, DeliveryState.SENT]
    assert "not set up" in post.units.store.deliveries[1].error


async def test_a_slow_destination_holds_up_only_itself(post: Post) -> None:
    post.start()
    gate = asyncio.Event()
    post.telegram.answers = [gate]
    await post.tell(CHAT)
    for _ in range(3):
        await post.tell(CHAT, DESK)
    assert (post.telegram.got, post.slack.got) == ([], ["2", "3", "4"])
    gate.set()
    await post.clock.settle()
    assert post.telegram.got == ["1", "2", "3", "4"]


async def test_a_platform_that_never_answers_is_tried_again(post: Post) -> None:
    post.start()
    post.telegram.answers = [asyncio.Event()]
    await post.tell(CHAT)
    while post.units.store.deliveries[1].delivery.attempts == 0:
        await asyncio.wait(post.tasks, timeout=0.005)
    assert post.units.store.deliveries[1].error == "no answer in time"
    await post.clock.advance(timedelta(seconds=1))
    assert post.telegram.got == ["1"]


async def test_an_alert_without_words_delays_only_those_behind_it(post: Post) -> None:
    post.start()
    post.words.broken = {1}
    await post.tell(CHAT)
    await post.tell(CHAT, DESK)
    assert (post.telegram.got, post.slack.got) == ([], ["2"])
    assert post.units.store.deliveries[1].error == "ValueError"
    post.words.broken = set()
    await post.clock.advance(timedelta(seconds=2))
    assert post.telegram.got == ["1", "2"]


async def test_an_outbox_that_cannot_be_written_sends_nothing_twice(post: Post) -> None:
    post.start()
    post.outbox.failures = 3
    await post.tell(CHAT)
    await post.clock.advance(timedelta(seconds=59))
    assert (len(post.telegram.attempts), post.crashes) == (1, []), "no busy loop"
    await post.clock.advance(timedelta(minutes=5))
    assert post.telegram.got == ["1"]
    assert post.states() == [DeliveryState.SENT]
    assert post.crashes == ["disk full"] * 3


async def test_waits_of_an_earlier_process_end_in_time(post: Post) -> None:
    for platform, wait in ((post.telegram, 10), (post.slack, 30)):
        platform.answers = [RetryLater("away", timedelta(seconds=wait))]
    post.start()
    await post.tell(CHAT, DESK)
    await post.end()
    post.relay = post.new_relay()
    post.start()
    await post.clock.advance(timedelta(seconds=12))
    assert (post.telegram.got, post.slack.got) == (["1"], [])
    await post.clock.advance(timedelta(seconds=20))
    assert post.slack.got == ["1"]


async def test_many_destinations_are_served_beyond_one_batch(post: Post) -> None:
    chats = [Destination.parse(f"telegram:{n}") for n in range(120)]
    await post.tell(*chats)
    post.start()
    await post.clock.settle()
    assert len(post.telegram.got) == 120


async def test_the_end_flushes_what_is_due(post: Post) -> None:
    for _ in range(3):
        await post.tell(CHAT, DESK)
    await post.relay.flush(timedelta(seconds=30))
    assert post.telegram.got == post.slack.got == ["1", "2", "3"]
    await post.relay.flush(timedelta(seconds=30))


async def test_the_flush_does_not_stop_before_the_last_of_a_destination(post: Post) -> None:
    pending, gate = post.outbox.pending, asyncio.Event()
    post.slack.answers = [gate]
    for _ in range(2):
        await post.tell(CHAT, DESK)

    async def slowly(*arguments: object) -> object:
        found = await pending(*arguments)  # type: ignore[arg-type]
        if not found:
            gate.set()
            for _ in range(10):
                await asyncio.sleep(0)  # The last one under way ends while the database answers "nothing".
        return found

    post.outbox.pending = slowly  # type: ignore[assignment, method-assign]
    await post.relay.flush(timedelta(seconds=30))
    assert post.slack.got == ["1", "2"]


async def test_a_flush_has_an_end(post: Post) -> None:
    post.telegram.answers = [RetryLater("away", timedelta(hours=1))]
    await post.tell(CHAT)
    await post.relay.flush(timedelta(seconds=30))
    assert post.states() == [DeliveryState.PENDING]
