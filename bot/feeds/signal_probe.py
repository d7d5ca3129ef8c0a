"""Tries the signal server once, for `wavehelm check`."""

import asyncio
from datetime import datetime, timedelta

from bot.feeds.signal_socket import SignalSocket
from core.domain.errors import ConfigurationError, Unreachable

_PATIENCE = timedelta(seconds=5)
_LOOK_S = 0.05
_FRAMES_WHEN_LET_IN = 2


class Refusals:
    """Implements FeedListener: keeps why the server refused us."""

    def __init__(self) -> None:
        self.reason: str | None = None

    async def feed_lost(self, reason: str, since_at: datetime) -> None:  # noqa: ARG002 - the port says so
        """Keep the reason; with a long `lost_after`, only a refusal is told within the few seconds of a probe."""
        self.reason = reason

    async def feed_restored(self, outage: timedelta) -> None:
        """Do nothing: a probe is over before that."""


async def probe(socket: SignalSocket, refusals: Refusals, patience: timedelta = _PATIENCE) -> str:
    """Connect, be let in, and return that in a few words; `refusals` is the listener of `socket`.

    Raises:
        ConfigurationError: the address or the token is wrong.
        Unreachable: nobody answers within `patience` (of real time).
    """

    async def listen() -> None:
        async for _ in socket.batches():
            pass

    listening = asyncio.create_task(listen())
    try:
        async with asyncio.timeout(patience.total_seconds()):
            while not (socket.status.is_connected and socket.status.frames >= _FRAMES_WHEN_LET_IN):
                if refusals.reason is not None:
                    raise ConfigurationError(f"{refusals.reason}: mend SIGNAL_WS_TOKEN")
                if listening.done():
                    listening.result()
                await asyncio.sleep(_LOOK_S)
    except TimeoutError:
        raise Unreachable("nobody answers there: mend feed.url (SIGNAL_WS_URL) or start the server") from None
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
    return "connected and let in"
