"""Which destinations an event goes to; pure."""

from collections.abc import Sequence

from core.domain.delivery import Destination, Loudness, Route
from core.domain.events import Event
from core.domain.market import TradingMode

_BY_LOUDNESS = (Loudness.SILENT, Loudness.NORMAL, Loudness.MENTION)


def matches(route: Route, event: Event, mode: TradingMode) -> bool:
    """Return True if `route` wants `event`; a route that names kinds wants those whatever their severity."""
    if route.kinds and event.kind not in route.kinds:
        return False
    if route.exchanges and event.exchange is not None and event.exchange not in route.exchanges:
        return False
    if route.modes and mode not in route.modes:
        return False
    return event.severity >= route.severity


def destinations(routes: Sequence[Route], event: Event, mode: TradingMode) -> list[tuple[Destination, Loudness]]:
    """Return every destination that some matching route names, once, as loud as the loudest of them."""
    loudest: dict[Destination, Loudness] = {}
    for route in routes:
        if not matches(route, event, mode):
            continue
        for destination in route.to:
            known = loudest.get(destination, Loudness.SILENT)
            loudest[destination] = max(known, route.loudness, key=_BY_LOUDNESS.index)
    return list(loudest.items())
