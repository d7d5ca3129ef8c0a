"""The health server as whoever watches the process sees it."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import aiohttp
import pytest

from bot.settings.schema import Address
from bot.telemetry.health import HealthServer
from core.domain.errors import ConfigurationError
from tests.fakes.clock import START_AT, FakeClock

ANYWHERE = Address(host="127.0.0.1", port=0)


@dataclass
class Item:
    name: str
    is_ok: bool
    detail: str = ""


class Checks:
    def __init__(self, *items: Item) -> None:
        self.items: Sequence[Item] = items
        self.hangs = False

    async def __call__(self) -> Sequence[Item]:
        if self.hangs:
            await asyncio.Event().wait()
        return self.items


@asynccontextmanager
async def serving(server: HealthServer) -> AsyncIterator[str]:
    task = asyncio.create_task(server.run())
    try:
        yield f"http://127.0.0.1:{await server.port()}"
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def get(url: str) -> tuple[int, dict[str, object]]:
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return response.status, await response.json()


async def test_a_living_process_says_so() -> None:
    async with serving(HealthServer(ANYWHERE, Checks(), FakeClock())) as url:
        status, body = await get(f"{url}/healthz")
    assert (status, body["status"], body["at"]) == (200, "ok", START_AT.isoformat())


async def test_a_stalled_loop_is_not_well() -> None:
    server = HealthServer(ANYWHERE, Checks(), FakeClock(), longest_lag=timedelta(milliseconds=200))
    async with serving(server) as url:
        time.sleep(0.7)  # noqa: ASYNC251 - the stall itself
        status, body = await get(f"{url}/healthz")
    assert (status, body["status"]) == (503, "lagging")


@pytest.mark.parametrize(("is_ok", "status", "word"), [(True, 200, "ok"), (False, 503, "not ready")])
async def test_readiness_is_what_every_check_says(is_ok: bool, status: int, word: str) -> None:
    checks = Checks(Item("database", True, "1 ms"), Item("feed", is_ok, "connected"))
    async with serving(HealthServer(ANYWHERE, checks, FakeClock())) as url:
        assert await get(f"{url}/readyz") == (
            status,
            {
                "status": word,
                "checks": [
                    {"name": "database", "is_ok": True, "detail": "1 ms"},
                    {"name": "feed", "is_ok": is_ok, "detail": "connected"},
                ],
            },
        )


async def test_checks_that_hang_are_not_waited_for() -> None:
    checks = Checks()
    checks.hangs = True
    server = HealthServer(ANYWHERE, checks, FakeClock(), patience=timedelta(milliseconds=20))
    async with serving(server) as url:
        status, body = await get(f"{url}/readyz")
        assert (status, body["detail"]) == (503, "the checks hang")
        assert (await get(f"{url}/healthz"))[0] == 200


async def test_a_taken_address_is_told_with_what_to_mend() -> None:
    first = HealthServer(ANYWHERE, Checks(), FakeClock())
    async with serving(first):
        taken = Address(host="127.0.0.1", port=await first.port())
        with pytest.raises(ConfigurationError, match=f"ops.http: {taken} cannot be listened on"):
            await HealthServer(taken, Checks(), FakeClock()).run()


async def test_it_can_be_started_again() -> None:
    server = HealthServer(ANYWHERE, Checks(), FakeClock())
    for _ in range(2):
        async with serving(server) as url:
            assert (await get(f"{url}/healthz"))[0] == 200
