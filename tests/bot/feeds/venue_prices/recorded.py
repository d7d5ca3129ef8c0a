"""Recorded frames of venues, as they came."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import msgspec


class _Line(msgspec.Struct):
    msg: msgspec.Raw


_decoder = msgspec.json.Decoder(_Line)


def frames(file: Path) -> Iterator[bytes]:
    """Yield the frames of one recording, oldest first."""
    with gzip.open(file, "rb") as lines:
        for line in lines:
            yield bytes(_decoder.decode(line).msg)
