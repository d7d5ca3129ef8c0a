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
from core.domain.replies import Reply
from handlers.invocation import Command, Invocation
from tests.fakes.clock import FakeClock
from tests.fakes.telegram_server import TelegramServer

Handler = Callable[[Invocation], Awaitable[Reply | None]]


class ScriptedDispatch:
    """Remembers what was heard; answers with the words, or as `handler` says."""

    def __init__(self) -> None:
        self.heard: list[Invocation] = []
        self.handler: Handler | None = None

    async def __call__(self, invocation: Invocation) -> Reply | None:
        self.heard.append(invocation)
        if self.handler is not None:
            return await self.handler(invocation)
        return Reply(lines=(f"heard {invocation.words}",))

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
async def platform(
    settings: TelegramSettings, dispatch: ScriptedDispatch, clock: FakeClock
) -> AsyncIterator[TelegramPlatform]:
    platform = TelegramPlatform(settings, dispatch, menu(), clock)
    yield platform
    await platform.close()


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


def menu() -> list[Command]:
    from core.domain.people import Role
    from handlers.invocation import Answer, Request

    async def run(request: Request) -> Answer:
        return Answer(reply=Reply())

    return [
        Command(name="status", summary="How things stand", run=run, role=Role.VIEWER),
        Command(name="pause", summary="Hold entries back", run=run, role=Role.OPERATOR),
    ]


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
