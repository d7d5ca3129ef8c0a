"""A destination that fails: fallbacks are told, the rest is folded, and what comes back is told in the right order."""

from core.domain.delivery import Delivery, FoldReason, Hold, Target
from core.ports.delivery import Outbox
from core.ports.storage import Units
from tests.builders import NOW, at
from tests.contracts.storage.alerting import (
    CHAT,
    DESK,
    POSITION_CARD,
    SPARE,
    WAVE_CARD,
    Routing,
    closed,
    crashed,
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
    refused,
    resumed,
    stale,
    states,
    tell,
    unprotected,
)

WITH_SPARE = Target(destination=CHAT, fallback=SPARE)


def by_platform(lines: list[str]) -> dict[str, list[str]]:
    """Destinations wait for each other in no order that anybody promised."""
    told: dict[str, list[str]] = {}
    for line in lines:
        platform, _, words = line.partition(" ")
        told.setdefault(platform, []).append(words)
    return told


# --- the fallback ----------------------------------------------------------------------------------------------------


async def test_what_is_urgent_is_told_elsewhere_and_here_as_missed(
    units: Units, outbox: Outbox, routing: Routing
) -> None:
    routing.told = (WITH_SPARE,)
    routing.by_kind.clear()
    await tell(units, stale(), paused())
    assert await outbox.divert(CHAT, at(1), urgent_only=True) == 1
    assert await outbox.divert(CHAT, at(1), urgent_only=True) == 0
    elsewhere = await next_single(outbox, 1, besides=[CHAT])
    assert (elsewhere.destination, elsewhere.alert.id, elsewhere.has_fallback) == (SPARE, 1, False)
    assert elsewhere.thread_ref is None
    digest = await next_digest(outbox, 1, besides=[SPARE])
    assert (digest.destination, digest.reason, digest.count, digest.elsewhere) == (CHAT, FoldReason.MISSED, 1, 1)
    assert by_platform(await drained(units, outbox, 1)) == {
        "slack": ["prices_stale 1"],
        "telegram": ["digest missed 1", "paused 2"],
    }


async def test_a_fallback_has_no_fallback_and_no_alert_comes_back(
    units: Units, outbox: Outbox, routing: Routing
) -> None:
    routing.told = (WITH_SPARE, Target(destination=SPARE, fallback=CHAT))
    await tell(units, stale())
    assert await outbox.divert(CHAT, at(1), urgent_only=True) == 1
    assert await outbox.divert(SPARE, at(1), urgent_only=True) == 1
    assert await outbox.backlog() == {CHAT: 1, SPARE: 1}
    routing.told = (WITH_SPARE,)
    await tell(units, crashed(2))
    assert await outbox.divert(CHAT, at(2), urgent_only=True) == 1
    assert await outbox.divert(SPARE, at(2), urgent_only=True) == 0


async def test_a_fallback_that_is_told_anyway_is_told_once(units: Units, outbox: Outbox, routing: Routing) -> None:
    routing.told = (WITH_SPARE, Target(destination=SPARE))
    await tell(units, stale())
    assert await outbox.divert(CHAT, at(1), urgent_only=True) == 1
    assert await outbox.backlog() == {CHAT: 1, SPARE: 1}
    assert (await next_digest(outbox, 1, besides=[SPARE])).elsewhere == 1


async def test_without_a_fallback_nothing_is_diverted(units: Units, outbox: Outbox, routing: Routing) -> None:
    routing.told = (Target(destination=CHAT),)
    await tell(units, stale())
    assert await outbox.divert(CHAT, at(1), urgent_only=False) == 0
    assert (await next_single(outbox, 1)).destination == CHAT


async def test_in_the_end_everything_is_diverted_but_what_is_held(
    units: Units, outbox: Outbox, routing: Routing
) -> None:
    quiet = Hold(reason=FoldReason.QUIET, until_at=at(60))
    routing.told = (WITH_SPARE,)
    routing.by_kind = {"resumed": (Target(destination=CHAT, fallback=SPARE, hold=quiet),)}
    await tell(units, paused(), resumed(), stale(), refused())
    assert await outbox.divert(CHAT, at(5), urgent_only=False) == 3
    assert by_platform(await drained(units, outbox, 5)) == {
        "slack": ["prices_stale 3", "paused 1", "order_refused 4"],
        "telegram": ["digest missed 3"],
    }
    assert await outbox.divert(CHAT, at(60), urgent_only=False) == 1
    assert by_platform(await drained(units, outbox, 60)) == {
        "telegram": ["digest missed 1"],
        "slack": ["digest quiet 1"],
    }


