"""The picture is a picture, always the same one for the same figures, and there without figures, too."""

import struct
import zlib
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bot.charts.equity import draw_equity
from tests.builders import NOW

SHAPES: dict[str, list[int]] = {
    "none": [],
    "one": [5],
    "gains": [1, 3, 9],
    "losses": [-1, -4, -30],
    "flat": [0, 0, 0],
    "both": [10, -5, 20, 3],
}


def curve(values: list[int]) -> list[tuple[datetime, Decimal]]:
    return [(NOW + timedelta(hours=place), Decimal(value)) for place, value in enumerate(values)]


def chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    """Return the chunks of a PNG; each is checked against its own sum."""
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    found, place = [], 8
    while place < len(data):
        (length,) = struct.unpack(">I", data[place : place + 4])
        kind, body = data[place + 4 : place + 8], data[place + 8 : place + 8 + length]
        (checksum,) = struct.unpack(">I", data[place + 8 + length : place + 12 + length])
        assert zlib.crc32(kind + body) == checksum
        found.append((kind, body))
        place += 12 + length
    return found


@pytest.mark.parametrize("name", SHAPES)
def test_it_is_a_picture_of_one_size_without_a_word_of_the_library(name: str, tmp_path: Path) -> None:
    path = tmp_path / "equity.png"
    draw_equity(curve(SHAPES[name]), "Replay: a title", path)
    parts = chunks(path.read_bytes())
    assert struct.unpack(">II", parts[0][1][:8]) == (720, 720)
    assert parts[-1][0] == b"IEND"
    assert {kind for kind, _ in parts} <= {b"IHDR", b"pHYs", b"IDAT", b"IEND"}


def test_the_same_figures_give_the_same_bytes_and_others_do_not(tmp_path: Path) -> None:
    def drawn(values: list[int], title: str = "Replay") -> bytes:
        draw_equity(curve(values), title, tmp_path / "equity.png")
        return (tmp_path / "equity.png").read_bytes()

    assert drawn([1, 2, -3]) == drawn([1, 2, -3])
    assert len({drawn([1, 2, -3]), drawn([1, 2, 3]), drawn([]), drawn([1, 2, -3], "Another")}) == 4
