"""Who is told what."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.delivery.holds import hold_of
from core.delivery.routing import Routing
from core.domain.cards import position_card, wave_card
from core.domain.delivery import Destination, FoldReason, Hold, Loudness, QuietHours, Route, Target
from core.domain.events import (
    DeliveryLost,
    Event,
    LiveStarted,
    OrderRefused,
    Severity,
    Started,
    StopMoved,
    UnprotectedPosition,
)
from core.domain.market import TradingMode
from tests.builders import NOW, WAVE_AT, price

CHAT, DESK, BOSS = (Destination.parse(text) for text in ("telegram:-1001/5", "slack:C0001", "telegram:1001"))
STARTED = Started(at=NOW, version="1", open_positions=0)
MOVED = StopMoved(at=NOW, exchange="binance", position_id=1, symbol="S", old_price=None, new_price=price(1))
BARE = UnprotectedPosition(at=NOW, exchange="bybit", position_id=1, symbol="S", action="a", detail="d")
REFUSED = OrderRefused(at=NOW, exchange="binance", symbol="S", side="BUY", leg="entry", reason="other", detail="")
NIGHT = QuietHours(begin=time(22), end=time(7))
MIDNIGHT = datetime(2026, 11, 21, tzinfo=UTC)


def routing(*routes: Route, now: datetime = NOW, moved: Sequence[tuple[Destination, Destination]] = ()) -> Routing:
    return Routing(
        routes=routes,
        mode=TradingMode.PAPER,
        now=lambda: now,
        zone=UTC,
        living=frozenset({"telegram"}),
        moved=moved,
    )


def told(targets: Sequence[Target]) -> list[Destination]:
    return [target.destination for target in targets]


def route(**conditions: object) -> Route:
    return Route(to=(CHAT,), **conditions)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wanted", "event", "is_matched"),
    [
        (route(), MOVED, True),
        (route(severity=Severity.INFO), MOVED, False),
        (route(severity=Severity.INFO), STARTED, True),
        (route(severity=Severity.CRITICAL), REFUSED, False),
        (route(severity=Severity.CRITICAL), BARE, True),
        (route(kinds=frozenset({"stop_moved"})), MOVED, True),
        (route(kinds=frozenset({"stop_moved"})), STARTED, False),
        (route(exchanges=frozenset({"bybit"})), BARE, True),
        (route(exchanges=frozenset({"bybit"})), REFUSED, False),
        (route(exchanges=frozenset({"bybit"})), STARTED, True),
        (route(modes=frozenset({TradingMode.LIVE})), STARTED, False),
        (route(modes=frozenset({TradingMode.PAPER})), STARTED, True),
    ],
)
def test_a_route_matches_what_it_names(wanted: Route, event: Event, is_matched: bool) -> None:
    assert told(routing(wanted).targets(event)) == ([CHAT] if is_matched else [])


def test_what_is_for_all_is_told_at_every_destination_at_once_whatever_the_routes_match() -> None:
    live = LiveStarted(at=NOW, exchanges=("binance",), size_quote=None, leverage=1)
    routes = (
        Route(to=(CHAT,), kinds=frozenset({"paused"}), quiet=NIGHT, digest=timedelta(minutes=30)),
        Route(to=(DESK,), exchanges=frozenset({"bybit"}), modes=frozenset({TradingMode.LIVE})),
        Route(to=(CHAT, BOSS), severity=Severity.CRITICAL, loudness=Loudness.MENTION),
    )
    targets = routing(*routes, now=MIDNIGHT).targets(live)
    assert told(targets) == [CHAT, DESK, BOSS]
    assert [target.hold for target in targets] == [None] * 3
    assert targets[0].loudness is Loudness.MENTION


def test_every_matching_route_gets_it_once_and_as_loud_as_the_loudest() -> None:
    routes = routing(
        Route(to=(CHAT, DESK), loudness=Loudness.SILENT),
        Route(to=(DESK,), loudness=Loudness.MENTION, severity=Severity.CRITICAL),
        Route(to=(DESK, BOSS)),
    )
    assert [(target.destination, target.loudness) for target in routes.targets(BARE)] == [
        (CHAT, Loudness.SILENT),
        (DESK, Loudness.MENTION),
        (BOSS, Loudness.NORMAL),
    ]
    assert routes.targets(STARTED)[1].loudness is Loudness.NORMAL
    assert [target.is_living for target in routes.targets(BARE)] == [True, False, True]


def test_the_first_route_with_a_fallback_names_it_and_nobody_falls_back_on_itself() -> None:
    routes = routing(Route(to=(CHAT,)), Route(to=(CHAT, DESK), fallback=DESK), Route(to=(CHAT,), fallback=BOSS))
    assert [target.fallback for target in routes.targets(STARTED)] == [DESK, None]


def test_quiet_hours_hold_back_what_is_not_urgent() -> None:
    routes = routing(route(quiet=NIGHT), now=MIDNIGHT)
    [held], [urgent] = routes.targets(REFUSED), routes.targets(BARE)
    assert held.hold == Hold(reason=FoldReason.QUIET, until_at=MIDNIGHT + timedelta(hours=7))
    assert urgent.hold is None


def test_the_least_restrictive_route_wins() -> None:
    day = route(digest=timedelta(days=1))
    assert routing(route(quiet=NIGHT), route(), now=MIDNIGHT).targets(STARTED)[0].hold is None
    [target] = routing(day, route(quiet=NIGHT), now=MIDNIGHT).targets(STARTED)
    assert target.hold == Hold(reason=FoldReason.QUIET, until_at=MIDNIGHT + timedelta(hours=7))
    [target] = routing(day, route(severity=Severity.CRITICAL), now=MIDNIGHT).targets(STARTED)
    assert target.hold is not None, "only routes that match have a say"


LOST = DeliveryLost(at=NOW, destination=str(CHAT), error="blocked")


@pytest.mark.parametrize(
    ("routes", "expected"),
    [
        ([Route(to=(CHAT, DESK))], [DESK]),
        ([Route(to=(CHAT,)), Route(to=(DESK,), severity=Severity.CRITICAL)], [DESK]),
        ([Route(to=(CHAT,), fallback=DESK)], [DESK]),
        ([Route(to=(CHAT,), fallback=DESK), Route(to=(BOSS,))], [BOSS]),
        ([Route(to=(DESK, CHAT), fallback=CHAT, kinds=frozenset({"started"})), Route(to=(CHAT,))], [DESK]),
        ([Route(to=(CHAT,))], []),
    ],
)
def test_a_loss_is_told_to_others(routes: list[Route], expected: list[Destination]) -> None:
    targets = routing(*routes, now=MIDNIGHT).targets(LOST)
    assert told(targets) == expected
    assert all(target.fallback != CHAT for target in targets)


def test_a_loss_waits_for_no_quiet_hours() -> None:
    [target] = routing(route(), Route(to=(DESK,), quiet=NIGHT, kinds=frozenset({"x"})), now=MIDNIGHT).targets(LOST)
    assert (target.destination, target.hold) == (DESK, None)


def test_a_moved_chat_is_meant_by_its_old_address_with_every_topic() -> None:
    new = Destination.parse("telegram:-1009/5")
    routes = routing(Route(to=(CHAT, Destination.parse("telegram:-1001")), fallback=CHAT), moved=[(CHAT, new)])
    targets = routes.targets(STARTED)
    assert told(targets) == [new, Destination.parse("telegram:-1009")]
    assert [target.fallback for target in targets] == [None, new]


def test_a_chat_that_moves_again_and_back_is_followed() -> None:
    first, second = Destination.parse("telegram:-1008/5"), Destination.parse("telegram:-1009/5")
    routes = routing(Route(to=(CHAT,)), moved=[(CHAT, first)])
    routes.follow(first, second)
    assert told(routes.targets(STARTED)) == [second]
    routes.follow(second, CHAT)
    assert told(routes.targets(STARTED)) == [CHAT]
    routes.follow(CHAT, CHAT)
    assert told(routes.targets(STARTED)) == [CHAT]


def test_two_chats_that_became_one_are_told_once() -> None:
    assert told(routing(Route(to=(BOSS, CHAT)), moved=[(BOSS, CHAT)]).targets(STARTED)) == [
        Destination.parse("telegram:-1001"),
        CHAT,
    ]
    plain = Destination.parse("telegram:-1001")
    assert told(routing(Route(to=(BOSS, plain)), moved=[(BOSS, plain)]).targets(STARTED)) == [plain]


@pytest.mark.parametrize(
    ("kinds", "waves", "positions"),
    [
        ((), [CHAT], [CHAT]),
        (("wave_finished",), [CHAT], []),
        (("position_opened", "stop_moved"), [], [CHAT]),
        (("stop_moved",), [], []),
    ],
)
def test_cards_live_where_their_event_is_told(
    kinds: Sequence[str], waves: list[Destination], positions: list[Destination]
) -> None:
    routes = routing(Route(to=(CHAT, DESK), kinds=frozenset(kinds), exchanges=frozenset({"binance"})))
    assert told(routes.card_targets(wave_card(WAVE_AT, "binance"))) == waves
    assert told(routes.card_targets(position_card(1, "binance"))) == positions
    assert routes.card_targets(position_card(1, "bybit")) == []


ROUTES = st.lists(
    st.builds(
        Route,
        to=st.lists(st.sampled_from([CHAT, DESK, BOSS]), min_size=1, max_size=3).map(tuple),
        severity=st.sampled_from(Severity),
        loudness=st.sampled_from(Loudness),
        quiet=st.none() | st.just(NIGHT),
        digest=st.none() | st.just(timedelta(hours=1)),
        fallback=st.none() | st.sampled_from([CHAT, DESK, BOSS]),
    ),
    max_size=6,
)


@given(ROUTES, st.sampled_from([STARTED, MOVED, BARE, REFUSED]), st.integers(0, 23))
def test_nobody_is_told_twice_left_out_or_held_against_a_route(routes: list[Route], event: Event, hour: int) -> None:
    now = MIDNIGHT + timedelta(hours=hour)
    targets = routing(*routes, now=now).targets(event)
    assert len(targets) == len({*told(targets)})
    assert {*told(targets)} == {d for r in routes if event.severity >= r.severity for d in r.to}
    for target in targets:
        naming = [r for r in routes if event.severity >= r.severity and target.destination in r.to]
        holds = [hold_of(r, now, ZoneInfo("UTC")) for r in naming]
        is_held = event.severity < Severity.WARNING and None not in holds
        assert (target.hold is not None) == is_held
        assert target.fallback != target.destination
