"""Who is told what in the contract suite of storage."""

from collections.abc import Sequence

from core.domain.delivery import Destination, Loudness
from core.domain.events import Event, Paused, Resumed
from tests.builders import at

CHAT = Destination(platform="telegram", address="-1001", topic="5")
DESK = Destination(platform="slack", address="C0001")


def routes(event: Event) -> Sequence[tuple[Destination, Loudness]]:
    """Pauses go to both places, their ends to the chat, nothing else anywhere."""
    if isinstance(event, Paused):
        return ((CHAT, Loudness.NORMAL), (DESK, Loudness.MENTION))
    return ((CHAT, Loudness.SILENT),) if isinstance(event, Resumed) else ()


def paused(minutes: float = 0) -> Paused:
    return Paused(at=at(minutes), scope="all", reason="news <&> _x_", author="Ann", until_at=at(minutes + 60))


def resumed(minutes: float = 0) -> Resumed:
    return Resumed(at=at(minutes), exchange="bybit", scope="bybit", author="Ann")
