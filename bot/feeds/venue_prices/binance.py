"""Binance USDT-M: aggregated trades for the last price, the mark price each second. Connecting is not its business.

Aggregated trades come within 100 ms of the trade, the tickers only every 500 ms, and exits wait for this price. The
flood is bounded: fills of the same price and side within 100 ms are one message. Both streams are served under
`/market`, so that one connection does; `trade` and `bookTicker` would need another one, under `/public`.
"""

from collections.abc import Sequence

import msgspec

from bot.feeds.venue_prices.dialect import GARBAGE, SHUTDOWN, UNKNOWN, UNREADABLE, Heard

_STREAMS = ("markPrice@1s", "aggTrade")
_AT_MARKET = frozenset({"", "MARKET"})
_KINDS = {
    kind: Heard(kind)
    for kind in (
        "24hrMiniTicker",
        "24hrTicker",
        "bookTicker",
        "compositeIndex",
        "continuous_kline",
        "contractInfo",
        "depthUpdate",
        "forceOrder",
        "kline",
    )
}


class _Problem(msgspec.Struct, gc=False):
    code: int = 0
    msg: str = ""


class _Event(msgspec.Struct, gc=False):
    """The fields of all events that matter; each event has some of them, wrapped in `data` on combined streams."""

    event: str = msgspec.field(name="e", default="")
    symbol: str = msgspec.field(name="s", default="")
    price: str | None = msgspec.field(name="p", default=None)
    sent_ms: int = msgspec.field(name="E", default=0)
    traded_ms: int = msgspec.field(name="T", default=0)
    order_type: str = msgspec.field(name="X", default="")
    data: "_Event | None" = None
    id: int | str | None = None
    error: _Problem | None = None
    code: int = 0
    msg: str = ""
    result: msgspec.Raw = msgspec.Raw()


_decoder = msgspec.json.Decoder(_Event)


class BinanceStream:
    """Implements VenueStream; `root` is scheme and host."""

    ping_message = None
    # The venue says ten, pings of the protocol included, and bans who is cut off for it again and again.
    messages_per_s = 3
    # Two streams each; the venue's documents name 200 streams a connection, older ones 1024.
    symbols_per_connection = 95
    # A request must stay below 4 KiB.
    symbols_per_request = 30

    def __init__(self, root: str) -> None:
        self.url = f"{root.rstrip('/')}/market/ws"

    def subscribe(self, request: int, symbols: Sequence[str]) -> str:
        """Return the message that asks for prices of `symbols`."""
        return _request("SUBSCRIBE", request, symbols)

    def unsubscribe(self, request: int, symbols: Sequence[str]) -> str:
        """Return the message that takes such a request back."""
        return _request("UNSUBSCRIBE", request, symbols)

    def decode(self, frame: bytes) -> Heard:
        """Understand a frame; never raises."""
        try:
            event = _decoder.decode(frame)
        except msgspec.ValidationError:
            return UNREADABLE
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return GARBAGE
        if event.data is not None:
            event = event.data
        kind = event.event
        if kind == "aggTrade" or (kind == "trade" and event.order_type in _AT_MARKET):
            return Heard(kind, event.symbol, event.price, None, event.traded_ms or event.sent_ms)
        if kind == "markPriceUpdate":
            # Its `T` is the time of the next funding.
            return Heard(kind, event.symbol, None, event.price, event.sent_ms)
        return _KINDS.get(kind) or _rest(event)


def _rest(event: _Event) -> Heard:
    if event.event == "trade":
        return Heard("trade_off_market")
    if event.event == "serverShutdown":
        return SHUTDOWN
    if event.event:
        return UNKNOWN
    problem = event.error or (_Problem(code=event.code, msg=event.msg) if event.code else None)
    if event.id is None and problem is None:
        return UNKNOWN
    request = event.id if isinstance(event.id, int) else 0
    if problem is None:
        return Heard("answer", request=request)
    return Heard("refusal", request=request, refusal=f"{problem.code}: {problem.msg}")


def _request(method: str, request: int, symbols: Sequence[str]) -> str:
    streams = [f"{symbol.lower()}@{stream}" for symbol in symbols for stream in _STREAMS]
    return msgspec.json.encode({"method": method, "params": streams, "id": request}).decode()
