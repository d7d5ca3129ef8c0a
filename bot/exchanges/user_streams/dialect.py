"""What a venue's account stream has to tell us, whatever its dialect. Connections are not made here."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

import msgspec


class Hint(msgspec.Struct, frozen=True, gc=False):
    """Something happened to `symbol`, by the order with that client order id if the venue says one."""

    symbol: str
    client_order_id: str | None = None


class Heard(msgspec.Struct, frozen=True, gc=False):
    """One frame, understood.

    Attributes:
        hints: What may have changed at the venue.
        is_ready: The venue tells us everything from now on.
        reply: What it wants to hear next; None if nothing.
        ended: Why this connection is of no use any more; None while it is.
    """

    hints: tuple[Hint, ...] = ()
    is_ready: bool = False
    reply: str | None = None
    ended: str | None = None


NOTHING = Heard()
"""A frame that changes nothing for us."""


class UserStreamDialect(Protocol):
    """One venue's account stream: address, greeting, frames, what keeps it alive."""

    @property
    def ping_message(self) -> str | None:
        """What the venue wants for a ping; None is the ping of the protocol."""
        ...

    @property
    def renew_every(self) -> timedelta | None:
        """How often `renew` is due; None: never."""
        ...

    @property
    def is_ready_at_once(self) -> bool:
        """True if the venue tells everything as soon as the connection stands."""
        ...

    async def url(self) -> str:
        """Return where to connect, asked anew for each attempt.

        Raises:
            RetryLater: the venue gives no address now.
            ConfigurationError: a person must mend the keys first.
        """
        ...

    async def greeting(self) -> Sequence[str]:
        """Return what is to be sent first."""
        ...

    async def renew(self) -> None:
        """Let the present connection be valid for longer; raises as `url` does."""
        ...

    def read(self, frame: bytes) -> Heard:
        """Understand a frame; never raises, whatever it holds."""
        ...
