"""Who is told what."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.delivery.routing import destinations, matches
from core.domain.delivery import Destination, Loudness, Route
from core.domain.events import Event, OrderRefused, Severity, Started, StopMoved, UnprotectedPosition
from core.domain.market import TradingMode
from tests.builders import NOW

PAPER = TradingMode.PAPER
CHAT, DESK, BOSS = (Destination.parse(text) for text in ("telegram:-1001/5", "slack:C0001", "telegram:1001"))
STARTED = Started(at=NOW, version="1", open_positions=0)
MOVED = StopMoved(at=NOW, exchange="binance", position_id=1, symbol="S", old_price=None, new_price=None)  # type: ignore[arg-type]
BARE = UnprotectedPosition(at=NOW, exchange="bybit", position_id=1, symbol="S", action="a", detail="d")
REFUSED = OrderRefused(at=NOW, exchange="binance", symbol="S", side="BUY", leg="entry", reason="other", detail="")


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
        (route(modes=frozenset({PAPER})), STARTED, True),
    ],
)
def test_a_route_matches_what_it_names(wanted: Route, event: Event, is_matched: bool) -> None:
    assert matches(wanted, event, PAPER) is is_matched


def test_every_matching_route_gets_it_once_and_as_loud_as_the_loudest() -> None:
    routes = [
        Route(to=(CHAT, DESK), loudness=Loudness.SILENT),
        Route(to=(DESK,), loudness=Loudness.MENTION, severity=Severity.CRITICAL),
        Route(to=(DESK, BOSS)),
    ]
    assert destinations(routes, BARE, PAPER) == [
        (CHAT, Loudness.SILENT),
        (DESK, Loudness.MENTION),
        (BOSS, Loudness.NORMAL),
    ]
    assert destinations(routes, STARTED, PAPER)[1] == (DESK, Loudness.NORMAL)


ROUTES = st.lists(
    st.builds(
        Route,
        to=st.lists(st.sampled_from([CHAT, DESK, BOSS]), min_size=1, max_size=3).map(tuple),
        severity=st.sampled_from(Severity),
        loudness=st.sampled_from(Loudness),
    ),
    max_size=6,
)


@given(ROUTES, st.sampled_from([STARTED, MOVED, BARE, REFUSED]))
def test_nobody_is_told_twice_and_nobody_is_left_out(routes: list[Route], event: Event) -> None:
    told = [destination for destination, _ in destinations(routes, event, PAPER)]
    assert len(told) == len(set(told))
    assert set(told) == {d for r in routes if event.severity >= r.severity for d in r.to}
