"""Bybit: the private stream, opened by a signature. Connecting is not its business."""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import timedelta

import msgspec

from bot.exchanges.rest.client import VenueClient
from bot.exchanges.user_streams.dialect import NOTHING, Heard, Hint
from core.domain.errors import ConfigurationError
from core.ports.edges import Clock

_SIGNED_TEXT = "GET/realtime"
_VALID_FOR = timedelta(seconds=10)
_TOPICS = ("order", "execution")
"""Positions are left out: they change by orders, and the venue tells of them at every step that an order takes."""
_UNCHANGED = {"New", "Untriggered", "Created", "Active"}


class _Item(msgspec.Struct, rename="camel", gc=False):
    symbol: str = ""
    order_link_id: str = ""
    order_status: str = ""
    category: str = ""
    exec_type: str = ""


class _Answer(msgspec.Struct, gc=False):
    op: str = ""
    success: bool | None = None
    ret_msg: str | None = None


class _News(msgspec.Struct, gc=False):
    topic: str
    data: list[_Item]


_answers = msgspec.json.Decoder(_Answer)
_news = msgspec.json.Decoder(_News)


class BybitUserStream:
    """Implements UserStreamDialect."""

    ping_message = '{"op":"ping"}'
    renew_every = None
    is_ready_at_once = False

    def __init__(self, client: VenueClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    async def url(self) -> str:
        """Return the address of the private stream."""
        return f"{self._client.access.private_stream_root}/v5/private"

    async def greeting(self) -> Sequence[str]:
        """Return the signature that lets us in; the venue's clock decides how long it is good.

        Raises:
            ConfigurationError: there are no keys.
        """
        access = self._client.access
        if access.api_key is None or access.api_secret is None:
            raise ConfigurationError("Bybit's private stream needs BYBIT_API_KEY and BYBIT_API_SECRET")
        ahead = self._client.clock_ahead or timedelta(0)
        expires_ms = int((self._clock.now() - ahead + _VALID_FOR).timestamp() * 1000)
        signed = hmac.new(access.api_secret.encode(), f"{_SIGNED_TEXT}{expires_ms}".encode(), hashlib.sha256)
        return (_message("auth", access.api_key, expires_ms, signed.hexdigest()),)

    async def renew(self) -> None:
        """Do nothing: the connection is valid as long as it stands."""

    def read(self, frame: bytes) -> Heard:
        """Understand a frame; never raises."""
        try:
            return _of_news(_news.decode(frame))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass
        try:
            return _of_answer(_answers.decode(frame))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return NOTHING


def _of_answer(told: _Answer) -> Heard:
    if told.success is None or told.op not in {"auth", "subscribe"}:
        return NOTHING
    if not told.success:
        return Heard(ended=f"{told.op} was refused: {told.ret_msg or 'no reason given'}")
    if told.op == "auth":
        return Heard(reply=_message("subscribe", *_TOPICS))
    return Heard(is_ready=True)


def _of_news(told: _News) -> Heard:
    if told.topic.partition(".")[0] not in _TOPICS:
        return NOTHING
    hints = {
        Hint(item.symbol, item.order_link_id or None)
        for item in told.data
        if item.symbol and item.category in {"", "linear"} and item.order_status not in _UNCHANGED
        if item.exec_type != "Funding"
    }
    return Heard(hints=tuple(sorted(hints, key=lambda hint: (hint.symbol, hint.client_order_id or ""))))


def _message(operation: str, *arguments: object) -> str:
    return msgspec.json.encode({"op": operation, "args": arguments}).decode()
