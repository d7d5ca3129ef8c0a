"""Binance USDT-M: the stream of a listen key, which expires unless it is renewed. Connecting is not its business."""

from collections.abc import Sequence
from datetime import timedelta

import msgspec

from bot.exchanges.rest.client import VenueClient
from bot.exchanges.user_streams.dialect import NOTHING, Heard, Hint
from core.ports.edges import Clock

_EXPIRED = Heard(ended="the listen key has expired")


class _Order(msgspec.Struct, gc=False):
    """`caid` and `c`: the client's id of a conditional order, and of any other; `x`: what happened; `X`: the state."""

    s: str = ""
    c: str | None = None
    caid: str | None = None
    x: str = ""
    state: str = msgspec.field(name="X", default="")


class _Held(msgspec.Struct, gc=False):
    s: str = ""


class _Account(msgspec.Struct, gc=False):
    cause: str = msgspec.field(name="m", default="")
    positions: list[_Held] = msgspec.field(name="P", default_factory=list)


class _Frame(msgspec.Struct, gc=False):
    kind: str = msgspec.field(name="e", default="")
    order: _Order | None = msgspec.field(name="o", default=None)
    rejected: _Order | None = msgspec.field(name="or", default=None)
    account: _Account | None = msgspec.field(name="a", default=None)


_decoder = msgspec.json.Decoder(_Frame)


class BinanceUserStream:
    """Implements UserStreamDialect."""

    ping_message = None
    # A listen key lives for an hour.
    renew_every = timedelta(minutes=30)
    is_ready_at_once = True

    def __init__(self, client: VenueClient, clock: Clock) -> None:  # noqa: ARG002 - dialects are made alike
        self._client = client

    async def url(self) -> str:
        """Return the address with a listen key; asking again for a key that is still valid gives the same one."""
        answer = await self._client.ask("fapiPrivatePostListenKey")
        return f"{self._client.access.private_stream_root}/private/ws?listenKey={answer['listenKey']}"

    async def greeting(self) -> Sequence[str]:
        """Return nothing: the address says it all."""
        return ()

    async def renew(self) -> None:
        """Let the listen key be valid for another hour."""
        await self._client.ask("fapiPrivatePutListenKey")

    def read(self, frame: bytes) -> Heard:
        """Understand a frame; never raises."""
        try:
            told = _decoder.decode(frame)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return NOTHING
        match told.kind:
            case "listenKeyExpired":
                return _EXPIRED
            case "ORDER_TRADE_UPDATE" | "ALGO_UPDATE":
                return _of_order(told.order)
            case "CONDITIONAL_ORDER_TRIGGER_REJECT":
                return _of_order(told.rejected)
            case "ACCOUNT_UPDATE":
                return _of_account(told.account)
        return NOTHING


def _of_order(order: _Order | None) -> Heard:
    # An order that has only just come to rest changes nothing yet.
    if order is None or not order.s or order.state == "NEW":
        return NOTHING
    return Heard(hints=(Hint(order.s, order.caid or order.c or None),))


def _of_account(account: _Account | None) -> Heard:
    """Return hints for positions that changed without an order of anybody: margin moved, settlement, insurance.

    What orders change is told by the orders themselves, with the id of each; funding is asked for in time.
    """
    if account is None or account.cause in {"ORDER", "FUNDING_FEE"}:
        return NOTHING
    return Heard(hints=tuple(Hint(held.s) for held in account.positions if held.s))
