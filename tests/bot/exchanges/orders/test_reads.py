"""The data of each venue fits its profile."""

import pytest

from bot.exchanges.orders.reads import READS
from bot.exchanges.profiles import PROFILES, StopKind


def test_every_venue_has_its_data() -> None:
    assert set(READS) == set(PROFILES)


@pytest.mark.parametrize("name", list(READS))
def test_stops_can_be_found_where_they_live(name: str) -> None:
    reads = READS[name]
    if PROFILES[name].stop_kind is StopKind.ORDER:
        assert reads.stop_lookups
        assert reads.stop_types
        assert reads.attached is None
    else:
        assert reads.attached is not None
        assert reads.attached.histories


@pytest.mark.parametrize("name", list(READS))
def test_funding_has_a_direction(name: str) -> None:
    assert abs(READS[name].funding_sign) == 1
