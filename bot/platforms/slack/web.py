"""Calls to Slack's Web API over one shared session, errors translated; what is said belongs to `outbound`."""

import asyncio
import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.platforms.slack.settings import SlackSettings
from core.domain.errors import RetryLater, WavehelmError

_AWAY_WAIT = timedelta(seconds=5)
_LIMITED_WAIT = timedelta(seconds=30)
_LIMITED = frozenset({"ratelimited", "rate_limited"})
_AWAY = frozenset({"fatal_error", "internal_error", "request_timeout", "service_unavailable", "team_added_to_org"})


class CallRefused(WavehelmError):  # noqa: N818 - named by what happened, not by being an error
    """Slack understood the call and will not do it; `code` is its own word for why, `needed` the scope it misses."""

    def __init__(self, method: str, code: str, needed: str = "") -> None:
        super().__init__(f"Slack refused {method}: {code}")
        self.code = code
        self.needed = needed


class Limited(RetryLater):
    """Slack asks to wait; what was asked was not done."""


class SlackWeb:
    """The Web API with the bot's token. The session opens with the first call and lives until `close`."""

    def __init__(self, settings: SlackSettings) -> None:
        self._settings = settings
        self._session: aiohttp.ClientSession | None = None
        self._is_closed = False
        self.logger = logging.getLogger("bot.platforms.slack.sdk")
        # Below this the library writes whole requests and socket addresses, which hold tickets.
        self.logger.setLevel(logging.ERROR)

    def open(self) -> None:
        """Allow calls, again if they were ended by `close`."""
        self._is_closed = False

    async def close(self) -> None:
        """Give the session up; calls raise RetryLater until `open`."""
        self._is_closed = True
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def anonymous(self) -> AsyncWebClient:
        """Return a client that carries no token, for those parts of the library that only look at its address."""
        return AsyncWebClient(base_url=self._base_url, logger=self.logger, retry_handlers=[])

    async def call(self, method: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Call `method` as the bot and return the answer.

        Raises:
            RetryLater: no answer, or one that asks to wait; whether the call had an effect is not known.
            CallRefused: Slack says no.
        """
        return await self._call(method, {"json": payload})

    async def call_form(self, method: str, fields: dict[str, str]) -> dict[str, Any]:
        """Call a method that takes no JSON. Raises as `call`."""
        return await self._call(method, {"data": fields})

    async def upload(self, url: str, content: bytes) -> None:
        """Put `content` where Slack said that it takes a file. Raises as `call`; nobody sees the file by this."""
        try:
            async with asyncio.timeout(self._settings.upload_timeout.total_seconds()):
                async with self._shared_session().post(url, data=content) as answer:
                    status, headers = answer.status, answer.headers
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise _away("the upload", error) from None
        _check(status, headers, "the upload", str(status))

    async def open_connection(self) -> str:
        """Return the address of a new socket; it works once and only for a short while. Raises as `call`."""
        answer = await self._call("apps.connections.open", {"params": {"token": self._settings.app_token}})
        url = answer.get("url")
        if not isinstance(url, str):
            raise RetryLater("Slack gave no address for the socket", _AWAY_WAIT)
        return url

    async def respond(self, url: str, payload: dict[str, Any]) -> None:
        """Answer through the address that came with a command or a press. Raises as `call`."""
        client = AsyncWebhookClient(url, session=self._shared_session(), logger=self.logger, retry_handlers=[])
        try:
            async with asyncio.timeout(self._settings.call_timeout.total_seconds()):
                answer = await client.send_dict(payload)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise _away("response_url", error) from None
        _check(answer.status_code, answer.headers, "response_url", answer.body.strip()[:60] or str(answer.status_code))

    @property
    def _base_url(self) -> str:
        return self._settings.api_url.rstrip("/") + "/"

    async def _call(self, method: str, arguments: dict[str, Any]) -> dict[str, Any]:
        # Chained errors are cut off: they hold the request, and the request holds the token.
        client = AsyncWebClient(
            token=self._settings.bot_token,
            base_url=self._base_url,
            session=self._shared_session(),
            logger=self.logger,
            retry_handlers=[],
        )
        try:
            async with asyncio.timeout(self._settings.call_timeout.total_seconds()):
                response = await client.api_call(method, **arguments)
        except SlackApiError as error:
            raise _translate(method, error) from None
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise _away(method, error) from None
        except (AttributeError, TypeError, ValueError):
            # The library reads every answer as an object; a proxy's text page or a list breaks it in these ways.
            raise RetryLater(f"the answer to {method} is not Slack's", _AWAY_WAIT) from None
        return dict(response.data) if isinstance(response.data, dict) else {}

    def _shared_session(self) -> aiohttp.ClientSession:
        if self._is_closed:
            raise RetryLater("Slack is not connected", _AWAY_WAIT)
        if self._session is None:
            self._session = aiohttp.ClientSession()
        return self._session


def _away(method: str, error: Exception) -> RetryLater:
    return RetryLater(f"Slack does not answer {method} ({type(error).__name__})", _AWAY_WAIT)


def _check(status: int, headers: Mapping[str, str], method: str, code: str) -> None:
    if status == 429:
        raise Limited(f"Slack asks to wait with {method}", _wait_of(headers))
    if status >= 500:
        raise RetryLater(f"Slack answered {method} with {status}", _AWAY_WAIT)
    if status != 200:
        raise CallRefused(method, code)


def _translate(method: str, error: SlackApiError) -> WavehelmError:
    response = error.response
    data = getattr(response, "data", None)
    code = str(data.get("error") or "") if isinstance(data, dict) else ""
    status = int(getattr(response, "status_code", 0))
    if status == 429 or code in _LIMITED:
        return Limited(f"Slack asks to wait with {method}", _wait_of(getattr(response, "headers", {})))
    if status >= 500 or code in _AWAY or not code:
        return RetryLater(f"Slack is out of order: {method} gave {code or status}", _AWAY_WAIT)
    return CallRefused(method, code, str(data.get("needed") or "") if isinstance(data, dict) else "")


def _wait_of(headers: Mapping[str, str]) -> timedelta:
    try:
        return timedelta(seconds=max(1, min(int(headers.get("Retry-After", "")), 3_600)))
    except ValueError:
        return _LIMITED_WAIT
