"""Keeps the Home tabs that people have open up to date; what stands in them is a command's answer like any other."""

import asyncio
import hashlib
import json
import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.platforms.slack.format import render_home
from bot.platforms.slack.refusals import reason
from bot.platforms.slack.web import CallRefused, SlackWeb
from core.domain.delivery import Destination
from core.domain.errors import RetryLater
from core.domain.people import Person
from core.domain.replies import Reply
from core.ports.edges import Changes, Clock
from handlers.invocation import Dispatch, Invocation, InvocationKind

REFRESH = "refresh"
"""The message of an invocation that nobody made: the view is only brought up to date."""

_WORDS = "/home"
_PACE = timedelta(seconds=5)
# Slack allows some hundred views a minute for the app as a whole.
_GAP = timedelta(milliseconds=600)
_KEPT = timedelta(hours=12)
_MOST = 50
# Silence would leave on the screen what this person may no longer see.
_EMPTY = Reply(lines=("Nothing is shown to you here.",))

_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class _Viewer:
    """Somebody with the tab open.

    Attributes:
        is_asked: Opened since the last look.
        is_settling: Something changed lately: what that set off (its alerts go out) is looked at once more.
        shown: Identifies what stands there.
        is_refused: What stands there is for this person alone: the refusal.
    """

    person: Person
    opened_at: datetime
    is_asked: bool
    is_settling: bool = False
    shown: str = ""
    is_refused: bool = False
    stale: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None


class Home:
    """Everybody who opened the tab lately sees the present state, at most one look each five seconds.

    Every look goes through `dispatch`, so rights are judged anew each time.
    """

    def __init__(self, *, web: SlackWeb, dispatch: Dispatch, clock: Clock, changes: Changes) -> None:
        self._web = web
        self._dispatch = dispatch
        self._clock = clock
        self._changes = changes
        self._viewers: dict[str, _Viewer] = {}
        self._tasks: asyncio.TaskGroup | None = None
        self._line = asyncio.Lock()

    async def run(self) -> None:
        """Follow what changes until cancelled. May be run again; who has the tab open stays known."""
        try:
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                for viewer in self._viewers.values():
                    self._attend_to(viewer)
                seen = 0
                while True:
                    seen = await self._changes.wait(seen)
                    self._forget_old()
                    for viewer in self._viewers.values():
                        viewer.is_settling = True
                        viewer.stale.set()
        except ExceptionGroup as group:
            # The supervisor judges the fault itself, not the group that the tasks wrap it in.
            raise group.exceptions[0] from group
        finally:
            self._tasks = None

    def open(self, person: Person) -> None:
        """Show the tab to `person`, who has just opened it."""
        self._look(person, is_asked=True)

    def refresh(self, person: Person) -> None:
        """Bring the tab of `person` up to date, who has just pressed something in it."""
        self._look(person, is_asked=False)

    def _look(self, person: Person, *, is_asked: bool) -> None:
        viewer = self._viewers.pop(person.id, None)
        if viewer is None:
            viewer = _Viewer(person=person, opened_at=self._clock.now(), is_asked=is_asked)
            self._attend_to(viewer)
        # At the end: the first are those whom we have not heard of for the longest time.
        self._viewers[person.id] = viewer
        viewer.opened_at = self._clock.now()
        viewer.is_asked = viewer.is_asked or is_asked
        viewer.stale.set()
        while len(self._viewers) > _MOST:
            self._forget(next(iter(self._viewers)))

    def _forget_old(self) -> None:
        limit_at = self._clock.now() - _KEPT
        for person_id in [name for name, viewer in self._viewers.items() if viewer.opened_at < limit_at]:
            self._forget(person_id)

    def _forget(self, person_id: str) -> None:
        viewer = self._viewers.pop(person_id, None)
        if viewer is not None and viewer.task is not None:
            viewer.task.cancel()

    def _attend_to(self, viewer: _Viewer) -> None:
        if self._tasks is not None:
            viewer.task = self._tasks.create_task(self._attend(viewer), name=f"slack:home:{viewer.person.id}")

    async def _attend(self, viewer: _Viewer) -> None:
        while True:
            await viewer.stale.wait()
            viewer.stale.clear()
            is_settling, viewer.is_settling = viewer.is_settling, False
            try:
                if not await self._show(viewer):
                    return
            except RetryLater as error:
                viewer.stale.set()
                await self._clock.sleep(max(error.wait, _PACE))
            except CallRefused as error:
                _log.warning("the Home tab of slack:%s is given up: %s", viewer.person.id, reason(error))
                self._viewers.pop(viewer.person.id, None)
                return
            else:
                await self._clock.sleep(_PACE)
                if is_settling:
                    viewer.stale.set()

    async def _show(self, viewer: _Viewer) -> bool:
        is_asked, viewer.is_asked = viewer.is_asked, False
        invocation = Invocation(
            person=viewer.person,
            chat=str(Destination(platform="slack", address=viewer.person.id)),
            kind=InvocationKind.HOME,
            words=_WORDS,
            is_private=True,
            received_at=self._clock.now(),
            message="" if is_asked else REFRESH,
        )
        reply = await self._dispatch(invocation)
        if reply is not None or not viewer.is_refused:
            await self._publish(viewer, reply or _EMPTY)
        if reply is None:
            # Who is not answered is not kept up to date either; opening the tab again asks again.
            self._viewers.pop(viewer.person.id, None)
        return reply is not None

    async def _publish(self, viewer: _Viewer, reply: Reply) -> None:
        view = render_home(reply)
        shown = _digest(view)
        if shown == viewer.shown:
            return
        async with self._line:
            await self._web.call("views.publish", {"user_id": viewer.person.id, "view": view})
            viewer.shown, viewer.is_refused = shown, reply.is_private
            await self._clock.sleep(_GAP)


def _digest(view: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(view, sort_keys=True).encode()).hexdigest()
