"""Copies are carried in the order of each destination, and no destination waits for another."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from core.domain.errors import RetryLater
from core.domain.replies import Reply
from handlers.confirming.copies import MOST_TRIES, CopyWork, Place, same_chat
from tests.builders import NOW
from tests.fakes.clock import FakeClock
from tests.fakes.copies import FakeCopies

HERE, THERE = Place(destination="telegram:1", message_ref="m1"), Place(destination="slack:C1", message_ref="m2")
BUSY = RetryLater("busy", timedelta(minutes=5))


class Bench:
    """A worker over fakes; what it showed is in `copies.shown`."""

    def __init__(self, timeout_s: float = 5) -> None:
        self.clock = FakeClock(NOW)
        self.copies = FakeCopies()
        log = logging.getLogger("test.copies")
        self.work = CopyWork(copies=self.copies, clock=self.clock, log=log, timeout_s=timeout_s)

    def title(self, place: Place) -> str | None:
        shown = self.copies.shown.get((place.destination, place.message_ref))
        return shown.title if shown else None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.work.run())
        await self.clock.settle()
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def test_a_place_is_one_message_of_one_chat() -> None:
    place = Place(destination="telegram:-1/5", message_ref="7")
    assert place.is_at("telegram:-1", "7")
    assert place.is_at("telegram:-1/6", "7")
    assert not place.is_at("telegram:-2/5", "7")
    assert not place.is_at("telegram:-1/5", "8")
    assert not Place(destination="telegram:-1", message_ref="").is_at("telegram:-1", "")
    assert not same_chat("telegram:-1", "telegram:-10")


async def test_a_destination_that_is_busy_keeps_its_order_and_nobody_else_waiting() -> None:
    bench = Bench()
    bench.copies.trouble = {HERE.destination: [BUSY]}
    async with bench.running():
        bench.work.edit(HERE, Reply(title="first"))
        await bench.clock.settle()
        bench.work.edit(HERE, Reply(title="last"))
        bench.work.edit(THERE, Reply(title="other"))
        await bench.clock.settle()
        assert (bench.title(HERE), bench.title(THERE)) == (None, "other")
        await bench.clock.advance(timedelta(seconds=30))
        assert bench.title(HERE) == "last"


async def test_of_edits_that_wait_the_last_is_enough() -> None:
    bench = Bench()
    bench.copies.trouble = {HERE.destination: [BUSY]}
    for title in ("one", "two", "three"):
        bench.work.edit(HERE, Reply(title=title))
    async with bench.running():
        await bench.clock.advance(timedelta(seconds=30))
    assert bench.title(HERE) == "three"


async def test_what_waits_outlives_a_restart_of_the_worker() -> None:
    bench = Bench()
    async with bench.running():
        pass
    seen: list[str] = []
    bench.work.send("slack:C1", Reply(title="sent"), seen.append)
    async with bench.running():
        await bench.clock.settle()
    assert seen == ["copy1"]


async def test_it_gives_up_in_the_end(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench()
    bench.copies.trouble = {HERE.destination: [BUSY] * MOST_TRIES}
    async with bench.running():
        bench.work.edit(HERE, Reply(title="never"))
        await bench.clock.advance(timedelta(minutes=5))
        assert bench.title(HERE) is None
        assert [record.__dict__["error"] for record in caplog.records] == ["RetryLater"]
        bench.work.edit(HERE, Reply(title="next"))
        await bench.clock.settle()
    assert bench.title(HERE) == "next"


async def test_a_call_that_hangs_is_cut_off(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(timeout_s=0.01)
    cut = asyncio.Event()

    async def hang(destination: str, message_ref: str, reply: Reply) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cut.set()

    monkeypatch.setattr(bench.copies, "edit", hang)
    async with bench.running():
        bench.work.edit(HERE, Reply(title="never"))
        await cut.wait()
        await bench.clock.settle()
    assert [record.__dict__["error"] for record in caplog.records] == ["TimeoutError"]
