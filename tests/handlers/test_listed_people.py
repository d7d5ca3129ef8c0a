"""Ids of people as they are written."""

import pytest

from handlers.invocation import UsageError
from handlers.listed_people import read_person


@pytest.mark.parametrize(
    ("word", "person"),
    [
        ("telegram:1003", ("telegram", "1003")),
        ("Telegram:1003", ("telegram", "1003")),
        ("1003", ("telegram", "1003")),
        ("slack:U0003", ("slack", "U0003")),
        ("U0003", ("slack", "U0003")),
        ("w0003ab", ("slack", "W0003AB")),
        ("<@U0003>", ("slack", "U0003")),
        ("<@U0003|ann.b>", ("slack", "U0003")),
    ],
)
def test_the_form_tells_the_platform(word: str, person: tuple[str, str]) -> None:
    assert read_person(word) == person


@pytest.mark.parametrize(
    "word",
    [
        "ann",
        "@ann",
        "telegram:ann",
        "telegram:",
        "telegram:-1001",
        "telegram:01",
        "telegram:U0003",
        "telegram:12345678901234567890",
        "slack:1003",
        "slack:C0001",
        "<@U0003",
        "terminal:local",
        "socket:local",
        "discord:1",
        "",
        "telegram:\N{ARABIC-INDIC DIGIT ONE}",
    ],
)
def test_what_is_no_id_is_refused_with_the_way_to_find_it(word: str) -> None:
    with pytest.raises(UsageError, match="/whoami tells"):
        read_person(word)
