"""Files that come with replies: where they land, and where they never do."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.platforms.terminal.exports import Exports, safe_name
from core.domain.replies import File


def file(name: str, content: bytes = b"x") -> File:
    return File(name=name, content=content, media_type="text/csv", summary="")


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("signals_2026-11-20.csv", "signals_2026-11-20.csv"),
        ("../../etc/passwd", "etc_passwd"),
        ("/etc/passwd", "etc_passwd"),
        (".bashrc", "bashrc"),
        ("-rf", "rf"),
        ("a b\n\x1b[2Jc.csv", "a_b_2Jc.csv"),
        ("résumé.csv", "resume.csv"),
        ("\u202evsc.exe", "vsc.exe"),
        ("", "file"),
        ("..", "file"),
        ("x" * 300 + ".csv", "x" * 76 + ".csv"),
    ],
)
def test_a_name_is_made_safe(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@given(st.text(max_size=200))
def test_no_name_leaves_the_folder(name: str) -> None:
    safe = safe_name(name)
    assert Path(safe).name == safe
    assert 0 < len(safe) <= 80
    assert safe[0] not in ".-"


async def test_nothing_is_ever_overwritten(tmp_path: Path) -> None:
    exports = Exports(tmp_path / "data" / "exports")
    paths = [await exports.save(file("a.csv", content)) for content in (b"one", b"two", b"three")]
    assert [path.name for path in paths] == ["a.csv", "a-2.csv", "a-3.csv"]
    assert [path.read_bytes() for path in paths] == [b"one", b"two", b"three"]


async def test_a_link_that_leads_away_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a.csv").symlink_to(tmp_path / "elsewhere")
    path = await Exports(tmp_path).save(file("a.csv"))
    assert path.name == "a-2.csv"
    assert not (tmp_path / "elsewhere").exists()
