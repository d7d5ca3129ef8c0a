"""What is remembered of a destination, and what its fallback is told."""

from datetime import timedelta

import pytest

from core.delivery.lanes import Lane, Lanes, Relief, backoff, is_hasty, name_of
from core.domain.cards import position_card
from core.domain.delivery import Alert, CardUpdate, Delivery, Destination, Digest, FoldReason, Loudness
from core.domain.events import Event, FeedLost, Started
from core.domain.market import TradingMode
from core.domain.settings import DeliverySettings
from tests.builders import NOW
from tests.core.delivery.post import CHAT, DESK, seconds

USUAL = Started(at=NOW, version="1", open_positions=0)
URGENT = FeedLost(at=NOW, source="signals", reason="", since_at=NOW)


def delivery(event: Event, *, has_fallback: bool = True, to: Destination = CHAT) -> Delivery:
    alert = Alert(
        id=1, kind=event.kind, severity=event.severity, mode=TradingMode.PAPER, created_at=event.at, event=event
    )
    return Delivery(id=7, alert=alert, destination=to, loudness=Loudness.NORMAL, attempts=0, has_fallback=has_fallback)


@pytest.fixture
def lanes() -> Lanes:
    return Lanes(DeliverySettings())


def test_waits_double_up_to_a_minute() -> None:
    assert [backoff(n).total_seconds() for n in (1, 2, 3, 4, 5, 6, 7, 1000)] == [2, 4, 8, 16, 32, 60, 60, 60]


def test_failures_in_a_row_are_one_outage() -> None:
    lane = Lane().failed(NOW, "502").failed(NOW + seconds(2), "503")
    assert (lane.failing_since, lane.next_try_at, lane.error) == (NOW, NOW + seconds(6), "503")
    assert lane.worked("") == Lane()


def test_the_wait_that_a_platform_names_is_kept_and_never_makes_the_own_shorter() -> None:
    assert Lane().failed(NOW, "429", seconds(40)).next_try_at == NOW + seconds(40)
    assert Lane(failures=4).failed(NOW, "429", seconds(1)).next_try_at == NOW + seconds(32)


def test_crashes_of_one_work_are_counted_over_what_passes_it() -> None:
    lane = Lane().stumbled(NOW, "delivery 1").worked("delivery 2").stumbled(NOW, "delivery 1")
    assert (lane.crashes, lane.failing_since) == (2, None)
    assert lane.worked("delivery 1").crashes == 0
    assert lane.stumbled(NOW, "delivery 3").crashes == 1


def test_the_fallback_is_told_what_is_urgent_and_later_all(lanes: Lanes) -> None:
    assert lanes.relief(CHAT, NOW) is Relief.NONE
    lanes[CHAT] = Lane().failed(NOW, "502")
    assert lanes.relief(CHAT, NOW) is Relief.URGENT
    assert lanes.relief(CHAT, NOW + timedelta(minutes=5)) is Relief.ALL
    assert lanes.relief(DESK, NOW) is Relief.NONE
    lanes[CHAT] = Lane().lost(NOW, "blocked")
    assert lanes.relief(CHAT, NOW) is Relief.ALL


def test_the_fallback_is_never_told_what_is_on_its_way(lanes: Lanes) -> None:
    lanes[CHAT] = Lane().failed(NOW, "502")
    later = NOW + timedelta(hours=1)
    lanes.begin(delivery(URGENT), later)
    assert lanes.relief(CHAT, later + seconds(4)) is Relief.NONE
    lanes.end(CHAT)
    lanes.begin(delivery(USUAL), later)
    assert lanes.relief(CHAT, later) is Relief.URGENT, "not all: it may go through"
    lanes.end(CHAT)
    assert lanes.relief(CHAT, later) is Relief.ALL


def test_an_attempt_that_takes_long_counts_as_failing(lanes: Lanes) -> None:
    lanes.begin(delivery(USUAL), NOW)
    assert lanes.relief(CHAT, NOW + seconds(4.9)) is Relief.NONE
    assert lanes.relief(CHAT, NOW + seconds(5)) is Relief.URGENT
    assert list(lanes.changes_at(CHAT)) == [NOW + seconds(5)]


def test_only_what_is_urgent_and_has_a_fallback_is_hasty() -> None:
    assert is_hasty(delivery(URGENT))
    assert not is_hasty(delivery(URGENT, has_fallback=False))
    assert not is_hasty(delivery(USUAL))


def test_every_work_has_a_name() -> None:
    card = CardUpdate(card=position_card(3, "bybit"), destination=CHAT, loudness=Loudness.NORMAL, version=1)
    digest = Digest(
        destination=CHAT,
        reason=FoldReason.MISSED,
        group="",
        loudness=Loudness.NORMAL,
        count=1,
        kinds={},
        first_at=NOW,
        last_at=NOW,
        alerts=(),
        last_id=1,
    )
    assert [name_of(each) for each in (delivery(USUAL), card, digest)] == [
        "delivery 7",
        "card position/3/bybit",
        "digest missed",
    ]
