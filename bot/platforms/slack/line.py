"""Keeps one line to Slack open, whatever happens to it; what comes over it is read in `inbound`."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

import aiohttp
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult

from bot.platforms.slack.connection import SlackSocket, SlackSocketHandler
from bot.platforms.slack.settings import SlackSettings
from bot.platforms.slack.web import CallRefused, SlackWeb
from core.domain.errors import ConfigurationError, RetryLater
from core.ports.edges import Clock

_FIRST_WAIT = timedelta(seconds=1)
_LONGEST_WAIT = timedelta(seconds=60)
_STEADY = timedelta(seconds=30)
_TOKEN_FAULTS = frozenset({"account_inactive", "invalid_auth", "not_authed", "token_expired", "token_revoked"})
_SETUP_FAULTS = frozenset({"access_denied", "missing_scope", "no_permission", "not_allowed_token_type"})

_T = TypeVar("_T")
_log = logging.getLogger(__name__)


class Line:
    """Signs in and keeps a socket; Slack being away is waited for without end.

    Attributes:
        is_open: True while a socket stands.
    """

    def __init__(self, settings: SlackSettings, web: SlackWeb, clock: Clock) -> None:
        self._settings = settings
        self._web = web
        self._clock = clock
        self.is_open = False

    async def sign_in(self) -> AuthorizeResult:
        """Return who the app is.

        Raises:
            ConfigurationError: Slack refuses the token.
        """
        answer = await self._persist(lambda: self._web.call("auth.test", {}))
        return AuthorizeResult(
            enterprise_id=answer.get("enterprise_id"),
            team_id=answer.get("team_id"),
            bot_id=answer.get("bot_id"),
            bot_user_id=answer.get("user_id"),
            bot_token=self._settings.bot_token,
        )

    async def keep(self, app: AsyncApp, begin: Callable[[], None]) -> None:
        """Let `app` read what comes until cancelled; `begin` is called after each acknowledgement.

        Raises:
            ConfigurationError: Slack refuses a token or lacks a setting of the app; the text says which.
        """
        handler: SlackSocketHandler | None = None
        hasty = 0
        try:
            while True:
                old, handler = handler, await self._persist(lambda: self._connect(app, begin))
                # A socket that Slack is about to close is kept until the new one stands, so that nothing is missed.
                if old is not None:
                    await old.close_async()
                opened_at = self._clock.now()
                self.is_open = True
                await handler.client.ended.wait()
                self.is_open = False
                hasty = 0 if self._clock.now() - opened_at >= _STEADY else min(hasty + 1, 8)
                if hasty > 1:
                    await self._clock.sleep(min(_FIRST_WAIT * 2**hasty, _LONGEST_WAIT))
        finally:
            self.is_open = False
            if handler is not None:
                await handler.close_async()

    async def _connect(self, app: AsyncApp, begin: Callable[[], None]) -> SlackSocketHandler:
        url = await self._web.open_connection()
        socket = SlackSocket(app_token=self._settings.app_token, url=url, web=self._web)
        handler = SlackSocketHandler(app, socket, begin)
        is_open = False
        try:
            async with asyncio.timeout(self._settings.call_timeout.total_seconds()):
                await handler.connect_async()
            is_open = True
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            # Cut off from its cause: that one names the address, whose ticket lets anybody in.
            raise RetryLater(f"Slack's socket does not open ({type(error).__name__})", _FIRST_WAIT) from None
        finally:
            if not is_open:
                await handler.close_async()
        return handler

    async def _persist(self, attempt: Callable[[], Awaitable[_T]]) -> _T:
        wait = _FIRST_WAIT
        while True:
            try:
                return await attempt()
            except CallRefused as error:
                if error.code in _TOKEN_FAULTS | _SETUP_FAULTS:
                    raise ConfigurationError(_explain(error)) from error
                await self._clock.sleep(self._say_away(error, wait))
            except RetryLater as error:
                await self._clock.sleep(max(self._say_away(error, wait), min(error.wait, _LONGEST_WAIT)))
            wait = min(wait * 2, _LONGEST_WAIT)

    def _say_away(self, error: Exception, wait: timedelta) -> timedelta:
        # Once an outage: the rest of the tries are only of use to somebody who looks closely.
        level = logging.WARNING if wait == _FIRST_WAIT else logging.DEBUG
        _log.log(level, "Slack is out of reach: %s; trying on", error)
        return wait


def _explain(error: CallRefused) -> str:
    if error.code in _TOKEN_FAULTS:
        return f"{error}: mend SLACK_BOT_TOKEN (xoxb-…) or SLACK_APP_TOKEN (xapp-…)"
    return f"{error}: install the app again from its manifest (wavehelm slack-manifest), with connections:write"
