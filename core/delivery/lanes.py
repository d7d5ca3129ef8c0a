"""What the relay remembers of each destination: how it fares, what is on its way; pure. Nothing is sent here."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum

from core.domain.delivery import CardUpdate, Delivery, Destination, Digest, Work
from core.domain.settings import DeliverySettings

LONGEST_WAIT = timedelta(minutes=1)
_NO_WAIT = timedelta(0)


class Relief(IntEnum):
    """What the fallbacks of a destination are told instead of it."""

    NONE = 0
    URGENT = 1
    ALL = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """How one destination fares.

    Attributes:
        next_try_at: Nothing is sent before that time.
        failing_since: When it began to fail; None while it works.
        failures: How often it has failed in a row.
        is_lost: It refuses us for good, until a person mends it.
        error: What it said last.
        relief: What was diverted since the last attempt.
        crashed, crashes: The work that crashed last, and how often in a row.
    """

    next_try_at: datetime | None = None
    failing_since: datetime | None = None
    failures: int = 0
    is_lost: bool = False
    error: str = ""
    relief: Relief = Relief.NONE
    crashed: str = ""
    crashes: int = 0

    def failed(self, at: datetime, error: str, wait: timedelta = _NO_WAIT) -> "Lane":
        """Return the lane after a failed attempt: the next one waits ever longer, and never shorter than `wait`."""
        failures = self.failures + 1
        return replace(
            self,
            next_try_at=at + max(wait, backoff(failures)),
            failing_since=self.failing_since or at,
            failures=failures,
            error=error,
            relief=Relief.NONE,
        )

    def lost(self, at: datetime, error: str) -> "Lane":
        """Return the lane of a destination that takes nothing from us any more; it is tried now and then."""
        return replace(self.failed(at, error, LONGEST_WAIT), is_lost=True)

    def stumbled(self, at: datetime, name: str) -> "Lane":
        """Return the lane after the work called `name` crashed here; others may be fine, so it waits only a little."""
        crashes = self.crashes + 1 if self.crashed == name else 1
        try_at = max(at + backoff(crashes), self.next_try_at or at)
        return replace(self, next_try_at=try_at, crashed=name, crashes=crashes)

    def paused(self, until_at: datetime) -> "Lane":
        """Return the lane with nothing sent before `until_at`."""
        return replace(self, next_try_at=until_at)

    def worked(self, name: str) -> "Lane":
        """Return the lane after the work called `name` was taken, or given up for its own sake."""
        return Lane() if self.crashed == name else Lane(crashed=self.crashed, crashes=self.crashes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flight:
    """Work on its way to its destination."""

    work: Work
    started_at: datetime


class Lanes:
    """The lanes of all destinations that were ever served."""

    def __init__(self, settings: DeliverySettings) -> None:
        self._settings = settings
        self._lanes: dict[Destination, Lane] = {}
        self._flights: dict[Destination, Flight] = {}

    def __iter__(self) -> Iterator[Destination]:
        return iter(list(self._lanes))

    def __getitem__(self, destination: Destination) -> Lane:
        return self._lanes.get(destination) or Lane()

    def __setitem__(self, destination: Destination, lane: Lane) -> None:
        self._lanes[destination] = lane

    def forget(self, destination: Destination) -> None:
        """Remember nothing of `destination` any more; it has another address."""
        self._lanes.pop(destination, None)

    @property
    def flying(self) -> frozenset[Destination]:
        """Where something is on its way."""
        return frozenset(self._flights)

    def begin(self, work: Work, at: datetime) -> None:
        """Note that `work` is on its way."""
        self._lanes.setdefault(work.destination, Lane())
        self._flights[work.destination] = Flight(work=work, started_at=at)

    def end(self, destination: Destination) -> None:
        """Note that nothing is on its way to `destination` any more."""
        self._flights.pop(destination, None)

    def relief(self, destination: Destination, at: datetime) -> Relief:
        """Return what the fallbacks shall be told by now; never what is on its way here itself."""
        lane, flight = self[destination], self._flights.get(destination)
        if flight is not None:
            is_late = lane.failing_since is not None or at >= flight.started_at + self._settings.urgent_timeout
            return Relief.URGENT if is_late and not is_hasty(flight.work) else Relief.NONE
        if lane.is_lost or self.is_given_up(destination, at):
            return Relief.ALL
        return Relief.NONE if lane.failing_since is None else Relief.URGENT

    def is_given_up(self, destination: Destination, at: datetime) -> bool:
        """True while a destination has failed for so long that nobody waits for it."""
        since = self[destination].failing_since
        return since is not None and at >= since + self._settings.failover_after

    def changes_at(self, destination: Destination) -> Iterator[datetime]:
        """Yield the times at which `relief` may change by itself."""
        since, flight = self[destination].failing_since, self._flights.get(destination)
        if since is not None:
            yield since + self._settings.failover_after
        if flight is not None:
            yield flight.started_at + self._settings.urgent_timeout


def backoff(failures: int) -> timedelta:
    """Return the wait after so many failures in a row: 2 s, 4 s, 8 s, up to a minute."""
    return min(timedelta(seconds=2 ** min(failures, 10)), LONGEST_WAIT)


def is_hasty(work: Work) -> bool:
    """True for what the fallback is told if it does not go out within seconds."""
    return isinstance(work, Delivery) and work.has_fallback and work.alert.is_urgent


def name_of(work: Work) -> str:
    """Return a short name of `work`, for the log and to know it again."""
    match work:
        case Delivery():
            return f"delivery {work.id}"
        case CardUpdate():
            return f"card {work.card.key}"
        case Digest():
            return f"digest {work.reason} {work.group}".rstrip()
