"""A platform that runs against the local Bot API server, with a dispatch that tests script."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest

from bot.platforms.telegram import TelegramPlatform, TelegramSettings
from core.domain.delivery import Destination
from core.domain.people import Role
from core.domain.replies import Reply
from handlers.invocation import Answer, Command, Invocation, Request
from handlers.menus import Menu
from tests.fakes.clock import FakeClock
from tests.fakes.telegram_chats import Shown
from tests.fakes.telegram_server import TelegramServer

Handler = Callable[[Invocation], Awaitable[Reply | None]]


class ManualChanges:
    """Implements Changes; `happen` is a change."""

    def __init__(self) -> None:
        self._count = 0
        self._changed = asyncio.Event()

    def happen(self) -> None:
        self._count += 1
        self._changed.set()
        self._changed = asyncio.Event()

    async def wait(self, seen: int) -> int:
        while self._count <= seen:
            await self._changed.wait()
        return self._count


class MovedChats:
    """What the platform says has moved."""

    def __init__(self) -> None:
        self.pairs: list[tuple[str, str]] = []

    async def __call__(self, old: Destination, new: Destination) -> None:
        self.pairs.append((str(old), str(new)))


class ScriptedDispatch:
    """Remembers what was heard; answers with the words, or as `handler` says."""

    def __init__(self) -> None:
        self.heard: list[Invocation] = []
        self.handler: Handler | None = None
        self.questions: list[tuple[str, str, str]] = []

    async def __call__(self, invocation: Invocation) -> Reply | None:
        self.heard.append(invocation)
        if self.handler is not None:
            return await self.handler(invocation)
        return Reply(lines=(f"heard {invocation.words}",))

    def shown(self, confirmation: str, destination: str, message_ref: str) -> None:
        self.questions.append((confirmation, destination, message_ref))

    @property
    def words(self) -> list[str]:
        return [invocation.words for invocation in self.heard]


@pytest.fixture
async def server() -> AsyncIterator[TelegramServer]:
    async with TelegramServer() as server:
        yield server


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def dispatch() -> ScriptedDispatch:
    return ScriptedDispatch()


@pytest.fixture
def settings(server: TelegramServer) -> TelegramSettings:
    return TelegramSettings(
        token=server.token,
        api_url=server.url,
        poll_timeout=timedelta(seconds=5),
        call_timeout=timedelta(seconds=2),
        busy_poll=timedelta(milliseconds=20),
        drain=timedelta(milliseconds=500),
    )


@pytest.fixture
def changes() -> ManualChanges:
    return ManualChanges()


@pytest.fixture
def moved() -> MovedChats:
    return MovedChats()


@pytest.fixture
def menus() -> list[Menu]:
    """What the platform shows; a test that changes the list lets `changes` happen."""
    return [Menu(platform="telegram", commands=COMMANDS)]


Make = Callable[[TelegramSettings], TelegramPlatform]


@pytest.fixture
async def make(
    dispatch: ScriptedDispatch, clock: FakeClock, menus: list[Menu], changes: ManualChanges, moved: MovedChats
) -> AsyncIterator[Make]:
    """Makes platforms with settings of the test's own."""
    made: list[TelegramPlatform] = []

    def build(settings: TelegramSettings) -> TelegramPlatform:
        made.append(
            TelegramPlatform(
                settings=settings,
                dispatch=dispatch,
                menus=lambda: menus,
                clock=clock,
                changes=changes,
                moved=moved,
            )
        )
        return made[-1]

    yield build
    for platform in made:
        await platform.close()


@pytest.fixture
def platform(settings: TelegramSettings, make: Make) -> TelegramPlatform:
    return make(settings)


Running = Callable[[TelegramPlatform], AbstractAsyncContextManager[asyncio.Task[None]]]


@pytest.fixture
def running() -> Running:
    return _running


@asynccontextmanager
async def _running(platform: TelegramPlatform) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(platform.run())
    try:
        yield task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _run(request: Request) -> Answer:
    return Answer(reply=Reply())


COMMANDS = (
    Command(name="status", summary="How things stand", run=_run, role=Role.VIEWER),
    Command(name="pause", summary="Hold entries back", run=_run, role=Role.OPERATOR),
)


Answered = Callable[[int, int], Awaitable[list[Shown]]]


@pytest.fixture
def answered(server: TelegramServer, clock: FakeClock) -> Answered:
    """Lets time pass (a chat bears one message a second) until a chat shows so many messages; returns them."""

    async def wait(chat: int, count: int) -> list[Shown]:
        await clock.run_until(lambda: len(server.messages(chat)) >= count)
        return server.messages(chat)

    return wait


@pytest.fixture(autouse=True)
def everything_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Everything at once, for tests that look at most of it."""

    server: TelegramServer
    settings: TelegramSettings
    platform: TelegramPlatform
    dispatch: ScriptedDispatch
    clock: FakeClock


@pytest.fixture
def stage(
    server: TelegramServer,
    settings: TelegramSettings,
    platform: TelegramPlatform,
    dispatch: ScriptedDispatch,
    clock: FakeClock,
) -> Stage:
    return Stage(server=server, settings=settings, platform=platform, dispatch=dispatch, clock=clock)
