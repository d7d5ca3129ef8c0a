"""Alerts on their way out: in order, at least once, and nobody waits for anybody else."""

import asyncio
from datetime import timedelta

import pytest

from core.delivery.pace import Pace
from core.domain.delivery import DeliveryState, Destination, Route
from core.domain.errors import RetryLater, Undeliverable
from core.domain.events import Started
from tests.core.delivery.post import BOSS, CHAT, DESK, WITH_FALLBACK, Post, seconds

BOTH = (Route(to=(CHAT, DESK)),)
AWAY = RetryLater("502", timedelta(0))


async def test_alerts_arrive_in_order_and_are_marked(post: Post) -> None:
    post.use(*BOTH)
    await post.start()
    await post.tell(5)
    assert post.telegram.titles() == post.slack.titles() == ["1", "2", "3", "4", "5"]
    assert set(post.states()) == {DeliveryState.SENT}
    assert post.units.store.deliveries[1].message_ref == "m1"


async def test_what_is_urgent_goes_first(post: Post) -> None:
    await post.tell(2)
    await post.warn()
    await post.start()
    assert post.telegram.titles() == ["3", "1", "2"]


async def test_a_platform_that_asks_to_wait_is_waited_for_and_the_order_kept(post: Post) -> None:
    await post.start()
    post.telegram.answers = [RetryLater("429", seconds(7))]
    await post.tell(2)
    await post.wait(6)
    assert post.telegram.titles() == []
    await post.wait(1)
    assert post.telegram.titles() == ["1", "2"]


async def test_a_platform_that_is_down_is_asked_ever_less_often(post: Post) -> None:
    await post.start()
    post.telegram.down = AWAY
    began_at = post.clock.now()
    await post.tell()
    await post.wait(3600)
    waits = [(at - began_at).total_seconds() for at in post.telegram.attempts]
    assert waits[:7] == [0, 2, 6, 14, 30, 62, 122]
    assert 55 <= len(waits) <= 70
    post.telegram.down = None
    await post.wait(60)
    assert post.telegram.titles() == ["missed 1/0"], "told after an hour away"


async def test_what_can_never_arrive_does_not_hold_up_the_next(post: Post) -> None:
    await post.start()
    post.telegram.answers = [Undeliverable("too long")]
    await post.tell(2)
    assert post.telegram.titles() == ["2"]
    assert post.states() == [DeliveryState.FAILED, DeliveryState.SENT]
    assert post.units.store.deliveries[1].error == "too long"


async def test_what_is_urgent_and_can_never_arrive_is_told_elsewhere(post: Post) -> None:
    post.use(*WITH_FALLBACK)
    await post.start()
    post.telegram.answers = [Undeliverable("no right to write here")]
    await post.warn()
    assert post.slack.titles() == ["1"]


async def test_a_slow_destination_holds_up_only_itself(post: Post) -> None:
    post.use(*BOTH)
    await post.start()
    gate = asyncio.Event()
    post.telegram.answers = [gate]
    await post.tell(4)
    assert (post.telegram.titles(), post.slack.titles()) == ([], ["1", "2", "3", "4"])
    gate.set()
    await post.clock.settle()
    assert post.telegram.titles() == ["1", "2", "3", "4"]


async def test_a_platform_that_never_answers_is_tried_again(post: Post) -> None:
    post.use(Route(to=(CHAT,)), send_timeout=timedelta(milliseconds=20))
    await post.start()
    post.telegram.answers = [asyncio.Event()]
    await post.tell()
    await post.until(lambda: post.units.store.deliveries[1].delivery.attempts > 0)
    assert post.units.store.deliveries[1].error == "no answer in time"
    await post.wait(2)
    assert post.telegram.titles() == ["1"]


async def test_an_alert_without_words_delays_those_behind_it_half_a_minute(post: Post) -> None:
    post.use(*BOTH)
    await post.start()
    post.words.broken = {1}
    await post.tell(2)
    await post.wait(29)
    assert post.telegram.titles() == []
    await post.wait(1)
    assert post.telegram.titles() == post.slack.titles() == ["2"]
    assert post.units.store.deliveries[1].error == "no words"
    assert post.states(CHAT) == [DeliveryState.FAILED, DeliveryState.SENT]
    assert all(each.failing_since is None for each in await post.relay.traffic()), "the chats are not to blame"


async def test_words_that_come_back_in_time_are_sent(post: Post) -> None:
    await post.start()
    post.words.broken = {1}
    await post.tell()
    await post.wait(15)
    post.words.broken = set()
    await post.wait(20)
    assert post.telegram.titles() == ["1"]


async def test_a_platform_that_crashes_on_one_message_takes_the_next(post: Post) -> None:
    await post.start()
    post.telegram.answers = [KeyError("markup")] * 5
    await post.tell(2)
    await post.wait(120)
    assert post.telegram.titles() == ["2"]
    assert post.states() == [DeliveryState.FAILED, DeliveryState.SENT]


