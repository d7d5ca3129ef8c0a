"""Living messages: opened once, brought to their last state, in order with what else is told."""

from dataclasses import replace
from datetime import timedelta

from core.domain.cards import position_card
from core.domain.delivery import EDIT_PATIENCE, CardUpdate, Delivery, FoldReason, Loudness, Target
from core.domain.events import StopMoved
from core.ports.delivery import Outbox
from core.ports.storage import Units
from tests.builders import NOW, at
from tests.contracts.storage.alerting import (
    CHAT,
    DESK,
    POSITION_CARD,
    SCREEN,
    WAVE_CARD,
    Routing,
    closed,
    drained,
    finished,
    held,
    living,
    moved,
    next_card,
    next_digest,
    next_single,
    opened,
    paused,
    resumed,
    states,
    tell,
    unprotected,
)

PACE = timedelta(seconds=3)


async def show_next(outbox: Outbox, minutes: float = 0, ref: str = "77") -> CardUpdate:
    card = await next_card(outbox, minutes)
    await outbox.shown(card, at(minutes), ref, at(minutes) + PACE)
    return card


async def test_an_event_is_told_by_its_card_where_cards_live_and_by_itself_elsewhere(
    units: Units, outbox: Outbox, routing: Routing
) -> None:
    routing.told = (replace(living(), loudness=Loudness.MENTION), Target(destination=SCREEN))
    await tell(units, opened())
    screen = await next_single(outbox, besides=[CHAT])
    assert (screen.destination, screen.alert.event) == (SCREEN, opened())
    card = await next_card(outbox, besides=[SCREEN])
    assert (card.card, card.destination, card.loudness) == (POSITION_CARD, CHAT, Loudness.MENTION)
    assert (card.message_ref, card.sent_at, card.attempts) == (None, None, 0)
    assert card.alert is not None
    assert card.alert.event == opened()
    assert await outbox.backlog() == {CHAT: 1, SCREEN: 1}
    await outbox.shown(card, at(1), "77", at(1) + PACE)
    assert await states(units) == [(1, str(CHAT), "sent"), (1, str(SCREEN), "pending")]
    assert await outbox.due(at(9), [SCREEN]) == []


async def test_many_changes_are_one_edit_to_the_last_state(units: Units, outbox: Outbox, routing: Routing) -> None:
    routing.told = (living(),)
    await tell(units, opened())
    await show_next(outbox)
    await tell(units, moved(1), moved(2), moved(3))
    card = await next_card(outbox, 3)
    assert (card.message_ref, card.sent_at) == ("77", NOW)
    assert card.alert is not None
    assert card.alert.event == moved(3)
    await outbox.shown(card, at(3), "77", at(3) + PACE)
    assert await outbox.due(at(9), ()) == []
    assert await outbox.backlog() == {}


async def test_what_changes_while_a_card_is_being_shown_is_shown_after_its_pace(
    units: Units, outbox: Outbox, routing: Routing
) -> None:
    routing.told = (living(),)
    await tell(units, opened())
    card = await next_card(outbox)
    await tell(units, moved(0))
    await outbox.shown(card, NOW, "77", NOW + PACE)
    assert await states(units) == [(1, str(CHAT), "sent"), (2, str(CHAT), "pending")]
    assert await outbox.due(at(seconds=2), ()) == []
    assert await outbox.next_due(at(seconds=2), ()) == NOW + PACE
    assert await outbox.next_due(at(seconds=2), [CHAT]) is None
    assert await outbox.next_due(NOW + PACE, ()) is None
    (later,) = await outbox.due(NOW + PACE, ())
    assert isinstance(later, CardUpdate)
    await outbox.shown(later, at(1), "77", at(1) + PACE)
    assert await outbox.backlog() == {}


