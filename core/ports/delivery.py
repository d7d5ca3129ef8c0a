"""What carries alerts to people."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from core.domain.cards import Card
from core.domain.delivery import Alert, CardUpdate, Delivery, Destination, Digest, Loudness, Target, Work
from core.domain.events import Event
from core.domain.replies import Reply


class Router(Protocol):
    """Says who is told."""

    def targets(self, event: Event) -> Sequence[Target]:
        """Return every destination of `event`, once each; what must wait has its hold."""
        ...

    def card_targets(self, card: Card) -> Sequence[Target]:
        """Return every destination where `card` lives: those told of the event that a card of its kind is for."""
        ...


class Outbox(Protocol):
    """The work that waits, for the relay. Marking the same work twice changes nothing."""

    async def due(self, at: datetime, busy: Collection[Destination]) -> Sequence[Work]:
        """Return the next work of each destination not in `busy`: urgent first, then in the order of recording.

        A card that waits for its pace does not hold up what is behind it. A detail comes after the first showing of
        its card.
        """
        ...

    async def told(self, delivery: Delivery, at: datetime, message_ref: str) -> None:
        """Mark a delivery as done; `message_ref` is the platform's name of the message."""
        ...

    async def shown(self, update: CardUpdate, at: datetime, message_ref: str, next_at: datetime) -> None:
        """Mark a card, and the deliveries that it tells, as shown up to `update.version`; not again before `next_at`.

        An empty `message_ref`: there is nothing left to show.
        """
        ...

    async def folded(self, digest: Digest, at: datetime, message_ref: str) -> None:
        """Mark everything in `digest` as told by it: sent, or expired where it had grown old."""
        ...

    async def retry(self, work: Work, error: str) -> None:
        """Count a failed attempt; the work stays where it is in its queue."""
        ...

    async def failed(self, work: Work, at: datetime, error: str) -> None:
        """Give work up: the destination can never take it."""
        ...

    async def divert(self, destination: Destination, at: datetime, *, urgent_only: bool) -> int:
        """Let the fallbacks be told what waits for `destination`, each alert once, and fold it here as missed.

        Returns:
            How many alerts go to a fallback.
        """
        ...

    async def miss(self, before: datetime, destination: Destination | None = None) -> int:
        """Fold what is not urgent and was recorded before `before` (of all destinations if none is named).

        Of a destination that is named only what no fallback can be told of: the rest is diverted instead.
        Cards that are shown already are not folded: they will come to their last state by an edit.
        """
        ...

    async def expire(self, at: datetime) -> int:
        """Fold what has grown older than its kind allows; cards that would only tell the same are forgotten."""
        ...

    async def move(self, old: Destination, new: Destination) -> None:
        """Let everything that waits for `old`, and its cards, be for `new`."""
        ...

    async def resend(self, alert_id: int, at: datetime, to: Destination | None = None) -> Sequence[Destination]:
        """Let an alert be told again, as a message of its own: where it was told before, or at `to`.

        Returns:
            Where it goes; empty when there is no such alert.
        """
        ...

    async def backlog(self) -> Mapping[Destination, int]:
        """Return how many deliveries wait, by destination."""
        ...

    async def next_due(self, after: datetime, busy: Collection[Destination]) -> datetime | None:
        """Return when the next work of a destination not in `busy` becomes due after `after`, or None."""
        ...

    async def arrival(self) -> None:
        """Wait until something was recorded since the last call of this."""
        ...


class Renderer(Protocol):
    """Turns alerts and cards into words."""

    def render(self, alert: Alert) -> Reply:
        """Return the document of `alert`; every kind has one."""
        ...

    async def render_card(self, card: Card, alert: Alert | None) -> Reply | None:
        """Return how `card` looks now, with the number of its newest alert; None when there is nothing to show."""
        ...

    def render_digest(self, digest: Digest) -> Reply:
        """Return many alerts in one document."""
        ...


class Messenger(Protocol):
    """Carries a document to one platform's destinations."""

    def ready_at(self, destination: Destination) -> datetime | None:
        """Return when the platform's limits allow the next message there; None: now."""
        ...

    async def send(self, destination: Destination, reply: Reply, loudness: Loudness, thread: str | None = None) -> str:
        """Send and return the platform's name of the message; `thread` names the message that it belongs under.

        Raises:
            RetryLater: the platform is away or asks to wait.
            DestinationMoved: the destination has another address now; nothing was sent.
            DestinationLost: it takes nothing from us any more.
            Undeliverable: it never will take this.
        """
        ...

    async def edit(self, destination: Destination, message_ref: str, reply: Reply) -> None:
        """Let a message of ours show `reply`; an edit that changes nothing is fine.

        Raises:
            MessageGone: it was deleted or is too old.
            RetryLater, DestinationMoved, DestinationLost, Undeliverable: as `send`.
        """
        ...
