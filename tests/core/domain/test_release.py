"""What a release of live trading covers, and that it is kept without loss."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.release import Release, is_released
from tests.builders import NOW

KEYS = {"binance": "3f2a", "bybit": "99aa"}
RELEASE = Release(author="telegram:1001 (Ann)", given_at=NOW, keys=KEYS)


def test_where_no_money_is_at_stake_nothing_has_to_be_released() -> None:
    assert is_released(None, None)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (KEYS, True),
        ({"binance": "3f2a"}, True),
        ({}, False),
        ({**KEYS, "bybit": "0000"}, False),
        ({**KEYS, "okx": "1234"}, False),
    ],
)
def test_other_keys_need_another_release(keys: dict[str, str], expected: bool) -> None:
    assert is_released(RELEASE.to_text(), keys) is expected


@pytest.mark.parametrize("text", [None, "", "null", "{}", "[]", "not json", '{"author": 1, "given_at": 5, "keys": {}}'])
def test_what_cannot_be_read_releases_nothing(text: str | None) -> None:
    assert not is_released(text, KEYS)


@given(
    author=st.text(),
    at=st.datetimes(min_value=datetime(2020, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - the strategy adds it
    keys=st.dictionaries(st.text(), st.text()),
)
def test_it_is_kept_without_loss(author: str, at: datetime, keys: dict[str, str]) -> None:
    release = replace(RELEASE, author=author, given_at=at, keys=keys)
    assert Release.of_text(release.to_text()) == release