@pytest.mark.parametrize("failures", [1, 3])
async def test_what_went_out_and_cannot_be_marked_is_not_sent_again(post: Post, failures: int) -> None:
    await post.start()
    post.outbox.failures = failures
    await post.tell(2)
    await post.wait(59)
    assert len(post.telegram.attempts) == 1, "no busy loop, and nothing passes it"
    await post.wait(60 * failures)
    assert post.telegram.titles() == ["1", "2"]
    assert set(post.states()) == {DeliveryState.SENT}


async def test_a_failure_that_cannot_be_written_down_ends_in_no_busy_loop(post: Post) -> None:
    await post.start()
    post.telegram.answers = [AWAY]
    post.outbox.failures = 1
    await post.tell()
    await post.wait(59)
    assert len(post.telegram.attempts) == 1
    await post.wait(1)
    assert post.telegram.titles() == ["1"]


async def test_the_pace_of_a_platform_is_kept(post: Post) -> None:
    post.telegram.pace = Pace(1, seconds(1))
    began_at = post.clock.now()
    await post.tell(5)
    await post.start()
    await post.wait(10)
    assert [(each.at - began_at).total_seconds() for each in post.telegram.sent] == [0, 1, 2, 3, 4]
    assert post.outbox.offered == 5, "nothing is read before it can be sent"


async def test_what_is_urgent_passes_what_waits_for_its_pace(post: Post) -> None:
    post.telegram.pace = Pace(1, seconds(1))
    await post.tell(3)
    await post.start()
    await post.warn()
    await post.wait(3)
    assert post.telegram.titles() == ["1", "4", "2", "3"]


async def test_a_pace_that_others_use_up_is_asked_again(post: Post) -> None:
    pace = post.telegram.pace = Pace(1, seconds(1))
    await post.start()
    await post.tell()
    await post.tell()
    await post.clock.advance(timedelta(milliseconds=999))
    pace.take(str(CHAT), post.clock.now() + timedelta(milliseconds=1))  # An answer that came first.
    await post.wait(0.5)
    assert post.telegram.titles() == ["1"]
    await post.wait(0.501)
    assert post.telegram.titles() == ["1", "2"]


async def test_idle_hours_cost_a_look_a_minute(post: Post) -> None:
    post.use(*BOTH)
    await post.start()
    post.slack.down = AWAY
    await post.tell()
    before = post.outbox.asked
    await post.wait(6 * 3600)
    looks = post.outbox.asked - before
    assert looks <= 6 * 60 * 4, "one for tidying and about two for the failing destination a minute"


async def test_many_destinations_are_served_at_once(post: Post) -> None:
    post.use(Route(to=tuple(Destination.parse(f"telegram:{n}") for n in range(120))))
    await post.tell()
    await post.start()
    assert len(post.telegram.sent) == 120


async def test_a_burst_takes_the_time_that_the_pace_allows_and_nothing_is_lost(post: Post) -> None:
    post.use(Route(to=(CHAT, BOSS, DESK)))
    post.telegram.pace, post.slack.pace = Pace(20, seconds(60)), Pace(1, seconds(1))
    await post.start()
    began_at = post.clock.now()
    await post.record(*[Started(at=began_at, version="1", open_positions=0)] * 1000)
    await post.wait(50 * 60)
    everything = [str(n) for n in range(1, 1001)]
    for platform, destination, bound_s in [
        (post.telegram, CHAT, 49 * 60),
        (post.telegram, BOSS, 49 * 60),
        (post.slack, DESK, 999),
    ]:
        assert platform.titles(destination) == everything
        last_at = max(each.at for each in platform.sent if each.destination == destination)
        assert last_at - began_at == seconds(bound_s)
    assert set(post.states()) == {DeliveryState.SENT}


async def test_a_pace_that_passes_while_the_outbox_is_read_is_not_slept_through(post: Post) -> None:
    post.telegram.pace = Pace(1, seconds(1))
    post.telegram.slowness = lambda: seconds(0.95)
    post.outbox.slowness = lambda: seconds(0.1)
    await post.tell(3)
    await post.start()
    await post.wait(10)
    assert post.telegram.titles() == ["1", "2", "3"]


async def test_an_answer_that_takes_the_place_of_an_alert_only_delays_it(post: Post) -> None:
    pace = post.telegram.pace = Pace(1, seconds(1))
    post.outbox.slowness = lambda: seconds(0.1)
    await post.tell(2)
    await post.start()
    await post.clock.advance(seconds(1.15))
    pace.take(str(CHAT), post.clock.now())
    await post.wait(3)
    assert post.telegram.titles() == ["1", "2"]


async def test_a_day_without_alerts_costs_nothing(post: Post) -> None:
    await post.start()
    await post.tell()
    asked = post.outbox.asked
    await post.clock.advance(timedelta(hours=24))
    assert post.outbox.asked == asked
    await post.tell()
    assert post.telegram.titles() == ["1", "2"]
