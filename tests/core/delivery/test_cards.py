"""Living messages on their way out: edited, merged, sent anew, never behind the last state."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from random import Random

import pytest

from core.delivery.pace import Pace
from core.domain.cards import position_card
from core.domain.delivery import DeliveryState, Loudness, Route
from core.domain.errors import RetryLater, Undeliverable
from core.domain.events import Event, PositionClosed, PositionOpened, Started, StopMoved
from core.domain.positions import ExitReason, PositionSide
from tests.builders import money, price, quantity, ratio
from tests.core.delivery.post import BOSS, CHAT, DESK, WITH_FALLBACK, Post, seconds

CARD = position_card(12, "binance")


def opened(post: Post, number: int = 12) -> Event:
    return PositionOpened(
        at=post.clock.now(),
        exchange="binance",
        position_id=number,
        symbol="SOLUSDT",
        side=PositionSide.LONG,
        quantity=quantity(1),
        entry_price=price(100),
        stop_price=price(96),
        size_quote=money(100),
        leverage=1,
        wave_at=None,
    )


def stop_moved(post: Post, number: int = 12) -> Event:
    return StopMoved(
        at=post.clock.now(),
        exchange="binance",
        position_id=number,
        symbol="SOLUSDT",
        old_price=price(96),
        new_price=price(97),
    )


def closed(post: Post, number: int = 12) -> Event:
    return PositionClosed(
        at=post.clock.now(),
        exchange="binance",
        position_id=number,
        symbol="SOLUSDT",
        side=PositionSide.LONG,
        entry_price=price(100),
        exit_price=price(110),
        reason=ExitReason.TAKE_PROFIT,
        pnl_quote=money(10),
        return_ratio=ratio("0.1"),
        fees_quote=money("0.1"),
        held=timedelta(hours=1),
    )


async def show(post: Post, look: str, *events: Event) -> None:
    """Let the card look so from now on, and record why."""
    post.words.looks[CARD] = look
    await post.record(*events)


def shown_looks(post: Post) -> Sequence[str]:
    return [each.title for each in post.telegram.edits]


async def test_a_card_is_sent_once_and_edited_then(post: Post) -> None:
    await post.start()
    await show(post, "open", opened(post))
    await post.wait(10)
    await show(post, "moved", stop_moved(post))
    assert post.telegram.titles() == ["open"]
    assert [(each.title, each.ref) for each in post.telegram.edits] == [("moved", "m1")]
    assert post.states() == [DeliveryState.SENT] * 2


async def test_edits_are_three_seconds_apart_and_the_last_state_arrives(post: Post) -> None:
    await post.start()
    await show(post, "0", opened(post))
    for n in range(1, 50):
        await post.wait(0.2)
        await show(post, str(n), stop_moved(post))
    await post.wait(10)
    times = [post.telegram.sent[0].at, *[each.at for each in post.telegram.edits]]
    assert all(later - earlier >= seconds(3) for earlier, later in pairwise(times))
    assert shown_looks(post) == ["14", "29", "44", "49"]
    assert set(post.states()) == {DeliveryState.SENT}


async def test_what_changes_while_a_card_is_shown_is_shown_later(post: Post) -> None:
    await post.start()
    gate = asyncio.Event()
    post.telegram.answers = [gate]
    await show(post, "open", opened(post))
    await show(post, "moved", stop_moved(post))
    gate.set()
    await post.clock.settle()
    assert (post.telegram.titles(), shown_looks(post)) == (["open"], [])
    await post.wait(3)
    assert shown_looks(post) == ["moved"]


async def test_other_work_passes_a_card_that_waits(post: Post) -> None:
    await post.start()
    await show(post, "open", opened(post))
    await show(post, "moved", stop_moved(post))
    await post.tell()
    assert post.telegram.titles() == ["open", "3"]


async def test_a_detail_comes_in_the_thread_of_its_card_and_after_it(post: Post) -> None:
    await post.record(opened(post), closed(post))
    await post.start()
    await post.wait(5)
    assert [(each.title, each.thread) for each in post.telegram.sent] == [("position", None), ("2", "m1")]


async def test_a_card_that_was_deleted_is_sent_anew_and_disturbs_nobody(post: Post) -> None:
    await post.start()
    await show(post, "open", opened(post))
    post.telegram.deleted = {"m1"}
    await post.wait(5)
    await show(post, "moved", stop_moved(post))
    await post.wait(5)
    await show(post, "moved again", stop_moved(post))
    assert [(each.title, each.loudness) for each in post.telegram.sent] == [
        ("open", Loudness.NORMAL),
        ("moved", Loudness.SILENT),
    ]
    assert [(each.title, each.ref) for each in post.telegram.edits] == [("moved again", "m2")]


async def test_a_card_that_is_too_old_to_be_edited_is_sent_anew(post: Post) -> None:
    await post.start()
    await show(post, "open", opened(post))
    await post.wait(46 * 3600)
    await show(post, "moved", stop_moved(post))
    await post.wait(2 * 3600)
    await show(post, "moved again", stop_moved(post))
    await post.wait(46 * 3600)
    await show(post, "moved once more", stop_moved(post))
    assert post.telegram.titles() == ["open", "moved again"]
    assert shown_looks(post) == ["moved", "moved once more"]


async def test_a_card_with_nothing_to_show_is_done(post: Post) -> None:
    post.words.looks[CARD] = None
    await post.start()
    await post.record(opened(post))
    await post.wait(60)
    assert post.telegram.attempts == []
    assert post.states() == [DeliveryState.SENT]


async def test_an_edit_that_fails_is_repeated_with_the_state_of_then(post: Post) -> None:
    await post.start()
    await show(post, "open", opened(post))
    await post.wait(5)
    post.telegram.answers = [RetryLater("429", seconds(8))]
    await show(post, "moved", stop_moved(post))
    await show(post, "moved again", stop_moved(post))
    await post.wait(8)
    assert shown_looks(post) == ["moved again"]


async def test_an_edit_that_is_refused_is_given_up_until_the_next_change(post: Post) -> None:
    await post.start()
    await show(post, "open", opened(post))
    await post.wait(5)
    post.telegram.answers = [Undeliverable("no right to edit")]
    await show(post, "moved", stop_moved(post))
    await post.wait(60)
    assert shown_looks(post) == []
    await show(post, "moved again", stop_moved(post))
    assert shown_looks(post) == ["moved again"]


async def test_a_card_that_went_out_and_cannot_be_marked_is_not_sent_twice(post: Post) -> None:
    await post.start()
    post.outbox.failures = 2
    await show(post, "open", opened(post))
    await show(post, "moved", stop_moved(post))
    await post.wait(130)
    assert post.telegram.titles() == ["open"]
    assert shown_looks(post) == ["moved"]


async def test_a_platform_that_cannot_edit_gets_each_alert(post: Post) -> None:
    post.use(Route(to=(DESK,)))
    await post.start()
    await show(post, "open", opened(post), stop_moved(post))
    assert post.slack.titles() == ["1", "2"]


async def test_after_an_outage_cards_show_their_last_state(post: Post) -> None:
    post.use(*WITH_FALLBACK)
    await post.start()
    await show(post, "open", opened(post))
    post.telegram.down = RetryLater("502", timedelta(0))
    await post.wait(5)
    await show(post, "moved", stop_moved(post))
    await post.wait(600)
    await show(post, "closed", closed(post))
    post.telegram.down = None
    await post.wait(65)
    assert shown_looks(post)[-1] == "closed"
    assert post.slack.titles()[-1] == "3"


async def test_forty_positions_of_a_wave_stay_within_the_limits(post: Post) -> None:
    # The platform fails the test when its pace is not kept.
    post.telegram.pace = Pace(1, seconds(1))
    await post.start()
    await post.record(*(opened(post, number) for number in range(40)))
    await post.wait(40)
    assert len(post.telegram.sent) == 40
    assert {each.destination for each in post.telegram.sent} == {CHAT}


async def test_a_kill_between_two_states_loses_neither_card_nor_state(post: Post) -> None:
    await post.start()
    await show(post, "open", opened(post))
    await show(post, "moved", stop_moved(post))
    await post.end()
    post.use(Route(to=(CHAT,)))
    await post.start()
    await post.wait(4)
    assert (post.telegram.titles(), shown_looks(post)) == (["open"], ["moved"])


async def test_the_end_waits_until_a_card_may_show_its_last_state(post: Post) -> None:
    await post.record(opened(post))
    await post.start()
    post.words.looks[CARD] = "last"
    await post.record(stop_moved(post))
    await post.end()
    flush = asyncio.create_task(post.relay.flush(seconds(30)))
    await post.wait(2.5)
    assert not post.telegram.edits
    await post.wait(1)
    assert flush.done()
    assert [each.title for each in post.telegram.edits] == ["last"]


async def test_the_end_waits_for_the_pace_of_a_chat_for_the_sake_of_a_card_alone(post: Post) -> None:
    post.telegram.pace = Pace(1, seconds(5))
    await post.record(opened(post))
    await post.start()
    post.words.looks[CARD] = "last"
    await post.wait(3.5)
    async with post.units.writing() as unit:
        await unit.show(CARD)
    await post.end()
    flush = asyncio.create_task(post.relay.flush(seconds(30)))
    await post.wait(2)
    assert flush.done()
    assert [each.title for each in post.telegram.edits] == ["last"]


async def test_the_end_does_not_wait_for_what_is_held_back(post: Post) -> None:
    post.use(Route(to=(CHAT,), digest=timedelta(hours=1)))
    await post.tell()
    flush = asyncio.create_task(post.relay.flush(seconds(30)))
    await post.wait(0.1)
    assert flush.done()
    assert post.states() == [DeliveryState.PENDING]


@pytest.mark.parametrize("seed", range(12))
async def test_bursts_at_slow_platforms_arrive_over_restarts_as_soon_as_the_pace_allows(post: Post, seed: int) -> None:
    random = Random(seed)
    post.outbox.slowness = lambda: seconds(random.uniform(0, 0.05))
    route = Route(to=(CHAT, BOSS, DESK))
    post.use(route)
    for platform in (post.telegram, post.slack):
        platform.pace = Pace(1, seconds(1))
        platform.slowness = lambda: seconds(random.uniform(0, 1.2))
    for life in range(8):
        await post.start()
        await post.record(opened(post, 12 + life), *[Started(at=post.clock.now(), version="1", open_positions=0)] * 3)
        await post.wait(random.uniform(0, 3))
        await post.record(stop_moved(post, 12 + life), closed(post, 12 + life))
        await post.wait(random.uniform(0, 3))
        await post.end()
        post.use(route)
    await post.start()
    # At most so many messages and edits a chat, each of which takes at most 1.2 s and two looks.
    await post.wait(8 * (4 + 3 + 1) * 1.3)
    assert set(post.states()) == {DeliveryState.SENT}
    assert all(card.shown_version == card.version for card in post.units.store.cards.values())