async def test_what_is_a_digest_here_is_a_digest_there(units: Units, outbox: Outbox, routing: Routing) -> None:
    routing.told = (WITH_SPARE,)
    await tell(units, *(refused(minute, str(minute)) for minute in range(30)))
    await outbox.miss(at(30))
    assert await outbox.divert(CHAT, at(30), urgent_only=False) == 30
    assert await outbox.divert(CHAT, at(31), urgent_only=False) == 0
    here, there = await next_digest(outbox, 31, besides=[SPARE]), await next_digest(outbox, 31, besides=[CHAT])
    assert (here.count, here.elsewhere, there.count, there.elsewhere) == (30, 30, 30, 0)
    assert (here.reason, there.reason) == (FoldReason.MISSED, FoldReason.DIGEST), "nobody there has missed anything"


async def test_what_is_recorded_while_everything_is_diverted_is_diverted_next_and_not_missed(
    units: Units, outbox: Outbox, routing: Routing
) -> None:
    routing.told = (WITH_SPARE,)
    routing.by_kind.clear()
    await tell(units, paused())
    assert await outbox.divert(CHAT, at(5), urgent_only=False) == 1
    await tell(units, resumed(5))
    assert await outbox.miss(at(6), CHAT) == 0
    assert await outbox.divert(CHAT, at(6), urgent_only=False) == 1
    assert by_platform(await drained(units, outbox, 6)) == {
        "slack": ["paused 1", "resumed 2"],
        "telegram": ["digest missed 2"],
    }


async def test_repeats_that_are_held_are_diverted_in_one_message(
    units: Units, outbox: Outbox, routing: Routing
) -> None:
    routing.told = (WITH_SPARE,)
    await tell(units, crashed(), crashed(1), crashed(2))
    assert await outbox.divert(CHAT, at(2), urgent_only=True) == 1
    assert by_platform(await drained(units, outbox, 2)) == {
        "slack": ["task_crashed 1"],
        "telegram": ["digest missed 1"],
    }
    assert await outbox.divert(CHAT, at(5), urgent_only=True) == 2
    assert by_platform(await drained(units, outbox, 5)) == {
        "slack": ["digest group 2"],
        "telegram": ["digest missed 2"],
    }


async def test_a_card_does_not_come_along_to_the_fallback(units: Units, outbox: Outbox, routing: Routing) -> None:
    routing.told = (living(fallback=SPARE),)
    await tell(units, opened(), unprotected(1))
    assert await outbox.divert(CHAT, at(5), urgent_only=False) == 2
    elsewhere = [work for work in await outbox.due(at(5), [CHAT]) if isinstance(work, Delivery)]
    assert [(work.destination, work.thread_ref) for work in elsewhere] == [(SPARE, None)]
    assert by_platform(await drained(units, outbox, 5)) == {
        "telegram": ["digest missed 2", f"card {POSITION_CARD.key}"],
        "slack": ["unprotected_position 2", "position_opened 1"],
    }
    assert {state for _, _, state in await states(units)} == {"sent"}


async def test_a_message_that_arrives_after_all_counts_as_told(units: Units, outbox: Outbox, routing: Routing) -> None:
    routing.told = (WITH_SPARE,)
    await tell(units, stale())
    late = await next_single(outbox)
    await outbox.divert(CHAT, at(1), urgent_only=True)
    await outbox.told(late, at(1), "77")
    assert await states(units) == [(1, str(SPARE), "pending"), (1, str(CHAT), "sent")]
    assert await outbox.due(at(1), [SPARE]) == []


# --- what was missed -------------------------------------------------------------------------------------------------


async def test_old_news_is_told_in_one_message_after_what_is_urgent(
    units: Units, outbox: Outbox, routing: Routing
) -> None:
    routing.told = (Target(destination=CHAT), Target(destination=DESK))
    routing.by_kind.clear()
    await tell(units, paused(), stale(1), resumed(2), paused(9))
    assert await outbox.miss(at(5), CHAT) == 2
    assert await outbox.miss(at(5), CHAT) == 0
    assert by_platform(await drained(units, outbox, 9)) == {
        "telegram": ["prices_stale 2", "digest missed 2", "paused 4"],
        "slack": ["prices_stale 2", "paused 1", "resumed 3", "paused 4"],
    }


async def test_old_news_of_everywhere(units: Units, outbox: Outbox) -> None:
    await tell(units, paused(), resumed(1))
    assert await outbox.miss(at(9)) == 3
    assert by_platform(await drained(units, outbox, 9)) == {
        "telegram": ["digest missed 2"],
        "slack": ["digest missed 1"],
    }


