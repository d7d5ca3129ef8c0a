"""Names of messages, there and back."""

import pytest

from bot.platforms.slack.names import MessageName, block_mark, mark_of, parse_name


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (MessageName(channel="C1", ts="1761480000.000042"), "C1/1761480000.000042"),
        (MessageName(channel="C1", mark="0123456789ab"), "C1/ephemeral:0123456789ab"),
    ],
)
def test_a_name_comes_back_as_it_was(name: MessageName, text: str) -> None:
    assert str(name) == text
    assert parse_name(text) == name


@pytest.mark.parametrize(
    ("block_id", "mark"),
    [
        (f"{block_mark('0123456789ab')}:0", "0123456789ab"),
        (f"{block_mark('0123456789ab')}:12", "0123456789ab"),
        ("only-xyz:0", ""),
        ("b0", ""),
        ("", ""),
        ("only-0123456789ab", ""),
    ],
)
def test_only_our_marks_are_read(block_id: str, mark: str) -> None:
    assert mark_of(block_id) == mark
