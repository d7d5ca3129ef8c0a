"""Facts that happened, one class each; written down in the same transaction as the change they tell of."""

from collections.abc import Iterator

from core.domain.events.base import Event, Severity
from core.domain.events.orders import OrderRefused, OrderSettled, OrderUnknown
from core.domain.events.positions import (
    ClosedOutside,
    PositionClosed,
    PositionEvent,
    PositionLiquidated,
    PositionOpened,
    PositionReduced,
    PricesStale,
    ReconcileReport,
    StopMoved,
    UnprotectedPosition,
)
from core.domain.events.process import (
    DeliveryLost,
    DeliveryRestored,
    LiveHeld,
    LiveReleased,
    LiveStarted,
    Paused,
    Resumed,
    Started,
    Stopped,
    TaskCrashed,
)
from core.domain.events.venues import CallHeldBack, VenueLimited, VenueRestored
from core.domain.events.waves import (
    FeedLost,
    FeedRestored,
    ParamsChanged,
    ParamsUnusual,
    WaveFinished,
    WaveInterrupted,
    WaveWaiting,
)

__all__ = [
    "CallHeldBack",
    "ClosedOutside",
    "DeliveryLost",
    "DeliveryRestored",
    "Event",
    "FeedLost",
    "FeedRestored",
    "LiveHeld",
    "LiveReleased",
    "LiveStarted",
    "OrderRefused",
    "OrderSettled",
    "OrderUnknown",
    "ParamsChanged",
    "ParamsUnusual",
    "Paused",
    "PositionClosed",
    "PositionEvent",
    "PositionLiquidated",
    "PositionOpened",
    "PositionReduced",
    "PricesStale",
    "ReconcileReport",
    "Resumed",
    "Severity",
    "Started",
    "StopMoved",
    "Stopped",
    "TaskCrashed",
    "UnprotectedPosition",
    "VenueLimited",
    "VenueRestored",
    "WaveFinished",
    "WaveInterrupted",
    "WaveWaiting",
    "event_types",
]


def event_types() -> dict[str, type[Event]]:
    """Return every kind of event with its class."""
    return {cls.kind: cls for cls in _facts(Event)}


def _facts(cls: type[Event]) -> Iterator[type[Event]]:
    for below in cls.__subclasses__():
        if below.kind:
            yield below
        yield from _facts(below)
