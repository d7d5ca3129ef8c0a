"""Slack as a platform: hands over what it hears, answers, keeps Home tabs up to date. Rights are not here."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import partial

from bot.lanes import Lanes, Work
from bot.platforms.slack.answers import Answers
from bot.platforms.slack.home import Home
from bot.platforms.slack.inbound import Inbox, build_app
from bot.platforms.slack.line import Line
from bot.platforms.slack.outbound import SlackMessenger
from bot.platforms.slack.payloads import Heard
from bot.platforms.slack.settings import SlackSettings
from bot.platforms.slack.web import SlackWeb
from core.domain.delivery import Destination
from core.ports.edges import Changes, Clock
from handlers.invocation import Command, Dispatch, Invocation, InvocationKind

_log = logging.getLogger(__name__)


class SlackPlatform:
    """One app in one workspace: `run` hears and answers, `messenger` sends alerts, `close` ends both for good.

    Attributes:
        messenger: Works before, during and after `run`, until `close`; so alerts can be flushed after hearing stopped.
    """

    def __init__(
        self,
        *,
        settings: SlackSettings,
        dispatch: Dispatch,
        commands: Sequence[Command],
        clock: Clock,
        changes: Changes,
    ) -> None:
        self._settings = settings
        self._dispatch = dispatch
        self._names = frozenset(name for command in commands for name in (command.name, *command.aliases))
        self._clock = clock
        self._web = SlackWeb(settings)
        self._inbox = Inbox()
        self._line = Line(settings, self._web, clock)
        self._home = Home(web=self._web, dispatch=dispatch, clock=clock, changes=changes)
        self.messenger = SlackMessenger(self._web, clock)
        self._answers = Answers(self.messenger, clock, dispatch.shown)

    @property
    def is_connected(self) -> bool:
        """True while a socket to Slack is open."""
        return self._line.is_open

    async def run(self) -> None:
        """Hear and answer until cancelled; Slack being away is waited for without end. May be run again.

        Raises:
            ConfigurationError: Slack refuses a token or lacks a setting of the app; the text says which.
        """
        identity = await self._line.sign_in()
        app = build_app(identity, self._names, self._web, self._inbox)
        try:
            async with asyncio.TaskGroup() as tasks:
                # Two kinds of lanes, so that an answer that waits for Slack holds back no further request.
                answers, requests = Lanes(tasks), Lanes(tasks)
                home = tasks.create_task(self._home.run(), name="slack:home")
                try:
                    # Only after the acknowledgement: work that keeps the loop busy must not stand before it.
                    await self._line.keep(app, self._begin(requests, answers))
                finally:
                    home.cancel()
                    await requests.drain(self._settings.drain)
                    await answers.drain(self._settings.drain)
        except ExceptionGroup as group:
            # The supervisor judges the fault itself, not the group that the tasks wrap it in.
            raise group.exceptions[0] from group

    async def close(self) -> None:
        """Give all connections back; safe to repeat. For when neither `run` nor the messenger is needed any more."""
        await self._web.close()

    def _begin(self, requests: Lanes, answers: Lanes) -> Callable[[], None]:
        def begin() -> None:
            while (heard := self._inbox.take()) is not None:
                if heard.kind is InvocationKind.HOME:
                    self._home.open(heard.person)
                else:
                    _put(requests, heard, partial(self._serve, heard, answers))

        return begin

    async def _serve(self, heard: Heard, answers: Lanes) -> None:
        invocation = Invocation(
            person=heard.person,
            chat=str(Destination(platform="slack", address=heard.channel)),
            kind=heard.kind,
            words=heard.words,
            is_private=heard.is_private,
            received_at=self._clock.now(),
            message=heard.message,
        )
        reply = await self._dispatch(invocation)
        if heard.is_view:
            self._home.refresh(heard.person)
        if reply is not None:
            _put(answers, heard, partial(self._answers.give, heard, reply))


def _put(lanes: Lanes, heard: Heard, work: Work) -> None:
    if not lanes.add(heard.person.id, work):
        _log.warning("something for slack:%s is dropped: too much waits already", heard.person.id)
