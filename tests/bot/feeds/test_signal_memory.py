"""What the feed remembers, and for how long."""

import logging
from datetime import timedelta

import pytest

from bot.feeds.signal_memory import Rejections, SeenSignals
from core.domain.signals import SignalBatch
from tests.bot.feeds.test_signal_rows import ROW, read
from tests.fakes.clock import FakeClock


def batch(*ids: int) -> SignalBatch:
    return read(*({**ROW, "id": number} for number in ids))


async def test_signals_are_remembered_for_two_days_whatever_their_wave() -> None:
    clock = FakeClock()
    seen = SeenSignals(clock)
    seen.add(batch(1))
    await clock.advance(timedelta(hours=47))
    seen.add(batch(2))
    assert (1, "1") in seen.keys
    await clock.advance(timedelta(hours=2))
    seen.add(batch(3))
    assert (1, "1") not in seen.keys
    assert (1, "2") in seen.keys


def test_a_flood_of_new_ids_is_bounded() -> None:
    seen = SeenSignals(FakeClock(), limit=10)
    seen.add(batch(*range(25)))
    assert [number for number in range(25) if (1, str(number)) in seen.keys] == list(range(15, 25))


async def test_rejections_are_all_counted_but_logged_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    clock = FakeClock()
    rejections = Rejections(clock, logging.getLogger("tests.feed"))
    for _ in range(50):
        rejections.add("garbage", "no JSON")
    rejections.add("oversized", "too long")
    assert rejections.counts == {"garbage": 50, "oversized": 1}
    assert [record.__dict__["rejected"] for record in caplog.records] == ["garbage", "oversized"]
    await clock.advance(timedelta(minutes=1))
    rejections.add("garbage", "no JSON", 2)
    assert caplog.records[-1].__dict__["number"] == 51