async def test_what_is_older_than_its_kind_allows_is_missed_and_expired(
    units: Units, outbox: Outbox, routing: Routing
) -> None:
    routing.told = (Target(destination=CHAT),)
    routing.by_kind.clear()
    await tell(units, moved(), stale(), unprotected(), resumed(14))
    assert await outbox.expire(at(14)) == 0
    assert await outbox.expire(at(15)) == 1
    assert await outbox.expire(at(6 * 60)) == 1
    assert await outbox.expire(at(6 * 60)) == 0
    assert await outbox.miss(at(6 * 60)) == 1
    assert await drained(units, outbox, 6 * 60) == [
        "telegram unprotected_position 3",
        "telegram digest missed 3",
    ]
    assert [state for _, _, state in await states(units)] == ["expired", "expired", "sent", "sent"]


async def test_a_card_that_is_there_is_not_missed_but_its_details_are(
    units: Units, outbox: Outbox, routing: Routing
) -> None:
    routing.told = (living(),)
    await tell(units, opened())
    await outbox.shown(await next_card(outbox), NOW, "77", NOW)
    await tell(units, moved(1), closed(2))
    assert await outbox.expire(at(30)) == 0
    assert await outbox.miss(at(60)) == 1
    assert await drained(units, outbox, 60) == ["telegram digest missed 1", f"telegram card {POSITION_CARD.key}"]
    assert await outbox.backlog() == {}


async def test_cards_that_were_never_opened_are_missed_with_what_they_tell(
    units: Units, outbox: Outbox, routing: Routing
) -> None:
    routing.told = (living(),)
    await tell(units, opened(), closed(1), finished(2))
    assert await outbox.miss(at(2)) == 2
    assert await drained(units, outbox, 2) == ["telegram digest missed 2", f"telegram card {WAVE_CARD.key}"]
    await tell(units, closed(3))
    assert await drained(units, outbox, 3) == [f"telegram card {POSITION_CARD.key}", "telegram position_closed 4"]


async def test_a_card_that_something_still_waits_for_is_opened(units: Units, outbox: Outbox, routing: Routing) -> None:
    routing.told = (living(),)
    await tell(units, opened(), unprotected(1))
    assert await outbox.miss(at(60)) == 1
    assert await drained(units, outbox, 60) == [
        f"telegram card {POSITION_CARD.key}",
        "telegram unprotected_position 2",
        "telegram digest missed 1",
    ]


async def test_cards_whose_news_was_told_elsewhere_are_not_opened_late(
    units: Units, outbox: Outbox, routing: Routing
) -> None:
    routing.told = (living(fallback=SPARE),)
    await tell(units, opened())
    await outbox.divert(CHAT, at(5), urgent_only=False)
    assert await outbox.miss(at(60), DESK) == 0
    assert await outbox.miss(at(60), CHAT) == 0
    assert by_platform(await drained(units, outbox, 60)) == {
        "telegram": ["digest missed 1"],
        "slack": ["position_opened 1"],
    }


async def test_a_card_that_was_given_up_on_its_way_is_there_all_the_same(
    units: Units, outbox: Outbox, routing: Routing
) -> None:
    routing.told = (living(),)
    await tell(units, opened())
    card = await next_card(outbox)
    await outbox.miss(at(5))
    await outbox.shown(card, at(5), "77", at(5))
    await outbox.shown(card, at(5), "77", at(5))
    await tell(units, moved(6))
    assert await drained(units, outbox, 6) == ["telegram digest missed 1", f"telegram card {POSITION_CARD.key}"]
    await tell(units, moved(7))
    assert (await next_card(outbox, 7)).message_ref == "77"


async def test_a_held_alert_that_falls_due_during_an_outage_is_told_afterwards(
    units: Units, outbox: Outbox, routing: Routing
) -> None:
    routing.told = (held(FoldReason.QUIET, 60),)
    await tell(units, refused())
    await outbox.miss(at(600))
    assert await drained(units, outbox, 600) == ["telegram digest quiet 1"]


async def test_a_card_whose_news_has_grown_old_before_it_was_opened_is_not_opened(
    units: Units, outbox: Outbox, routing: Routing
) -> None:
    routing.told = (living(),)
    await tell(units, finished(), opened())
    assert await outbox.expire(at(61)) == 1
    assert await drained(units, outbox, 61) == ["telegram digest missed 1", f"telegram card {POSITION_CARD.key}"]