async def test_a_card_that_waits_for_its_pace_holds_up_nobody(units: Units, outbox: Outbox, routing: Routing) -> None:
    routing.told = (living(),)
    routing.by_kind.clear()
    await tell(units, opened())
    await show_next(outbox)
    await tell(units, moved(0), paused(0))
    assert (await next_single(outbox)).alert.event == paused(0)


async def test_a_detail_comes_under_its_card_and_after_it(units: Units, outbox: Outbox, routing: Routing) -> None:
    routing.told = (living(),)
    await tell(units, opened(), closed(1))
    await show_next(outbox, 1)
    detail = await next_single(outbox, 1)
    assert (detail.alert.event, detail.thread_ref) == (closed(1), "77")
    await outbox.told(detail, at(1), "78")
    assert await outbox.backlog() == {}


async def test_a_detail_opens_its_card_if_it_must(units: Units, outbox: Outbox, routing: Routing) -> None:
    routing.told = (living(),)
    await tell(units, closed())
    card = await show_next(outbox)
    assert card.alert is not None
    assert card.alert.event == closed()
    assert (await next_single(outbox)).thread_ref == "77"


async def test_an_urgent_detail_takes_its_card_along_ahead_of_the_others(
    units: Units, outbox: Outbox, routing: Routing
) -> None:
    routing.told = (living(),)
    routing.by_kind.clear()
    await tell(units, paused(), opened(1), paused(2), unprotected(3))
    assert await drained(units, outbox, 4) == [
        f"telegram card {POSITION_CARD.key}",
        "telegram unprotected_position 4",
        "telegram paused 1",
        "telegram paused 3",
    ]


async def test_an_urgent_detail_does_not_lift_a_card_that_is_there(
    units: Units, outbox: Outbox, routing: Routing
) -> None:
    routing.told = (living(),)
    routing.by_kind.clear()
    await tell(units, opened())
    await show_next(outbox)
    await tell(units, paused(1), unprotected(2))
    assert await drained(units, outbox, 4) == [
        "telegram unprotected_position 3",
        "telegram paused 2",
        f"telegram card {POSITION_CARD.key}",
    ]


async def test_a_card_keeps_its_place_however_often_it_changes(units: Units, outbox: Outbox, routing: Routing) -> None:
    routing.told = (living(),)
    routing.by_kind.clear()
    await tell(units, paused(), opened(1), paused(2), moved(3))
    assert await drained(units, outbox, 4) == [
        "telegram paused 1",
        f"telegram card {POSITION_CARD.key}",
        "telegram paused 3",
    ]


async def test_a_card_lives_on_whatever_the_route_says(units: Units, outbox: Outbox, routing: Routing) -> None:
    routing.told = (living(),)
    await tell(units, opened())
    await show_next(outbox)
    routing.told = ()
    await tell(units, moved(1))
    assert (await show_next(outbox, 1)).card == POSITION_CARD
    async with units.reading() as unit:
        assert len(await unit.alerts.recent(9)) == 1


async def test_an_event_changes_other_cards_where_they_live(units: Units, outbox: Outbox, routing: Routing) -> None:
    await tell(units, opened())
    assert await outbox.due(NOW, ()) == []
    routing.cards = (living(), living(DESK), Target(destination=SCREEN))
    async with units.writing() as unit:
        await unit.show(WAVE_CARD)
    for card in await outbox.due(NOW, ()):
        assert isinstance(card, CardUpdate)
        assert (card.card, card.alert) == (WAVE_CARD, None)
        await outbox.shown(card, NOW, "77", NOW + PACE)
    await tell(units, opened(1))
    works = await outbox.due(at(1), ())
    assert [(work.destination, work.card) for work in works if isinstance(work, CardUpdate)] == [
        (DESK, WAVE_CARD),
        (CHAT, WAVE_CARD),
    ]


