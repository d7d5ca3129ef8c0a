"""What carries alerts to people."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from core.domain.delivery import Alert, Delivery, Destination, Loudness
from core.domain.replies import Reply


class Outbox(Protocol):
    """The deliveries that wait, for the relay."""

    async def pending(self, at: datetime, limit: int, busy: Collection[Destination]) -> Sequence[Delivery]:
        """Return the oldest pending delivery of each destination not in `busy` that may be tried at `at`."""
        ...

    async def sent(self, delivery: Delivery, at: datetime, message_ref: str) -> None:
        """Mark a delivery as done; `message_ref` is the platform's name of the message."""
        ...

    async def retry(self, delivery: Delivery, next_at: datetime, error: str) -> None:
        """Count a failed attempt; the delivery and those behind it wait until `next_at`."""
        ...

    async def failed(self, delivery: Delivery, at: datetime, error: str) -> None:
        """Give a delivery up: the destination can never take it."""
        ...

    async def backlog(self) -> Mapping[Destination, int]:
        """Return how many deliveries wait, by destination."""
        ...

    async def next_due(self) -> datetime | None:
        """Return when the next waiting delivery may be tried, or None if none waits."""
        ...

    async def arrival(self) -> None:
        """Wait until something was recorded since the last call of this."""
        ...


class Renderer(Protocol):
    """Turns an alert into words."""

    def render(self, alert: Alert) -> Reply:
        """Return the document of `alert`; every kind has one."""
        ...


class Messenger(Protocol):
    """Carries a document to one platform's destinations."""

    async def send(self, destination: Destination, reply: Reply, loudness: Loudness) -> str:
        """Send and return the platform's name of the message.

        Raises:
            RetryLater: the platform is away or asks to wait.
            Undeliverable: it never will take this.
        """
        ...
