"""A destination that fails: who is told instead, what it gets when it is back, and what a new process makes of it."""

import asyncio
from datetime import timedelta

import pytest

from core.delivery.pace import Pace
from core.domain.delivery import DeliveryState, Destination, Route
from core.domain.errors import DestinationLost, DestinationMoved, RetryLater
from core.domain.events import DeliveryLost, DeliveryRestored
from tests.core.delivery.post import BOSS, CHAT, DESK, ONE_CHAT, WITH_FALLBACK, Post, seconds

AWAY = RetryLater("502", timedelta(0))
BLOCKED = DestinationLost("bot was blocked by the user")
PIGEON = Destination.parse("carrier:pigeon")


async def test_what_is_urgent_is_told_elsewhere_after_one_failed_attempt(post: Post) -> None:
    post.use(*WITH_FALLBACK)
    await post.start()
    post.telegram.down = AWAY
    await post.tell()
    await post.warn()
    await post.warn()
    assert post.slack.titles() == ["2", "3"], "at once, and as they come"
    assert len(post.telegram.attempts) == 1
    post.telegram.down = None
    await post.wait(2)
    assert post.telegram.titles() == ["missed 2/2", "1"]


async def test_an_urgent_attempt_without_an_answer_is_cut_short(post: Post) -> None:
    post.use(*WITH_FALLBACK, urgent_timeout=timedelta(milliseconds=20))
    await post.start()
    post.telegram.answers = [asyncio.Event()]
    await post.warn()
    await post.until(lambda: bool(post.slack.sent))
    assert post.slack.titles() == ["1"]


async def test_what_is_urgent_does_not_wait_behind_an_attempt_without_an_answer(post: Post) -> None:
    post.use(*WITH_FALLBACK)
    await post.start()
    gate = asyncio.Event()
    post.telegram.answers = [gate]
    await post.tell()
    await post.wait(1)
    await post.warn()
    await post.wait(3.9)
    assert post.slack.titles() == []
    await post.wait(0.1)
    assert post.slack.titles() == ["2"]
    await post.warn()
    assert post.slack.titles() == ["2", "3"]
    gate.set()
    await post.clock.settle()
    assert post.telegram.titles() == ["1", "missed 2/2"]


async def test_an_hour_away_and_back(post: Post) -> None:
    post.use(*WITH_FALLBACK)
    await post.start()
    post.telegram.down = AWAY
    await post.tell(2)
    await post.wait(299)
    assert post.slack.titles() == []
    await post.wait(1)
    assert post.slack.titles() == ["1", "2"], "given up after five minutes"
    await post.tell()
    await post.warn()
    assert post.slack.titles() == ["1", "2", "3", "4"]
    await post.wait(3300)
    [traffic] = [each for each in await post.relay.traffic() if each.destination == CHAT]
    assert (traffic.waiting, traffic.error, traffic.is_lost) == (4, "502", False)
    assert traffic.failing_since is not None
    post.telegram.down = None
    await post.wait(60)
    assert post.telegram.titles() == ["missed 4/4"]
    await post.tell()
    await post.warn()
    assert post.telegram.titles() == ["missed 4/4", "5", "6"]
    assert len(post.slack.sent) == 4, "the fallback is told nothing any more"
    assert all(each.failing_since is None for each in await post.relay.traffic())


async def test_without_a_fallback_what_is_urgent_comes_first_and_the_rest_as_one(post: Post) -> None:
    await post.start()
    post.telegram.down = AWAY
    await post.tell(3)
    await post.warn()
    await post.wait(600)
    await post.tell()
    post.telegram.down = None
    await post.wait(60)
    assert post.telegram.titles() == ["4", "missed 4/0"]


async def test_a_short_outage_changes_nothing(post: Post) -> None:
    post.use(*WITH_FALLBACK)
    await post.start()
    post.telegram.down = AWAY
    await post.tell(3)
    await post.wait(120)
    post.telegram.down = None
    await post.wait(60)
    assert post.telegram.titles() == ["1", "2", "3"]
    assert post.slack.titles() == []


