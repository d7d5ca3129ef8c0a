"""The road to the Bot API: one HTTP pool, the token put in at the last moment, every call limited in time.

The library never sees the token, so neither its logs nor its errors can show it. What is sent is not decided here.
"""

import asyncio
import json
from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx
import telegram
from telegram.error import NetworkError, TelegramError, TimedOut
from telegram.request import BaseRequest, HTTPXRequest, RequestData

from bot.platforms.telegram.settings import TelegramSettings

_STAND_IN = "0:token"
_LEAST_WAIT = timedelta(seconds=1)
_UNREADABLE = (AttributeError, KeyError, TypeError, ValueError)


class Throttled(TelegramError):  # noqa: N818 - named by what happened, like our own errors
    """Telegram asks to wait (429)."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"Telegram asks to wait {wait.total_seconds():.0f} s")
        self.wait = wait


class Gateway:
    """Holds the connection pool; `bot` speaks through it until `close`."""

    def __init__(self, settings: TelegramSettings) -> None:
        pool = httpx.AsyncHTTPTransport(proxy=settings.proxy, limits=httpx.Limits(max_connections=16))
        self._transport = _TokenTransport(settings.token, pool)
        poll_limit = settings.poll_timeout + settings.call_timeout
        self.bot = telegram.Bot(
            token=_STAND_IN,
            base_url=f"{settings.api_url.rstrip('/')}/bot",
            request=_LimitedRequest(self._transport, settings.call_timeout, settings.upload_timeout),
            get_updates_request=_UpdatesRequest(self._transport, poll_limit, poll_limit),
        )

    async def close(self) -> None:
        """Give the connections back; safe to repeat. Nothing can be sent afterwards."""
        await self.bot.shutdown()
        await self._transport.aclose()


class _TokenTransport(httpx.AsyncBaseTransport):
    """Exchanges the stand-in for the token below the client, whose logs name every address."""

    def __init__(self, token: str, inner: httpx.AsyncHTTPTransport) -> None:
        self._token = quote(token.strip(), safe=":").encode()
        self._inner = inner
        self._is_closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._is_closed:
            raise httpx.ConnectError("the connection is closed for good")
        path = request.url.raw_path.replace(_STAND_IN.encode(), self._token, 1)
        real = httpx.Request(
            method=request.method,
            url=request.url.copy_with(raw_path=path),
            headers=request.headers,
            stream=request.stream,
            extensions=request.extensions,
        )
        return await self._inner.handle_async_request(real)

    async def aclose(self) -> None:
        self._is_closed = True
        await self._inner.aclose()


class _LimitedRequest(HTTPXRequest):
    """Limits the whole of a call, and understands 429 by itself: the library's own class for it warns when built."""

    def __init__(self, transport: httpx.AsyncBaseTransport, limit: timedelta, upload_limit: timedelta) -> None:
        limit_s = limit.total_seconds()
        super().__init__(
            read_timeout=limit_s,
            write_timeout=limit_s,
            connect_timeout=limit_s,
            pool_timeout=limit_s,
            httpx_kwargs={"transport": transport, "trust_env": False},
        )
        self._limit_s = limit_s
        self._upload_limit_s = upload_limit.total_seconds()

    async def do_request(  # type: ignore[override]  # the timeouts are passed on as they come
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        **timeouts: Any,  # noqa: ANN401 - their type is private to the library
    ) -> tuple[int, bytes]:
        has_files = request_data is not None and request_data.contains_files
        limit_s = self._limit_s
        if has_files:
            limit_s = self._upload_limit_s
            timeouts |= {"read_timeout": None, "write_timeout": None}
        try:
            async with asyncio.timeout(limit_s):
                code, payload = await super().do_request(url, method, request_data, **timeouts)
        except TimeoutError:
            raise TimedOut(f"no answer within {limit_s:.0f} s") from None
        if code == HTTPStatus.TOO_MANY_REQUESTS:
            raise Throttled(_wait_of(payload))
        return code, payload

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """Return the answer, or refuse what no Bot API server says (something between us and it did)."""
        data: object = BaseRequest.parse_json_payload(payload)
        if isinstance(data, dict) and ("description" in data or isinstance(data.get("result"), dict | list | bool)):
            return data
        raise NetworkError("the answer makes no sense")


class _UpdatesRequest(_LimitedRequest):
    """Keeps one update that the library cannot read from making the bot deaf to all others."""

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        data = _LimitedRequest.parse_json_payload(payload)
        updates = data.get("result")
        if isinstance(updates, list):
            data["result"] = [_readable(update) for update in updates]
        return data


def _readable(update: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the update, or its bare id if the rest makes no sense: it is acknowledged and otherwise ignored."""
    try:
        telegram.Update.de_json(dict(update), None)
    except _UNREADABLE:
        return {"update_id": update["update_id"]}
    return update


def _wait_of(payload: bytes) -> timedelta:
    try:
        wait_s = float(json.loads(payload)["parameters"]["retry_after"])
    except _UNREADABLE:
        return _LEAST_WAIT
    return max(_LEAST_WAIT, timedelta(seconds=wait_s))
