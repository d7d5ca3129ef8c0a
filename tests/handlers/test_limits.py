"""How often a person may ask."""

from datetime import UTC, datetime, timedelta

from handlers import limits
from handlers.limits import RateLimit

NOW = datetime(2026, 11, 20, 10, 20, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_a_window_slides() -> None:
    limit = RateLimit(2, MINUTE)
    assert limit.take("a", NOW)
    assert limit.take("a", NOW + MINUTE / 2)
    assert not limit.take("a", NOW + MINUTE * 0.9)
    assert limit.wait("a", NOW + MINUTE * 0.9) == MINUTE * 0.1
    assert limit.take("a", NOW + MINUTE)
    assert not limit.take("a", NOW + MINUTE)


def test_keys_do_not_share() -> None:
    limit = RateLimit(1, MINUTE)
    assert limit.take("a", NOW)
    assert limit.take("b", NOW)
    assert limit.wait("c", NOW) == timedelta(0)


def test_memory_is_bounded() -> None:
    limit = RateLimit(1, MINUTE)
    for number in range(limits.MOST_KEYS + 50):
        limit.take(str(number), NOW)
    assert len(limit._taken) == limits.MOST_KEYS