async def test_a_long_wait_that_the_platform_names_does_not_put_off_the_fallback(post: Post) -> None:
    post.use(*WITH_FALLBACK)
    await post.start()
    post.telegram.answers = [RetryLater("429", timedelta(hours=1))]
    await post.tell()
    await post.wait(300)
    assert post.slack.titles() == ["1"]
    await post.wait(3299)
    assert len(post.telegram.attempts) == 1
    await post.wait(1)
    assert post.telegram.titles() == ["missed 1/1"]


async def test_a_fallback_that_a_route_names_too_is_told_once(post: Post) -> None:
    post.use(Route(to=(CHAT, DESK), fallback=DESK))
    await post.start()
    post.telegram.down = AWAY
    await post.warn()
    await post.wait(900)
    assert post.slack.titles() == ["1"]


async def test_a_fallback_that_fails_as_well_keeps_what_it_got(post: Post) -> None:
    post.use(*WITH_FALLBACK)
    await post.start()
    post.telegram.down = post.slack.down = AWAY
    await post.warn()
    await post.wait(900)
    post.slack.down = None
    await post.wait(60)
    assert post.slack.titles() == ["1"]


async def test_a_lost_destination_is_told_of_once_and_elsewhere(post: Post) -> None:
    post.use(Route(to=(CHAT,)), Route(to=(BOSS,), kinds=frozenset({"stopped"})))
    await post.start()
    post.telegram.answers = [BLOCKED]
    await post.tell()
    assert [each.title for each in post.telegram.sent] == ["telegram:1 lost"]
    assert post.telegram.sent[0].destination == BOSS
    assert post.states(CHAT) == [DeliveryState.PENDING]
    post.telegram.answers = [BLOCKED]
    await post.tell()
    await post.wait(61)
    assert len(post.events(DeliveryLost)) == 1
    lost = [each.destination for each in await post.relay.traffic() if each.is_lost]
    assert lost == [CHAT]
    await post.tell()
    await post.wait(61)
    assert post.telegram.titles(CHAT)[0] == "1", "nothing is given up"
    assert set(post.states(CHAT)) == {DeliveryState.SENT}
    assert len(post.events(DeliveryRestored)) == 1
    assert not any(each.is_lost for each in await post.relay.traffic())


async def test_the_fallback_of_a_lost_destination_is_told_everything_at_once(post: Post) -> None:
    post.use(*WITH_FALLBACK)
    await post.start()
    post.telegram.down = BLOCKED
    await post.tell(2)
    assert post.slack.titles() == ["telegram:1 lost", "1", "3"], "2 is the loss itself"
    post.telegram.down = None
    await post.wait(61)
    assert post.telegram.titles()[0] == "missed 2/2"
    assert len(post.events(DeliveryRestored)) == 1


async def test_a_loss_outlives_the_process_and_is_not_told_again(post: Post) -> None:
    post.use(*WITH_FALLBACK)
    await post.start()
    post.telegram.down = BLOCKED
    await post.tell()
    await post.end()
    post.use(*WITH_FALLBACK)
    post.telegram.answers = [asyncio.Event()]
    await post.start()
    [lost] = [each for each in await post.relay.traffic() if each.is_lost]
    assert (lost.destination, lost.error) == (CHAT, str(BLOCKED)), "known before it refuses again"
    await post.end()
    post.use(*WITH_FALLBACK)
    await post.start()
    await post.wait(600)
    assert len(post.events(DeliveryLost)) == 1
    post.telegram.down = None
    await post.wait(61)
    assert len(post.events(DeliveryRestored)) == 1
    post.telegram.down = BLOCKED
    await post.tell()
    assert len(post.events(DeliveryLost)) == 2, "another episode"


async def test_a_platform_that_is_not_set_up_is_lost(post: Post) -> None:
    post.use(Route(to=(PIGEON, CHAT)))
    await post.start()
    await post.tell()
    assert post.states(PIGEON) == [DeliveryState.FAILED]
    assert post.telegram.titles() == ["1", "carrier:pigeon lost"]
    assert "not set up" in post.units.store.deliveries[1].error


