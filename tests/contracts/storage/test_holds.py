"""What must wait and is then told in one message: quiet hours, digest windows, mutes, repeats."""

from dataclasses import replace

from core.domain.delivery import (
    DIGEST_LENGTH,
    Destination,
    Digest,
    FoldReason,
    Hold,
    Loudness,
    Mute,
    Target,
)
from core.ports.delivery import Outbox
from core.ports.storage import Units
from tests.builders import NOW, at
from tests.contracts.storage.alerting import (
    CHAT,
    DESK,
    SPARE,
    Routing,
    crashed,
    drained,
    held,
    next_digest,
    next_single,
    paused,
    refused,
    resumed,
    stale,
    states,
    tell,
)


async def mute(units: Units, kind: str, minutes: float, destination: Destination = CHAT) -> None:
    async with units.writing() as unit:
        await unit.mutes.put(Mute(destination=destination, kind=kind, until_at=at(minutes), author="Ann"))


# --- digests ---------------------------------------------------------------------------------------------------------


async def test_what_is_held_is_told_in_one_message_when_its_time_has_come(
    units: Units, outbox: Outbox, routing: Routing
) -> None:
    routing.told = (replace(held(FoldReason.QUIET, 60), loudness=Loudness.MENTION),)
    routing.by_kind = {"order_refused": (held(FoldReason.QUIET, 60),)}
    await tell(units, paused(), refused(1), resumed(2), paused(3))
    assert await outbox.due(at(59), ()) == []
    assert await outbox.next_due(at(59), ()) == at(60)
    assert await outbox.next_due(at(59), [CHAT]) is None
    assert await outbox.next_due(at(60), ()) is None
    digest = await next_digest(outbox, 60)
    assert digest == Digest(
        destination=CHAT,
        reason=FoldReason.QUIET,
        group="",
        loudness=Loudness.MENTION,
        count=4,
        kinds={"paused": 2, "order_refused": 1, "resumed": 1},
        first_at=NOW,
        last_at=at(3),
        alerts=digest.alerts,
        last_id=digest.last_id,
    )
    assert [alert.id for alert in digest.alerts] == [4, 3, 2, 1]
    await outbox.folded(digest, at(60), "77")
    assert {state for _, _, state in await states(units)} == {"sent"}
    assert await outbox.due(at(600), ()) == []
    assert await outbox.backlog() == {}


async def test_a_digest_names_the_newest_of_the_most_severe(units: Units, outbox: Outbox, routing: Routing) -> None:
    routing.told = (held(FoldReason.DIGEST, 60),)
    routing.by_kind.clear()
    await tell(units, crashed(0, "a"), *(resumed(minute) for minute in range(1, 20)), stale(20))
    digest = await next_digest(outbox, 60)
    assert (digest.count, len(digest.alerts)) == (21, DIGEST_LENGTH)
    assert [alert.id for alert in digest.alerts] == [1, 21, *range(20, 10, -1)]


async def test_folds_of_other_reasons_groups_and_destinations_are_told_apart(
    units: Units, outbox: Outbox, routing: Routing
) -> None:
    routing.told = (held(FoldReason.QUIET, 60), held(FoldReason.QUIET, 60, DESK))
    routing.by_kind = {"resumed": (held(FoldReason.DIGEST, 60),)}
    await tell(units, paused(), resumed())
    assert await drained(units, outbox, 60) == [
        "telegram digest quiet 1",
        "slack digest quiet 1",
        "telegram digest digest 1",
    ]


async def test_a_fold_is_told_whole_when_its_first_part_is_due(units: Units, outbox: Outbox, routing: Routing) -> None:
    routing.told = (held(FoldReason.DIGEST, 15),)
    await tell(units, refused(0, "a"))
    routing.told = (held(FoldReason.DIGEST, 20),)
    await tell(units, refused(5, "b"))
    assert (await next_digest(outbox, 15)).count == 2


async def test_what_is_folded_after_a_digest_was_read_is_told_by_the_next(
    units: Units, outbox: Outbox, routing: Routing
) -> None:
    routing.told = (held(FoldReason.DIGEST, 1),)
    await tell(units, refused(0, "a"))
    digest = await next_digest(outbox, 1)
    await tell(units, refused(0, "b"))
    await outbox.folded(digest, at(1), "77")
    await outbox.folded(digest, at(1), "77")
    later = await next_digest(outbox, 2)
    assert [alert.id for alert in later.alerts] == [2]
    await outbox.folded(later, at(2), "78")
    assert await outbox.backlog() == {}


