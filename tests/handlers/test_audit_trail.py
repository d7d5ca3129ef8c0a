"""Rows of the audit: without codes, and written whatever happens."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from core.domain.people import Role
from core.domain.replies import Reply
from core.ports.storage import UnitOfWork
from handlers.audit_trail import AuditTrail, masked
from handlers.invocation import Invocation, InvocationKind
from handlers.results import Outcome, Result
from tests.builders import NOW
from tests.fakes.chat import ADA
from tests.fakes.units import MemoryUnits

SAID = Invocation(
    person=ADA,
    chat="telegram:1",
    kind=InvocationKind.COMMAND,
    words="/act",
    is_private=True,
    received_at=NOW,
)
DONE = Result(reply=Reply(), outcome=Outcome.ANSWERED)


class SlowUnits(MemoryUnits):
    """Units whose writing waits for `gate`."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[UnitOfWork]:
        await self.gate.wait()
        async with super().writing() as unit:
            yield unit


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("/confirm 0a1b2c3d4e 123456", "/confirm 0a1b2c3d4e ******"),
        ("/confirm 0a1b2c3d4e 123 456 hm", "/confirm 0a1b2c3d4e ******"),
        ("  CONFIRM 0a1b2c3d4e 1234567", "CONFIRM 0a1b2c3d4e ******"),
        ("/confirm 1234567890", "/confirm 1234567890"),
        ("/confirm 123456abcd", "/confirm 123456abcd"),
        ("/confirm 123456", "/confirm ******"),
        ("/cancel 0a1b2c3d4e", "/cancel 0a1b2c3d4e"),
        ("/confrim 0a1b2c3d4e 123456", "/confrim 0a1b2c3d4e ******"),
        ("my code is 123-456.", "my code is ******."),
        ("", ""),
    ],
)
def test_codes_are_masked_however_they_are_written(words: str, kept: str) -> None:
    assert masked(words, may_hold_code=True) == kept


def test_words_of_commands_are_kept() -> None:
    assert masked("/why 123456", may_hold_code=False) == "/why 123456"


async def test_a_row_is_written_although_its_writer_is_cancelled_twice() -> None:
    units = SlowUnits()
    trail = AuditTrail(units, logging.getLogger("test"))
    task = asyncio.create_task(trail.record(SAID, Role.ADMIN, DONE, NOW, may_hold_code=False))
    for _ in range(2):
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
    await asyncio.sleep(0)
    assert not task.done()
    units.gate.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with units.reading() as unit:
        assert [row.words for row in await unit.audit.recent(5)] == ["/act"]