async def test_a_chat_that_moved_is_followed(post: Post) -> None:
    new = Destination.parse("telegram:-100123")
    await post.start()
    post.telegram.answers = [DestinationMoved("upgraded to a supergroup", "-100123")]
    await post.tell(3)
    await post.wait(2)
    assert post.telegram.titles(new) == ["1", "2", "3"]
    assert post.moves == [(CHAT, new)]
    assert [each.destination for each in await post.relay.traffic()] == [new]


@pytest.mark.parametrize("address", [CHAT.address, "-100123"])
async def test_chats_that_name_each_other_make_no_busy_loop(post: Post, address: str) -> None:

    await post.start()
    moved = [DestinationMoved("moved", address), DestinationMoved("moved", CHAT.address)]
    post.telegram.answers = [*moved * 100]
    await post.tell()
    await post.wait(50)
    assert 1 < len(post.telegram.attempts) <= 55


async def test_what_an_earlier_process_left_is_told_first(post: Post) -> None:
    await post.tell(3)
    await post.start()
    assert post.telegram.titles() == ["1", "2", "3"]


async def test_what_waited_long_for_a_new_process_is_one_digest(post: Post) -> None:
    await post.tell(3)
    await post.warn()
    await post.wait(301)
    await post.tell()
    await post.start()
    assert post.telegram.titles() == ["4", "missed 3/0", "5"]


async def test_what_has_grown_old_is_told_in_a_digest(post: Post) -> None:
    post.telegram.pace = Pace(1, timedelta(hours=12))
    await post.start()
    await post.tell(3)
    await post.wait(24 * 3600)
    assert post.telegram.titles() == ["1", "missed 2/0"]
    assert post.states() == [DeliveryState.SENT, DeliveryState.EXPIRED, DeliveryState.EXPIRED]


async def test_a_kill_in_the_middle_repeats_one_message_at_most(post: Post) -> None:
    post.telegram.pace = Pace(1, seconds(1))
    for killed_after_s in (0, 1.5, 0.5, 2, 3):
        await post.start()
        await post.tell(2)
        await post.wait(killed_after_s)
        await post.end()
        post.use(*ONE_CHAT)
    await post.start()
    await post.wait(20)
    assert post.telegram.titles() == [str(n) for n in range(1, 11)]


async def test_the_end_flushes_what_is_due(post: Post) -> None:
    post.use(Route(to=(CHAT, DESK)))
    await post.tell(3)
    await post.relay.flush(seconds(30))
    assert post.telegram.titles() == post.slack.titles() == ["1", "2", "3"]
    await post.relay.flush(seconds(30))


async def test_the_flush_waits_for_what_is_on_its_way(post: Post) -> None:
    gate = asyncio.Event()
    post.telegram.answers = [gate]
    await post.tell(3)
    flush = asyncio.create_task(post.relay.flush(seconds(30)))
    await post.wait(10)
    assert not flush.done()
    gate.set()
    await flush
    assert post.telegram.titles() == ["1", "2", "3"]


async def test_the_flush_waits_for_the_pace_and_no_longer(post: Post) -> None:
    post.telegram.pace = Pace(1, seconds(1))
    await post.tell(3)
    flush = asyncio.create_task(post.relay.flush(seconds(30)))
    await post.wait(2)
    assert flush.done()
    assert post.telegram.titles() == ["1", "2", "3"]


async def test_the_flush_does_not_wait_for_a_platform_that_is_away(post: Post) -> None:
    post.telegram.down = AWAY
    await post.tell()
    await post.relay.flush(seconds(30))
    assert post.states() == [DeliveryState.PENDING]


async def test_a_flush_has_an_end(post: Post) -> None:
    post.telegram.answers = [asyncio.Event()]
    await post.tell()
    await post.relay.flush(timedelta(milliseconds=20))
    assert post.states() == [DeliveryState.PENDING]