async def test_showing_again_changes_what_is_there(units: Units, outbox: Outbox, routing: Routing) -> None:
    routing.cards = (living(),)
    for minutes in (0, 1):
        async with units.writing() as unit:
            await unit.show(WAVE_CARD)
        await show_next(outbox, minutes)
    routing.told = (living(),)
    await tell(units, finished(2))
    card = await show_next(outbox, 2)
    assert (card.message_ref, card.alert is None) == ("77", False)
    assert await outbox.backlog() == {}


async def test_a_message_that_was_sent_anew_takes_the_place_of_the_old_one(
    units: Units, outbox: Outbox, routing: Routing
) -> None:
    routing.told = (living(),)
    await tell(units, opened())
    await show_next(outbox)
    await tell(units, moved(1))
    await show_next(outbox, 1, ref="88")
    await tell(units, moved(2), closed(2))
    detail = await next_single(outbox, 2)
    assert detail.thread_ref == "88"
    await outbox.told(detail, at(2), "detail")
    card = await next_card(outbox, 2)
    assert (card.message_ref, card.sent_at) == ("88", at(1))


async def test_marking_a_card_twice_changes_nothing(units: Units, outbox: Outbox, routing: Routing) -> None:
    routing.told = (living(),)
    await tell(units, opened())
    first = await show_next(outbox)
    await tell(units, moved(1))
    second = await show_next(outbox, 1, ref="88")
    await outbox.shown(first, at(2), "77", at(2) + PACE)
    await outbox.shown(second, at(2), "99", at(2) + PACE)
    await tell(units, moved(3))
    card = await next_card(outbox, 3)
    assert (card.message_ref, card.sent_at) == ("88", at(1))


async def test_a_card_with_nothing_to_show_is_done_and_its_details_stand_alone(
    units: Units, outbox: Outbox, routing: Routing
) -> None:
    routing.told = (living(),)
    await tell(units, opened(), closed(1))
    await outbox.shown(await next_card(outbox, 1), at(1), "", at(1) + PACE)
    detail = await next_single(outbox, 1)
    assert (detail.alert.event, detail.thread_ref) == (closed(1), None)
    await outbox.told(detail, at(1), "78")
    assert await states(units) == [(1, str(CHAT), "sent"), (2, str(CHAT), "sent")]


async def test_a_card_with_nothing_to_show_any_more_keeps_its_message(
    units: Units, outbox: Outbox, routing: Routing
) -> None:
    routing.told = (living(),)
    await tell(units, opened())
    await show_next(outbox)
    await tell(units, moved(1))
    await show_next(outbox, 1, ref="")
    await tell(units, moved(2))
    assert (await next_card(outbox, 2)).message_ref == "77"


async def test_a_card_that_fails_is_counted_and_tried_again(units: Units, outbox: Outbox, routing: Routing) -> None:
    routing.told = (living(),)
    await tell(units, opened())
    card = await next_card(outbox)
    await outbox.retry(card, "timed out")
    assert await next_card(outbox) == replace(card, attempts=1)
    async with units.reading() as unit:
        (record,) = await unit.alerts.deliveries(1)
    assert (record.state, record.attempts, record.error) == ("pending", 1, "timed out")


async def test_a_card_that_is_given_up_takes_what_it_tells_along_until_it_changes(
    units: Units, outbox: Outbox, routing: Routing
) -> None:
    routing.told = (living(),)
    await tell(units, opened(), closed(1))
    await outbox.failed(await next_card(outbox, 1), at(1), "message refused")
    assert await states(units) == [(1, str(CHAT), "failed"), (2, str(CHAT), "pending")]
    assert (await next_single(outbox, 1)).thread_ref is None
    await tell(units, moved(2))
    assert await drained(units, outbox, 2) == ["telegram position_closed 2", f"telegram card {POSITION_CARD.key}"]
    assert await outbox.backlog() == {}


async def test_what_must_wait_opens_no_card(units: Units, outbox: Outbox, routing: Routing) -> None:
    routing.told = routing.cards = (held(FoldReason.QUIET, 60, is_living=True),)
    await tell(units, opened(), closed(1))
    async with units.writing() as unit:
        await unit.show(POSITION_CARD)
    assert await outbox.due(at(59), ()) == []
    digest = await next_digest(outbox, 60)
    assert digest.kinds == {"position_closed": 1, "position_opened": 1}


