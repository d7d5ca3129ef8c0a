"""Lines in and text out over real descriptors, without blocking and without threads."""

import asyncio
import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.platforms.terminal import streams
from bot.platforms.terminal.streams import read_lines, write_text
from tests.fakes.clock import FakeClock


@pytest.fixture
def pipe() -> Iterator[tuple[io.FileIO, io.FileIO]]:
    reading, writing = os.pipe()
    with io.FileIO(reading, "r") as reader, io.FileIO(writing, "w") as writer:
        yield reader, writer


async def collect(stream: streams.Readable) -> list[str]:
    return [line async for line in read_lines(stream, FakeClock())]


async def test_lines_come_as_they_are_written(pipe: tuple[io.FileIO, io.FileIO]) -> None:
    reader, writer = pipe
    lines = read_lines(reader, FakeClock())
    writer.write(b"/sta")
    waiting = asyncio.ensure_future(anext(lines))
    await asyncio.sleep(0)
    writer.write(b"tus\r\n/pos\n")
    assert await waiting == "/status"
    assert await anext(lines) == "/pos"
    await lines.aclose()


async def test_the_end_of_input_ends_the_lines_and_keeps_the_last(pipe: tuple[io.FileIO, io.FileIO]) -> None:
    reader, writer = pipe
    writer.write("/a\nunfinished ü".encode())
    writer.close()
    assert await collect(reader) == ["/a", "unfinished ü"]


async def test_bytes_that_are_no_text_do_no_harm(pipe: tuple[io.FileIO, io.FileIO]) -> None:
    reader, writer = pipe
    writer.write(b"\xff\xfe\n")
    writer.close()
    assert await collect(reader) == ["\ufffd\ufffd"]


async def test_an_endless_line_is_cut(pipe: tuple[io.FileIO, io.FileIO], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "LONGEST_LINE", 10)
    reader, writer = pipe
    writer.write(b"x" * 50 + b"\n/next\n")
    writer.close()
    cut, following = await collect(reader)
    assert len(cut) == 10
    assert following == "/next"


@pytest.fixture
def plain_file(tmp_path: Path) -> Iterator[io.FileIO]:
    path = tmp_path / "words"
    path.write_text("/a\n/b\n")
    with io.FileIO(path) as file:
        yield file


async def test_a_plain_file_is_read(plain_file: io.FileIO) -> None:
    assert await collect(plain_file) == ["/a", "/b"]


async def test_the_empty_device_is_an_end() -> None:
    with io.FileIO(os.devnull) as nothing:
        assert await collect(nothing) == []


async def test_reading_can_be_cancelled_at_any_time(pipe: tuple[io.FileIO, io.FileIO]) -> None:
    reader, writer = pipe
    task = asyncio.create_task(collect(reader))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not asyncio.get_running_loop().remove_reader(reader.fileno())
    writer.write(b"late\n")
    assert os.read(reader.fileno(), 10) == b"late\n"


async def test_a_terminal_is_read_until_its_end_of_input() -> None:
    ours, theirs = os.openpty()
    with io.FileIO(theirs, "r+") as terminal, io.FileIO(ours, "r+") as keyboard:
        keyboard.write(b"/status\n\x04")
        assert await collect(terminal) == ["/status"]


async def test_a_terminal_that_goes_away_is_an_end() -> None:
    ours, theirs = os.openpty()
    os.close(ours)
    with io.FileIO(theirs, "r+") as terminal:
        assert await collect(terminal) == []


async def test_in_the_background_nothing_is_read(
    pipe: tuple[io.FileIO, io.FileIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, writer = pipe
    ours = [False, False, True]
    monkeypatch.setattr(streams, "_is_ours", lambda _: ours.pop(0) if ours else True)
    clock = FakeClock()
    began_at = clock.now()
    lines = read_lines(reader, clock)
    task = asyncio.ensure_future(anext(lines))
    writer.write(b"/a\n")
    await clock.run_until(task.done)
    assert await task == "/a"
    assert (clock.now() - began_at).total_seconds() == 2
    await lines.aclose()


async def test_text_goes_out_whole_however_slowly_it_is_read(pipe: tuple[io.FileIO, io.FileIO]) -> None:
    reader, writer = pipe
    text = "→ line\n" * 30_000
    with io.TextIOWrapper(io.BufferedWriter(writer), encoding="utf-8") as stream:
        os.set_blocking(reader.fileno(), False)
        writing = asyncio.create_task(write_text(stream, text))
        got = b""
        while not writing.done() or len(got) < len(text.encode()):
            await asyncio.sleep(0)
            got += reader.read(65_536) or b""
        await writing
    assert got.decode() == text


async def test_text_that_the_stream_cannot_write_is_replaced() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    await write_text(stream, "1 → 2")
    stream.flush()
    assert stream.buffer.getvalue() == b"1 ? 2"
