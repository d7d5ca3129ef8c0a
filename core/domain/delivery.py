"""Alerts on their way to people."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.domain.events import Event, Severity
from core.domain.market import TradingMode


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Destination:
    """Where a message goes: `telegram:-1001/5` is topic 5 of that chat, `slack:C0001`, `terminal`."""

    platform: str
    address: str = ""
    topic: str = ""

    @classmethod
    def parse(cls, text: str) -> "Destination":
        """Return the destination that `text` names.

        Raises:
            ValueError: it is not of the form platform[:address[/topic]].
        """
        platform, _, rest = text.strip().partition(":")
        address, _, topic = rest.partition("/")
        if not platform or (platform != "terminal" and not address):
            raise ValueError(
                f"{text!r} is no destination; write telegram:<chat id>[/<topic id>], slack:<channel id> or terminal"
            )
        return cls(platform=platform, address=address, topic=topic)

    def __str__(self) -> str:
        text = self.platform
        if self.address:
            text += f":{self.address}"
        return f"{text}/{self.topic}" if self.topic else text


class Loudness(StrEnum):
    """How much a message may disturb."""

    SILENT = "silent"
    NORMAL = "normal"
    MENTION = "mention"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Who is told: an event goes to every route that matches it. Empty sets match anything.

    Attributes:
        severity: The lowest severity that matches.
    """

    to: tuple[Destination, ...]
    severity: Severity = Severity.SILENT
    kinds: frozenset[str] = frozenset()
    exchanges: frozenset[str] = frozenset()
    modes: frozenset[TradingMode] = frozenset()
    loudness: Loudness = Loudness.NORMAL
    fallback: Destination | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An event that people are told, as stored. `id` is the short number that the message carries."""

    id: int
    kind: str
    severity: Severity
    mode: TradingMode
    created_at: datetime
    event: Event


class DeliveryState(StrEnum):
    """Where one alert for one destination stands."""

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One alert on its way to one destination."""

    id: int
    alert: Alert
    destination: Destination
    loudness: Loudness
    attempts: int
