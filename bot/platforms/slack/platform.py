"""Slack as a platform: signs in, keeps a socket open, hands over what it hears, answers. Rights are not here."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import TypeVar

import aiohttp
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult

from bot.lanes import Lanes, Work
from bot.platforms.slack.answers import Answers
from bot.platforms.slack.connection import SlackSocket, SlackSocketHandler
from bot.platforms.slack.inbound import Inbox, build_app
from bot.platforms.slack.outbound import SlackMessenger
from bot.platforms.slack.payloads import Heard
from bot.platforms.slack.settings import SlackSettings
from bot.platforms.slack.web import CallRefused, SlackWeb
from core.domain.delivery import Destination
from core.domain.errors import ConfigurationError, RetryLater
from core.ports.edges import Clock
from handlers.invocation import Command, Dispatch, Invocation

_FIRST_WAIT = timedelta(seconds=1)
_LONGEST_WAIT = timedelta(seconds=60)
_STEADY = timedelta(seconds=30)
_TOKEN_FAULTS = frozenset({"account_inactive", "invalid_auth", "not_authed", "token_expired", "token_revoked"})
_SETUP_FAULTS = frozenset({"access_denied", "missing_scope", "no_permission", "not_allowed_token_type"})

_T = TypeVar("_T")
_log = logging.getLogger(__name__)


class SlackPlatform:
    """One app in one workspace: `run` hears and answers, `messenger` sends alerts, `close` ends both for good.

    Attributes:
        messenger: Works before, during and after `run`, until `close`; so alerts can be flushed after hearing stopped.
    """

    def __init__(self, settings: SlackSettings, dispatch: Dispatch, commands: Sequence[Command], clock: Clock) -> None:
        self._settings = settings
        self._dispatch = dispatch
        self._names = frozenset(name for command in commands for name in (command.name, *command.aliases))
        self._clock = clock
        self._web = SlackWeb(settings)
        self._inbox = Inbox()
        self._is_connected = False
        self.messenger = SlackMessenger(self._web, clock)
        self._answers = Answers(self.messenger, clock)

    @property
    def is_connected(self) -> bool:
        """True while a socket to Slack is open."""
        return self._is_connected

    async def run(self) -> None:
        """Hear and answer until cancelled; Slack being away is waited for without end. May be run again.

        Raises:
            ConfigurationError: Slack refuses a token or lacks a setting of the app; the text says which.
        """
        identity = await self._persist(self._sign_in)
        app = build_app(identity, self._names, self._web, self._inbox)
        try:
            async with asyncio.TaskGroup() as tasks:
                # Two kinds of lanes, so that an answer that waits for Slack holds back no further request.
                answers, requests = Lanes(tasks), Lanes(tasks)

                def begin() -> None:
                    # Only after the acknowledgement: work that keeps the loop busy must not stand before it.
                    while (heard := self._inbox.take()) is not None:
                        _put(requests, heard, partial(self._serve, heard, answers))

                try:
                    await self._listen(app, begin)
                finally:
                    await requests.drain(self._settings.drain)
                    await answers.drain(self._settings.drain)
        except ExceptionGroup as group:
            # The supervisor judges the fault itself, not the group that the tasks wrap it in.
            raise group.exceptions[0] from group
        finally:
            self._is_connected = False

    async def close(self) -> None:
        """Give all connections back; safe to repeat. For when neither `run` nor the messenger is needed any more."""
        await self._web.close()

    async def _sign_in(self) -> AuthorizeResult:
        answer = await self._web.call("auth.test", {})
        return AuthorizeResult(
            enterprise_id=answer.get("enterprise_id"),
            team_id=answer.get("team_id"),
            bot_id=answer.get("bot_id"),
            bot_user_id=answer.get("user_id"),
            bot_token=self._settings.bot_token,
        )

    async def _listen(self, app: AsyncApp, begin: Callable[[], None]) -> None:
        handler: SlackSocketHandler | None = None
        hasty = 0
        try:
            while True:
                old, handler = handler, await self._persist(lambda: self._connect(app, begin))
                # A socket that Slack is about to close is kept until the new one stands, so that nothing is missed.
                if old is not None:
                    await old.close_async()
                opened_at = self._clock.now()
                self._is_connected = True
                await handler.client.ended.wait()
                self._is_connected = False
                hasty = 0 if self._clock.now() - opened_at >= _STEADY else min(hasty + 1, 8)
                if hasty > 1:
                    await self._clock.sleep(min(_FIRST_WAIT * 2**hasty, _LONGEST_WAIT))
        finally:
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

    async def _serve(self, heard: Heard, answers: Lanes) -> None:
        invocation = Invocation(
            person=heard.person,
            chat=str(Destination(platform="slack", address=heard.channel)),
            kind=heard.kind,
            words=heard.words,
            is_private=heard.is_private,
            received_at=self._clock.now(),
        )
        reply = await self._dispatch(invocation)
        if reply is not None:
            _put(answers, heard, partial(self._answers.give, heard, reply))


def _explain(error: CallRefused) -> str:
    if error.code in _TOKEN_FAULTS:
        return f"{error}: mend SLACK_BOT_TOKEN (xoxb-…) or SLACK_APP_TOKEN (xapp-…)"
    return f"{error}: install the app again from its manifest (wavehelm slack-manifest), with connections:write"


def _put(lanes: Lanes, heard: Heard, work: Work) -> None:
    if not lanes.add(heard.person.id, work):
        _log.warning("something for slack:%s is dropped: too much waits already", heard.person.id)
