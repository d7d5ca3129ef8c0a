"""Which destinations are told of what; pure. What a destination holds back by a mute or as a repeat is not here."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo

from core.delivery.holds import hold_of
from core.domain.cards import POSITION, WAVE, Card
from core.domain.delivery import Destination, Hold, Loudness, Route, Target
from core.domain.events import DeliveryLost, Event, PositionOpened, Severity, WaveFinished
from core.domain.market import TradingMode

_BY_LOUDNESS = (Loudness.SILENT, Loudness.NORMAL, Loudness.MENTION)
_OF_CARD: dict[str, type[Event]] = {WAVE: WaveFinished, POSITION: PositionOpened}


class Routing:
    """Implements Router over the routes of the configuration.

    Attributes of the constructor:
        now: The present, for quiet hours.
        zone: In which quiet hours are meant.
        living: The platforms that can edit messages.
        moved: Chats that have another address now, old and new, in the order of moving.
    """

    def __init__(
        self,
        *,
        routes: Sequence[Route],
        mode: TradingMode,
        now: Callable[[], datetime],
        zone: tzinfo,
        living: frozenset[str],
        moved: Iterable[tuple[Destination, Destination]] = (),
    ) -> None:
        self._routes = routes
        self._mode = mode
        self._now = now
        self._zone = zone
        self._living = living
        self._addresses: dict[tuple[str, str], str] = {}
        for old, new in moved:
            self.follow(old, new)

    def follow(self, old: Destination, new: Destination) -> None:
        """Let routes that name the chat of `old`, with any topic, mean that of `new` from now on."""
        addresses = self._addresses
        addresses.pop((new.platform, new.address), None)
        for known, address in list(addresses.items()):
            if known[0] == old.platform and address == old.address:
                addresses[known] = new.address
        if old.address != new.address:
            addresses[old.platform, old.address] = new.address

    def targets(self, event: Event) -> Sequence[Target]:
        """Return every destination that some matching route names, once, as loud as the loudest of them.

        It waits only if all of them let it wait. A lost destination is told to others, if need be to all others.
        What is for all is told at every destination that any route names.
        """
        if event.is_for_all:
            return self._targets(self._routes, is_urgent=True)
        matching = self._matching(type(event), event.severity, event.exchange)
        if isinstance(event, DeliveryLost):
            return self._besides(self._current(Destination.parse(event.destination)), matching)
        return self._targets(matching, is_urgent=event.severity >= Severity.WARNING)

    def card_targets(self, card: Card) -> Sequence[Target]:
        """Return the destinations where `card` lives."""
        event_type = _OF_CARD[card.kind]
        matching = self._matching(event_type, event_type.severity, card.exchange)
        targets = self._targets(matching, is_urgent=event_type.severity >= Severity.WARNING)
        return [target for target in targets if target.is_living]

    def _matching(self, event_type: type[Event], severity: Severity, exchange: str | None) -> list[Route]:
        return [
            route
            for route in self._routes
            if (not route.kinds or event_type.kind in route.kinds)
            and (not route.exchanges or exchange is None or exchange in route.exchanges)
            and (not route.modes or self._mode in route.modes)
            and severity >= route.severity
        ]

    def _targets(self, routes: Iterable[Route], *, is_urgent: bool) -> list[Target]:
        now = self._now()
        targets: dict[Destination, Target] = {}
        for route in routes:
            hold = None if is_urgent else hold_of(route, now, self._zone)
            for named in route.to:
                target = self._target(self._current(named), route, hold)
                known = targets.get(target.destination)
                targets[target.destination] = target if known is None else _both(known, target)
        return list(targets.values())

    def _target(self, destination: Destination, route: Route, hold: Hold | None) -> Target:
        fallback = None if route.fallback is None else self._current(route.fallback)
        return Target(
            destination=destination,
            loudness=route.loudness,
            is_living=destination.platform in self._living,
            fallback=None if fallback == destination else fallback,
            hold=hold,
        )

    def _besides(self, lost: Destination, matching: Iterable[Route]) -> list[Target]:
        return _without(lost, self._targets(matching, is_urgent=True)) or _without(
            lost, self._targets(map(_with_fallback, self._routes), is_urgent=True)
        )

    def _current(self, named: Destination) -> Destination:
        address = self._addresses.get((named.platform, named.address))
        return named if address is None else replace(named, address=address)


def _both(one: Target, other: Target) -> Target:
    """Join what two routes say of one destination."""
    hold = None
    if one.hold is not None and other.hold is not None:
        hold = min(one.hold, other.hold, key=lambda each: each.until_at)
    return replace(
        one,
        loudness=max(one.loudness, other.loudness, key=_BY_LOUDNESS.index),
        fallback=one.fallback or other.fallback,
        hold=hold,
    )


def _with_fallback(route: Route) -> Route:
    return route if route.fallback is None else replace(route, to=(*route.to, route.fallback))


def _without(lost: Destination, targets: Iterable[Target]) -> list[Target]:
    return [
        replace(target, fallback=None) if target.fallback == lost else target
        for target in targets
        if target.destination != lost
    ]
