"""What a venue's price stream has to tell us, whatever its dialect. Connections are not made here."""

from collections.abc import Sequence
from typing import Protocol

import msgspec


class Heard(msgspec.Struct, frozen=True, gc=False):
    """One frame, understood.

    Attributes:
        kind: What it is, for counting; `GARBAGE` and `UNREADABLE` are of no use.
        symbol: Whose prices it brings; empty if it brings none.
        last, mark: As the venue wrote them, or None if this frame does not say.
        at_ms: The venue's own time; good only for putting its frames about one symbol in order.
        is_rest_unchanged: True if the venue says by this frame that what it leaves out is as it was.
        request: Id of the request it answers; 0 if it answers none.
        refusal: Why that request was refused; None if it was not.
        is_standing: True if it was refused because what it asks for is so already.
    """

    kind: str
    symbol: str = ""
    last: str | None = None
    mark: str | None = None
    at_ms: int = 0
    is_rest_unchanged: bool = False
    request: int = 0
    refusal: str | None = None
    is_standing: bool = False


GARBAGE = Heard("garbage")
"""No JSON."""
UNREADABLE = Heard("unreadable")
"""JSON of a shape that the venue does not use."""
UNKNOWN = Heard("unknown")
PONG = Heard("pong")
SHUTDOWN = Heard("shutdown")
"""The venue will close this connection soon."""


class VenueStream(Protocol):
    """One venue's public price stream: addresses, requests, frames."""

    @property
    def url(self) -> str:
        """Where to connect."""
        ...

    @property
    def ping_message(self) -> str | None:
        """What the venue wants for a ping; None is the ping of the protocol."""
        ...

    @property
    def messages_per_s(self) -> int:
        """How many messages it takes from one connection."""
        ...

    @property
    def symbols_per_connection(self) -> int:
        """How many symbols one connection may follow."""
        ...

    @property
    def symbols_per_request(self) -> int:
        """How many symbols one request may name."""
        ...

    def subscribe(self, request: int, symbols: Sequence[str]) -> str:
        """Return the message that asks for prices of `symbols`."""
        ...

    def unsubscribe(self, request: int, symbols: Sequence[str]) -> str:
        """Return the message that takes such a request back."""
        ...

    def decode(self, frame: bytes) -> Heard:
        """Understand a frame; never raises, whatever it holds."""
        ...