async def test_what_is_missed_later_though_it_was_recorded_earlier_is_not_taken_for_told(
    units: Units, outbox: Outbox, routing: Routing
) -> None:
    routing.told = (Target(destination=CHAT),)
    await tell(units, refused(5, "a"), refused(0, "b"))
    assert await outbox.miss(at(1)) == 1
    digest = await next_digest(outbox, 6)
    assert await outbox.miss(at(6)) == 1
    await outbox.folded(digest, at(6), "77")
    later = await next_digest(outbox, 6)
    assert ([alert.id for alert in digest.alerts], [alert.id for alert in later.alerts]) == ([2], [1])


async def test_a_digest_that_fails_is_counted_and_told_later(units: Units, outbox: Outbox, routing: Routing) -> None:
    routing.told = (held(FoldReason.DIGEST, 1),)
    await tell(units, refused(0, "a"))
    digest = await next_digest(outbox, 1)
    await outbox.retry(digest, "timed out")
    assert await next_digest(outbox, 1) == replace(digest, attempts=1)
    await outbox.failed(digest, at(2), "refused")
    assert await states(units) == [(1, str(CHAT), "failed")]
    assert await outbox.due(at(3), ()) == []


async def test_what_is_held_grows_no_older(units: Units, outbox: Outbox, routing: Routing) -> None:
    routing.told = (held(FoldReason.QUIET, 9 * 60),)
    await tell(units, refused())
    assert await outbox.expire(at(7 * 60)) == 0
    assert await outbox.miss(at(7 * 60)) == 0
    await outbox.folded(await next_digest(outbox, 9 * 60), at(9 * 60), "77")
    assert await states(units) == [(1, str(CHAT), "sent")]


# --- repeats ---------------------------------------------------------------------------------------------------------


async def test_repeats_are_held_until_five_minutes_after_the_first(
    units: Units, outbox: Outbox, routing: Routing
) -> None:
    routing.told = (Target(destination=CHAT),)
    await tell(units, crashed(), crashed(1), crashed(4.9), crashed(2, "feed"), crashed(5), crashed(6))
    assert [await drained(units, outbox, minutes) for minutes in (4.9, 5.1, 9.9, 10)] == [
        ["telegram task_crashed 1", "telegram task_crashed 4", "telegram task_crashed 5"],
        ["telegram digest group 3"],
        [],
        [],
    ]


async def test_every_window_of_repeats_has_a_digest_of_its_own(units: Units, outbox: Outbox, routing: Routing) -> None:
    routing.told = (Target(destination=CHAT),)
    await tell(units, refused(), refused(1), refused(2))
    assert await drained(units, outbox, 2) == ["telegram order_refused 1"]
    digest = await next_digest(outbox, 5)
    assert (digest.reason, digest.count, digest.kinds) == (FoldReason.GROUP, 2, {"order_refused": 2})
    await outbox.folded(digest, at(5), "77")
    await tell(units, refused(6), refused(7))
    assert await drained(units, outbox, 7) == ["telegram order_refused 4"]
    assert await drained(units, outbox, 11) == ["telegram digest group 1"]


async def test_other_reasons_and_other_destinations_are_no_repeats(
    units: Units, outbox: Outbox, routing: Routing
) -> None:
    routing.told = (Target(destination=CHAT),)
    await tell(units, refused(), refused(1, "too_small"))
    routing.told = (Target(destination=CHAT), Target(destination=DESK))
    await tell(units, refused(2))
    assert sorted(await drained(units, outbox, 2)) == [
        "slack order_refused 3",
        "telegram order_refused 1",
        "telegram order_refused 2",
    ]


async def test_repeats_of_what_is_urgent_come_ahead_of_the_others(
    units: Units, outbox: Outbox, routing: Routing
) -> None:
    routing.told = (Target(destination=CHAT),)
    routing.by_kind.clear()
    await tell(units, paused(), stale(), stale(1))
    assert await drained(units, outbox, 5) == [
        "telegram prices_stale 2",
        "telegram digest group 1",
        "telegram paused 1",
    ]


# --- mutes -----------------------------------------------------------------------------------------------------------


