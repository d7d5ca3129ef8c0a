"""Routers for tests: everything to the same places, or whatever a function says."""

from collections.abc import Callable, Sequence

from core.domain.cards import Card
from core.domain.delivery import Destination, Loudness, Target
from core.domain.events import Event


class EveryRoute:
    """Everybody is told everything. `targets_now` may be changed while a test runs."""

    def __init__(
        self, *destinations: Destination, is_living: bool = False, loudness: Loudness = Loudness.NORMAL
    ) -> None:
        self.targets_now: tuple[Target, ...] = tuple(
            Target(destination=destination, is_living=is_living, loudness=loudness) for destination in destinations
        )

    def targets(self, event: Event) -> Sequence[Target]:
        return self.targets_now

    def card_targets(self, card: Card) -> Sequence[Target]:
        return self.targets_now


class FunctionRouter:
    """Asks functions; cards go where `cards` says, nowhere by default."""

    def __init__(
        self,
        events: Callable[[Event], Sequence[Target]],
        cards: Callable[[Card], Sequence[Target]] | None = None,
    ) -> None:
        self._events = events
        self._cards = cards

    def targets(self, event: Event) -> Sequence[Target]:
        return self._events(event)

    def card_targets(self, card: Card) -> Sequence[Target]:
        return () if self._cards is None else self._cards(card)


no_routes = EveryRoute()
"""Nobody is told anything."""
