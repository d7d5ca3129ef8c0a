"""Bybit linear: the ticker topics, a snapshot and then what has changed. Connecting is not its business.

A ticker comes every 100 ms while anything in it changes, with last and mark price in one topic. What a delta leaves out
is as it was, so that each of them says that the last price still is the last.
"""

import re
from collections.abc import Sequence

import msgspec

from bot.feeds.venue_prices.dialect import GARBAGE, PONG, UNKNOWN, UNREADABLE, Heard

_TICKER = "tickers."
_TRADES = ("publicTrade.", "trade.")
_KINDS = {kind: Heard(kind) for kind in ("kline", "liquidation", "allLiquidation", "orderbook", "orderBookL2_25")}
_ALREADY = "error:already subscribed"
_NUMBER = re.compile(r"[0-9]{1,15}")


class _Ticker(msgspec.Struct, rename="camel", gc=False):
    last_price: str | None = None
    mark_price: str | None = None


class _Trade(msgspec.Struct, gc=False):
    """A trade of now; the protocol before this one wrote names out."""

    price: str | None = msgspec.field(name="p", default=None)
    old_price: str | None = msgspec.field(name="price", default=None)


class _Frame(msgspec.Struct, gc=False):
    """Prices or an answer; the account streams write `reqId`, `retCode` where the public ones write `req_id`."""

    topic: str = ""
    type: str = ""
    ts: int = 0
    data: _Ticker | list[_Trade] | None = None
    op: str = ""
    success: bool | None = None
    ret_msg: str | None = None
    req_id: str = ""
    ret_message: str | None = msgspec.field(name="retMsg", default=None)


_decoder = msgspec.json.Decoder(_Frame)


class BybitStream:
    """Implements VenueStream; `root` is scheme and host."""

    # It ends connections that have not sent this for a while, however much they hear.
    ping_message = '{"op":"ping"}'
    messages_per_s = 10
    # 21,000 characters of topics a connection; the longest names take about thirty.
    symbols_per_connection = 400
    symbols_per_request = 10

    def __init__(self, root: str) -> None:
        self.url = f"{root.rstrip('/')}/v5/public/linear"

    def subscribe(self, request: int, symbols: Sequence[str]) -> str:
        """Return the message that asks for prices of `symbols`."""
        return _request("subscribe", request, symbols)

    def unsubscribe(self, request: int, symbols: Sequence[str]) -> str:
        """Return the message that takes such a request back."""
        return _request("unsubscribe", request, symbols)

    def decode(self, frame: bytes) -> Heard:
        """Understand a frame; never raises."""
        try:
            told = _decoder.decode(frame)
        except msgspec.ValidationError:
            return UNREADABLE
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return GARBAGE
        topic, data = told.topic, told.data
        if topic.startswith(_TICKER) and isinstance(data, _Ticker):
            return Heard("ticker", topic[8:], data.last_price, data.mark_price, told.ts, told.type == "delta")
        if topic.startswith(_TRADES) and isinstance(data, list) and data:
            newest = data[-1]
            return Heard("trade", topic.partition(".")[2], newest.price or newest.old_price, None, told.ts)
        if topic:
            return _KINDS.get(topic.partition(".")[0]) or UNKNOWN
        return _answer(told)


def _answer(told: _Frame) -> Heard:
    message = told.ret_msg if told.ret_msg is not None else told.ret_message
    if told.op == "pong" or message == "pong":
        return PONG
    if told.success is None:
        return UNKNOWN
    request = int(told.req_id) if _NUMBER.fullmatch(told.req_id) else 0
    if told.success:
        return Heard("answer", request=request)
    text = message or "no reason given"
    return Heard("refusal", request=request, refusal=text, is_standing=text.startswith(_ALREADY))


def _request(operation: str, request: int, symbols: Sequence[str]) -> str:
    topics = [_TICKER + symbol for symbol in symbols]
    return msgspec.json.encode({"req_id": str(request), "op": operation, "args": topics}).decode()