async def test_what_is_muted_is_told_together_when_the_mute_ends(units: Units, outbox: Outbox) -> None:
    await mute(units, "resumed", 60)
    await tell(units, paused(), resumed(1), resumed(2))
    assert sorted(await drained(units, outbox, 59)) == ["slack paused 1", "telegram paused 1"]
    digest = await next_digest(outbox, 60)
    assert (digest.reason, digest.group, digest.count) == (FoldReason.MUTED, "resumed", 2)
    await outbox.folded(digest, at(60), "77")
    await tell(units, resumed(60))
    assert await drained(units, outbox, 60) == ["telegram resumed 4"]


async def test_a_mute_is_for_one_destination_and_never_for_what_is_critical(
    units: Units, outbox: Outbox, routing: Routing
) -> None:
    routing.told = (Target(destination=CHAT), Target(destination=DESK))
    await mute(units, "prices_stale", 60)
    await mute(units, "task_crashed", 60)
    await tell(units, stale(), crashed())
    assert sorted(await drained(units, outbox)) == [
        "slack prices_stale 1",
        "slack task_crashed 2",
        "telegram task_crashed 2",
    ]


async def test_a_mute_that_is_ended_lets_go_at_once(units: Units, outbox: Outbox) -> None:
    await mute(units, "resumed", 60)
    await mute(units, "paused", 60)
    await mute(units, "resumed", 60, DESK)
    await tell(units, resumed(1), paused(1))
    async with units.writing() as unit:
        ended = await unit.mutes.end(CHAT, "resumed", at(2))
        assert [(each.destination, each.kind) for each in ended] == [(CHAT, "resumed")]
        assert await unit.mutes.end(CHAT, "resumed", at(2)) == []
    digest = await next_digest(outbox, 2, besides=[DESK])
    assert digest.kinds == {"resumed": 1}
    async with units.writing() as unit:
        assert [each.kind for each in await unit.mutes.active(at(2))] == ["resumed", "paused"]
        assert [each.kind for each in await unit.mutes.end(CHAT, None, at(3))] == ["paused"]
        assert [each.destination for each in await unit.mutes.active(at(3))] == [DESK]
        assert await unit.mutes.active(at(3), CHAT) == []
        assert await unit.mutes.active(at(60)) == []


async def test_the_later_end_of_a_mute_counts_for_what_it_holds_already(units: Units, outbox: Outbox) -> None:
    await mute(units, "resumed", 60)
    await tell(units, resumed(1))
    await mute(units, "resumed", 120)
    await mute(units, "resumed", 30)
    async with units.reading() as unit:
        (known,) = await unit.mutes.active(at(1), CHAT)
    assert known == Mute(destination=CHAT, kind="resumed", until_at=at(120), author="Ann")
    assert await outbox.due(at(119), ()) == []
    assert (await next_digest(outbox, 120)).count == 1


async def test_a_mute_that_is_over_can_be_put_again(units: Units, outbox: Outbox) -> None:
    await mute(units, "resumed", 1)
    await tell(units, resumed(2))
    assert await drained(units, outbox, 2) == ["telegram resumed 1"]
    await mute(units, "resumed", 60)
    await tell(units, resumed(3))
    assert await drained(units, outbox, 3) == []


async def test_a_mute_moves_along_with_its_destination(units: Units, outbox: Outbox, routing: Routing) -> None:
    await mute(units, "resumed", 60)
    await mute(units, "paused", 60)
    await mute(units, "paused", 90, SPARE)
    await outbox.move(CHAT, SPARE)
    async with units.reading() as unit:
        found = await unit.mutes.active(NOW)
    assert [(each.destination, each.kind, each.until_at) for each in found] == [
        (SPARE, "paused", at(90)),
        (SPARE, "resumed", at(60)),
    ]


async def test_of_several_reasons_to_wait_the_longest_counts(units: Units, outbox: Outbox, routing: Routing) -> None:
    quiet = Hold(reason=FoldReason.QUIET, until_at=at(30))
    routing.told = (Target(destination=CHAT, hold=quiet),)
    await mute(units, "order_refused", 20)
    await tell(units, refused())
    await mute(units, "order_refused", 40)
    await tell(units, refused(1))
    assert await outbox.next_due(NOW, ()) == at(30)
    assert await drained(units, outbox, 30) == ["telegram digest quiet 1"]
    assert await drained(units, outbox, 40) == ["telegram digest muted 1"]


async def test_an_alert_that_is_told_again_is_held_by_nothing(units: Units, outbox: Outbox) -> None:
    await mute(units, "resumed", 60)
    await tell(units, resumed())
    await outbox.resend(1, at(1))
    assert (await next_single(outbox, 1)).alert.id == 1
    assert await outbox.next_due(at(1), ()) is None
