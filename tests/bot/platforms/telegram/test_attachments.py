import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.platforms.telegram.attachments import MOST_BYTES, as_file, file_name, why_not
from core.domain.replies import File


def make(name: str, content: bytes = b"x") -> File:
    return File(name=name, content=content, media_type="text/csv", summary="rows")


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("positions.csv", "positions.csv"),
        ("../../etc/passwd", "passwd"),
        (r"C:\temp\a b.csv", "a_b.csv"),
        ("=cmd()|'x'.csv", "cmd_x_.csv"),
        ("\u202egnp.exe", "gnp.exe"),
        (".bashrc", "bashrc"),
        ("", "file"),
        ("比特币", "file"),
        ("Füße.csv", "Fue.csv"),
        ('a"\r\nX-Evil: 1.csv', "a_X-Evil_1.csv"),
        ("x" * 100 + ".csv", "x" * 60 + ".csv"),
    ],
)
def test_names_are_cleaned(name: str, cleaned: str) -> None:
    assert file_name(make(name)) == cleaned


@given(st.text())
def test_any_name_becomes_a_plain_one(name: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}", file_name(make(name)))


def test_what_telegram_would_refuse_is_known() -> None:
    assert why_not(make("a.csv")) == ""
    assert why_not(make("a.csv", b"x" * MOST_BYTES)) == ""
    assert "empty" in why_not(make("a.csv", b""))
    assert "too big" in why_not(make("a.csv", b"x" * (MOST_BYTES + 1)))


def test_long_texts_become_files() -> None:
    file = as_file(["eins", "zwei \ud800"])
    assert file.content == b"eins\nzwei ?"
    assert file.name == file_name(file)
