"""Alerts on their way to people."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from core.domain.cards import Card
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
class QuietHours:
    """A part of every day, in the zone of reports; it may reach over midnight. `begin` is in it, `end` is not."""

    begin: time
    end: time


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Who is told: an event goes to every route that matches it. Empty sets match anything.

    Attributes:
        severity: The lowest severity that matches.
        fallback: Told instead while a destination fails; at once of what is urgent.
        quiet: When only what is urgent disturbs; the rest waits and comes as one digest.
        digest: What is not urgent is gathered for so long and comes as one digest; None: each by itself.
    """

    to: tuple[Destination, ...]
    severity: Severity = Severity.SILENT
    kinds: frozenset[str] = frozenset()
    exchanges: frozenset[str] = frozenset()
    modes: frozenset[TradingMode] = frozenset()
    loudness: Loudness = Loudness.NORMAL
    fallback: Destination | None = None
    quiet: QuietHours | None = None
    digest: timedelta | None = None


class FoldReason(StrEnum):
    """Why alerts are told together in one message."""

    MISSED = "missed"
    QUIET = "quiet"
    DIGEST = "digest"
    MUTED = "muted"
    GROUP = "group"


GROUP_WINDOW = timedelta(minutes=5)
"""For so long after an alert its repeats at the same destination (same kind and `Event.group`) are held back."""

EDIT_PATIENCE = 20
"""A card that is shown already lets so many later alerts go before its next edit: words are worth more than looks."""

DIGEST_LENGTH = 12
"""How many alerts a digest names at most; of the others it tells how many there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """An alert waits until `until_at` and is told together with others of the same `reason` (and `group`)."""

    reason: FoldReason
    until_at: datetime
    group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One destination of one event.

    Attributes:
        is_living: The platform can edit messages, so cards live there.
        hold: None: told as soon as can be.
    """

    destination: Destination
    loudness: Loudness = Loudness.NORMAL
    is_living: bool = False
    fallback: Destination | None = None
    hold: Hold | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """Alerts of `kind` are held back at `destination` until `until_at`, by `author`; never critical ones."""

    destination: Destination
    kind: str
    until_at: datetime
    author: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An event that people are told, as stored. `id` is the short number that the message carries.

    Attributes:
        acked_by, acked_at: Who has said that it is taken care of, and when.
    """

    id: int
    kind: str
    severity: Severity
    mode: TradingMode
    created_at: datetime
    event: Event
    acked_by: str | None = None
    acked_at: datetime | None = None

    @property
    def is_urgent(self) -> bool:
        """True for what goes ahead of others, through quiet hours, and to the fallback at once."""
        return self.severity >= Severity.WARNING


class DeliveryState(StrEnum):
    """Where one alert for one destination stands."""

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One alert on its way to one destination, as a message of its own.

    Attributes:
        thread_ref: The message of the card that it is a detail of; None: it stands alone.
        has_fallback: Another destination can be told instead.
    """

    id: int
    alert: Alert
    destination: Destination
    loudness: Loudness
    attempts: int
    thread_ref: str | None = None
    has_fallback: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CardUpdate:
    """A card at one destination that has to be shown anew.

    Attributes:
        message_ref: The message that shows it; None: it is not there yet.
        alert: The newest alert that belongs to it; None before there is any.
        version: What the card had come to when this was read; what comes later is shown later.
        sent_at: When the message was first sent.
    """

    card: Card
    destination: Destination
    loudness: Loudness
    version: int
    message_ref: str | None = None
    sent_at: datetime | None = None
    alert: Alert | None = None
    attempts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """Alerts for one destination that are told in one message.

    Attributes:
        count: How many there are; `kinds` how many of each kind.
        alerts: The newest of the most severe of them, a dozen at most.
        last_id: The newest delivery that is in it.
        elsewhere: How many of them the fallback was told meanwhile.
    """

    destination: Destination
    reason: FoldReason
    group: str
    loudness: Loudness
    count: int
    kinds: Mapping[str, int]
    first_at: datetime
    last_at: datetime
    alerts: tuple[Alert, ...]
    last_id: int
    elsewhere: int = 0
    attempts: int = 0


Work = Delivery | CardUpdate | Digest
"""What the relay carries: one of these at a time a destination."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """How one destination fares.

    Attributes:
        waiting: Deliveries that are not there yet.
        failing_since: When it began to fail; None while it works.
        is_lost: It refuses us for good (blocked, gone): a person has to mend it.
        error: What it said last, empty while it works.
    """

    destination: Destination
    waiting: int
    failing_since: datetime | None = None
    is_lost: bool = False
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRecord:
    """What became of one alert at one destination, for people who look back.

    Attributes:
        held_until: When it will be told with others, if it is held back (quiet hours, a digest, a mute, repeats).
    """

    destination: Destination
    state: DeliveryState
    attempts: int
    ended_at: datetime | None
    error: str
    held_until: datetime | None = None
