"""A local Slack and a platform that talks to it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import timedelta

import pytest

from bot.platforms.slack.platform import SlackPlatform
from bot.platforms.slack.settings import SlackSettings
from core.domain.people import Role
from handlers.invocation import Answer, Command, Request
from tests.fakes.clock import FakeClock
from tests.fakes.scripted_dispatch import ScriptedDispatch
from tests.fakes.slack_changes import CountedChanges
from tests.fakes.slack_server import SlackServer

Running = Callable[[], AbstractAsyncContextManager[SlackPlatform]]


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def changes() -> CountedChanges:
    return CountedChanges()


@pytest.fixture
async def slack(clock: FakeClock) -> AsyncIterator[SlackServer]:
    async with SlackServer(now_s=lambda: clock.now().timestamp()) as server:
        yield server


@pytest.fixture
def dispatch() -> ScriptedDispatch:
    return ScriptedDispatch()


@pytest.fixture
def settings(slack: SlackServer) -> SlackSettings:
    return SlackSettings(
        bot_token=slack.workspace.bot_token,
        app_token=slack.workspace.app_token,
        api_url=slack.api_url,
        call_timeout=timedelta(seconds=2),
        drain=timedelta(milliseconds=100),
    )


async def _never(_: Request) -> Answer:
    raise AssertionError("a platform runs no command itself")


@pytest.fixture
def command() -> Callable[..., Command]:
    def build(name: str, usage: str = "", aliases: Sequence[str] = (), *, is_everyday: bool = False) -> Command:
        return Command(
            name=name,
            summary=f"Shows {name}",
            run=_never,
            role=Role.VIEWER,
            usage=usage,
            aliases=aliases,
            is_everyday=is_everyday,
        )

    return build


@pytest.fixture
async def platform(
    settings: SlackSettings,
    dispatch: ScriptedDispatch,
    command: Callable[..., Command],
    clock: FakeClock,
    changes: CountedChanges,
) -> AsyncIterator[SlackPlatform]:
    commands = [command("positions", aliases=("pos",), is_everyday=True), command("close")]
    platform = SlackPlatform(settings=settings, dispatch=dispatch, commands=commands, clock=clock, changes=changes)
    yield platform
    await platform.close()


@pytest.fixture
def running(platform: SlackPlatform, slack: SlackServer) -> Running:
    @asynccontextmanager
    async def run() -> AsyncIterator[SlackPlatform]:
        task = asyncio.create_task(platform.run())
        try:
            await slack.wait_for(lambda: platform.is_connected or task.done())
            yield platform
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    return run