async def test_a_card_that_is_there_goes_on_through_quiet_hours_but_its_details_wait(
    units: Units, outbox: Outbox, routing: Routing
) -> None:
    routing.told = (living(),)
    await tell(units, opened())
    await show_next(outbox)
    routing.told = (held(FoldReason.QUIET, 60, is_living=True),)
    await tell(units, moved(1), closed(2))
    await show_next(outbox, 2)
    assert await states(units) == [(1, str(CHAT), "sent"), (2, str(CHAT), "sent"), (3, str(CHAT), "pending")]
    assert await outbox.due(at(59), ()) == []
    assert (await next_digest(outbox, 60)).kinds == {"position_closed": 1}


async def test_cards_move_along_and_are_sent_anew(units: Units, outbox: Outbox, routing: Routing) -> None:
    routing.told = (living(),)
    await tell(units, opened())
    await show_next(outbox)
    await outbox.move(CHAT, DESK)
    assert await outbox.due(at(1), ()) == []
    routing.told = (living(DESK),)
    await tell(units, moved(1))
    card = await show_next(outbox, 1, ref="88")
    assert (card.destination, card.message_ref, card.sent_at) == (DESK, None, None)
    assert await outbox.backlog() == {}


async def test_two_cards_become_one_when_a_destination_moves(units: Units, outbox: Outbox, routing: Routing) -> None:
    routing.told = (living(), living(DESK))
    await tell(units, opened())
    for work in await outbox.due(NOW, ()):
        assert isinstance(work, CardUpdate)
        await outbox.shown(work, NOW, work.destination.platform, NOW)
    routing.told = (living(),)
    await tell(units, moved(1), moved(2))
    await outbox.move(CHAT, DESK)
    card = await next_card(outbox, 3)
    assert (card.destination, card.message_ref) == (DESK, "slack")
    await outbox.shown(card, at(3), "slack", at(3))
    assert await outbox.backlog() == {}
    assert await outbox.due(at(4), ()) == []


async def test_forty_cards_and_a_burst_are_one_work_a_destination(
    units: Units, outbox: Outbox, routing: Routing
) -> None:
    routing.told = (living(),)
    routing.by_kind.clear()
    async with units.writing() as unit:
        for number in range(40):
            await unit.record(replace(opened(), position_id=number))
            await unit.record(
                StopMoved(
                    at=NOW,
                    exchange="binance",
                    position_id=number,
                    symbol="A",
                    old_price=None,
                    new_price=moved().new_price,
                )
            )
    lines = await drained(units, outbox)
    assert lines == [f"telegram card {position_card(number, 'binance').key}" for number in range(40)]
    assert await outbox.backlog() == {}


async def test_an_alert_told_by_a_card_is_told_again_by_itself(units: Units, outbox: Outbox, routing: Routing) -> None:
    routing.told = (living(),)
    await tell(units, opened())
    await show_next(outbox)
    assert await outbox.resend(1, at(1)) == [CHAT]
    (again,) = await outbox.due(at(1), ())
    assert isinstance(again, Delivery)
    assert (again.alert.event, again.thread_ref) == (opened(), None)


async def test_an_edit_lets_later_alerts_pass_but_not_for_ever(units: Units, outbox: Outbox, routing: Routing) -> None:
    routing.told = (living(),)
    routing.by_kind.clear()
    await tell(units, opened())
    await show_next(outbox)
    await tell(units, moved(1), *(resumed(2 + number) for number in range(EDIT_PATIENCE + 5)))
    lines = await drained(units, outbox, 99)
    assert [line.split()[1] for line in lines].index("card") == EDIT_PATIENCE - 1
    assert await outbox.backlog() == {}
